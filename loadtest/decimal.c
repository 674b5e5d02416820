/*
 * Two digits at a time from a table, written backwards into their final place.
 */
#include "loadtest/decimal.h"

#include <string.h>

static const char pairs[] = "0001020304050607080910111213141516171819"
                            "2021222324252627282930313233343536373839"
                            "4041424344454647484950515253545556575859"
                            "6061626364656667686970717273747576777879"
                            "8081828384858687888990919293949596979899";

static unsigned digits_of(uint64_t v)
{
    unsigned n = 1;
    for (; v >= 10000; v /= 10000) {
        n += 4;
    }
    return n + (v >= 10) + (v >= 100) + (v >= 1000);
}

static void put_backwards(char *end, uint64_t v, unsigned n)
{
    while (n >= 2) {
        end -= 2;
        memcpy(end, pairs + 2 * (v % 100), 2);
        v /= 100;
        n -= 2;
    }
    if (n == 1) {
        end[-1] = (char)('0' + v % 10);
    }
}

char *decimal_put(char *p, uint64_t v)
{
    unsigned n = digits_of(v);
    put_backwards(p + n, v, n);
    return p + n;
}

char *decimal_put_fixed(char *p, int64_t m, unsigned decimals)
{
    uint64_t v = m < 0 ? 0 - (uint64_t)m : (uint64_t)m;
    if (m < 0) {
        *p++ = '-';
    }
    uint64_t scale = 1;
    for (unsigned i = 0; i < decimals; i++) {
        scale *= 10;
    }
    p = decimal_put(p, v / scale);
    if (decimals > 0) {
        *p++ = '.';
        put_backwards(p + decimals, v % scale, decimals);
        p += decimals;
    }
    return p;
}

void decimal_put_padded(char *p, uint32_t v, unsigned width)
{
    put_backwards(p + width, v, width);
}
