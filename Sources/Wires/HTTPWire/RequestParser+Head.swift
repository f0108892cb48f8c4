extension RequestParser {
    /// `METHOD SP target SP HTTP/1.x` with exactly one space between the parts.
    mutating func requestLine(
        _ bytes: [UInt8], _ start: Int, _ range: Range<Int>
    ) -> RequestProgress? {
        if range.isEmpty {
            // One empty line before a request is a known habit of old clients (RFC 9112, 2.2).
            guard !skippedEmptyLine else { return .refused(.requestLine) }
            skippedEmptyLine = true
            return nil
        }
        let place = (start + range.lowerBound)..<(start + range.upperBound)
        guard let first = bytes[place].firstIndex(of: Octet.space), first > place.lowerBound,
            let last = bytes[place].lastIndex(of: Octet.space), last > first + 1,
            !bytes[(first + 1)..<last].contains(Octet.space),
            bytes[place.lowerBound..<first].allSatisfy({ Octet.isToken($0) })
        else { return .refused(.requestLine) }
        if let refusal = version(bytes, (last + 1)..<place.upperBound) {
            return .refused(refusal)
        }
        if let refusal = method(bytes, place.lowerBound..<first) { return .refused(refusal) }
        var path = (first + 1)..<last
        guard path.count <= limits.targetBytesMax else { return .refused(.targetTooLong) }
        if let (authority, rest) = Target.absolute(bytes, in: path) {
            guard Target.isAuthority(bytes, in: authority) else { return .refused(.target) }
            self.authority = (authority.lowerBound - start)..<(authority.upperBound - start)
            path = rest
        }
        if let refusal = Target.refusal(of: bytes, in: path) { return .refused(refusal) }
        target = (path.lowerBound - start)..<(path.upperBound - start)
        stage = .fields
        return nil
    }

    private mutating func version(_ bytes: [UInt8], _ range: Range<Int>) -> Refusal? {
        guard range.count == 8 else { return .requestLine }
        for (index, byte) in "HTTP/".utf8.enumerated()
        where bytes[range.lowerBound + index] != byte {
            return .requestLine
        }
        let major = bytes[range.lowerBound + 5]
        let minor = bytes[range.lowerBound + 7]
        guard bytes[range.lowerBound + 6] == 0x2E, (0x30...0x39).contains(major),
            (0x30...0x39).contains(minor)
        else { return .requestLine }
        guard major == 0x31, minor <= 0x31 else { return .version }
        isVersion11 = minor == 0x31
        return nil
    }

    private mutating func method(_ bytes: [UInt8], _ range: Range<Int>) -> Refusal? {
        func isMethod(_ name: String) -> Bool {
            range.count == name.utf8.count
                && bytes[range].elementsEqual(name.utf8)
        }
        if isMethod("GET") {
            method = .get
        } else if isMethod("POST") {
            method = .post
        } else if isMethod("PUT") {
            method = .put
        } else if isMethod("DELETE") {
            method = .delete
        } else if isMethod("HEAD") || isMethod("OPTIONS") || isMethod("PATCH")
            || isMethod("TRACE") || isMethod("CONNECT")
        {
            return .methodNotAllowed
        } else {
            return .methodUnknown
        }
        return nil
    }

    /// Reads the fields that frame the message, as they come.
    mutating func note(_ field: FieldPlace, _ bytes: [UInt8], _ start: Int) -> Refusal? {
        let name = (start + field.name.lowerBound)..<(start + field.name.upperBound)
        let value = (start + field.value.lowerBound)..<(start + field.value.upperBound)
        switch name.count {
        case 4 where bytes.says("host", in: name):
            guard host == nil else { return .hostRepeated }
            guard Target.isAuthority(bytes, in: value) else { return .hostInvalid }
            host = field.value
        case 6 where bytes.says("expect", in: name):
            guard bytes.says("100-continue", in: value) else { return .expectation }
            expects = true
        case 10 where bytes.says("connection", in: name):
            return connection(bytes, value)
        case 14 where bytes.says("content-length", in: name):
            return contentLength(bytes, value)
        case 17 where bytes.says("transfer-encoding", in: name):
            return transferEncoding(bytes, value)
        default: break
        }
        return nil
    }

    private mutating func contentLength(_ bytes: [UInt8], _ range: Range<Int>) -> Refusal? {
        guard declared == nil else { return .contentLengthRepeated }
        guard !isChunked else { return .lengthAndCoding }
        // 18 digits fit 63 bits; a padded number is read as octal by some.
        guard (1...18).contains(range.count), range.count == 1 || bytes[range.lowerBound] != 0x30
        else { return .contentLength }
        var value = 0
        for place in range {
            guard (0x30...0x39).contains(bytes[place]) else { return .contentLength }
            value = value * 10 + Int(bytes[place] - 0x30)
        }
        declared = value
        return nil
    }

    private mutating func transferEncoding(_ bytes: [UInt8], _ range: Range<Int>) -> Refusal? {
        guard declared == nil else { return .lengthAndCoding }
        guard isVersion11, !isChunked else { return .transferEncoding }
        guard bytes.says("chunked", in: range) else {
            let isName = !range.isEmpty && bytes[range].allSatisfy { Octet.isToken($0) }
            return isName ? .codingUnknown : .transferEncoding
        }
        isChunked = true
        return nil
    }

    /// Only options that take nothing away: a client that names a field here would have it dropped
    /// by one reader and kept by another.
    private mutating func connection(_ bytes: [UInt8], _ range: Range<Int>) -> Refusal? {
        var place = range.lowerBound
        while place < range.upperBound {
            var end = place
            while end < range.upperBound, bytes[end] != 0x2C { end += 1 }
            let option = FieldLine.trimmed(bytes, place..<end)
            if bytes.says("close", in: option) {
                saysClose = true
            } else if bytes.says("keep-alive", in: option) {
                saysKeepAlive = true
            } else if !option.isEmpty && !bytes.says("te", in: option)
                && !bytes.says("upgrade", in: option) && !bytes.says("http2-settings", in: option)
            {
                return .connectionOption
            }
            place = end + 1
        }
        return nil
    }

    /// Judges the head as a whole and says what follows; nil when content does.
    mutating func endHead(_ bytes: [UInt8], _ start: Int) -> RequestProgress? {
        bodyStart = scanned
        guard let host else { return .refused(.hostMissing) }
        if let authority {
            let left = bytes[(start + host.lowerBound)..<(start + host.upperBound)]
            let right = bytes[(start + authority.lowerBound)..<(start + authority.upperBound)]
            guard left.lazy.map(Octet.lowered).elementsEqual(right.lazy.map(Octet.lowered)) else {
                return .refused(.hostDiffers)
            }
        }
        // HTTP/1.0 knows no expectations (RFC 9110, 10.1.1).
        expects = expects && isVersion11
        if isChunked {
            guard method.hasBody else { return .refused(.bodyNotAllowed) }
            stage = .chunks
            return nil
        }
        guard let declared else {
            return method.hasBody
                ? .refused(.lengthMissing) : complete(.plain(bodyStart..<bodyStart))
        }
        guard declared == 0 || method.hasBody else { return .refused(.bodyNotAllowed) }
        guard declared <= limits.bodyBytesMax else { return .refused(.bodyTooLarge) }
        stage = .plainBody
        return nil
    }
}
