internal import AuditTreaty
internal import CLinux
internal import Descriptors
internal import Findings
internal import Glibc
internal import Signatures

/// What a writer finds when it starts: where the chain stands, and what has to be cut.
///
/// Only the segments from the head's on are read, so a start costs at most about one segment.
struct TrailRecovery: Sendable {
    private(set) var head: TrailHead
    private(set) var link: ChainLink
    /// Where the last good frame ends; offset 0 when the segment itself has to be made.
    private(set) var segment: UInt64 = 0
    private(set) var offset: UInt64 = 0
    private(set) var tally: Tally
    /// Bytes of segments before the current one.
    private(set) var earlier: UInt64 = 0
    /// Bytes of unfinished frames behind the last good one.
    private(set) var cut: UInt64 = 0
    /// Number after the last kept event of each origin.
    private(set) var continuations: [TrailOrigin: UInt64] = [:]
    private var segments: [TrailDirectory.Segment]

    /// Reads the head and everything behind it; signs a first head where no trail has begun.
    init(
        _ directory: TrailDirectory, key: borrowing PrivateKey, time: UInt64
    ) throws(Failure) {
        let genesis = ChainLink.genesis(publicKey: key.publicKey.encoded)
        do throws(SystemFailure) { segments = try directory.segments() } catch {
            throw Self.unusable(directory, error)
        }
        guard let bytes = directory.headBytes() else {
            guard segments.isEmpty else {
                throw Self.refusal(directory, TrailFault(.headMissing, file: "head"))
            }
            // Signed before the first segment exists: segments without a head are always a theft.
            head = TrailHead(
                frames: 0, events: 0, lost: 0, pending: 0, time: time, segment: 0, offset: 0,
                hash: genesis.hash)
            link = genesis
            tally = Tally(head: head)
            do throws(SystemFailure) {
                try Files.replace(directory.head, with: head.sealed(with: key))
            } catch {
                throw Self.unusable(directory, error)
            }
            return
        }
        do throws(TrailFault.Reason) {
            head = try TrailHead.open(bytes, key: key.publicKey)
        } catch {
            throw Self.refusal(directory, TrailFault(error, file: "head"))
        }
        link = genesis
        tally = Tally(head: head, from: head)
        earlier = segments.reduce(0) { $0 + ($1.number < head.segment ? $1.size : 0) }
        segments.removeAll { $0.number < head.segment }
        try follow(directory, genesis)
        measure()
    }

    /// Reads from the head's segment on, until the first thing that does not continue the chain.
    private mutating func follow(
        _ directory: TrailDirectory, _ genesis: ChainLink
    ) throws(Failure) {
        if head.segment > 0 {
            // The chain's state at the segment's start is what its head claims; the signed hash
            // behind it proves the claim.
            guard let claim = Self.claim(directory, head.segment) else {
                let name = TrailDirectory.name(ofSegment: head.segment)
                throw Self.refusal(directory, TrailFault(.segmentMissing, file: name))
            }
            link = claim
        } else {
            tally.place(genesis, segment: 0, offset: 0)
        }
        var scan = TrailScan(directory, segments, from: link)
        var fault: TrailFault?
        reading: while true {
            switch scan.next() {
            case .segment: tally.place(scan.link, segment: scan.segment, offset: scan.offset)
            case .frame(let frame):
                guard let message = try? EventMessage.decode(frame.payload) else {
                    fault = TrailFault(
                        .framePayload, file: scan.name, offset: offset, index: frame.index)
                    break reading
                }
                if frame.index >= head.frames { tally.add(frame, message) }
                tally.place(scan.link, segment: scan.segment, offset: scan.offset)
                continuations[frame.origin] = message.sequence + UInt64(message.events.count)
            case .bad(let found):
                fault = found
                break reading
            case .unreadable(let text):
                throw Failure(
                    .machine, "trail-open", "the trail cannot be read: \(text)",
                    remedy: "check the directory's owner and the disk")
            case .end: break reading
            }
            (link, segment, offset) = (scan.link, scan.segment, scan.offset)
        }
        if link.next < head.frames {
            let missing = TrailFault.Reason.truncated(missing: head.frames - link.next)
            throw Self.refusal(
                directory,
                fault
                    ?? TrailFault(missing, file: scan.name, offset: offset, index: link.next))
        }
        guard tally.agrees else {
            throw Self.refusal(directory, TrailFault(.headDisagrees, file: "head"))
        }
    }

    /// Sums up what lies before and behind the last good frame.
    private mutating func measure() {
        for file in segments {
            if file.number < segment {
                earlier += file.size
            } else if file.number == segment {
                cut += file.size - min(offset, file.size)
            } else {
                cut += file.size
            }
        }
    }

    static func claim(_ directory: TrailDirectory, _ number: UInt64) -> ChainLink? {
        guard let file = try? Files.open(directory.segment(number)) else { return nil }
        var bytes: [UInt8] = []
        _ = try? file.read(into: &bytes, limit: SegmentHead.bytes)
        return SegmentHead.decode(bytes, number: number)
    }

    /// Opens the segment to append to, without what is cut; makes it where there is none.
    mutating func openSegment(
        _ directory: TrailDirectory
    ) throws(Failure) -> TrailWriter.SegmentFile {
        do throws(SystemFailure) {
            for file in segments where file.number > segment {
                try Files.remove(directory.segment(file.number))
            }
            if offset == 0 {
                let begun = try Self.begin(directory, segment: segment, at: link)
                link = SegmentHead.follow(link, SegmentHead.encode(number: segment, at: link))
                offset = begun.offset
                return begun
            }
            let number = unsafe bh_open_update(directory.segment(segment), 0, 0)
            guard number >= 0 else {
                throw SystemFailure("open", directory.segment(segment), errno: -number)
            }
            let file = Descriptor(owning: number)
            let result = bh_truncate(file.number, offset)
            guard result >= 0 else {
                throw SystemFailure("truncate", directory.segment(segment), errno: -result)
            }
            return TrailWriter.SegmentFile(file: file, number: segment, offset: offset)
        } catch {
            throw Self.unusable(directory, error)
        }
    }

    /// Makes a segment that continues the chain, durable before it is used.
    static func begin(
        _ directory: TrailDirectory, segment: UInt64, at link: ChainLink
    ) throws(SystemFailure) -> TrailWriter.SegmentFile {
        let path = directory.segment(segment)
        let number = unsafe bh_open_update(path, 1, 0o644)
        guard number >= 0 else { throw SystemFailure("create", path, errno: -number) }
        let file = Descriptor(owning: number)
        let head = SegmentHead.encode(number: segment, at: link)
        var result = bh_truncate(file.number, 0)
        if result >= 0 {
            result = unsafe head.withUnsafeBytes {
                unsafe bh_write_at(file.number, $0.baseAddress, $0.count, 0)
            }
        }
        guard result >= 0 else { throw SystemFailure("write", path, errno: -result) }
        try file.synchronize()
        _ = unsafe bh_fsync_directory(directory.path)
        return TrailWriter.SegmentFile(
            file: file, number: segment, offset: UInt64(SegmentHead.bytes))
    }

    private static func unusable(_ directory: TrailDirectory, _ error: SystemFailure) -> Failure {
        Failure(
            .machine, "trail-open", "the trail in \(directory.path) cannot be opened: \(error)",
            remedy: "check the directory's owner and the disk")
    }

    private static func refusal(_ directory: TrailDirectory, _ fault: TrailFault) -> Failure {
        Failure(
            .refused, "trail-tampered",
            "the trail in \(directory.path) is not what its writer signed: \(fault)",
            remedy: "keep the directory as evidence, move it away, then start again")
    }
}
