#include "worker/consume/key.h"

#include <stdint.h>
#include <string.h>

#include "common/contract/contract.h"

_Static_assert(KEY_MAX == KEY_TENANT_MAX + 1 + CONTRACT_DEVICE_MAX,
               "the three lengths belong together");

/* Length of the well-formed character at p (RFC 3629 section 4), 0 when there is none. */
static size_t utf8_length(const unsigned char *p, size_t n)
{
    unsigned char low = 0x80;
    unsigned char high = 0xbf;
    size_t need;
    if (p[0] < 0x80) {
        return 1;
    }
    if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        need = 2;
    } else if (p[0] >= 0xe0 && p[0] <= 0xef) {
        need = 3;
        low = p[0] == 0xe0 ? 0xa0 : 0x80;  /* no overlong form */
        high = p[0] == 0xed ? 0x9f : 0xbf; /* no surrogate */
    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        need = 4;
        low = p[0] == 0xf0 ? 0x90 : 0x80;
        high = p[0] == 0xf4 ? 0x8f : 0xbf; /* at most U+10FFFF */
    } else {
        return 0;
    }
    if (n < need || p[1] < low || p[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < need; i++) {
        if (p[i] < 0x80 || p[i] > 0xbf) {
            return 0;
        }
    }
    return need;
}

bool text_is_printable(struct str s)
{
    size_t at = 0;
    while (at < s.n) {
        const unsigned char *p = (const unsigned char *)s.p + at;
        size_t step = utf8_length(p, s.n - at);
        if (step == 0 || p[0] < 0x20 || p[0] == 0x7f) {
            return false;
        }
        at += step;
    }
    return true;
}

size_t text_clean(struct str s, char *out, size_t size)
{
    size_t n = 0;
    size_t at = 0;
    while (at < s.n) {
        const unsigned char *p = (const unsigned char *)s.p + at;
        size_t step = p[0] == 0 ? 0 : utf8_length(p, s.n - at);
        size_t want = step == 0 ? 1 : step;
        if (n + want + 1 > size) {
            break;
        }
        if (step == 0) {
            out[n] = '?';
        } else {
            memcpy(out + n, p, step);
        }
        n += want;
        at += want;
    }
    if (size > 0) {
        out[n] = '\0';
    }
    return n;
}

bool key_split(struct str key, struct str *tenant, struct str *device)
{
    if (key.n < 3 || key.n > KEY_MAX) {
        return false;
    }
    const char *at = memchr(key.p, KEY_SEPARATOR, key.n);
    if (at == NULL) {
        return false;
    }
    size_t n = (size_t)(at - key.p);
    *tenant = (struct str){key.p, n};
    *device = (struct str){at + 1, key.n - n - 1};
    return n > 0 && n <= KEY_TENANT_MAX && device->n > 0 && device->n <= CONTRACT_DEVICE_MAX &&
           text_is_printable(*tenant);
}
