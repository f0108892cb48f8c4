#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/err.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

// EVP_PKEY_Q_keygen is variadic, which Swift cannot call.
static inline EVP_PKEY *bh_ed25519_generate(void) { return EVP_PKEY_Q_keygen(0, 0, "ED25519"); }
