internal import HTTPWire
internal import Testing

/// What a parser says to some bytes, in words.
enum Reading {
    /// The whole text at once.
    static func verdict(_ text: String, limits: RequestLimits = RequestLimits()) -> String {
        verdict(Array(text.utf8), pieces: [], limits: limits)
    }

    /// Bytes in pieces that end at `cuts`, read as far as they go: each request's verdict.
    static func verdict(
        _ bytes: [UInt8], pieces cuts: [Int], limits: RequestLimits = RequestLimits()
    ) -> String {
        var parser = RequestParser(limits: limits)
        var buffer: [UInt8] = []
        var start = 0
        var words: [String] = []
        var place = 0
        for cut in cuts + [bytes.count] {
            buffer += bytes[place..<cut]
            place = cut
            reading: while true {
                switch parser.advance(buffer, from: start) {
                case .incomplete: break reading
                case .refused(let refusal):
                    return (words + ["\(refusal.status) \(refusal.rawValue)"]).joined(
                        separator: ", ")
                case .complete(let request):
                    words.append(describe(request, parser, buffer, start))
                    start += request.count
                    parser.reset()
                }
            }
            // The buffer may move between calls: offsets count from the request.
            buffer.removeSubrange(..<start)
            start = 0
        }
        if !parser.isUntouched { words.append("more") }
        return words.joined(separator: ", ")
    }

    private static func describe(
        _ request: ParsedRequest, _ parser: RequestParser, _ buffer: [UInt8], _ start: Int
    ) -> String {
        func text(_ range: Range<Int>) -> String {
            String(
                decoding: buffer[(start + range.lowerBound)..<(start + range.upperBound)],
                as: UTF8.self)
        }
        let body =
            switch request.content {
            case .plain(let range): text(range)
            case .chunked: String(decoding: parser.content, as: UTF8.self)
            }
        let parts = ["\(request.method)", text(request.target)] + (body.isEmpty ? [] : [body])
        return (parts + (request.keepsAlive ? [] : ["close"])).joined(separator: " ")
    }
}
