import AuditTreaty
import CLinux
import Descriptors
import Glibc
import Signatures
import Trail

/// A directory of its own under the system's temporary one, removed when the test ends.
final class Scratch: Sendable {
    let path: String
    var directory: TrailDirectory { TrailDirectory(path) }

    init() throws {
        var template = Array("/tmp/bulkhead-trail-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else {
            throw SystemFailure("mkdtemp", "scratch", errno: errno)
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in (try? Files.list(path)) ?? [] { try? Files.remove("\(path)/\(name)") }
        _ = unsafe rmdir(path)
    }

    func read(_ name: String) throws -> [UInt8] {
        try Files.read("\(path)/\(name)", limit: 1 << 28)
    }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        try Files.create("\(path)/\(name)").writeAll(bytes)
    }

    func remove(_ name: String) throws { try Files.remove("\(path)/\(name)") }

    /// Every file by name, to put the trail back as it was.
    func snapshot() throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for name in try Files.list(path) where name != "reserve" { files[name] = try read(name) }
        return files
    }

    func restore(_ files: [String: [UInt8]]) throws {
        for name in try Files.list(path) where files[name] == nil { try remove(name) }
        for (name, bytes) in files { try write(name, bytes) }
    }
}

extension TrailLimits {
    /// Small enough that a test's trail has several segments.
    static let small: TrailLimits = {
        var limits = TrailLimits()
        limits.segmentBytes = 2000
        limits.reserveBytes = 4096
        return limits
    }()
}

/// A fixed clock: every call is a millisecond later.
struct Ticks {
    var now: UInt64 = 1_795_233_600_000_000_000
    mutating func next() -> UInt64 {
        now += 1_000_000
        return now
    }
}

extension Recorder {
    /// Sends one event as a message of its own and finishes the round.
    mutating func put(
        _ event: Event, in batch: inout EventBatch, at time: UInt64, receipt: Bool = false
    ) throws -> [Answer] {
        _ = batch.append(event)
        receive(batch.take(wantsReceipt: receipt) ?? [], from: .service, time: time)
        return try finish(time: time)
    }
}

extension TrailVerdict {
    var summary: TrailSummary? {
        guard case .intact(let summary) = self else { return nil }
        return summary
    }

    var reason: TrailFault.Reason? {
        guard case .bad(let fault) = self else { return nil }
        return fault.reason
    }
}
