internal import Bytes
internal import Closure
internal import Testing

/// A small valid ELF file: headers, one loaded segment, a dynamic section and its strings.
enum Specimen {
    static func elf(
        needed: [String], runpath: String? = nil, interpreter: String? = nil, machine: UInt16 = 62
    ) -> [UInt8] {
        var strings: [UInt8] = [0]
        func place(_ text: String) -> UInt64 {
            defer { strings += Array(text.utf8) + [0] }
            return UInt64(strings.count)
        }
        var entries: [(UInt64, UInt64)] = needed.map { (1, place($0)) }
        if let runpath { entries.append((29, place(runpath))) }
        let loader: [UInt8] = interpreter.map { Array($0.utf8) + [0] } ?? []
        let headers = 3
        let tableAt = UInt64(64 + headers * 56)
        let dynamicAt = tableAt + UInt64(strings.count)
        entries += [(5, 0x1000 + tableAt), (10, UInt64(strings.count)), (0, 0)]
        let loaderAt = dynamicAt + UInt64(entries.count * 16)
        var out = ByteWriter()
        out.append([0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0] + [UInt8](repeating: 0, count: 8))
        out.integer(UInt16(3))
        out.integer(machine)
        out.integer(UInt32(1))
        out.integer(UInt64(0))
        out.integer(UInt64(64))
        out.integer(UInt64(0))
        out.integer(UInt32(0))
        for value in [64, 56, headers, 0, 0, 0] { out.integer(UInt16(value)) }
        let total = loaderAt + UInt64(loader.count)
        for (kind, at, size) in [
            (UInt32(1), UInt64(0), total), (2, dynamicAt, UInt64(entries.count * 16)),
            (loader.isEmpty ? 6 : 3, loaderAt, UInt64(loader.count)),
        ] {
            out.integer(kind)
            out.integer(UInt32(4))
            out.integer(at)
            out.integer(0x1000 + at)
            out.integer(UInt64(0))
            out.integer(size)
            out.integer(size)
            out.integer(UInt64(8))
        }
        out.append(strings)
        for (tag, value) in entries {
            out.integer(tag)
            out.integer(value)
        }
        out.append(loader)
        return out.bytes
    }

    static func source(_ bytes: [UInt8]) -> ElfImage.Source {
        { offset, count in
            guard offset < UInt64(bytes.count), count > 0 else { return [] }
            return Array(bytes[Int(offset)...].prefix(count))
        }
    }
}

@Suite("ELF reader")
struct ElfImageTests {
    @Test("names, paths and the loader are read as the file has them")
    func reads() throws {
        let bytes = Specimen.elf(
            needed: ["libone.so.1", "libtwo.so"], runpath: "$ORIGIN/../lib:/opt/x",
            interpreter: "/lib64/ld-linux-x86-64.so.2")
        let image = try ElfImage.parse(Specimen.source(bytes))
        #expect(image.needed == ["libone.so.1", "libtwo.so"])
        #expect(image.runpath == ["$ORIGIN/../lib", "/opt/x"])
        #expect(image.interpreter == "/lib64/ld-linux-x86-64.so.2")
        #expect(image.machine == 62)
    }

    @Test("scripts, other formats and cut files are told apart")
    func refuses() {
        let bytes = Specimen.elf(needed: ["libone.so"])
        #expect(throws: ElfImage.Fault.script) {
            try ElfImage.parse(Specimen.source(Array("#!/bin/sh\n".utf8)))
        }
        #expect(throws: ElfImage.Fault.notElf) {
            try ElfImage.parse(Specimen.source(Array("PK".utf8)))
        }
        for length in [4, 20, 63, 64, 100, bytes.count - 40] {
            #expect(throws: ElfImage.Fault.self) {
                try ElfImage.parse(Specimen.source(Array(bytes.prefix(length))))
            }
        }
    }

    @Test("no changed byte makes the reader fail in any way but its own")
    func fuzz() {
        let bytes = Specimen.elf(
            needed: ["libone.so.1", "libtwo.so"], runpath: "/opt/x", interpreter: "/ld.so")
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        var parsed = 0
        for _ in 0..<40_000 {
            var mutant = bytes
            for _ in 0...next(6) {
                mutant[next(mutant.count)] = [0, 1, 0x7F, 0x80, 0xFF, UInt8(next(256))][next(6)]
            }
            if next(4) == 0 { mutant.removeLast(next(mutant.count)) }
            if let image = try? ElfImage.parse(Specimen.source(mutant)) {
                parsed += 1
                #expect(image.needed.count <= 512)
            }
        }
        #expect(parsed > 0 && parsed < 40_000)
    }
}
