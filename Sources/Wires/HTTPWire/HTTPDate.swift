/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7).
public enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    /// The last second of the year 9999, which has as many digits as the form.
    private static let last: Int64 = 253_402_300_799

    /// The date of a time in seconds since 1970; outside 1970 to 9999 the nearest there.
    public static func text(_ seconds: Int64) -> String {
        let time = min(max(seconds, 0), last)
        let day = Int(time / 86_400)
        let second = Int(time % 86_400)
        // Days from the first of March of the year 0, in eras of 400 years.
        let shifted = day + 719_468
        let inEra = shifted % 146_097
        let yearOfEra = (inEra - inEra / 1_460 + inEra / 36_524 - inEra / 146_096) / 365
        let inYear = inEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let fromMarch = (5 * inYear + 2) / 153
        let dayOfMonth = inYear - (153 * fromMarch + 2) / 5 + 1
        let month = fromMarch < 10 ? fromMarch + 2 : fromMarch - 10
        let year = yearOfEra + shifted / 146_097 * 400 + (month < 2 ? 1 : 0)
        return "\(days[day % 7]), \(padded(dayOfMonth)) \(months[month]) "
            + "\(padded(year / 100))\(padded(year % 100)) "
            + "\(padded(second / 3_600)):\(padded(second / 60 % 60)):\(padded(second % 60)) GMT"
    }

    private static func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
