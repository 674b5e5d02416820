#include "ingestor/token_cli.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/mem.h"
#include "common/config/cli.h"
#include "common/config/conf.h"
#include "ingestor/auth/jwks_fetch.h"
#include "ingestor/auth/token_sign.h"

#define TEXT_MAX 65536 /* bytes of a key file, of claims, of a token */
#define TTL_MAX_MS (INT64_C(366) * 86400 * 1000)

static const char TOKEN_USAGE[] =
    "usage: ingestor token --alg ALG --key FILE --iss ISSUER --aud AUDIENCE --sub SUBJECT\n"
    "         [--kid KID] [--tenant TENANT] [--scope 'events:write …'] [--devices 'veh-* …']\n"
    "         [--ttl 1h] [--claims '{\"more\":…}']\n"
    "Prints a signed token. --claims adds members and wins over the flags; null takes one away.\n"
    "ALG: HS, RS, PS or ES with 256, 384 or 512, or EdDSA. FILE: made by `ingestor jwks new`.\n";

static const char JWKS_USAGE[] =
    "usage: ingestor jwks new --alg ALG --kid KID --key FILE\n"
    "Makes a key, writes its private part to FILE (which must not exist) and prints the key set\n"
    "for auth.jwks. With HS256, HS384, HS512 the key set holds the secret, too.\n";

struct options {
    const char *alg, *key, *kid, *iss, *aud, *sub, *tenant, *scope, *devices, *ttl, *claims;
};

/* Every flag takes a value; the index of a flag is its place here and in the struct. */
static const struct option FLAGS[] = {
    {"alg", required_argument, NULL, 0},     {"key", required_argument, NULL, 0},
    {"kid", required_argument, NULL, 0},     {"iss", required_argument, NULL, 0},
    {"aud", required_argument, NULL, 0},     {"sub", required_argument, NULL, 0},
    {"tenant", required_argument, NULL, 0},  {"scope", required_argument, NULL, 0},
    {"devices", required_argument, NULL, 0}, {"ttl", required_argument, NULL, 0},
    {"claims", required_argument, NULL, 0},  {NULL, 0, NULL, 0}};

static int parse(int argc, char **argv, struct options *o)
{
    const char **fields[] = {&o->alg,    &o->key,   &o->kid,     &o->iss, &o->aud,   &o->sub,
                             &o->tenant, &o->scope, &o->devices, &o->ttl, &o->claims};
    _Static_assert(ARRAY_SIZE(fields) + 1 == ARRAY_SIZE(FLAGS), "a field a flag");
    int index = 0;
    int c = 0;
    *o = (struct options){.ttl = "1h"};
    while ((c = getopt_long(argc, argv, "", FLAGS, &index)) != -1) {
        if (c != 0) {
            return -1;
        }
        *fields[index] = optarg;
    }
    return optind == argc ? 0 : -1;
}

static int find_alg(const char *name, enum jwa_alg *alg, struct err *e)
{
    if (jwa_find(str_of(name), alg) != 0) {
        err_set(e, ERR_USAGE, "unknown algorithm \"%s\"", name);
        return -1;
    }
    return 0;
}

/* Members of --claims into claims; null takes a member away. 0, or -1 with e. */
static int merge_claims(json_t *claims, const char *text, struct err *e)
{
    json_error_t where;
    json_t *more = json_loads(text, JSON_REJECT_DUPLICATES, &where);
    if (!json_is_object(more)) {
        err_set(e, ERR_USAGE, "--claims must be a JSON object");
        json_decref(more);
        return -1;
    }
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(more, name, value)
    {
        if (json_is_null(value)) {
            (void)json_object_del(claims, name);
        } else {
            (void)json_object_set(claims, name, value);
        }
    }
    json_decref(more);
    return 0;
}

static int on_json(const char *p, size_t n, void *arg)
{
    return buf_add(arg, p, n);
}

/* The claims as a C string in out. 0, or -1 with e. */
static int make_claims(const struct options *o, struct buf *out, struct err *e)
{
    int64_t ttl_ms = 0;
    if (conf_parse_int(CONF_DURATION, o->ttl, 1000, TTL_MAX_MS, &ttl_ms, e) != 0) {
        err_wrap(e, "--ttl");
        return -1;
    }
    const json_int_t now_s = clock_wall_us() / US_PER_S;
    json_t *claims =
        json_pack("{ss* ss* ss* ss* ss* ss* sI sI}", "iss", o->iss, "aud", o->aud, "sub", o->sub,
                  "tenant", o->tenant, "scope", o->scope, "devices", o->devices, "iat", now_s,
                  "exp", now_s + (json_int_t)(ttl_ms / 1000));
    if (claims == NULL) {
        err_set(e, ERR_USAGE, "the flags must be valid UTF-8");
        return -1;
    }
    int rc = o->claims == NULL ? 0 : merge_claims(claims, o->claims, e);
    if (rc == 0 &&
        (json_dump_callback(claims, on_json, out, JSON_COMPACT) != 0 || buf_add(out, "", 1) != 0)) {
        err_set(e, ERR_LIMIT, "the claims are longer than %d bytes", TEXT_MAX);
        rc = -1;
    }
    json_decref(claims);
    return rc;
}

static int sign(const struct options *o, struct buf *key, struct buf *claims, struct buf *token,
                struct err *e)
{
    enum jwa_alg alg;
    if (find_alg(o->alg, &alg, e) != 0 || jwks_read_file(o->key, key, e) != 0 ||
        make_claims(o, claims, e) != 0) {
        return -1;
    }
    return token_sign(alg, o->kid, (struct str){key->p, key->n}, claims->p, token, e);
}

int token_cli(int argc, char **argv)
{
    struct options o;
    if (parse(argc, argv, &o) != 0 || o.alg == NULL || o.key == NULL || o.iss == NULL ||
        o.aud == NULL || o.sub == NULL) {
        fputs(TOKEN_USAGE, stderr);
        return CLI_USAGE;
    }
    struct err e = {0};
    struct buf key, claims, token;
    buf_init(&key, TEXT_MAX);
    buf_init(&claims, TEXT_MAX);
    buf_init(&token, (size_t)4 * TEXT_MAX);
    int status = CLI_OK;
    if (sign(&o, &key, &claims, &token, &e) != 0) {
        status = (int)cli_complain("ingestor", &e);
    } else {
        printf("%.*s\n", (int)token.n, token.p);
    }
    mem_wipe(key.p, key.n);
    buf_release(&key);
    buf_release(&claims);
    buf_release(&token);
    return status;
}

/* For its owner's eyes alone, and never over another file. 0, or -1 with e. */
static int write_private(const char *path, const struct buf *text, struct err *e)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        err_set_errno(e, ERR_USAGE, errno, "create %s", path);
        return -1;
    }
    const ssize_t written = write(fd, text->p, text->n);
    const int failure = errno;
    if (close(fd) != 0 || written != (ssize_t)text->n) {
        err_set_errno(e, ERR_IO, failure, "write %s", path);
        return -1;
    }
    return 0;
}

int jwks_cli(int argc, char **argv)
{
    struct options o;
    if (argc < 2 || strcmp(argv[1], "new") != 0 || parse(argc - 1, argv + 1, &o) != 0 ||
        o.alg == NULL || o.key == NULL || o.kid == NULL) {
        fputs(JWKS_USAGE, stderr);
        return CLI_USAGE;
    }
    struct err e = {0};
    struct buf private_key, jwks;
    buf_init(&private_key, TEXT_MAX);
    buf_init(&jwks, TEXT_MAX);
    enum jwa_alg alg;
    int status = CLI_OK;
    if (find_alg(o.alg, &alg, &e) != 0 ||
        token_make_key(alg, o.kid, &private_key, &jwks, &e) != 0 ||
        write_private(o.key, &private_key, &e) != 0) {
        status = (int)cli_complain("ingestor", &e);
    } else {
        printf("%.*s", (int)jwks.n, jwks.p);
    }
    mem_wipe(private_key.p, private_key.n);
    mem_wipe(jwks.p, jwks.n);
    buf_release(&private_key);
    buf_release(&jwks);
    return status;
}
