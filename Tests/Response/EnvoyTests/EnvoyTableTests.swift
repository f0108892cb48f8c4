import Breach
import Envoy
import Testing

@Suite("The envoy's table")
struct EnvoyTableTests {
    @Test("every technique of the envoy has an attempt, and no attempt is without a technique")
    func complete() {
        #expect(Envoy.implemented == Set(Technique.envoys.map(\.id)))
    }
}
