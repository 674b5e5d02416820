#include "tests/fuzz/fuzz.h"

/*
 * Key sets: only keys within the rules come out, the strict reading takes no more than the lenient
 * one, and each key is found under its own algorithm alone. The bytes also go to the readers of a
 * Cache-Control value and of a URL.
 */

#include <string.h>
#include <strings.h>

#include "common/base/mem.h"
#include "ingestor/auth/jwks_fetch.h"
#include "ingestor/auth/jwks_schedule.h"
#include "ingestor/auth/keyset.h"

static struct keyset *parse(struct str text, bool secrets, bool strict,
                            struct keyset_report *report)
{
    const struct keyset_policy policy = {
        .rsa_alg = JWA_PS256, .secrets = secrets, .strict = strict};
    struct err e = {0};
    struct keyset *set = keyset_parse(text, &policy, report, &e);
    FUZZ_CHECK((set == NULL) == (e.text[0] != '\0'));
    FUZZ_CHECK(set == NULL || keyset_count(set) == report->usable);
    FUZZ_CHECK(set == NULL || (report->usable >= 1 && report->usable <= KEYSET_KEYS_MAX));
    FUZZ_CHECK((report->refused == 0) == (report->refusal.text[0] == '\0'));
    return set;
}

static void check_set(const struct keyset *set, bool secrets)
{
    for (size_t i = 0; i < JWA_ALGS; i++) {
        const enum jwa_alg alg = (enum jwa_alg)i;
        const struct key *key = NULL;
        if (keyset_find(set, alg, (struct str){NULL, 0}, &key) == KEYSET_FOUND) {
            FUZZ_CHECK(key_alg(key) == alg);
            FUZZ_CHECK(secrets || jwa_of(alg)->family != JWA_HMAC);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct str text = {(const char *)data, n};
    struct keyset_report of_file, lenient, of_url;
    struct keyset *file = parse(text, true, true, &of_file);
    struct keyset *loose = parse(text, true, false, &lenient);
    struct keyset *url = parse(text, false, false, &of_url);
    if (file != NULL) {
        FUZZ_CHECK(loose != NULL && keyset_count(loose) == keyset_count(file));
        FUZZ_CHECK(of_file.refused == 0);
        check_set(file, true);
    }
    if (url != NULL) {
        /* NULL: a secret, which is skipped here, has the kid of another key. */
        FUZZ_CHECK(loose == NULL || keyset_count(loose) >= keyset_count(url));
        check_set(url, false);
    }
    keyset_unref(file);
    keyset_unref(loose);
    keyset_unref(url);

    const int64_t age_s = jwks_max_age_s(text);
    FUZZ_CHECK(age_s >= -1 && age_s <= JWKS_REFRESH_MAX_S);
    char *location = mem_strndup(text.p, n);
    struct err e = {0};
    if (jwks_check_url(location, &e) == 0) {
        FUZZ_CHECK(strncasecmp(location, "http", 4) == 0 || strstr(location, "://") == NULL);
    }
    mem_free(location);
    return 0;
}
