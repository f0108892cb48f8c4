package import Addresses
internal import COpenSSL
internal import Findings

/// An X.509 certificate: its DER, and the facts that are asked of it.
///
/// Reading one says nothing about who signed it.
package struct Certificate: Sendable, Hashable {
    /// Longest certificate that is read or made.
    package static let bytesMax = 4_096
    /// Most hosts that one certificate names.
    package static let namesMax = 16
    /// Longest common name, as X.520 bounds it.
    package static let commonNameMax = 64

    /// The whole certificate.
    package let der: [UInt8]
    /// The subject's common name; empty where it has none of 1 to 64 printable bytes.
    package let commonName: String
    /// Alternative names of kind dNSName, in their order.
    package let names: [String]
    /// Alternative names of kind iPAddress, IPv4 only, in their order.
    package let addresses: [Address]
    /// First and last second of its life, since 1970.
    package let notBefore: Int64
    package let notAfter: Int64

    /// Reads exactly one certificate; nil for anything else.
    package init?(der: [UInt8]) {
        guard (1...Self.bytesMax).contains(der.count),
            let certificate = OpenedCertificate(der)
        else { return nil }
        guard let life = certificate.life, let listed = certificate.alternatives else { return nil }
        self.der = der
        commonName = certificate.commonName
        names = listed.names
        addresses = listed.addresses
        notBefore = life.lowerBound
        notAfter = life.upperBound
    }

    /// The public key as SubjectPublicKeyInfo in DER.
    package var publicKey: [UInt8] { OpenedCertificate(der)?.publicKey ?? [] }

    /// Whether that key signed it.
    ///
    /// Its times and uses are not looked at.
    package func isSigned(by issuer: Certificate) -> Bool {
        guard let own = OpenedCertificate(der), let root = OpenedCertificate(issuer.der) else {
            return false
        }
        return own.isSigned(by: root)
    }

    /// Whether the text can stand in a certificate: lower-case labels of letters, digits and
    /// hyphens, divided by dots.
    package static func isHostName(_ text: String) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.utf8.first != UInt8(ascii: "-")
                && label.utf8.last != UInt8(ascii: "-")
                && label.utf8.allSatisfy {
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                        || $0 == UInt8(ascii: "-")
                }
        }
    }
}

/// A certificate as OpenSSL holds it, for the length of one question.
@safe
struct OpenedCertificate: ~Copyable {
    let pointer: OpaquePointer

    init?(_ der: [UInt8]) {
        var left = 0
        let read = unsafe der.withUnsafeBufferPointer { bytes -> OpaquePointer? in
            var place = bytes.baseAddress
            let read = unsafe d2i_X509(nil, &place, bytes.count)
            if let place = unsafe place, let base = bytes.baseAddress {
                left = unsafe bytes.count - (place - base)
            }
            return unsafe read
        }
        guard let pointer = unsafe read, left == 0 else {
            unsafe X509_free(read)
            ERR_clear_error()
            return nil
        }
        unsafe self.pointer = unsafe pointer
    }

    deinit { unsafe X509_free(pointer) }

    var life: ClosedRange<Int64>? {
        var first: Int64 = 0
        var last: Int64 = 0
        guard unsafe bh_asn1_seconds(X509_get0_notBefore(pointer), &first) == 1,
            unsafe bh_asn1_seconds(X509_get0_notAfter(pointer), &last) == 1, first <= last
        else {
            ERR_clear_error()
            return nil
        }
        return first...last
    }

    var commonName: String {
        let bytes = unsafe filled(Certificate.commonNameMax) { room, size in
            unsafe bh_x509_common_name(pointer, room, size)
        }
        guard let bytes, bytes.allSatisfy({ (0x20...0x7E).contains($0) }) else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Every alternative name; nil when one is of another kind or malformed, or there are too many.
    var alternatives: (names: [String], addresses: [Address])? {
        var names: [String] = []
        var addresses: [Address] = []
        for index in 0...Certificate.namesMax {
            var kind: Int32 = 0
            var length: Int32 = 0
            let bytes = unsafe filled(253) { room, size in
                length = unsafe bh_x509_name(pointer, Int32(index), room, size, &kind)
                return length
            }
            if length == -1 {
                ERR_clear_error()
                return (names, addresses)
            }
            guard let bytes else { return nil }
            if kind == GEN_DNS {
                let name = String(decoding: bytes, as: UTF8.self)
                guard Certificate.isHostName(name) else { return nil }
                names.append(name)
            } else {
                guard bytes.count == 4 else { return nil }
                addresses.append(Address(bytes.reduce(0) { $0 << 8 | UInt32($1) }))
            }
        }
        return nil
    }

    var publicKey: [UInt8] {
        guard let key = unsafe X509_get0_pubkey(pointer) else { return [] }
        let length = unsafe i2d_PUBKEY(key, nil)
        guard length > 0, length <= Certificate.bytesMax else { return [] }
        return unsafe encoded(limit: Certificate.bytesMax) { unsafe i2d_PUBKEY(key, $0) }
    }

    func isSigned(by root: borrowing OpenedCertificate) -> Bool {
        guard let key = unsafe X509_get0_pubkey(root.pointer) else { return false }
        let verified = unsafe X509_verify(pointer, key)
        ERR_clear_error()
        return verified == 1
    }

    private func filled(
        _ size: Int, _ copy: (UnsafeMutablePointer<UInt8>?, Int32) -> Int32
    ) -> [UInt8]? {
        var length: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { room, count in
            length = unsafe copy(room.baseAddress, Int32(size))
            count = Int(max(length, 0))
        }
        return length < 0 ? nil : bytes
    }
}
