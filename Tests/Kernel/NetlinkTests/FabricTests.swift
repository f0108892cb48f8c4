import Addresses
import Descriptors
import Glibc
import Namespaces
import Netlink
import Testing

@Suite("Fabric", .enabled(if: geteuid() == 0, "needs root"))
struct FabricTests {
    @Test("twenty compartments are attached, and one reaches another through the fabric")
    func attach() throws {
        let fabricSpace = try NetworkNamespace.create()
        var fabric = try Fabric(in: fabricSpace)
        var spaces: [SharedDescriptor] = []
        for _ in 0..<20 { spaces.append(SharedDescriptor(try NetworkNamespace.create())) }
        for index in 0..<20 {

            try fabric.attach(
                compartment: spaces[index].descriptor, index: index,
                address: Address(0x0A4D_0100 + UInt32(index) + 1))
        }
    }
}
