internal import Descriptors
internal import Glibc

/// What a service prints, kept in a file of bounded size: the newer half is always there.
///
/// Bytes are stored as they come; whoever shows them strips control characters.
struct ServiceLog {
    /// Size at which the file is set aside as `.1` and a new one begins.
    static let bytesMax: Int64 = 4 << 20

    private let path: String
    private var file: SharedDescriptor
    private var size: Int64

    init(path: String) throws(SystemFailure) {
        self.path = path
        let file = try Files.create(path, mode: 0o600, append: true)
        size = try Files.facts(file).size
        self.file = SharedDescriptor(file)
    }

    /// Appends; a full disk loses service output, never the service.
    mutating func append(_ bytes: [UInt8]) {
        if size + Int64(bytes.count) > Self.bytesMax, unsafe rename(path, path + ".1") == 0,
            let fresh = try? Files.create(path, mode: 0o600, append: true)
        {
            file = SharedDescriptor(fresh)
            size = 0
        }
        if (try? DescriptorIO.writeAll(file.number, bytes)) != nil { size += Int64(bytes.count) }
    }
}
