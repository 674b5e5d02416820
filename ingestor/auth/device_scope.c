#include "ingestor/auth/device_scope.h"

/* Runs per event on the http threads; the usual scope is one pattern with one star at its end. */

bool device_scope_valid(struct str scope)
{
    if (scope.n > DEVICE_SCOPE_MAX) {
        return false;
    }
    char previous = ' ';
    for (size_t i = 0; i < scope.n; i++) {
        const char c = scope.p[i];
        const bool control = (unsigned char)c < 0x20 || c == 0x7f;
        if (control || (c == ' ' && previous == ' ')) {
            return false;
        }
        previous = c;
    }
    return scope.n == 0 || previous != ' ';
}

/* On a mismatch only the last star takes one byte more: an earlier one cannot help (greedy
 * left-most matching of globs), so there is no exponential case. */
static bool pattern_fits(struct str pattern, struct str name)
{
    size_t at = 0;
    size_t in = 0;
    size_t star = pattern.n; /* index of the last star met; pattern.n: none */
    size_t star_in = 0;
    while (in < name.n) {
        if (at < pattern.n && pattern.p[at] == '*') {
            star = at++;
            star_in = in;
        } else if (at < pattern.n && (pattern.p[at] == '?' || pattern.p[at] == name.p[in])) {
            at++;
            in++;
        } else if (star < pattern.n) {
            at = star + 1;
            in = ++star_in;
        } else {
            return false;
        }
    }
    while (at < pattern.n && pattern.p[at] == '*') {
        at++;
    }
    return at == pattern.n;
}

bool device_scope_allows(struct str scope, struct str device)
{
    if (scope.p == NULL) {
        return true;
    }
    size_t at = 0;
    while (at < scope.n) {
        const char *space = memchr(scope.p + at, ' ', scope.n - at);
        const size_t n = space == NULL ? scope.n - at : (size_t)(space - scope.p) - at;
        if (pattern_fits((struct str){scope.p + at, n}, device)) {
            return true;
        }
        at += n + 1;
    }
    return false;
}
