package import Addresses
internal import COpenSSL
internal import Findings

/// What a certificate shall say.
package struct CertificateRequest: Sendable, Hashable {
    /// Which side of a connection it may stand for.
    package enum Use: Sendable, Hashable {
        case server
        case clientAndServer
    }

    package var commonName: String
    package var names: [String]
    package var addresses: [Address]
    /// First and last second of its life, since 1970.
    package var notBefore: Int64
    package var notAfter: Int64
    package var use: Use

    /// Puts a request together.
    package init(
        commonName: String, names: [String], addresses: [Address] = [], notBefore: Int64,
        notAfter: Int64, use: Use
    ) {
        self.commonName = commonName
        self.names = names
        self.addresses = addresses
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.use = use
    }

    /// Names that a certificate can carry, at least one of them, and a life that ends after it
    /// begins.
    var isPossible: Bool {
        (1...Certificate.namesMax).contains(names.count + addresses.count)
            && names.allSatisfy(Certificate.isHostName) && notBefore <= notAfter
            && (1...Certificate.commonNameMax).contains(commonName.utf8.count)
            && commonName.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }

    fileprivate var alternatives: String {
        (names.map { "DNS:\($0)" } + addresses.map { "IP:\($0)" }).joined(separator: ",")
    }
}

extension KeyPair {
    /// A root of this key, signed by itself; nil when the name or the times cannot be.
    package func root(name: String, notBefore: Int64, notAfter: Int64) -> Certificate? {
        let draft = Draft()
        guard notBefore <= notAfter, (1...Certificate.commonNameMax).contains(name.utf8.count),
            name.utf8.allSatisfy({ (0x20...0x7E).contains($0) }),
            draft.fill(name: name, notBefore: notBefore, notAfter: notAfter),
            draft.nameIssuer(of: draft), unsafe draft.setKey(key),
            draft.extend(NID_basic_constraints, "critical,CA:TRUE,pathlen:0"),
            draft.extend(NID_key_usage, "critical,keyCertSign"),
            draft.extend(NID_subject_key_identifier, "hash")
        else {
            ERR_clear_error()
            return nil
        }
        return unsafe draft.signed(by: key)
    }

    /// A certificate for somebody's public key, signed by this key, whose certificate `root` is;
    /// nil when the request cannot be, the public key is none of P-256, or the root is another's.
    package func issue(
        _ request: CertificateRequest, for publicKey: [UInt8], under root: Certificate
    ) -> Certificate? {
        guard request.isPossible, root.publicKey == self.publicKey,
            let issuer = OpenedCertificate(root.der), let subject = SubjectKey(publicKey)
        else { return nil }
        let draft = Draft()
        let use = request.use == .server ? "serverAuth" : "serverAuth,clientAuth"
        guard
            draft.fill(
                name: request.commonName, notBefore: request.notBefore, notAfter: request.notAfter),
            unsafe draft.nameIssuer(issuer.pointer), unsafe draft.setKey(subject.pointer),
            draft.extend(NID_basic_constraints, "critical,CA:FALSE"),
            draft.extend(NID_key_usage, "critical,digitalSignature"),
            draft.extend(NID_ext_key_usage, use),
            draft.extend(NID_subject_alt_name, request.alternatives),
            draft.extend(NID_subject_key_identifier, "hash"),
            unsafe draft.extend(
                NID_authority_key_identifier, "keyid:always", issuer: issuer.pointer)
        else {
            ERR_clear_error()
            return nil
        }
        return unsafe draft.signed(by: key)
    }
}

/// Somebody's public key, read from DER: P-256 only.
@safe
private struct SubjectKey: ~Copyable {
    let pointer: OpaquePointer

    init?(_ der: [UInt8]) {
        guard (1...KeyPair.publicKeyBytesMax).contains(der.count) else { return nil }
        let read = unsafe der.withUnsafeBufferPointer { bytes -> OpaquePointer? in
            var place = bytes.baseAddress
            return unsafe d2i_PUBKEY(nil, &place, bytes.count)
        }
        guard let pointer = unsafe read, unsafe isP256(pointer) else {
            unsafe EVP_PKEY_free(read)
            ERR_clear_error()
            return nil
        }
        unsafe self.pointer = unsafe pointer
    }

    deinit { unsafe EVP_PKEY_free(pointer) }
}

/// A certificate that is being written.
@safe
private struct Draft: ~Copyable {
    private let pointer: OpaquePointer

    init() {
        guard let pointer = unsafe X509_new() else {
            fatalError("OpenSSL has no memory for a certificate")
        }
        unsafe self.pointer = unsafe pointer
    }

    deinit { unsafe X509_free(pointer) }

    /// Version 3, a random serial number of 127 bits, the times and the subject.
    func fill(name: String, notBefore: Int64, notAfter: Int64) -> Bool {
        // The first bit stays clear, or DER would need a byte more to keep the number positive; the
        // second is set, so that all serial numbers have one length.
        var serial = [UInt8](repeating: 0, count: 16)
        guard unsafe RAND_bytes(&serial, 16) == 1 else { return false }
        serial[0] = serial[0] & 0x7F | 0x40
        let number = unsafe BN_bin2bn(serial, 16, nil)
        defer { unsafe BN_free(number) }
        guard unsafe number != nil,
            unsafe BN_to_ASN1_INTEGER(number, X509_get_serialNumber(pointer)) != nil,
            unsafe X509_set_version(pointer, 2) == 1,
            unsafe ASN1_TIME_set(X509_getm_notBefore(pointer), time_t(notBefore)) != nil,
            unsafe ASN1_TIME_set(X509_getm_notAfter(pointer), time_t(notAfter)) != nil
        else { return false }
        let bytes = Array(name.utf8)
        return unsafe X509_NAME_add_entry_by_NID(
            X509_get_subject_name(pointer), NID_commonName, MBSTRING_UTF8, bytes,
            Int32(bytes.count), -1, 0) == 1
    }

    func nameIssuer(of issuer: borrowing Draft) -> Bool {
        unsafe nameIssuer(issuer.pointer)
    }

    func nameIssuer(_ issuer: OpaquePointer) -> Bool {
        unsafe X509_set_issuer_name(pointer, X509_get_subject_name(issuer)) == 1
    }

    func setKey(_ key: OpaquePointer) -> Bool { unsafe X509_set_pubkey(pointer, key) == 1 }

    func extend(_ nid: Int32, _ words: String) -> Bool {
        unsafe bh_x509_extend(pointer, pointer, nid, words) == 1
    }

    func extend(_ nid: Int32, _ words: String, issuer: OpaquePointer) -> Bool {
        unsafe bh_x509_extend(pointer, issuer, nid, words) == 1
    }

    func signed(by key: OpaquePointer) -> Certificate? {
        guard unsafe X509_sign(pointer, key, EVP_sha256()) > 0 else {
            ERR_clear_error()
            return nil
        }
        let length = unsafe i2d_X509(pointer, nil)
        guard length > 0, length <= Certificate.bytesMax else { return nil }
        return Certificate(
            der: unsafe encoded(limit: Certificate.bytesMax) { unsafe i2d_X509(pointer, $0) })
    }
}
