import Addresses
import AuditTreaty
import Breach
import Bytes
import ControlTreaty
import Descriptors
import Glibc
import Netlink
import Sensors
import Trail

// What services, peers, the kernel's records and a trail's files say.
extension Door {
    private static let roster = Roster(
        platform: "small", file: "small.yaml", isolation: "full",
        compartments: [
            RosterEntry(name: "web", zone: "dmz", address: Address(0x0A09_0105)),
            RosterEntry(name: "db", zone: "data", address: Address(0x0A09_0204)),
        ],
        flows: [Port(.tcp, 5432)].compactMap { $0 }.map {
            RosterFlow(from: "web", to: "db", port: $0, line: 9)
        })

    private static let attempt = Attempt(
        time: 1_795_233_600_123_456_789, wall: .fabric, verdict: .refused, source: 0, target: 1,
        flow: 0, sourceAddress: Address(0x0A09_0105), targetAddress: Address(0x0A09_0204),
        transport: 6, sourcePort: 40_312, targetPort: 5432)

    private static let events: [Event] = [
        .roster(roster), .attempt(attempt), .attemptGap(wall: .host, compartment: 1, lost: 3),
        .started(compartment: 1, digest: Array(0..<32), pid: 7, landlock: 7),
        .ended(compartment: 0, .signalled(9)), .stepFailed(compartment: 0, step: "x", errno: -22),
        .denied(compartment: 0, wall: .landlock, pid: 7, what: "fs.read_file /x", detail: 0),
        .command(uid: 1000, verb: "down", granted: false), .platformDown(reason: "operator"),
        .note(kind: "login", text: "\u{1B}[2J"), .shed(count: 9), .full(bytes: 1 << 30),
    ]

    static let event = Door(name: "event") {
        events.map { EventMessage(sequence: 9, wantsReceipt: true, events: [$0]).encode() }
            + [EventMessage(sequence: 1, wantsReceipt: false, events: events).encode()]
    } take: { bytes in
        _ = try? EventReceipt.decode(bytes)
        guard let message = try? EventMessage.decode(bytes) else { return }
        for event in message.events {
            let line = EventText.line(event, roster)
            let isPlain = line.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 }
            require(isPlain, "a line of an event carries control characters")
        }
        let again = try? EventMessage.decode(message.encode())
        require(again == message, "an event reads back as another")
    }

    static let table = Door(name: "table") {
        [SensorTable(roster: roster, uids: [61_000, 61_001]).encode()]
    } take: { bytes in
        guard let table = try? SensorTable.decode(bytes) else { return }
        let again = try? SensorTable.decode(table.encode())
        require(again == table, "a table reads back as another")
    }

    static let control = Door(name: "control") {
        [
            ControlRequest.status.encode(), ControlRequest.down.encode(),
            ControlRequest.amend(confirmSeconds: 30).encode(),
            ControlRequest.restart(compartment: "web").encode(),
            ControlRequest.revoke(from: "web", to: "app.http").encode(),
            ControlReply.done("x").encode(),
            ControlReply.refused(problem: "x", remedy: "y").encode(),
        ]
    } take: { bytes in
        if let request = try? ControlRequest.decode(bytes) {
            require(request.encode() == bytes, "other bytes mean the same request")
        }
        if let reply = try? ControlReply.decode(bytes) {
            let again = try? ControlReply.decode(reply.encode())
            require(again == reply, "a reply reads back as another")
        }
    }

    static let log = Door(name: "log") {
        let packet: [UInt8] = [
            0x45, 0, 0, 60, 0, 0, 0, 0, 64, 6, 0, 0, 10, 9, 1, 5, 10, 9, 2, 4, 0x9C, 0x40, 0x15,
            0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 2, 0, 0,
        ]
        var writer = MessageWriter()
        for number in 0..<2 {
            writer.message(type: 0x0400, flags: 0, sequence: 0) { body in
                body.raw([2, 0, 0, 2])
                body.attribute(1, [8, 0, 2, 0])
                body.attribute(2, word: UInt32(7).byteSwapped)
                body.attribute(10, text: "why")
                body.attribute(12, word: UInt32(number).byteSwapped)
                body.attribute(9, packet)
            }
        }
        return [writer.bytes]
    } take: { bytes in
        var records: [LogRecord] = []
        _ = try? LogDatagram.read(bytes.span, count: bytes.count, into: &records)
        var sensor = AttemptSensor(SensorTable(roster: roster, uids: [61_000, 61_001]))
        var outlet = EventOutlet()
        for place in [LogPlace.fabric, .host, .compartment(0)] {
            sensor.take(records, from: place, now: 5, into: &outlet)
        }
        sensor.closeWindow(now: 1 << 40, into: &outlet)
        outlet.seal()
    }

    static let audit = Door(name: "audit") {
        [
            "audit(1795233600.123:45): auid=1 uid=61000 gid=61000 pid=7 comm=\"x\" exe=2F78 sig=0 "
                + "arch=c000003e syscall=41 compat=0 ip=0x7f code=0x50000",
            "audit(1.2:46): domain=1a blockers=fs.read_file path=\"/x\" dev=\"sda\" ino=5",
        ].flatMap { text in
            [UInt16(1326), 1423].map { type in
                var writer = MessageWriter()
                writer.message(type: type, flags: 0, sequence: 0) { $0.raw(Array(text.utf8)) }
                return writer.bytes
            }
        }
    } take: { bytes in
        var records: [AuditRecord] = []
        var skipped = 0
        try? AuditDatagram.read(bytes.span, count: bytes.count, into: &records, skipped: &skipped)
        var sensor = DenialSensor(SensorTable(roster: roster, uids: [61_000, 61_001]))
        var outlet = EventOutlet()
        for record in records {
            require(record.fields.count <= AuditRecord.fieldsMax, "more fields than the bound")
            for field in record.fields { _ = record.untrusted(field.name) }
            sensor.take(record, into: &outlet)
        }
        outlet.seal()
    }

    static let netlink = Door(name: "netlink") {
        [[UInt8](repeating: 2, count: 80), [2, 0, 0, 0, 8, 0, 1, 0x80, 1, 2, 3, 4]]
    } take: { bytes in
        _ = try? ConnectionMessages.parse(bytes.span, 0..<bytes.count)
        _ = try? SocketRecord.parse(bytes.span, 0..<bytes.count)
    }

    static let orders = Door(name: "orders") {
        var orders = Orders(
            compartment: 3, address: Address(0x0A09_0105), program: "/usr/bin/web",
            allowance: Allowance(
                memoryBytes: 1 << 28, processes: 64, files: 1024, diskBytes: 1 << 28,
                scratchBytes: 1 << 24))
        orders.neighbours = [Address(1)]
        orders.targets = [Target(.declared, Address(9), port: 5432)]
        orders.paths = [VictimPath(.trail, "/trails/web")]
        orders.techniques = Technique.all.prefix(3).map(\.id)
        orders.nonce = [UInt8](0..<16)
        orders.victims = [Victim(.watch, pid: 42)]
        var envoy = EnvoyOrders(techniques: Technique.envoys.prefix(3).map(\.id))
        envoy.doors = [ForeignDoor(owner: "ledger", address: Address(9), port: 7006)]
        return [OrdersCodec.encode(orders), EnvoyCodec.encode(envoy)]
    } take: { bytes in
        if let read = try? EnvoyCodec.decode(bytes) {
            let again = try? EnvoyCodec.decode(EnvoyCodec.encode(read))
            require(again == read, "an envoy's orders read back as others")
        }
        guard let read = try? OrdersCodec.decode(bytes) else { return }
        let again = try? OrdersCodec.decode(OrdersCodec.encode(read))
        require(again == read, "orders read back as others")
    }

    static let report = Door(name: "report") {
        let refusal = Refusal(
            call: 41, errno: 1, signal: 0, arguments: [2, 3, 255, 0, 0, .max], detail: "socket")
        let touch = Touch(transport: 6, address: Address(0x0A09_0204), port: 5432)
        let reports: [Report] = [
            .began(id: "net.tun", time: 7), .finished(trials: 130),
            .ended(
                Trial(
                    id: "net.tun", begin: 1, end: 2, outcome: .stopped(refusal), touches: [touch])),
            .ended(Trial(id: "net.tun", begin: 1, end: 2, outcome: .through("read"))),
            .sighting(Sighting(time: 9, interface: "bh1", source: Address(5), touch: touch)),
        ]
        return reports.map { ReportCodec.encode($0) }
    } take: { bytes in
        _ = try? ReportCodec.decodeOutcome(bytes)
        guard let read = try? ReportCodec.decode(bytes) else { return }
        let again = try? ReportCodec.decode(ReportCodec.encode(read))
        require(again == read, "a report reads back as another")
    }
}
