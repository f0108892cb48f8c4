package import Bytes

/// What the loader would read of a 64-bit ELF file: its interpreter, the libraries it names, and
/// where it says they lie. (System V ABI, chapters 4 and 5.)
package struct ElfImage: Sendable, Equatable {
    /// ELF machine number: 62 is x86-64, 183 is AArch64.
    package var machine: UInt16
    /// Path of the loader; nil for libraries and static programs.
    package var interpreter: String?
    /// DT_NEEDED in the order of the file.
    package var needed: [String] = []
    /// DT_RPATH, used only where DT_RUNPATH is absent.
    package var rpath: [String] = []
    /// DT_RUNPATH.
    package var runpath: [String] = []

    /// Why a file is not one that can be run here.
    package enum Fault: Error, Sendable, Equatable {
        case script
        case notElf
        case malformed(Malformed)
    }

    /// Bytes from an offset, at most as many as asked for, fewer at the end of the file.
    package typealias Source = (_ offset: UInt64, _ count: Int) -> [UInt8]

    private static let programHeadersMax = 128
    private static let dynamicBytesMax = 64 << 10
    private static let textBytesMax = 4096
    private static let neededMax = 512
    private static let segmentsMax = 64

    private struct Segment {
        var kind: UInt32
        var offset: UInt64
        var address: UInt64
        var fileBytes: UInt64
    }

    /// Reads headers and the dynamic section, never the code.
    package static func parse(_ source: Source) throws(Fault) -> ElfImage {
        let head = source(0, 64)
        if head.starts(with: Array("#!".utf8)) { throw .script }
        guard head.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else { throw .notElf }
        do throws(Malformed) {
            return try parse(head, source)
        } catch {
            throw .malformed(error)
        }
    }

    private static func parse(_ head: [UInt8], _ source: Source) throws(Malformed) -> ElfImage {
        // Class 2 is 64 bits, data 1 is little-endian.
        guard head.count == 64, head[4] == 2, head[5] == 1 else {
            throw Malformed(at: 4, expected: "a 64-bit little-endian ELF file")
        }
        var reader = ByteReader(head, in: 16..<64)
        let type = try reader.integer(UInt16.self)
        guard type == 2 || type == 3 else {
            throw Malformed(at: 16, expected: "a program or a shared library")
        }
        var image = ElfImage(machine: try reader.integer(UInt16.self))
        _ = try reader.take(12)
        let headers = try reader.integer(UInt64.self)
        _ = try reader.take(14)
        let size = Int(try reader.integer(UInt16.self))
        let count = Int(try reader.integer(UInt16.self))
        guard size == 56, count <= programHeadersMax else {
            throw Malformed(at: 54, expected: "at most 128 program headers of 56 bytes")
        }
        let segments = try segments(source(headers, size * count), count)
        for segment in segments where segment.kind == 3 {
            image.interpreter = try text(source, segment.offset, Int(clamping: segment.fileBytes))
        }
        if let dynamic = segments.first(where: { $0.kind == 2 }) {
            try image.readDynamic(dynamic, segments.filter { $0.kind == 1 }, source)
        }
        return image
    }

    private static func segments(_ bytes: [UInt8], _ count: Int) throws(Malformed) -> [Segment] {
        var reader = ByteReader(bytes)
        var result: [Segment] = []
        for _ in 0..<count {
            let kind = try reader.integer(UInt32.self)
            _ = try reader.take(4)
            let offset = try reader.integer(UInt64.self)
            let address = try reader.integer(UInt64.self)
            _ = try reader.take(8)
            let fileBytes = try reader.integer(UInt64.self)
            _ = try reader.take(16)
            guard (1...3).contains(kind) else { continue }
            guard result.count < segmentsMax else {
                throw Malformed(at: 0, expected: "at most 64 segments")
            }
            result.append(
                Segment(kind: kind, offset: offset, address: address, fileBytes: fileBytes))
        }
        return result
    }

    private mutating func readDynamic(
        _ dynamic: Segment, _ loaded: [Segment], _ source: Source
    ) throws(Malformed) {
        let bytes = source(
            dynamic.offset, min(Int(clamping: dynamic.fileBytes), Self.dynamicBytesMax))
        var reader = ByteReader(bytes)
        var names: [(tag: UInt64, offset: UInt64)] = []
        var table: UInt64?
        var tableBytes: UInt64 = 0
        while reader.remaining >= 16 {
            let tag = try reader.integer(UInt64.self)
            let value = try reader.integer(UInt64.self)
            switch tag {
            case 0: reader = ByteReader([])
            case 1, 15, 29:
                guard names.count < Self.neededMax else {
                    throw Malformed(at: 0, expected: "at most 512 needed libraries")
                }
                names.append((tag, value))
            case 5: table = value
            case 10: tableBytes = value
            default: break
            }
        }
        guard !names.isEmpty else { return }
        guard let table, let base = Self.fileOffset(of: table, in: loaded) else {
            throw Malformed(at: 0, expected: "a string table inside a loaded segment")
        }
        for (tag, offset) in names {
            guard offset < tableBytes, !base.addingReportingOverflow(offset).overflow else {
                throw Malformed(at: 0, expected: "a name inside the string table")
            }
            let name = try Self.text(
                source, base + offset, Int(clamping: tableBytes - offset))
            switch tag {
            case 1: needed.append(name)
            case 15: rpath += name.split(separator: ":").map(String.init)
            default: runpath += name.split(separator: ":").map(String.init)
            }
        }
    }

    private static func fileOffset(of address: UInt64, in loaded: [Segment]) -> UInt64? {
        for segment in loaded where address >= segment.address {
            let inside = address - segment.address
            guard inside < segment.fileBytes else { continue }
            let (offset, overflow) = segment.offset.addingReportingOverflow(inside)
            return overflow ? nil : offset
        }
        return nil
    }

    // Text up to its NUL, which must come within the bound.
    private static func text(
        _ source: Source, _ offset: UInt64, _ bytes: Int
    ) throws(Malformed) -> String {
        let raw = source(offset, min(max(bytes, 0), textBytesMax))
        guard let end = raw.firstIndex(of: 0), end > 0,
            let text = String(validating: raw[..<end], as: UTF8.self)
        else { throw Malformed(at: 0, expected: "a text that ends with NUL") }
        return text
    }
}
