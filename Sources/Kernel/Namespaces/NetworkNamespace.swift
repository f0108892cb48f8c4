// Namespaces: making network namespaces and working inside them from outside.
//
// No thread of the process ever changes its namespace: each call runs on a helper thread that
// enters, does one thing, and ends. A namespace has no name; its descriptor keeps it alive.

internal import CLinux
package import Descriptors

/// A kernel setting below `/proc/sys` that belongs to a network namespace.
package struct Sysctl: Sendable, Equatable {
    /// Path below `/proc/sys`, as `net/ipv4/ip_forward`.
    package let path: String
    package let value: String
    /// A kernel built without the setting is fine.
    package let optional: Bool

    package init(_ path: String, _ value: String, optional: Bool = false) {
        self.path = path
        self.value = value
        self.optional = optional
    }
}

/// Network namespaces by descriptor; everything here needs CAP_SYS_ADMIN.
package enum NetworkNamespace {
    /// A new, unnamed namespace whose loopback is up; it ends with its last descriptor, process
    /// or socket.
    package static func create() throws(SystemFailure) -> Descriptor {
        try own(bh_netns_create(), "unshare", "network namespace")
    }

    /// The namespace that the calling thread is in.
    package static func current() throws(SystemFailure) -> Descriptor {
        try own(bh_netns_current(), "open", "own network namespace")
    }

    /// A close-on-exec socket that lives in `namespace`, for use from anywhere.
    ///
    /// `owner` is the uid that packet filters see (`meta skuid`); 0 keeps the caller's.
    package static func socket(
        in namespace: borrowing Descriptor, domain: Int32, type: Int32, protocol number: Int32 = 0,
        owner: UInt32 = 0
    ) throws(SystemFailure) -> Descriptor {
        try own(
            bh_netns_socket(namespace.number, domain, type, number, owner), "socket",
            "domain \(domain) in network namespace")
    }

    /// Writes the settings in order; the failure names the one that could not be written.
    package static func set(
        _ settings: [Sysctl], in namespace: borrowing Descriptor
    ) throws(SystemFailure) {
        var done = 0
        let paths = settings.map { $0.path.utf8CString }
        let values = settings.map { $0.value.utf8CString }
        let optional: [UInt8] = settings.map { $0.optional ? 1 : 0 }
        let result = unsafe withPointers(paths) { paths in
            unsafe withPointers(values) { values in
                unsafe optional.withUnsafeBufferPointer { optional in
                    unsafe bh_netns_write(
                        namespace.number, paths, values, optional.baseAddress, settings.count,
                        &done)
                }
            }
        }
        if result < 0 {
            let subject = done < settings.count ? settings[done].path : "network namespace"
            throw SystemFailure("sysctl", subject, errno: -result)
        }
    }

    /// Writes one setting.
    package static func set(
        _ path: String, to value: String, in namespace: borrowing Descriptor
    ) throws(SystemFailure) {
        try set([Sysctl(path, value)], in: namespace)
    }

    /// A setting's value without the line end; at most 4,096 bytes.
    package static func read(
        _ path: String, in namespace: borrowing Descriptor
    ) throws(SystemFailure) -> String {
        var length: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 4096) { room, filled in
            length = unsafe room.withMemoryRebound(to: CChar.self) { room in
                unsafe bh_netns_read(namespace.number, path, room.baseAddress, 4096)
            }
            filled = Int(max(length, 0))
        }
        if length < 0 { throw SystemFailure("sysctl", path, errno: -length) }
        return String(decoding: bytes.last == 10 ? bytes.dropLast() : bytes[...], as: UTF8.self)
    }

    private static func own(
        _ number: Int32, _ call: StaticString, _ subject: String
    ) throws(SystemFailure) -> Descriptor {
        guard number >= 0 else { throw SystemFailure(call, subject, errno: -number) }
        return Descriptor(owning: number)
    }

    /// Lends an array of C strings for the length of one call.
    private static func withPointers(
        _ strings: [ContiguousArray<CChar>],
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Int32
    ) -> Int32 {
        // One flat copy: the pointers stay valid while it is borrowed.
        let flat = strings.flatMap { $0 }
        return unsafe flat.withUnsafeBufferPointer { flat in
            var offset = 0
            var pointers: [UnsafePointer<CChar>?] = unsafe []
            for string in strings {
                unsafe pointers.append(flat.baseAddress.map { unsafe $0 + offset })
                offset += string.count
            }
            return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
        }
    }
}
