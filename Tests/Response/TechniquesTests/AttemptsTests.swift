import Breach
import Techniques
import Testing

@Suite("Attempts")
struct AttemptsTests {
    @Test("every technique of the table has an attempt, and no attempt is without a technique")
    func complete() {
        #expect(Probe.implemented == Set(Technique.all.map(\.id)))
    }
}
