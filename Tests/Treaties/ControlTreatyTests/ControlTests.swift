import Bytes
import ControlTreaty
import Testing

@Suite("Control treaty")
struct ControlTests {
    static let requests: [ControlRequest] = [
        .status, .down, .revoke(from: "web", to: "app.8000"), .restart(compartment: "database"),
        .probe(compartment: "web", program: "/usr/bin/probe"), .release(compartment: "web"),
        .plan, .place(7), .amend(confirmSeconds: 30), .confirm,
    ]

    static let status: PlatformStatus = {
        var whole = bare
        whole.compartments[0].role = ["inet-server", "stdio"]
        whole.compartments[0].handed = 4
        whole.compartments[0].passages = ["self web 10.77.1.5", "open app 10.77.2.1 7000 place"]
        whole.compartments[0].channels = ["operator"]
        whole.drift = ["web: not in the plan: accept"]
        return whole
    }()

    private static let bare = PlatformStatus(
        platform: "first", file: "first.yaml", isolation: "full", upMilliseconds: 1234,
        without: ["fabric"],
        compartments: [
            CompartmentStatus(
                name: "web", zone: "dmz", address: "10.77.1.5", state: .ready, isService: true,
                pid: 42, uid: 2_000_000_000, memoryBytes: 9 << 20, restarts: 1, connections: 3,
                refusals: 2, ports: ["tcp/8443"])
        ],
        flows: [FlowStatus(id: 1, from: "web", to: "app", port: "tcp/8000", line: 9, open: true)],
        published: ["web.http 127.0.0.1:8080"])

    static let replies: [ControlReply] = [
        .done("going down"), .refused(problem: "no", remedy: "ask"), .status(status),
    ]

    @Test("every request is read as it was written", arguments: requests)
    func request(_ request: ControlRequest) throws {
        #expect(try ControlRequest.decode(request.encode()) == request)
    }

    @Test("every reply is read as it was written", arguments: replies)
    func reply(_ reply: ControlReply) throws {
        #expect(try ControlReply.decode(reply.encode()) == reply)
    }

    @Test("a request that is cut short or carries more is malformed", arguments: requests)
    func exact(_ request: ControlRequest) {
        let bytes = request.encode()
        for count in 0..<bytes.count {
            #expect(throws: Malformed.self) { try ControlRequest.decode(Array(bytes[..<count])) }
        }
        #expect(throws: Malformed.self) { try ControlRequest.decode(bytes + [0]) }
    }

    @Test("no bytes of a peer make the codec trap")
    func fuzz() {
        var seed: UInt64 = 1
        func random(_ bound: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % bound
        }
        let samples = Self.requests.map { $0.encode() } + Self.replies.map { $0.encode() }
        var read = 0
        for _ in 0..<20_000 {
            var bytes = samples[random(samples.count)]
            for _ in 0...random(4) { bytes[random(bytes.count)] = UInt8(random(256)) }
            if (try? ControlRequest.decode(bytes)) != nil { read += 1 }
            if (try? ControlReply.decode(bytes)) != nil { read += 1 }
        }
        #expect(read > 0)
    }
}
