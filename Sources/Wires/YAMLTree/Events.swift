internal import CYAML
internal import Findings

/// What libyaml says next.
struct Event {
    enum Kind {
        case document
        case scalar(String, plain: Bool)
        case alias(String)
        case listStart
        case listEnd
        case mapStart
        case mapEnd
        case streamEnd
        /// Stream start and document end: nothing to do.
        case other
    }

    let kind: Kind
    let place: Place
    var hasTag = false
    var anchor: String?
}

/// Why libyaml gave up.
struct EventFault: Error {
    let problem: String
    let place: Place
    /// The bytes are no text, so that there is no YAML to speak of.
    let isEncoding: Bool
}

/// YAML 1.1 events of one byte array by libyaml, the encoding fixed to UTF-8.
@safe
struct Events: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>

    /// Copies the bytes, because libyaml reads them while events are asked for.
    init?(_ bytes: [UInt8]) {
        // libyaml looks for a byte order mark only when it may choose the encoding.
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
        unsafe input = .allocate(capacity: max(text.count, 1))
        _ = unsafe input.initialize(from: text)
        unsafe parser = .allocate(capacity: 1)
        guard unsafe yaml_parser_initialize(parser) == 1 else {
            unsafe parser.deallocate()
            unsafe input.deallocate()
            return nil
        }
        unsafe yaml_parser_set_input_string(parser, input.baseAddress, text.count)
        unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
        unsafe input.deallocate()
    }

    /// The next event; not to be asked again after a fault or the stream's end.
    func next() throws(EventFault) -> Event {
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw fault() }
        defer { unsafe yaml_event_delete(&event) }
        let place = unsafe Place(
            line: Int(event.start_mark.line) + 1, column: Int(event.start_mark.column) + 1)
        switch unsafe event.type {
        case YAML_STREAM_END_EVENT: return Event(kind: .streamEnd, place: place)
        case YAML_DOCUMENT_START_EVENT: return Event(kind: .document, place: place)
        case YAML_ALIAS_EVENT:
            let name = unsafe Self.text(event.data.alias.anchor) ?? ""
            return Event(kind: .alias(name), place: place)
        case YAML_SEQUENCE_END_EVENT: return Event(kind: .listEnd, place: place)
        case YAML_MAPPING_END_EVENT: return Event(kind: .mapEnd, place: place)
        case YAML_SCALAR_EVENT:
            let scalar = unsafe event.data.scalar
            let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            let plain = unsafe scalar.style == YAML_PLAIN_SCALAR_STYLE
            return unsafe Event(
                kind: .scalar(String(decoding: bytes, as: UTF8.self), plain: plain), place: place,
                hasTag: scalar.tag != nil, anchor: Self.text(scalar.anchor))
        case YAML_SEQUENCE_START_EVENT:
            let start = unsafe event.data.sequence_start
            return unsafe Event(
                kind: .listStart, place: place, hasTag: start.tag != nil,
                anchor: Self.text(start.anchor))
        case YAML_MAPPING_START_EVENT:
            let start = unsafe event.data.mapping_start
            return unsafe Event(
                kind: .mapStart, place: place, hasTag: start.tag != nil,
                anchor: Self.text(start.anchor))
        default: return Event(kind: .other, place: place)
        }
    }

    private static func text(_ name: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        unsafe name.map { unsafe String(cString: $0) }
    }

    private func fault() -> EventFault {
        let state = unsafe parser.pointee
        let problem = unsafe state.problem.map { unsafe String(cString: $0) } ?? "out of memory"
        guard unsafe state.error == YAML_READER_ERROR else {
            let mark = unsafe state.problem_mark
            return EventFault(
                problem: problem,
                place: Place(line: Int(mark.line) + 1, column: Int(mark.column) + 1),
                isEncoding: false)
        }
        return unsafe EventFault(
            problem: problem, place: place(ofByte: Int(state.problem_offset)),
            isEncoding: problem.contains("UTF-8") || problem.contains("Unicode"))
    }

    private func place(ofByte offset: Int) -> Place {
        var line = 1
        var column = 1
        for byte in unsafe Array(input.prefix(offset)) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return Place(line: line, column: column)
    }
}
