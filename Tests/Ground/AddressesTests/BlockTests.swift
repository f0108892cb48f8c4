import Addresses
import Testing

@Suite("Blocks of both families")
struct BlockTests {
    @Test("IPv6 text is read by its rules and by nothing looser")
    func text() {
        let table: [(String, UInt128?)] = [
            ("::", 0), ("::1", 1), ("1::", 1 << 112),
            ("2001:db8::8:1", 0x2001_0DB8 << 96 | 0x8_0001),
            ("1:2:3:4:5:6:7:8", 0x0001_0002_0003_0004_0005_0006_0007_0008),
            ("::ffff:10.0.0.1", 0xFFFF_0A00_0001),
            ("1:2:3:4:5:6:7::", 0x1_0002_0003_0004_0005_0006_0007 << 16),
            ("FE80::A", 0xFE80 << 112 | 10),
            ("", nil), (":", nil), (":::", nil), ("1::2::3", nil), ("12345::", nil), ("g::", nil),
            ("1:2:3:4:5:6:7", nil), ("1:2:3:4:5:6:7:8:9", nil), ("1:2:3:4::5:6:7:8", nil),
            ("::1%lo", nil), ("10.0.0.1", nil), ("10.0.0.1::", nil), ("::+1", nil), ("1:", nil),
            ("::1:", nil),
        ]
        for (text, value) in table { #expect(Address6.value(text) == value, "\(text)") }
    }

    @Test("bits behind the prefix are masked, and it is told")
    func masks() {
        let table: [(String, Block?, Bool)] = [
            ("10.1.2.3/16", .v4(0x0A01_0000...0x0A01_FFFF), true),
            ("10.1.0.0/16", .v4(0x0A01_0000...0x0A01_FFFF), false),
            ("10.1.2.3", .v4(0x0A01_0203...0x0A01_0203), false),
            ("0.0.0.0/0", .v4(0 ... .max), false),
            ("255.255.255.255/32", .v4(.max ... .max), false), ("::/0", .v6(0 ... .max), false),
            ("::1/127", .v6(0...1), true), ("::5/128", .v6(5...5), false),
            ("10.0.0.0/33", nil, false), ("10.0.0.0/", nil, false), ("10.0.0.0/+8", nil, false),
            ("::/129", nil, false), ("10.0.0.0/8/8", nil, false), ("x", nil, false),
            ("", nil, false),
        ]
        for (text, block, isMasked) in table {
            let read = Block.read(text)
            #expect(read?.block == block && (read?.isMasked ?? false) == isMasked, "\(text)")
        }
    }
}
