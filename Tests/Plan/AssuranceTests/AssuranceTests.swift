import Addresses
import Assurance
import Blueprint
import Compile
import Confinement
import Findings
import Platform
import Reach
import Rulebook
import Segmentation
import Testing

/// A small exchange: its guarantees hold, and each line can be spoiled.
struct Sample {
    static let flows = """
        flows:
          - {from: internet, to: gateway.https, because: clients trade}
          - {from: gateway, to: api.requests, messages: [request], because: it forwards}
          - {from: api, to: orders.orders, messages: [place, cancel], because: clients' orders}
          - {from: orders, to: ledger.ledger, because: postings}
          - {from: application, to: clock.time, because: everybody wants the time}

        """
    static let guarantees = """
        guarantees:
          - {never: internet, reaches: application}
          - {never: dmz, reaches: data}
          - {never: gateway, reaches: orders}
          - {never: api, reaches: orders.halt}
          - {only: [orders], reach: ledger.ledger}
          - {only: [api, clock], reach: orders}
          - {must: api, reach: orders.orders}
          - {must: internet, reach: gateway.https}
          - {contain: gateway, within: [api], steps: 0}
          - {contain: gateway, within: [application, clock], steps: 1}
        expect:
          - gateway cannot reach ledger on tcp/5432
          - gateway can reach api on tcp/7001
          - dmz cannot reach ledger

        """
    static let head = """
        platform: sample
        zones:
          dmz: {network: 10.1.0.0/24}
          application: {network: 10.2.0.0/24}
          data: {network: 10.3.0.0/24}
          vault: {network: 10.4.0.0/24}
        services:
          gateway: {zone: dmz, run: [/bin/true], ports: {https: tcp/8443}}
          api: {zone: application, run: [/bin/true], ports: {requests: tcp/7001}, instances: 2}
          orders: {zone: application, run: [/bin/true], ports: {orders: tcp/7003, admin: tcp/7004}}
          clock: {zone: data, run: [/bin/true], ports: {time: udp/123}}
          ledger: {zone: data, run: [/bin/true], ports: {ledger: tcp/5432}}
        publish: {gateway.https: "127.0.0.1:8443"}

        """

    let platform: Platform
    let deployment: Deployment

    init(flows: String = Sample.flows, guarantees: String = Sample.guarantees) throws {
        // A message that no flow carries is unknown: one carries it from where it may.
        let halt =
            "  - {from: clock, to: orders.orders, messages: [halt], because: the day ends}\n"
        let text = Self.head + flows + halt + guarantees
        let read = Blueprint.read(Array(text.utf8), folder: "/", today: 20_000)
        platform = try #require(read.platform, "\(read.findings)")
        let outline = Compile.outline(platform, file: "sample.yaml")
        deployment = try #require(outline.deployment, "\(outline.findings)")
    }

    func assurance() throws -> Assurance {
        Assurance(platform, deployment, try Segmentation(deployment))
    }
}

@Suite("Guarantees, by the file and by each layer alone")
struct AssuranceTests {
    @Test("a good file's guarantees hold, and refusals are proved by certificates in both layers")
    func good() throws {
        let sample = try Sample()
        let assurance = try sample.assurance()
        for answer in assurance.answers {
            #expect(answer.verdict.passes, "\(answer.guarantee.claim): \(answer.verdict)")
            #expect(answer.repair == nil)
            #expect(answer.layers.count == 2)
        }
        let proved = assurance.answers.map { $0.layers.allSatisfy { ($0.certificates ?? 0) > 0 } }
        #expect(
            proved == [
                true, true, true, false, true, true, false, false, true, false, true, false, true,
            ])
    }

    /// A wrong edit: text, what stands for it, and what is said.
    struct Edit: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let flow: String
        let guarantee: String
        let path: [String]
        let repair: String
    }

    @Test(
        "a wrong edit is refuted with its path and with the change that repairs it",
        arguments: [
            Edit(
                testDescription: "a database opened to the gateway",
                flow: "{from: gateway, to: ledger.ledger, because: faster}",
                guarantee: "{never: dmz, reaches: data}",
                path: ["gateway reaches ledger.ledger by the flow in line 20"],
                repair: "remove or narrow what line 20 allows"),
            Edit(
                testDescription: "a whole zone let in",
                flow: "{from: dmz, to: orders.admin, because: help}",
                guarantee: "{only: [api, clock], reach: orders}",
                path: ["gateway reaches orders.admin by the flow in line 20"],
                repair: "remove or narrow what line 20 allows"),
            Edit(
                testDescription: "two hops",
                flow: "{from: api, to: ledger.ledger, because: faster}",
                guarantee: "{contain: gateway, within: [application, clock], steps: 1}",
                path: [
                    "gateway reaches api.requests by the flow in line 16",
                    "api reaches ledger.ledger by the flow in line 20",
                ], repair: "remove or narrow what line 20 allows"),
            Edit(
                testDescription: "a message too many",
                flow: "{from: gateway, to: orders.orders, messages: [halt], because: help}",
                guarantee: "{never: dmz, reaches: orders.halt}",
                path: ["gateway reaches orders.orders by the flow in line 20"],
                repair: "remove or narrow what line 20 allows"),
        ])
    func wrong(_ edit: Edit) throws {
        let text = "guarantees: [\(edit.guarantee)]\n"
        #expect(try Sample(guarantees: text).assurance().passes)
        let sample = try Sample(
            flows: Sample.flows + "  - \(edit.flow)\n", guarantees: text)
        let assurance = try sample.assurance()
        #expect(!assurance.passes)
        let answer = try #require(assurance.answers.first)
        #expect(answer.verdict.path.map(assurance.graph.sentence) == edit.path)
        #expect(answer.repair.map(assurance.graph.sentence) == edit.repair)
        // The rules are made of the same file: each layer says the same by itself.
        for layer in answer.layers { #expect(layer.verdict.name == "refuted", "\(layer)") }
    }

    @Test("a missing way is refuted with the flow that would be it")
    func missing() throws {
        let sample = try Sample(guarantees: "guarantees: [{must: gateway, reach: orders.admin}]\n")
        let assurance = try sample.assurance()
        let answer = try #require(assurance.answers.first)
        #expect(answer.verdict.name == "refuted")
        let repair = try #require(answer.repair.map(assurance.graph.sentence))
        #expect(repair == "add {from: gateway, to: orders.admin, because: …}")
    }

    /// Rules changed behind the file's back in one layer.
    private func tampered(
        fabric: String = "", ledger: String = "", gateway: String = ""
    ) throws -> Assurance {
        let sample = try Sample(guarantees: "guarantees: [{never: dmz, reaches: data}]\n")
        var hosts = Rulebook.hosts(sample.deployment).map(\.creation)
        let names = sample.deployment.compartments.map(\.name)
        hosts[try #require(names.firstIndex(of: "ledger"))] += ledger
        hosts[try #require(names.firstIndex(of: "gateway"))] += gateway
        let segmentation = try Segmentation(
            sample.deployment, fabric: Rulebook.fabric(sample.deployment).creation + fabric,
            hosts: hosts)
        return Assurance(sample.platform, sample.deployment, segmentation)
    }

    @Test("where only one layer still holds a guarantee, it is refuted by the other's name")
    func single() throws {
        let open = "insert rule inet bulkhead"
        let fabric = try tampered(fabric: "\(open) crossing ip daddr 10.3.0.0/24 accept\n")
        #expect(fabric.answers[0].verdict.why.hasPrefix("by the fabric alone: gateway reaches"))
        #expect(fabric.answers[0].layers.map(\.verdict.name) == ["refuted", "holds"])

        let hosts = try tampered(
            ledger: "\(open) entering tcp dport 5432 accept\n",
            gateway: "\(open) leaving tcp dport 5432 accept\n")
        #expect(hosts.answers[0].verdict.why.hasPrefix("by the compartments' firewalls alone"))
        #expect(hosts.answers[0].layers.map(\.verdict.name) == ["holds", "refuted"])

        // One end alone lets nothing pass, and the certificate is the other end's.
        let receiver = try tampered(ledger: "\(open) entering tcp dport 5432 accept\n")
        #expect(receiver.passes && receiver.answers[0].layers[1].certificates ?? 0 > 0)
    }

    @Test("what is not modelled is nobody's proof: it refutes never and does not make must hold")
    func unmodelled() throws {
        let word = "insert rule inet bulkhead crossing meta random 5 accept\n"
        #expect(try !tampered(fabric: word).passes)
        let refusing = try Sample(guarantees: "guarantees: [{must: api, reach: orders.orders}]\n")
        let segmentation = try Segmentation(
            refusing.deployment,
            fabric: Rulebook.fabric(refusing.deployment).creation
                + "insert rule inet bulkhead crossing limit rate 1/second drop\n",
            hosts: Rulebook.hosts(refusing.deployment).map(\.creation))
        let assurance = Assurance(refusing.platform, refusing.deployment, segmentation)
        #expect(assurance.answers[0].verdict.name == "refuted")
    }

    @Test("a guarantee that names a secret is answered by no layer")
    func beyond() throws {
        let head = Sample.head.replacing(
            "ports: {ledger: tcp/5432}", with: "ports: {ledger: tcp/5432}, needs: {secrets: [a/b]}")
        let text = head + Sample.flows + "guarantees: [{never: dmz, reaches: a/b}]\n"
        let read = Blueprint.read(Array(text.utf8), folder: "/", today: 20_000)
        let platform = try #require(read.platform, "\(read.findings)")
        let deployment = try #require(Compile.outline(platform, file: "x").deployment)
        let assurance = Assurance(platform, deployment, try Segmentation(deployment))
        #expect(assurance.answers.map(\.verdict.name) == ["unanswered"])
    }

    @Test("flows whose last day is over are told, each with a packet that it let through")
    func expired() throws {
        // The samples are read on day 20,000, which is 2024-10-04.
        let flows = Sample.flows
            .replacing("because: postings", with: "because: postings, expires: 2024-10-04")
            .replacing("wants the time", with: "wants the time, expires: 2024-10-06")
        let assurance = try Sample(flows: flows).assurance()
        #expect(assurance.expired(today: 20_000).isEmpty)
        let over = assurance.expired(today: 20_001)
        #expect(
            over.map(assurance.graph.sentence) == [
                "orders reaches ledger.ledger by the flow in line 18"
            ])
        let example = try #require(over.first.flatMap { assurance.example($0) })
        #expect(example.source != nil && example.port.description == "tcp/5432")
        #expect(assurance.expired(today: 20_003).count == 2)
    }
}
