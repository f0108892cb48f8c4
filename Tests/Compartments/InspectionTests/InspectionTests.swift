import Findings
import Inspection
import Testing

@Suite("Looking at a running platform")
struct InspectionTests {
    @Test("where no platform answers, that is said, and nothing is read")
    func nobody() {
        #expect(throws: Failure.self) {
            _ = try Inspection(control: "/nowhere/control")
        }
    }
}
