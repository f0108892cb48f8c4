internal import HTTPWire

/// What the door itself answers: problem details (RFC 9457) with a stable word as type.
struct Problem: Sendable, Hashable {
    let status: UInt16
    /// A stable word.
    let type: String

    /// No API to ask.
    static let away = Problem(status: 503, type: "venue-unavailable")
    /// Too much to do.
    static let overloaded = Problem(status: 503, type: "overloaded")
    /// The API did not answer in time, or was lost: what was asked may have been done.
    static let unknown = Problem(status: 504, type: "outcome-unknown")
    /// The API did not answer a question in time.
    static let late = Problem(status: 504, type: "answer-too-slow")
    /// The API answered something that cannot be sent.
    static let unfit = Problem(status: 502, type: "answer-unfit")

    private init(status: UInt16, type: String) {
        self.status = status
        self.type = type
    }

    init(_ refusal: Refusal) {
        self.init(status: refusal.status, type: refusal.rawValue)
    }

    var fields: [(name: String, value: String)] {
        let type = (name: "content-type", value: "application/problem+json")
        return switch status {
        case 405: [type, ("allow", "GET, POST, PUT, DELETE")]
        case 503: [type, ("retry-after", "1")]
        default: [type]
        }
    }

    var body: [UInt8] {
        let title = String(decoding: type.utf8.map { $0 == 0x2D ? 0x20 : $0 }, as: UTF8.self)
        return Array(#"{"type":"\#(type)","title":"\#(title)","status":\#(status)}"#.utf8)
    }
}
