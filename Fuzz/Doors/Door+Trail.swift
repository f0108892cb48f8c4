import AuditTreaty
import Descriptors
import Glibc
import Trail

// A trail's directory, of which one file at a time is somebody else's.
extension Door {
    private static let names = ["00000000.segment", "head", "key.public"]

    /// A small whole trail; made once, by its own writer.
    private static let whole: (path: String, files: [[UInt8]]) = {
        let path = "/tmp/bulkhead-fuzz-\(getpid())"
        try? Files.makeDirectories(path, mode: 0o700)
        var batch = EventBatch()
        if var recorder = try? Recorder(TrailDirectory(path), time: 1_795_233_600_000_000_000) {
            for text in ["one", "two", "three"] {
                _ = batch.append(.drift(where: text))
                let bytes = batch.take(wantsReceipt: true) ?? []
                recorder.receive(bytes, from: .service, time: 1_795_233_600_500_000_000)
            }
            _ = try? recorder.close(time: 1_795_233_601_000_000_000)
        }
        _ = atexit {
            for name in (try? Files.list(Door.whole.path)) ?? [] {
                try? Files.remove("\(Door.whole.path)/\(name)")
            }
            _ = unsafe rmdir(Door.whole.path)
        }
        return (path, names.map { (try? Files.read("\(path)/\($0)", limit: 1 << 20)) ?? [] })
    }()

    /// The first byte says which file the rest is.
    static let trail = Door(name: "trail") {
        whole.files.enumerated().map { [UInt8($0.offset)] + $0.element }
    } take: { bytes in
        guard let first = bytes.first else { return }
        let index = Int(first) % names.count
        let directory = TrailDirectory(whole.path)
        let path = "\(whole.path)/\(names[index])"
        let isWhole = bytes.dropFirst().elementsEqual(whole.files[index])
        try? Files.create(path).writeAll(Array(bytes.dropFirst()))
        _ = TrailReader.read(directory) { _, message in
            for event in message.events { _ = EventText.line(event, Roster.nobody) }
            return true
        }
        if case .intact(let summary) = TrailVerifier.verify(directory) {
            require(isWhole || summary.events == 3 || index != 0, "a changed trail verifies")
        }
        try? Files.create(path).writeAll(whole.files[index])
    }
}

extension Roster {
    /// Names nobody.
    fileprivate static let nobody = Roster(
        platform: "", file: "", isolation: "", compartments: [], flows: [])
}
