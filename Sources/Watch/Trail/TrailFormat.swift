// Trail: the append-only, hash-linked log of one compartment, its one writer, and its verifier.
//
// A trail is a directory: `key` (the writer's seed, 0600), `key.public`, `head` (what the writer
// last signed), `NNNNNNNN.segment` files, and `reserve` (space given back when the disk is full).
// A segment is a head and frames; each frame's hash covers the hash before it, across segments.
// The signed head makes a shortened or re-chained trail visible to whoever holds the public key;
// whoever holds the writer's key can still rewrite it, which only a witness elsewhere shows.
// It never opens a socket, never parses text, and never repairs what the head covers.
// Bounds: frame 65,589 bytes, segment and trail sizes by `TrailLimits`, 100,000 segments.

internal import Bytes
internal import Digests

/// Who handed the writer the events of a frame.
package enum TrailOrigin: UInt8, Sendable, Equatable, CaseIterable {
    /// The compartment that the trail belongs to: whatever it claims, it claims for itself.
    case service = 1
    /// The supervisor, over its own channel.
    case supervisor = 2
    /// The writer itself: gaps, recoveries, a full disk.
    case writer = 3

    package var name: String {
        switch self {
        case .service: "service"
        case .supervisor: "supervisor"
        case .writer: "writer"
        }
    }
}

/// Sizes a writer keeps to.
package struct TrailLimits: Sendable {
    /// Bytes after which a new segment begins.
    package var segmentBytes: UInt64 = 64 << 20
    /// Bytes of all segments; at the limit events are only counted.
    package var trailBytes: UInt64 = 1 << 30
    /// Bytes kept back so that the record of a full disk still fits.
    package var reserveBytes: UInt64 = 1 << 20

    package init() {}
}

/// Place in the hash chain: everything up to here is fixed by `hash`.
struct ChainLink: Sendable, Equatable {
    /// Hash of the last frame or segment head.
    var hash: [UInt8]
    /// Index of the next frame.
    var next: UInt64

    /// The start of a trail: its chain is bound to the key that signs its heads.
    static func genesis(publicKey: [UInt8]) -> ChainLink {
        ChainLink(hash: SHA256.hash(of: Array("bulkhead trail v1\n".utf8) + publicKey), next: 0)
    }
}

/// One record of a trail as it lies in a segment.
package struct TrailFrame: Sendable, Equatable {
    /// Position in the trail, from 0.
    package let index: UInt64
    package let origin: TrailOrigin
    /// When the writer received it: nanoseconds since 1970.
    package let time: UInt64
    /// An encoded `EventMessage`.
    package let payload: [UInt8]

    /// Bytes around a payload: length, index, origin, time, hash.
    static let overhead = 4 + 8 + 1 + 8 + 32
    static let payloadMax = 65_536
    static let headBytes = 21
}

/// The first bytes of a segment file.
enum SegmentHead {
    static let bytes = 56
    private static let magic = Array("BHTRAIL\u{1}".utf8)

    static func encode(number: UInt64, at link: ChainLink) -> [UInt8] {
        var writer = ByteWriter(capacity: bytes)
        writer.append(magic)
        writer.integer(number)
        writer.integer(link.next)
        writer.append(link.hash)
        return writer.bytes
    }

    /// The link that the head claims to continue; nil when it is no head of that number.
    static func decode(_ bytes: [UInt8], number: UInt64) -> ChainLink? {
        var reader = ByteReader(bytes)
        guard bytes.count == Self.bytes, (try? reader.take(8)) == magic,
            (try? reader.integer(UInt64.self)) == number,
            let next = try? reader.integer(UInt64.self), let hash = try? reader.take(32)
        else { return nil }
        return ChainLink(hash: hash, next: next)
    }

    /// The chain behind a head.
    static func follow(_ link: ChainLink, _ head: [UInt8]) -> ChainLink {
        ChainLink(hash: SHA256.hash(of: link.hash + head), next: link.next)
    }
}
