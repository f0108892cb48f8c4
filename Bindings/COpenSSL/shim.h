#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/err.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/asn1.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

// EVP_PKEY_Q_keygen is variadic, which Swift cannot call.
static inline EVP_PKEY *bh_ed25519_generate(void) { return EVP_PKEY_Q_keygen(0, 0, "ED25519"); }
static inline EVP_PKEY *bh_p256_generate(void) { return EVP_PKEY_Q_keygen(0, 0, "EC", "P-256"); }

// Adds an extension in OpenSSL's own words; the words come from us, never from outside. 1 or 0.
static inline int bh_x509_extend(X509 *certificate, X509 *issuer, int nid, const char *words) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, 0, 0, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(0, &context, nid, words);
    if (!extension) return 0;
    int added = X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return added;
}

// Seconds since 1970 of a certificate's time: 1, or 0 when it is none.
static inline int bh_asn1_seconds(const ASN1_TIME *time, int64_t *seconds) {
    ASN1_TIME *epoch = ASN1_TIME_set(0, 0);
    int days = 0, rest = 0;
    int known = epoch && ASN1_TIME_diff(&days, &rest, epoch, time);
    ASN1_TIME_free(epoch);
    *seconds = (int64_t)days * 86400 + rest;
    return known;
}

// Copies the subject's only common name; its length, or -1 when there is not exactly one that fits.
static inline int bh_x509_common_name(const X509 *certificate, unsigned char *room, int size) {
    X509_NAME *name = X509_get_subject_name(certificate);
    int place = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    if (place < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, place) >= 0) return -1;
    const ASN1_STRING *text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, place));
    int length = ASN1_STRING_length(text);
    if (length > size) return -1;
    memcpy(room, ASN1_STRING_get0_data(text), (size_t)length);
    return length;
}

// Copies the subject's alternative name of that index: its length and kind (GEN_DNS, GEN_IPADD);
// -1 behind the last, -2 for one that does not fit or is of another kind.
static inline int bh_x509_name(
    const X509 *certificate, int index, unsigned char *room, int size, int *kind) {
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, 0, 0);
    if (!names) return -1;
    int length = -1;
    if (index < sk_GENERAL_NAME_num(names)) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
        *kind = name->type;
        length = -2;
        if (name->type == GEN_DNS || name->type == GEN_IPADD) {
            const ASN1_STRING *text = name->type == GEN_DNS ? name->d.dNSName : name->d.iPAddress;
            if (ASN1_STRING_length(text) <= size) {
                length = ASN1_STRING_length(text);
                memcpy(room, ASN1_STRING_get0_data(text), (size_t)length);
            }
        }
    }
    GENERAL_NAMES_free(names);
    return length;
}

// A fresh HMAC-SHA256 context keyed with these bytes; null without memory or algorithm.
static inline EVP_MAC_CTX *bh_hmac_sha256_new(const unsigned char *key, size_t count) {
    EVP_MAC *algorithm = EVP_MAC_fetch(0, "HMAC", 0);
    EVP_MAC_CTX *context = algorithm ? EVP_MAC_CTX_new(algorithm) : 0;
    EVP_MAC_free(algorithm);
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string("digest", digest, 0), OSSL_PARAM_construct_end()};
    // No address would mean: the key as before.
    if (!key) key = (const unsigned char *)"";
    if (context && EVP_MAC_init(context, key, count, parameters) != 1) {
        EVP_MAC_CTX_free(context);
        return 0;
    }
    return context;
}
