/// Reads chunked content (RFC 9112 section 7.1) byte after byte; trailers are checked and dropped.
struct ChunkDecoder: Sendable {
    enum Verdict: Sendable {
        case incomplete
        case complete
        case refused(Refusal)
    }

    private enum State: Sendable {
        case sizeStart
        case size
        case gap
        case nameStart
        case name
        case nameGap
        case valueStart
        case value
        case quoted
        case quotedPair
        case afterQuoted
        case sizeEnd
        case data
        case dataReturn
        case dataEnd
        case trailer
        case trailerEnd
    }

    private static let digitsMax = 8

    private(set) var content: [UInt8] = []
    private var state = State.sizeStart
    private var size = 0
    private var digits = 0
    private var overhead = 0
    private var extensionBytes = 0
    private var trailerBytes = 0
    private var lineBytes = 0

    mutating func reset() {
        content.removeAll(keepingCapacity: true)
        state = .sizeStart
        size = 0
        digits = 0
        overhead = 0
        extensionBytes = 0
        trailerBytes = 0
        lineBytes = 0
    }

    /// Reads from `place` and leaves it behind the last byte that was read.
    mutating func advance(
        _ bytes: [UInt8], _ place: inout Int, _ limits: RequestLimits
    ) -> Verdict {
        while place < bytes.count {
            if case .data = state {
                let count = min(size, bytes.count - place)
                content.append(contentsOf: bytes[place..<(place + count)])
                place += count
                size -= count
                if size == 0 { state = .dataReturn }
                continue
            }
            let byte = bytes[place]
            place += 1
            if let verdict = step(byte, bytes, place, limits) { return verdict }
        }
        return .incomplete
    }

    private mutating func step(
        _ byte: UInt8, _ bytes: [UInt8], _ place: Int, _ limits: RequestLimits
    ) -> Verdict? {
        switch state {
        case .trailer, .trailerEnd: return trailer(byte, bytes, place, limits)
        default: break
        }
        overhead += 1
        guard overhead <= limits.chunkOverheadMax else { return .refused(.bodyTooLarge) }
        switch state {
        case .sizeStart, .size: return size(byte, limits)
        case .sizeEnd:
            guard byte == Octet.lineFeed else { return .refused(.chunk) }
            state = size == 0 ? .trailer : .data
        case .dataReturn:
            guard byte == Octet.carriageReturn else { return .refused(.chunk) }
            state = .dataEnd
        case .dataEnd:
            guard byte == Octet.lineFeed else { return .refused(.chunk) }
            state = .sizeStart
        default:
            extensionBytes += 1
            guard extensionBytes <= limits.extensionBytesMax, let next = afterExtension(byte) else {
                return .refused(.chunkExtension)
            }
            state = next
        }
        return nil
    }

    private mutating func size(_ byte: UInt8, _ limits: RequestLimits) -> Verdict? {
        if let digit = Octet.hexadecimal(byte) {
            if state == .sizeStart {
                size = 0
                digits = 0
            }
            digits += 1
            guard digits <= Self.digitsMax else { return .refused(.chunk) }
            size = size << 4 | Int(digit)
            guard size <= limits.bodyBytesMax - content.count else {
                return .refused(.bodyTooLarge)
            }
            state = .size
            return nil
        }
        guard state == .size else { return .refused(.chunk) }
        switch byte {
        case Octet.carriageReturn: state = .sizeEnd
        case Self.semicolon: state = .nameStart
        case Octet.space, Octet.tab: state = .gap
        default: return .refused(.chunk)
        }
        return nil
    }

    private static let semicolon: UInt8 = 0x3B
    private static let equals: UInt8 = 0x3D
    private static let quote: UInt8 = 0x22
    private static let backslash: UInt8 = 0x5C

    /// Where a byte of an extension leads; nil where it must not stand.
    private func afterExtension(_ byte: UInt8) -> State? {
        let isGap = byte == Octet.space || byte == Octet.tab
        let isToken = Octet.isToken(byte)
        switch state {
        case .gap: return isGap ? .gap : byte == Self.semicolon ? .nameStart : nil
        case .nameStart: return isGap ? .nameStart : isToken ? .name : nil
        case .name:
            if isToken { return .name }
            return isGap ? .nameGap : byte == Self.equals ? .valueStart : end(byte)
        case .nameGap:
            if byte == Self.equals { return .valueStart }
            return isGap ? .nameGap : byte == Self.semicolon ? .nameStart : nil
        case .valueStart:
            if byte == Self.quote { return .quoted }
            return isGap ? .valueStart : isToken ? .value : nil
        case .value: return isToken ? .value : isGap ? .gap : end(byte)
        case .quoted:
            if byte == Self.quote { return .afterQuoted }
            return byte == Self.backslash ? .quotedPair : isText(byte) ? .quoted : nil
        case .quotedPair: return isText(byte) ? .quoted : nil
        case .afterQuoted: return isGap ? .gap : end(byte)
        default: return nil
        }
    }

    private func end(_ byte: UInt8) -> State? {
        byte == Self.semicolon ? .nameStart : byte == Octet.carriageReturn ? .sizeEnd : nil
    }

    private func isText(_ byte: UInt8) -> Bool {
        byte == Octet.tab || (byte >= Octet.space && byte != 0x7F)
    }

    private mutating func trailer(
        _ byte: UInt8, _ bytes: [UInt8], _ place: Int, _ limits: RequestLimits
    ) -> Verdict? {
        trailerBytes += 1
        lineBytes += 1
        guard trailerBytes <= limits.trailerBytesMax else { return .refused(.headTooLarge) }
        if state == .trailer {
            if byte == Octet.carriageReturn {
                state = .trailerEnd
            } else if byte == Octet.lineFeed {
                return .refused(.bareLineFeed)
            } else if !isText(byte) {
                return .refused(.controlCharacter)
            }
            return nil
        }
        guard byte == Octet.lineFeed else { return .refused(.bareCarriageReturn) }
        if lineBytes == 2 { return .complete }
        let line = (place - lineBytes)..<(place - 2)
        guard case .success(let field) = FieldLine.read(bytes, 0, line),
            !frames(bytes, field.name)
        else { return .refused(.trailer) }
        lineBytes = 0
        state = .trailer
        return nil
    }

    /// A name that frames, routes or proves: a trailer with it is an attempt to be merged.
    private func frames(_ bytes: [UInt8], _ name: Range<Int>) -> Bool {
        bytes.says("host", in: name) || bytes.says("content-length", in: name)
            || bytes.says("transfer-encoding", in: name) || bytes.says("authorization", in: name)
    }
}
