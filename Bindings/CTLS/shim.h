#include <openssl/ssl.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

// These are macros, which Swift cannot call.
static inline int bh_tls13_only(SSL_CTX *context) {
    return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION)
        && SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION);
}
static inline int bh_tls_groups(SSL_CTX *context, const char *list) {
    return (int)SSL_CTX_set1_groups_list(context, list);
}
static inline int bh_tls_signatures(SSL_CTX *context, const char *list) {
    return (int)SSL_CTX_set1_sigalgs_list(context, list)
        && (int)SSL_CTX_set1_client_sigalgs_list(context, list);
}
static inline void bh_tls_modes(SSL_CTX *context) {
    SSL_CTX_set_mode(
        context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
                     | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(
        context, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE
                     | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_cert_list(context, 16 << 10);
    SSL_CTX_set_read_ahead(context, 1);
}
static inline int bh_tls_name(SSL *session, const char *name) {
    return (int)SSL_set_tlsext_host_name(session, name);
}
// Reading an empty memory BIO says "later", not "the end".
static inline void bh_bio_later(BIO *bio) { BIO_set_mem_eof_return(bio, -1); }
// Where the bytes that wait in a memory BIO lie.
static inline long bh_bio_waiting(BIO *bio, char **bytes) { return BIO_get_mem_data(bio, bytes); }
