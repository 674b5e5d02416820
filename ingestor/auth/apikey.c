#include "ingestor/auth/apikey.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/mem.h"
#include "common/base/random.h"
#include "ingestor/auth/device_scope.h"
#include "ingestor/conf.h"

/*
 * The keys are sorted by id; a look-up hashes first and searches then, and compares in constant
 * time.
 */

#define SECRET_BYTES 32

struct apikey {
    struct principal principal;
    uint8_t digest[SHA256_SIZE];
    char *id; /* owns principal.id */
    char *tenant;
    char *devices; /* NULL: every device */
};

struct apikeys {
    struct apikey *items;
    size_t n;
};

static const char BASE64URL[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static bool all_of(struct str s, const char *set)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\0' || strchr(set, s.p[i]) == NULL) {
            return false;
        }
    }
    return true;
}

static bool id_ok(struct str id)
{
    return id.n >= 1 && id.n <= APIKEY_ID_MAX &&
           all_of(id, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

/* \x1f parts tenant and device in the Kafka key, so it must not occur in either. */
static bool tenant_ok(struct str tenant)
{
    return tenant.n >= 1 && tenant.n <= PRINCIPAL_TENANT_MAX &&
           all_of(tenant, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
}

int apikey_parse(struct str text, struct str *id, struct str *secret)
{
    static const char prefix[] = {'t', 'k', '_'};
    if (text.n < sizeof prefix + 1 + 1 + APIKEY_SECRET_SIZE || text.n > APIKEY_TEXT_MAX ||
        memcmp(text.p, prefix, sizeof prefix) != 0) {
        return -1;
    }
    *secret = (struct str){text.p + text.n - APIKEY_SECRET_SIZE, APIKEY_SECRET_SIZE};
    *id = (struct str){text.p + sizeof prefix, text.n - sizeof prefix - 1 - APIKEY_SECRET_SIZE};
    if (secret->p[-1] != '_') {
        return -1;
    }
    return 0;
}

struct str apikey_bearer(struct str authorization)
{
    static const char scheme[] = "Bearer ";
    size_t n = sizeof scheme - 1;
    if (authorization.n <= n || strncasecmp(authorization.p, scheme, n) != 0) {
        return (struct str){NULL, 0};
    }
    while (n < authorization.n && authorization.p[n] == ' ') {
        n++;
    }
    return (struct str){authorization.p + n, authorization.n - n};
}

static int compare_ids(struct str a, struct str b)
{
    int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
    if (order != 0) {
        return order;
    }
    return a.n < b.n ? -1 : a.n > b.n;
}

static int compare_keys(const void *a, const void *b)
{
    const struct apikey *x = a;
    const struct apikey *y = b;
    return compare_ids(x->principal.id, y->principal.id);
}

static int load_one(struct apikey *k, char *const *values, size_t at, struct err *e)
{
    const char *id = values[API_KEY_ID];
    const char *tenant = values[API_KEY_TENANT];
    const char *digest = values[API_KEY_SHA256];
    const char *permissions = values[API_KEY_PERMISSIONS];
    if (id == NULL || !id_ok(str_of(id))) {
        err_set(e, ERR_CONFIG, "api_keys[%zu]: id must be 1 to %d of [a-z0-9-]", at, APIKEY_ID_MAX);
        return -1;
    }
    if (digest == NULL || sha256_parse_hex(str_of(digest), k->digest) != 0) {
        err_set(e, ERR_CONFIG, "api_keys[%zu] (%s): sha256 must be 64 hex digits", at, id);
        return -1;
    }
    if (tenant == NULL || !tenant_ok(str_of(tenant))) {
        err_set(e, ERR_CONFIG, "api_keys[%zu] (%s): tenant must be 1 to %d of [A-Za-z0-9._-]", at,
                id, PRINCIPAL_TENANT_MAX);
        return -1;
    }
    struct str unknown = {0};
    if (permissions == NULL ||
        permissions_parse(permissions, &k->principal.permissions, &unknown) != 0) {
        err_set(e, ERR_CONFIG, "api_keys[%zu] (%s): unknown permission \"%.*s\"", at, id,
                (int)unknown.n, unknown.n > 0 ? unknown.p : "");
        return -1;
    }
    const char *devices = values[API_KEY_DEVICES];
    /* An empty text would mean no device at all: hardly what somebody meant who wrote it. */
    if (devices != NULL && (devices[0] == '\0' || !device_scope_valid(str_of(devices)))) {
        err_set(
            e, ERR_CONFIG,
            "api_keys[%zu] (%s): devices must be 1 to %d bytes of patterns, separated by single "
            "spaces; leave it out for every device",
            at, id, DEVICE_SCOPE_MAX);
        return -1;
    }
    k->id = mem_strdup(id);
    k->tenant = mem_strdup(tenant);
    k->devices = devices == NULL ? NULL : mem_strdup(devices);
    k->principal.id = str_of(k->id);
    k->principal.tenant = str_of(k->tenant);
    k->principal.devices = str_of(k->devices);
    return 0;
}

struct apikeys *apikeys_new(const struct conf_list *records, struct err *e)
{
    struct apikeys *keys = mem_calloc(1, sizeof *keys);
    keys->items = mem_calloc(records->n + 1, sizeof *keys->items);
    for (size_t i = 0; i < records->n; i++) {
        if (load_one(&keys->items[i], records->records[i].values, i, e) != 0) {
            goto fail;
        }
        keys->n++;
    }
    qsort(keys->items, keys->n, sizeof *keys->items, compare_keys);
    for (size_t i = 1; i < keys->n; i++) {
        if (compare_keys(&keys->items[i - 1], &keys->items[i]) == 0) {
            err_set(e, ERR_CONFIG, "api_keys: two records with id %s", keys->items[i].id);
            goto fail;
        }
    }
    return keys;
fail:
    apikeys_free(keys);
    return NULL;
}

void apikeys_free(struct apikeys *keys)
{
    if (keys == NULL) {
        return;
    }
    for (size_t i = 0; i < keys->n; i++) {
        mem_free(keys->items[i].id);
        mem_free(keys->items[i].tenant);
        mem_free(keys->items[i].devices);
    }
    mem_free(keys->items);
    mem_free(keys);
}

size_t apikeys_count(const struct apikeys *keys)
{
    return keys->n;
}

static const struct apikey *find_id(const struct apikeys *keys, struct str id)
{
    size_t low = 0;
    size_t high = keys->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_ids(keys->items[middle].principal.id, id);
        if (order == 0) {
            return &keys->items[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const struct principal *apikeys_find(const struct apikeys *keys, struct sha256 *hasher,
                                     struct str text)
{
    static const uint8_t nobody[SHA256_SIZE] = {0};
    struct str id;
    struct str secret;
    if (apikey_parse(text, &id, &secret) != 0) {
        return NULL;
    }
    uint8_t digest[SHA256_SIZE];
    sha256_digest(hasher, secret, digest);
    const struct apikey *k = find_id(keys, id);
    bool same = CRYPTO_memcmp(digest, k == NULL ? nobody : k->digest, SHA256_SIZE) == 0;
    return k != NULL && same ? &k->principal : NULL;
}

/* RFC 4648 section 5 without padding: 32 bytes give 43 digits. */
static void encode_secret(const uint8_t bytes[SECRET_BYTES], char out[APIKEY_SECRET_SIZE])
{
    for (size_t i = 0; i < APIKEY_SECRET_SIZE; i++) {
        size_t bit = i * 6;
        unsigned pair = (unsigned)bytes[bit / 8] << 8;
        if (bit / 8 + 1 < SECRET_BYTES) {
            pair |= bytes[bit / 8 + 1];
        }
        out[i] = BASE64URL[pair >> (10 - bit % 8) & 63];
    }
}

int apikey_make(const char *id, char text[APIKEY_TEXT_MAX + 1], struct err *e)
{
    if (!id_ok(str_of(id))) {
        err_set(e, ERR_USAGE, "key id \"%s\": must be 1 to %d of [a-z0-9-]", id, APIKEY_ID_MAX);
        return -1;
    }
    uint8_t bytes[SECRET_BYTES];
    if (random_bytes(bytes, sizeof bytes, e) != 0) {
        return -1;
    }
    char secret[APIKEY_SECRET_SIZE];
    encode_secret(bytes, secret);
    mem_wipe(bytes, sizeof bytes);
    snprintf(text, APIKEY_TEXT_MAX + 1, "tk_%s_%.*s", id, APIKEY_SECRET_SIZE, secret);
    mem_wipe(secret, sizeof secret);
    return 0;
}
