public import Bytes

/// A root as the authority's file holds it: whoever reads it can certify anybody.
public struct RootFile: Sendable, Hashable {
    /// Longest file of one.
    public static let bytesMax = 8 << 10
    /// Longest secret key.
    public static let secretMax = 1_024
    private static let mark: UInt32 = 0x544F_4F52

    /// The secret key, in DER.
    public var secret: [UInt8]
    /// Its own certificate, in DER.
    public var certificate: [UInt8]

    /// Puts a file together.
    public init(secret: [UInt8], certificate: [UInt8]) {
        self.secret = secret
        self.certificate = certificate
    }

    /// The file.
    public func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 1_024)
        writer.integer(Self.mark)
        writer.block(secret)
        writer.block(certificate)
        return writer.bytes
    }

    /// Reads one whole; whether key and certificate belong together is not its question.
    public static func decode(_ bytes: [UInt8]) throws(Malformed) -> RootFile {
        guard bytes.count <= bytesMax else {
            throw Malformed(at: bytesMax, expected: "a root within its bound")
        }
        var reader = ByteReader(bytes)
        guard try reader.integer(UInt32.self) == mark else {
            throw Malformed(at: 0, expected: "a root")
        }
        let file = RootFile(
            secret: try reader.block(limit: secretMax),
            certificate: try reader.block(limit: EnrolAnswer.certificateMax))
        try reader.finish()
        return file
    }
}
