internal import Bytes
package import Signatures

/// What a writer signs: how far its trail reaches, and what is missing from it.
package struct TrailHead: Sendable, Equatable {
    /// Frames in the trail.
    package var frames: UInt64
    /// Events that arrived and are in these frames; the writer's own are not counted.
    package var events: UInt64
    /// Events known to be missing, as the frames say.
    package var lost: UInt64
    /// Events that arrived while there was no room and are in no frame yet.
    package var pending: UInt64
    /// When it was signed: nanoseconds since 1970.
    package var time: UInt64
    /// Segment and offset at which the last frame ends.
    package var segment: UInt64
    package var offset: UInt64
    /// Hash of the last frame, or of the segment head when it has none.
    package var hash: [UInt8]

    static let bytes = 8 + 7 * 8 + 32 + PublicKey.signatureBytes
    private static let magic = Array("BHHEAD\u{0}\u{1}".utf8)
    private static let domain = Array("bulkhead trail head v1\n".utf8)

    private func body() -> [UInt8] {
        var writer = ByteWriter(capacity: Self.bytes)
        writer.append(Self.magic)
        for field in [frames, events, lost, pending, time, segment, offset] {
            writer.integer(field)
        }
        writer.append(hash)
        return writer.bytes
    }

    /// The head and its signature.
    func sealed(with key: borrowing PrivateKey) -> [UInt8] {
        let body = body()
        return body + key.sign(Self.domain + body)
    }

    /// The head of a trail, checked against the key beside it; says nothing about the records.
    package static func read(_ directory: TrailDirectory) throws(TrailFault.Reason) -> TrailHead {
        guard let bytes = directory.headBytes() else { throw .headMissing }
        guard let key = directory.statedKey() else { throw .headSignature }
        return try open(bytes, key: key)
    }

    /// A head that the key signed; a fault when it is none or the signature is another's.
    package static func open(
        _ bytes: [UInt8], key: PublicKey
    ) throws(TrailFault.Reason) -> TrailHead {
        guard bytes.count == Self.bytes, bytes.starts(with: magic) else { throw .headMalformed }
        let split = bytes.count - PublicKey.signatureBytes
        let body = Array(bytes[..<split])
        guard key.verifies(Array(bytes[split...]), over: domain + body) else {
            throw .headSignature
        }
        var reader = ByteReader(body, in: magic.count..<body.count)
        do throws(Malformed) {
            return TrailHead(
                frames: try reader.integer(), events: try reader.integer(),
                lost: try reader.integer(), pending: try reader.integer(),
                time: try reader.integer(), segment: try reader.integer(),
                offset: try reader.integer(), hash: try reader.take(32))
        } catch {
            throw .headMalformed
        }
    }
}

/// The first thing that is wrong with a trail, and where.
package struct TrailFault: Sendable, Equatable, CustomStringConvertible {
    package enum Reason: Error, Sendable, Equatable {
        case headMissing, headMalformed, headSignature
        /// Another trail's head, or an older frame's hash under a newer count.
        case headDisagrees
        /// Far more was written behind the head than one second's work: an older head was put back.
        case headBehind
        case segmentMissing, segmentHead, segmentCut
        case frameLength, frameIndex, frameOrigin, frameHash, framePayload
        /// The head covers more frames than there are.
        case truncated(missing: UInt64)
    }

    package let reason: Reason
    /// File name inside the trail's directory.
    package let file: String
    /// Offset of the bad record in that file.
    package let offset: UInt64
    /// Index that the bad record has, or should have.
    package let index: UInt64

    package init(_ reason: Reason, file: String, offset: UInt64 = 0, index: UInt64 = 0) {
        self.reason = reason
        self.file = file
        self.offset = offset
        self.index = index
    }

    /// `file at offset, record index: what is wrong`.
    package var description: String {
        "\(file) at offset \(offset), record \(index): \(text)"
    }

    /// What is wrong, without the place.
    package var text: String {
        switch reason {
        case .headMissing: "the signed head is missing"
        case .headMalformed: "the signed head is malformed"
        case .headSignature: "the head's signature is not that of the trail's key"
        case .headDisagrees: "the records differ from what the head signed"
        case .headBehind: "the head is far older than the records behind it: it was put back"
        case .segmentMissing: "the segment is missing"
        case .segmentHead: "the segment does not continue the one before it"
        case .segmentCut: "the segment ends inside a record"
        case .frameLength: "the record's length is impossible"
        case .frameIndex: "the record's index is not the next one"
        case .frameOrigin: "the record's origin is unknown"
        case .frameHash: "the record's hash does not match"
        case .framePayload: "the record's content is no event message"
        case .truncated(let missing): "\(missing) signed records are missing"
        }
    }
}
