#include "ingestor/auth/jwks_schedule.h"

#include <stddef.h>
#include <strings.h>

#include "common/base/clock.h"

/* Arithmetic of the thread in jwks_source.c. */

#define RETRY_BASE_MS 1000

static int64_t within_bounds(int64_t seconds)
{
    if (seconds < JWKS_REFRESH_MIN_S) {
        return JWKS_REFRESH_MIN_S;
    }
    return seconds > JWKS_REFRESH_MAX_S ? JWKS_REFRESH_MAX_S : seconds;
}

void jwks_schedule_init(struct jwks_schedule *s, int64_t refresh_s)
{
    *s = (struct jwks_schedule){.refresh_s = within_bounds(refresh_s), .next_ns = INT64_MIN};
}

int64_t jwks_schedule_due_ns(const struct jwks_schedule *s)
{
    if (!s->wanted || !s->tried) {
        return s->next_ns;
    }
    const int64_t early = s->tried_ns + JWKS_EARLY_GAP_S * NS_PER_S;
    return early < s->next_ns ? early : s->next_ns;
}

void jwks_schedule_begin(struct jwks_schedule *s, int64_t now_ns)
{
    s->tried = true;
    s->tried_ns = now_ns;
    s->wanted = false;
}

void jwks_schedule_succeeded(struct jwks_schedule *s, int64_t now_ns, int64_t max_age_s)
{
    s->failures = 0;
    s->loaded = true;
    s->next_ns = now_ns + within_bounds(max_age_s < 0 ? s->refresh_s : max_age_s) * NS_PER_S;
}

void jwks_schedule_failed(struct jwks_schedule *s, int64_t now_ns, uint64_t random)
{
    const int64_t max_s = s->loaded ? JWKS_RETRY_MAX_WITH_S : JWKS_RETRY_MAX_WITHOUT_S;
    const int64_t wait_ms = clock_backoff_ms(s->failures, RETRY_BASE_MS, max_s * 1000, random);
    s->failures++;
    s->next_ns = now_ns + wait_ms * NS_PER_MS;
}

/* One directive, white space around it already gone. */
static int64_t directive_age(struct str d)
{
    static const char max_age[] = "max-age=";
    const size_t skip = sizeof max_age - 1;
    if ((d.n == 8 && strncasecmp(d.p, "no-cache", d.n) == 0) ||
        (d.n == 8 && strncasecmp(d.p, "no-store", d.n) == 0)) {
        return 0;
    }
    if (d.n <= skip || strncasecmp(d.p, max_age, skip) != 0) {
        return -1;
    }
    int64_t seconds = 0;
    for (size_t i = skip; i < d.n; i++) {
        if (d.p[i] < '0' || d.p[i] > '9') {
            return -1;
        }
        seconds = seconds * 10 + (d.p[i] - '0');
        if (seconds > JWKS_REFRESH_MAX_S) {
            return JWKS_REFRESH_MAX_S;
        }
    }
    return seconds;
}

static struct str trim(struct str s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
        s = (struct str){s.p + 1, s.n - 1};
    }
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t')) {
        s.n--;
    }
    return s;
}

int64_t jwks_max_age_s(struct str cache_control)
{
    int64_t smallest = -1;
    size_t at = 0;
    while (at < cache_control.n) {
        const char *rest = cache_control.p + at;
        const char *comma = memchr(rest, ',', cache_control.n - at);
        const size_t n = comma == NULL ? cache_control.n - at : (size_t)(comma - rest);
        const int64_t age = directive_age(trim((struct str){rest, n}));
        if (age >= 0 && (smallest < 0 || age < smallest)) {
            smallest = age;
        }
        at += n + 1;
    }
    return smallest;
}
