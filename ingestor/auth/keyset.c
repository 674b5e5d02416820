#include "ingestor/auth/keyset.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "common/base/mem.h"
#include "ingestor/auth/keyset_internal.h"
#include "ingestor/auth/strict_json_internal.h"

/*
 * Two unsorted tables. A look-up walks one of them: a set has a handful of keys, and a token that
 * was verified before does not come here (token_cache.h).
 */

struct table {
    struct key *keys;
    size_t n;
};

struct keyset {
    atomic_size_t refs;
    struct table publics;
    struct table secrets;
};

static bool kid_is(const struct key *key, struct str kid)
{
    return key->kid != NULL && str_eq((struct str){key->kid, key->kid_n}, kid);
}

static const struct key *table_find_kid(const struct table *t, struct str kid)
{
    for (size_t i = 0; i < t->n; i++) {
        if (kid_is(&t->keys[i], kid)) {
            return &t->keys[i];
        }
    }
    return NULL;
}

static void table_release(struct table *t)
{
    for (size_t i = 0; i < t->n; i++) {
        jwk_release(&t->keys[i]);
    }
    mem_free(t->keys);
    *t = (struct table){0};
}

/* 0 when the key was added or left out, -1 with e when it refuses the document. */
static int add_key(struct keyset *set, const json_t *jwk, const struct keyset_policy *policy,
                   struct keyset_report *report, struct err *e)
{
    struct key key = {0};
    struct err why = {0};
    switch (jwk_load(jwk, policy, &key, &why)) {
    case JWK_OK:
        break;
    case JWK_SKIPPED:
        report->skipped++;
        return 0;
    case JWK_REFUSED:
        if (report->refused++ == 0) {
            report->refusal = why;
        }
        return 0;
    }
    const struct str kid = {key.kid, key.kid_n};
    if (key.kid != NULL && (table_find_kid(&set->publics, kid) != NULL ||
                            table_find_kid(&set->secrets, kid) != NULL)) {
        err_set(e, ERR_CONFIG, "two keys with kid \"%.64s\"", key.kid);
        jwk_release(&key);
        return -1;
    }
    struct table *t = key.secret != NULL ? &set->secrets : &set->publics;
    t->keys[t->n++] = key;
    report->usable++;
    return 0;
}

static int add_keys(struct keyset *set, const json_t *keys, const struct keyset_policy *policy,
                    struct keyset_report *report, struct err *e)
{
    const size_t n = json_array_size(keys);
    if (!json_is_array(keys) || n > KEYSET_KEYS_MAX) {
        err_set(e, ERR_CONFIG, "\"keys\" must be an array of at most %d", KEYSET_KEYS_MAX);
        return -1;
    }
    set->publics.keys = mem_calloc(n, sizeof(struct key));
    set->secrets.keys = mem_calloc(n, sizeof(struct key));
    for (size_t i = 0; i < n; i++) {
        const size_t refused = report->refused;
        if (add_key(set, json_array_get(keys, i), policy, report, e) != 0) {
            return -1;
        }
        if (refused == 0 && report->refused == 1) {
            err_wrap(&report->refusal, "key %zu", i);
        }
    }
    return 0;
}

/* 0, or -1 with e: what the report says about the set as a whole. */
static int judge(const struct keyset_policy *policy, const struct keyset_report *report,
                 struct err *e)
{
    if (report->refused > 0 && (policy->strict || report->usable == 0)) {
        *e = report->refusal;
        return -1;
    }
    if (report->usable == 0) {
        err_set(e, ERR_CONFIG, "no usable key (%zu of other types, uses or algorithms)",
                report->skipped);
        return -1;
    }
    return 0;
}

struct keyset *keyset_parse(struct str text, const struct keyset_policy *policy,
                            struct keyset_report *report, struct err *e)
{
    assert(jwa_of(policy->rsa_alg)->family == JWA_RSA ||
           jwa_of(policy->rsa_alg)->family == JWA_RSA_PSS);
    *report = (struct keyset_report){0};
    if (text.n > KEYSET_TEXT_MAX) {
        err_set(e, ERR_CONFIG, "%zu bytes, the cap is %zu", text.n, KEYSET_TEXT_MAX);
        return NULL;
    }
    const char *why = NULL;
    json_t *root = strict_json_object(text, &why);
    if (root == NULL) {
        err_set(e, ERR_CONFIG, "not a key set: %s", why);
        return NULL;
    }
    struct keyset *set = mem_calloc(1, sizeof *set);
    atomic_init(&set->refs, 1);
    struct err local = {0};
    int rc = add_keys(set, json_object_get(root, "keys"), policy, report, &local);
    if (rc == 0) {
        rc = judge(policy, report, &local);
    }
    json_decref(root);
    if (rc != 0) {
        if (e != NULL) {
            *e = local;
        }
        keyset_unref(set);
        return NULL;
    }
    return set;
}

struct keyset *keyset_ref(struct keyset *set)
{
    (void)atomic_fetch_add_explicit(&set->refs, 1, memory_order_relaxed);
    return set;
}

void keyset_unref(struct keyset *set)
{
    /* Release pairs with the acquire of whoever gives the last reference back: it sees all uses. */
    if (set == NULL || atomic_fetch_sub_explicit(&set->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    table_release(&set->publics);
    table_release(&set->secrets);
    mem_free(set);
}

/* The one key of the algorithm, or NULL when there is none or several. */
static const struct key *table_find_only(const struct table *t, enum jwa_alg alg)
{
    const struct key *only = NULL;
    for (size_t i = 0; i < t->n; i++) {
        if (t->keys[i].alg != alg) {
            continue;
        }
        if (only != NULL) {
            return NULL;
        }
        only = &t->keys[i];
    }
    return only;
}

enum keyset_rc keyset_find(const struct keyset *set, enum jwa_alg alg, struct str kid,
                           const struct key **key)
{
    const bool hmac = jwa_of(alg)->family == JWA_HMAC;
    const struct table *own = hmac ? &set->secrets : &set->publics;
    const struct table *other = hmac ? &set->publics : &set->secrets;
    *key = kid.p == NULL ? table_find_only(own, alg) : table_find_kid(own, kid);
    if (*key != NULL) {
        return (*key)->alg == alg ? KEYSET_FOUND : KEYSET_WRONG_ALG;
    }
    return kid.p != NULL && table_find_kid(other, kid) != NULL ? KEYSET_WRONG_ALG : KEYSET_UNKNOWN;
}

size_t keyset_count(const struct keyset *set)
{
    return set->publics.n + set->secrets.n;
}

enum jwa_alg key_alg(const struct key *key)
{
    return key->alg;
}
