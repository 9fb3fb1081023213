/* SHA-256 for the image store: nettle's, which uses the processor's own instructions where it has them. See docs/decisions/sha256.md. */
#include <nettle/sha2.h>
#include <nettle/version.h>

unsigned long peapod_sha256_size(void)
{
    return sizeof(struct sha256_ctx);
}

void peapod_sha256_begin(struct sha256_ctx *context)
{
    sha256_init(context);
}

void peapod_sha256_add(struct sha256_ctx *context, const unsigned char *data, unsigned long size)
{
    sha256_update(context, size, data);
}

/* 32 bytes. */
void peapod_sha256_end(struct sha256_ctx *context, unsigned char *digest)
{
#if NETTLE_VERSION_MAJOR >= 4
    sha256_digest(context, digest);
#else
    sha256_digest(context, SHA256_DIGEST_SIZE, digest);
#endif
}
