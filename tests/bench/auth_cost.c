/*
 * What a token costs: verifying one by algorithm, and meeting one again in the cache. `make
 * bench-auth`. CPU time of the thread, the best of several rounds; prints microseconds.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/buf.h"
#include "ingestor/auth/jwt.h"
#include "ingestor/auth/token_cache.h"
#include "ingestor/auth/token_sign.h"

#define NOW 1800000000
#define ROUNDS 7

static const char CLAIMS[] =
    "{\"iss\":\"https://id.example/realms/fleet\",\"aud\":[\"tidegate\",\"account\"],"
    "\"sub\":\"6f1c0a52-7d3e-4b57-9d0c-2f8f5d1f7f11\",\"exp\":1800003000,\"iat\":1799999400,"
    "\"jti\":\"a3d1e0c7-54c2-4e8f-9a51-0d2b6f0f6d1e\",\"tenant\":\"acme\","
    "\"scope\":\"openid events:write events:read\",\"devices\":[\"veh-*\"]}";

static const struct jwt_rules RULES = {.claims = {.issuer = "https://id.example/realms/fleet",
                                                  .audience = "tidegate",
                                                  .leeway_s = 30,
                                                  .max_lifetime_s = 86400,
                                                  .subject = "sub",
                                                  .tenant = "tenant",
                                                  .devices = "devices"}};

static void die(const char *what, const struct err *e)
{
    (void)fprintf(stderr, "%s: %s\n", what, e == NULL ? "" : e->text);
    exit(3);
}

static double cpu_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double measure_verify(struct jwt_verifier *v, const struct keyset *set, struct str token)
{
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        const int n = 300;
        const double begin = cpu_us();
        for (int i = 0; i < n; i++) {
            struct grant *g = NULL;
            if (jwt_verify(v, set, &RULES, token, NOW, &g) != JWT_OK) {
                die("verify", NULL);
            }
            grant_unref(g);
        }
        const double each = (cpu_us() - begin) / n;
        best = each < best ? each : best;
    }
    return best;
}

static struct keyset *make_token(enum jwa_alg alg, struct buf *token)
{
    static const struct keyset_policy policy = {
        .rsa_alg = JWA_RS256, .secrets = true, .strict = true};
    struct buf key, jwks;
    struct keyset_report report;
    struct err e = {0};
    buf_init(&key, 1U << 20);
    buf_init(&jwks, 1U << 20);
    if (token_make_key(alg, "2026-11", &key, &jwks, &e) != 0 ||
        token_sign(alg, "2026-11", (struct str){key.p, key.n}, CLAIMS, token, &e) != 0) {
        die("make", &e);
    }
    struct keyset *set = keyset_parse((struct str){jwks.p, jwks.n}, &policy, &report, &e);
    if (set == NULL) {
        die("key set", &e);
    }
    buf_release(&key);
    buf_release(&jwks);
    return set;
}

static void bench_verify(void)
{
    struct jwt_verifier *v = jwt_verifier_new();
    for (size_t i = 0; i < JWA_ALGS; i++) {
        struct buf token;
        buf_init(&token, 1U << 20);
        struct keyset *set = make_token((enum jwa_alg)i, &token);
        const double us = measure_verify(v, set, (struct str){token.p, token.n});
        printf("verify %-6s %4zu bytes  %7.2f us\n", jwa_of((enum jwa_alg)i)->name, token.n, us);
        buf_release(&token);
        keyset_unref(set);
    }
    jwt_verifier_free(v);
}

/* n tokens of one length in turn: 1 stays in the processor's nearest cache, 2,000 do not. */
static void bench_hit(int n, size_t length)
{
    static const struct token_cache_limits limits = {
        .entries = 16384, .bytes = (size_t)64 << 20, .max_age_s = 300};
    const struct grant values = {.expires_s = NOW + 600,
                                 .principal = {.id = str_of("subject"), .tenant = str_of("acme")}};
    struct err e = {0};
    struct token_cache *c = token_cache_new(&limits, &e);
    struct grant *g = grant_new(&values);
    char *text = calloc((size_t)n, length + 1);
    if (c == NULL || text == NULL) {
        die("cache", &e);
    }
    for (int i = 0; i < n; i++) {
        char *at = text + (size_t)i * length;
        memset(at, 'a', length);
        (void)snprintf(at, 12, "%010d.", i);
        token_cache_put(c, (struct str){at, length}, 1, g, NOW);
    }
    double best = 1e9;
    size_t missed = 0;
    for (int round = 0; round < ROUNDS; round++) {
        const int m = 200000;
        const double begin = cpu_us();
        for (int i = 0; i < m; i++) {
            const char *at = text + (size_t)(i % n) * length;
            struct grant *found = token_cache_find(c, (struct str){at, length}, 1, NOW);
            missed += found == NULL;
            grant_unref(found == NULL ? NULL : grant_ref(found));
        }
        const double each = (cpu_us() - begin) / m;
        best = each < best ? each : best;
    }
    printf("cache hit, %4d tokens of %4zu bytes  %.3f us (%zu missed)\n", n, length, best, missed);
    token_cache_free(c);
    grant_unref(g);
    free(text);
}

int main(void)
{
    bench_verify();
    bench_hit(1, 500);
    bench_hit(1, 1000);
    bench_hit(2000, 500);
    bench_hit(2000, 1000);
    return 0;
}
