import Addresses
import Bytes
import RequestTreaty
import RoundTrips
import Testing

@Suite("RequestTreaty on the wire")
struct RoundTripTests {
    static func text(_ count: Int) -> String { String(repeating: "x", count: count) }

    static func request(
        target: Int = 10, fields: Int = 2, name: Int = 4, value: Int = 8, body: Int = 3
    ) -> ClientRequest {
        ClientRequest(
            method: .post, target: text(target),
            fields: Array(repeating: Field(name: text(name), value: text(value)), count: fields),
            body: [UInt8](repeating: 0xFF, count: body), client: Address(.max), clientPort: .max)
    }

    static func response(
        _ status: UInt16, fields: Int = 1, name: Int = 4, value: Int = 4, body: Int = 2
    ) -> ClientResponse {
        ClientResponse(
            status: status,
            fields: Array(repeating: Field(name: text(name), value: text(value)), count: fields),
            body: [UInt8](repeating: 0, count: body))
    }

    static let requests = Wire(
        Method.allCases.map {
            ClientRequest(
                method: $0, target: "/", fields: [Field(name: "ä", value: "")], body: [],
                client: Address(0), clientPort: 0)
        } + [
            request(),
            request(
                target: ClientRequest.targetMax, fields: ClientRequest.fieldsMax,
                name: ClientRequest.nameMax, value: ClientRequest.valueMax,
                body: ClientRequest.bodyMax),
        ], { $0.encode(into: &$1) }, ClientRequest.decode)

    static let responses = Wire(
        [
            response(200), response(599, fields: 0, body: 0),
            response(404, fields: ClientRequest.fieldsMax, body: ClientResponse.bodyMax),
        ], { $0.encode(into: &$1) }, ClientResponse.decode)

    @Test("every type is read back as it was written, and never from a part of it")
    func roundTrips() {
        #expect(Self.requests.roundTrips() == [])
        #expect(Self.responses.roundTrips() == [])
    }

    @Test("changed bytes never trap, and what is read has one way to be written")
    func mutations() {
        #expect(Self.requests.endures(5_000, seed: 1) == [])
        #expect(Self.responses.endures(2_000, seed: 2) == [])
    }

    @Test("what is longer or more than its bound is malformed")
    func bounds() {
        for wrong in [
            Self.request(target: ClientRequest.targetMax + 1),
            Self.request(fields: ClientRequest.fieldsMax + 1),
            Self.request(name: ClientRequest.nameMax + 1),
            Self.request(value: ClientRequest.valueMax + 1),
            Self.request(body: ClientRequest.bodyMax + 1),
        ] {
            #expect(throws: Malformed.self) {
                try Self.requests.decode(Self.requests.encode(wrong))
            }
        }
        for wrong in [
            Self.response(199), Self.response(600), Self.response(0),
            Self.response(200, fields: ClientRequest.fieldsMax + 1),
            Self.response(200, name: ClientRequest.nameMax + 1),
            Self.response(200, value: ClientRequest.valueMax + 1),
            Self.response(200, body: ClientResponse.bodyMax + 1),
        ] {
            #expect(throws: Malformed.self) {
                try Self.responses.decode(Self.responses.encode(wrong))
            }
        }
    }

    @Test("a field is found by its name, the first of several")
    func fields() {
        var request = Self.request(fields: 0)
        request.fields = [
            Field(name: "a", value: "1"), Field(name: "b", value: "2"),
            Field(name: "a", value: "3"),
        ]
        #expect(request.field("a") == "1" && request.field("b") == "2")
        #expect(request.field("c") == nil)
        #expect(Set(Method.allCases.map(\.name)).count == Method.allCases.count)
        #expect(Set(RequestMessage.allCases.map(\.name)).count == RequestMessage.allCases.count)
    }
}
