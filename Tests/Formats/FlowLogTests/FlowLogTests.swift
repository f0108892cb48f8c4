import Chance
import Findings
import FlowLog
import Testing

@Suite("Records of connections")
struct FlowLogTests {
    static let broken: [(String, [String])] = [
        ("", []),
        ("[]", []),
        ("nonsense", ["bad-record 1"]),
        ("\n\n{\"source\": 1}", ["bad-record 0"]),
        ("{}\n[]\n{\"source\": \"a\"}", ["bad-record 1", "bad-record 2", "bad-record 3"]),
        (#"{"source": "a", "destination": "b", "port": 65536}"#, ["bad-record 0"]),
        (#"{"source": "a", "destination": "b", "port": -1}"#, ["bad-record 0"]),
        (#"{"source": "", "destination": "b", "port": 1}"#, ["bad-record 0"]),
        (#"{"isolation": "full", "compartments": [{"name": "a"}]}"#, ["bad-record 0"]),
    ]

    @Test("what is no record is said with its line", arguments: broken)
    func refuses(_ text: String, _ expected: [String]) {
        let found = FlowLog.read(Array(text.utf8)).findings
        #expect(found.map { "\($0.code) \($0.place?.line ?? 0)" } == expected)
        #expect(found.allSatisfy { $0.severity == .error && !$0.remedy.isEmpty })
    }

    @Test("good lines count beside bad ones, and bad ones are bounded")
    func mixed() throws {
        let good = #"{"source": "a", "destination": "b", "protocol": "tcp", "port": 1}"# + "\n"
        let text = good + String(repeating: "x\n", count: 50) + good
        let (log, findings) = FlowLog.read(Array(text.utf8))
        #expect(log?.count == 2)
        #expect(findings.count == 21)
    }

    @Test("an absurd count does not trap")
    func counts() {
        let most = #"{"source": "a", "destination": "b", "port": 1, "count": 9223372036854775807}"#
        let (log, _) = FlowLog.read(Array("\(most)\n\(most)\n\(most)".utf8))
        #expect(log != nil)
    }

    @Test("no bytes make the reader trap")
    func hostile() {
        var chance = Seeded(state: 11)
        let seed = Array(
            """
            {"kind": "attempt", "verdict": "allowed", "source": "a", "target": "b", "targetPort": 1}
            {"kind": "attempt-count", "verdict": "refused", "count": 3}
            {"isolation": "full", "compartments": [{"name": "a", "connections": 3}]}
            """.utf8)
        for _ in 0..<2000 {
            var bytes = seed
            for _ in 0..<(1 + chance.below(6)) {
                bytes[chance.below(bytes.count)] = UInt8(truncatingIfNeeded: chance.below(256))
            }
            _ = FlowLog.read(bytes)
        }
    }
}
