/// Why a request was refused; the raw value is a stable word for events and problem details.
public enum Refusal: String, Sendable, Hashable, CaseIterable {
    // Framing and grammar: another reader might see another request in these bytes.
    case bareCarriageReturn = "bare-cr"
    case bareLineFeed = "bare-lf"
    case controlCharacter = "control-character"
    case requestLine = "request-line"
    case target = "target"
    case targetNotNormal = "target-not-normal"
    case fold = "folded-field"
    case fieldName = "field-name"
    case fieldValue = "field-value"
    case hostMissing = "host-missing"
    case hostRepeated = "host-repeated"
    case hostInvalid = "host-invalid"
    case hostDiffers = "host-differs"
    case contentLength = "content-length"
    case contentLengthRepeated = "content-length-repeated"
    case lengthAndCoding = "length-and-coding"
    case transferEncoding = "transfer-encoding"
    case connectionOption = "connection-option"
    case chunk = "chunk"
    case chunkExtension = "chunk-extension"
    case trailer = "trailer"
    case bodyNotAllowed = "body-not-allowed"
    case fieldRepeated = "field-repeated"
    // What the door does not do.
    case methodNotAllowed = "method-not-allowed"
    case methodUnknown = "method-unknown"
    case codingUnknown = "coding-unknown"
    case version = "version"
    case expectation = "expectation"
    case lengthMissing = "length-missing"
    // What is too much, or too slow.
    case bodyTooLarge = "body-too-large"
    case targetTooLong = "target-too-long"
    case headTooLarge = "head-too-large"
    case headTooSlow = "head-too-slow"
    case bodyTooSlow = "body-too-slow"

    /// The status that the client hears (RFC 9110 section 15).
    public var status: UInt16 {
        switch self {
        case .methodNotAllowed: 405
        case .headTooSlow, .bodyTooSlow: 408
        case .lengthMissing: 411
        case .bodyTooLarge: 413
        case .targetTooLong: 414
        case .expectation: 417
        case .headTooLarge: 431
        case .methodUnknown, .codingUnknown: 501
        case .version: 505
        case .bareCarriageReturn, .bareLineFeed, .controlCharacter, .requestLine, .target,
            .targetNotNormal, .fold, .fieldName, .fieldValue, .hostMissing, .hostRepeated,
            .hostInvalid, .hostDiffers, .contentLength, .contentLengthRepeated,
            .lengthAndCoding, .transferEncoding, .connectionOption, .chunk, .chunkExtension,
            .trailer, .bodyNotAllowed, .fieldRepeated:
            400
        }
    }
}
