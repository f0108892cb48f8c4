// ClientAPI: what a client may ask of the venue, and what it reads as an answer.
//
// Pure: bytes to values and values to bytes, the same code where a request is taken (api) and where
// it is believed (orders). It signs nothing, asks nobody and knows no clock. Everything is strict:
// one spelling of each request, members known and there once, numbers as decimal texts with the
// instrument's digits. Bounds: `Submission.payloadMax` bytes a signed request, `ClientResponse
// .bodyMax` an answer.

internal import Numerals
internal import OrderTreaty
public import RequestTreaty

/// The bytes that a client signs: `timestamp LF window LF METHOD LF target LF body`.
///
/// Timestamp (milliseconds since 1970) and window (milliseconds) stand as the fields of the request
/// gave them, decimal without leading zeroes; a request without a window signs the default.
public struct SignedPayload: Sendable, Hashable {
    /// The window of a request that names none.
    public static let windowDefault: UInt32 = 5_000
    /// The widest window that a request may ask for.
    public static let windowMax: UInt32 = 60_000
    static let timestampDigitsMax = 15
    private static let lineFeed: UInt8 = 0x0A

    /// All of it, as signed.
    public let bytes: [UInt8]
    /// Milliseconds since 1970, by the client's clock.
    public let timestamp: UInt64
    /// How far from it the venue's clock may be, in milliseconds.
    public let window: UInt32
    /// What the client wants done.
    public let method: Method
    /// Where path and query lie.
    public let target: Range<Int>
    /// Where the body lies; empty for none.
    public let body: Range<Int>

    /// Splits what a client signed; nothing but the exact form is taken.
    public static func parse(_ bytes: [UInt8]) throws(ClientProblem) -> SignedPayload {
        try SignedPayload(splitting: bytes)
    }

    private init(splitting bytes: [UInt8]) throws(ClientProblem) {
        guard bytes.count <= Submission.payloadMax else { throw .tooLarge }
        var start = 0
        let stamp = try Self.line(bytes, &start)
        let wide = try Self.line(bytes, &start)
        let verb = try Self.line(bytes, &start)
        target = try Self.line(bytes, &start)
        body = start..<bytes.count
        timestamp = try Self.timestamp(bytes, stamp)
        window = try Self.window(bytes, wide)
        guard let method = Self.method(bytes, verb) else { throw .payload }
        guard !target.isEmpty, target.count <= ClientRequest.targetMax,
            bytes[target].allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw .payload }
        self.method = method
        self.bytes = bytes
    }

    /// Builds what a client must have signed from the request that came with the signature.
    public static func build(_ request: ClientRequest) throws(ClientProblem) -> SignedPayload {
        guard let timestamp = request.field("bulkhead-timestamp") else {
            throw ClientProblem(.unsigned, "bulkhead-timestamp", "the field is missing")
        }
        let window = request.field("bulkhead-window") ?? "5000"
        let size =
            timestamp.utf8.count + window.utf8.count + request.target.utf8.count
            + request.body.count + 10
        guard size <= Submission.payloadMax else { throw .tooLarge }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        for text in [timestamp, window, request.method.name, request.target] {
            bytes.append(contentsOf: text.utf8)
            bytes.append(lineFeed)
        }
        bytes.append(contentsOf: request.body)
        let payload = try SignedPayload(splitting: bytes)
        // A line break inside a field would move the parts.
        guard payload.body.count == request.body.count,
            payload.target.count == request.target.utf8.count
        else { throw .payload }
        return payload
    }

    private static func line(_ bytes: [UInt8], _ start: inout Int) throws(ClientProblem) -> Range<
        Int
    > {
        var end = start
        while end < bytes.count && bytes[end] != lineFeed { end += 1 }
        guard end < bytes.count else { throw .payload }
        defer { start = end + 1 }
        return start..<end
    }

    private static func timestamp(
        _ bytes: [UInt8], _ range: Range<Int>
    ) throws(ClientProblem) -> UInt64 {
        guard let value = number(bytes, range, digitsMax: timestampDigitsMax) else {
            throw ClientProblem(
                .malformed, "bulkhead-timestamp", "milliseconds since 1970 in decimal digits")
        }
        return value
    }

    private static func window(_ bytes: [UInt8], _ range: Range<Int>) throws(ClientProblem)
        -> UInt32
    {
        guard let value = number(bytes, range, digitsMax: 5), value > 0, value <= windowMax else {
            throw ClientProblem(.malformed, "bulkhead-window", "milliseconds, 1 to 60000")
        }
        return UInt32(value)
    }

    /// Decimal digits without a leading zero.
    static func number(_ bytes: [UInt8], _ range: Range<Int>, digitsMax: Int) -> UInt64? {
        guard (1...digitsMax).contains(range.count),
            bytes[range.lowerBound] != 0x30 || range.count == 1,
            let value = FixedPoint.parse(bytes, in: range, digits: 0)
        else { return nil }
        return UInt64(value)
    }

    private static func method(_ bytes: [UInt8], _ range: Range<Int>) -> Method? {
        Method.allCases.first { bytes[range].elementsEqual($0.name.utf8) }
    }
}
