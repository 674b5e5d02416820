#include "common/config/conf_internal.h"

/*
 * The nearest known key to a mistyped one. Pure but for the text that it appends.
 */

#include <string.h>

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
    const unsigned m = a < b ? a : b;
    return m < c ? m : c;
}

unsigned conf_distance(const char *a, const char *b, unsigned limit)
{
    const size_t n = strlen(a);
    const size_t m = strlen(b);
    if (n >= CONF_KEY_MAX || m >= CONF_KEY_MAX) {
        return limit + 1;
    }
    /* rows[i % 3][j]: distance of the first i bytes of a to the first j of b */
    unsigned rows[3][CONF_KEY_MAX + 1];
    for (size_t j = 0; j <= m; j++) {
        rows[0][j] = (unsigned)j;
    }
    for (size_t i = 1; i <= n; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i + 2) % 3];
        const unsigned *above2 = rows[(i + 1) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            const unsigned change = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = smallest(above[j] + 1, row[j - 1] + 1, above[j - 1] + change);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                above2[j - 2] + 1 < row[j]) {
                row[j] = above2[j - 2] + 1;
            }
        }
    }
    const unsigned d = rows[n % 3][m];
    return d > limit ? limit + 1 : d;
}

static void consider(const char *wrong, const char *key, const char **best, unsigned *best_distance)
{
    const unsigned d = conf_distance(wrong, key, *best_distance);
    if (d < *best_distance) {
        *best = key;
        *best_distance = d;
    }
}

void conf_suggest(const struct conf_spec *spec, const char *wrong, struct err *e)
{
    if (e == NULL) {
        return;
    }
    const char *best = NULL;
    /* A third of the key may be wrong; further away a suggestion only distracts. */
    unsigned distance = (unsigned)(strlen(wrong) / 3 + 2);
    for (size_t i = 0; i < spec->n_defs; i++) {
        consider(wrong, spec->defs[i].key, &best, &distance);
    }
    for (size_t i = 0; i < spec->n_lists; i++) {
        consider(wrong, spec->lists[i].key, &best, &distance);
    }
    if (best != NULL) {
        const struct err said = *e;
        err_set(e, said.code, "%s, did you mean '%s'?", said.text, best);
    }
}
