internal import Findings
internal import Platform

/// Reasons that say nothing to who reviews the flow in a year.
enum Reasons {
    /// Fewer characters than this hold no reason; signs of other scripts say more each.
    private static let charactersMin = 10
    private static let charactersMinOther = 4
    /// One reason on this many flows is a form that was filled in.
    private static let copiesMax = 2

    /// Words that fit any flow.
    private static let empty: Set<String> = [
        "a", "an", "and", "the", "it", "is", "are", "be", "of", "for", "to", "from", "on", "in",
        "by", "at", "over", "via", "so", "that", "this", "these", "we", "our", "us", "they", "i",
        "me",
        "with", "can", "may", "must", "should", "will", "has", "have", "not", "no", "yes", "or",
        "needed", "need", "needs", "required", "requires", "require", "requirement", "necessary",
        "wanted", "want", "wants", "used", "use", "uses", "using", "allow", "allows", "allowed",
        "access", "accesses", "connect", "connects", "connection", "connections", "connectivity",
        "talk", "talks", "speak", "speaks", "reach", "reaches", "call", "calls", "goes", "go",
        "traffic", "flow", "flows", "port", "ports", "service", "services", "network", "rule",
        "open", "opened", "opens", "because", "reason", "business", "legacy", "temporary", "temp",
        "tmp", "test", "testing", "todo", "tbd", "fixme", "na", "n", "none", "nothing", "unknown",
        "misc", "other", "various", "etc", "stuff", "things", "thing", "general", "standard",
        "default", "normal", "usual", "convenient", "convenience", "works", "work", "working",
        "ok", "okay", "fine", "asap", "now", "later", "please", "just", "prod", "production",
        "dev", "application", "app", "system", "internal", "ticket", "see", "as", "per", "request",
        "requested", "asked", "approved",
    ]

    private struct Reason {
        let text: String
        let place: Place
        /// Words that stand beside it in the line already.
        let names: Set<String>
    }

    static func findings(_ platform: Platform) -> [Finding] {
        let zones = Dictionary(
            platform.services.map { ($0.name, $0.zone) }, uniquingKeysWith: { first, _ in first })
        let flows = platform.flows.map { flow in
            var names = words(flow.from.name) + words(flow.to) + words(flow.port)
            for name in [flow.from.name, flow.to] { names += zones[name].map(words) ?? [] }
            return Reason(text: flow.because, place: flow.place, names: Set(names))
        }
        let channels = platform.channels.map { channel in
            let names = words(channel.from.name) + words(channel.to) + words(channel.name)
            return Reason(text: channel.because, place: channel.place, names: Set(names))
        }
        return (flows + channels).compactMap(empty) + copied(flows)
    }

    private static func empty(_ reason: Reason) -> Finding? {
        let words = words(reason.text)
        let isForeign = reason.text.utf8.contains { $0 > 0x7F }
        let problem: String
        if words.isEmpty || words.allSatisfy({ empty.contains($0) }) {
            problem = "holds only words that fit any flow"
        } else if words.allSatisfy({ empty.contains($0) || isName($0, reason.names) }) {
            problem = "only repeats names that stand beside it"
        } else if reason.text.count < (isForeign ? charactersMinOther : charactersMin) {
            problem = "is too short to say who needs it for what"
        } else {
            return nil
        }
        return Finding(
            .warning, "empty-reason", at: reason.place,
            "the reason \"\(Excerpt.of(reason.text))\" \(problem)",
            remedy: "say what stops working without it")
    }

    /// A name, or it with an `s` behind.
    private static func isName(_ word: String, _ names: Set<String>) -> Bool {
        names.contains(word) || (word.hasSuffix("s") && names.contains(String(word.dropLast())))
    }

    private static func copied(_ reasons: [Reason]) -> [Finding] {
        var places: [[String]: [Place]] = [:]
        for reason in reasons { places[words(reason.text), default: []].append(reason.place) }
        return places.compactMap { words, places in
            guard places.count > copiesMax, !words.isEmpty, let first = places.min() else {
                return nil
            }
            return Finding(
                .note, "copied-reason", at: first,
                "\(places.count) flows have the same reason, in \(lines(places))",
                remedy: "say for each what stops working without it")
        }
    }

    /// Words in lower case; what separates them is all that is no letter and no digit.
    private static func words(_ text: String) -> [String] {
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
            return text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
        }
        return text.utf8.split { byte in
            !(97...122).contains(byte | 0x20) && !(48...57).contains(byte)
        }.map { word in
            String(decoding: word.map { (65...90).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
        }
    }
}
