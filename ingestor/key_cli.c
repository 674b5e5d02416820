#include "ingestor/key_cli.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "common/base/err.h"
#include "common/base/mem.h"
#include "common/config/cli.h"
#include "ingestor/auth/apikey.h"
#include "ingestor/auth/sha256.h"
#include "ingestor/conf.h"

static const char USAGE[] =
    "usage: ingestor key new --id ID --tenant TENANT [--permissions 'events:write events:read']\n"
    "Prints the key, which is shown only now, and its record for the list api_keys.\n";

struct options {
    const char *id, *tenant, *permissions;
};

static int parse(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {{"id", required_argument, NULL, 'i'},
                                          {"tenant", required_argument, NULL, 't'},
                                          {"permissions", required_argument, NULL, 'p'},
                                          {NULL, 0, NULL, 0}};
    *o = (struct options){.permissions = "events:write events:read"};
    int c = 0;
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (c == 'i') {
            o->id = optarg;
        } else if (c == 't') {
            o->tenant = optarg;
        } else if (c == 'p') {
            o->permissions = optarg;
        } else {
            return -1;
        }
    }
    return optind == argc && o->id != NULL && o->tenant != NULL ? 0 : -1;
}

/* The same check that the record will pass at start. */
static int check(const struct options *o, const char *digest, struct err *e)
{
    char *values[API_KEY_FIELDS] = {0};
    values[API_KEY_ID] = mem_strdup(o->id);
    values[API_KEY_SHA256] = mem_strdup(digest);
    values[API_KEY_TENANT] = mem_strdup(o->tenant);
    values[API_KEY_PERMISSIONS] = mem_strdup(o->permissions);
    struct conf_record record = {values};
    const struct conf_list list = {&record, 1};
    struct apikeys *keys = apikeys_new(&list, e);
    int rc = keys == NULL ? -1 : 0;
    apikeys_free(keys);
    for (size_t i = 0; i < API_KEY_FIELDS; i++) {
        mem_free(values[i]);
    }
    return rc;
}

static int make(const struct options *o)
{
    char text[APIKEY_TEXT_MAX + 1];
    struct str id;
    struct str secret;
    struct err e = {0};
    if (apikey_make(o->id, text, &e) != 0 || apikey_parse(str_of(text), &id, &secret) != 0) {
        return cli_complain("ingestor", &e);
    }
    uint8_t digest[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];
    struct sha256 *hasher = sha256_new();
    sha256_digest(hasher, secret, digest);
    sha256_free(hasher);
    sha256_format_hex(digest, hex);
    if (check(o, hex, &e) != 0) {
        return cli_complain("ingestor", &e);
    }
    printf("key: %s\n\napi_keys:\n  - id: %s\n    sha256: %s\n    tenant: %s\n"
           "    permissions: %s\n",
           text, o->id, hex, o->tenant, o->permissions);
    mem_wipe(text, sizeof text);
    return CLI_OK;
}

int key_cli(int argc, char **argv)
{
    struct options o;
    if (argc < 2 || strcmp(argv[1], "new") != 0 || parse(argc - 1, argv + 1, &o) != 0) {
        fputs(USAGE, stderr);
        return CLI_USAGE;
    }
    return make(&o);
}
