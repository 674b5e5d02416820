/*
 * Numbers as text without printf: the hot path writes about twelve of them an event. No bounds are
 * checked: the caller has DECIMAL_MAX bytes of room. Nothing is terminated.
 */
#ifndef TIDEGATE_LOADTEST_DECIMAL_H
#define TIDEGATE_LOADTEST_DECIMAL_H

#include <stdint.h>

#define DECIMAL_MAX 24 /* bytes of the longest result */

/* Both return the end of what they wrote. */
char *decimal_put(char *p, uint64_t v);
/* m / 10^decimals with exactly that many digits behind the point: (-1205, 2) gives -12.05. */
char *decimal_put_fixed(char *p, int64_t m, unsigned decimals);

/* v, with leading zeros, in exactly width digits. */
void decimal_put_padded(char *p, uint32_t v, unsigned width);

#endif
