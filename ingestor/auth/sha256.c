#include "ingestor/auth/sha256.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "common/base/mem.h"

struct sha256 {
    EVP_MD *algorithm;
    EVP_MD_CTX *context;
};

struct sha256 *sha256_new(void)
{
    struct sha256 *h = mem_calloc(1, sizeof *h);
    h->algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    h->context = EVP_MD_CTX_new();
    assert(h->algorithm != NULL && h->context != NULL);
    return h;
}

void sha256_free(struct sha256 *h)
{
    if (h == NULL) {
        return;
    }
    EVP_MD_CTX_free(h->context);
    EVP_MD_free(h->algorithm);
    mem_free(h);
}

void sha256_digest(struct sha256 *h, struct str text, uint8_t out[SHA256_SIZE])
{
    unsigned n = 0;
    int ok = EVP_DigestInit_ex2(h->context, h->algorithm, NULL) &&
             EVP_DigestUpdate(h->context, text.p, text.n) &&
             EVP_DigestFinal_ex(h->context, out, &n);
    assert(ok && n == SHA256_SIZE);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int sha256_parse_hex(struct str text, uint8_t out[SHA256_SIZE])
{
    if (text.n != (size_t)2 * SHA256_SIZE) {
        return -1;
    }
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        int high = hex_digit(text.p[2 * i]);
        int low = hex_digit(text.p[2 * i + 1]);
        if (high < 0 || low < 0) {
            return -1;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return 0;
}

void sha256_format_hex(const uint8_t digest[SHA256_SIZE], char out[2 * SHA256_SIZE + 1])
{
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
    }
}
