/*
 * Contracts as others see them: files, folders, accessors. Start-up, then read by any thread.
 */
#include "common/contract/contract.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/contract/compile.h"

#define SUFFIX ".json"

/* The whole file into *out (mem_free). 0, or -1 with e. */
static int read_file(const char *path, struct str *out, struct err *e)
{
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        err_set_errno(e, ERR_CONFIG, errno, "%s", path);
        return -1;
    }
    char *p = mem_alloc(COMPILE_TEXT_MAX + 1);
    size_t n = fread(p, 1, COMPILE_TEXT_MAX + 1, f);
    if (ferror(f) != 0) {
        err_set_errno(e, ERR_CONFIG, errno, "%s", path);
    } else if (n > COMPILE_TEXT_MAX) {
        err_set(e, ERR_CONFIG, "%s: larger than %u bytes", path, COMPILE_TEXT_MAX);
    } else {
        (void)fclose(f);
        *out = (struct str){p, n};
        return 0;
    }
    (void)fclose(f);
    mem_free(p);
    return -1;
}

/* The file's name without folder and .json. 0, or -1 when it does not end in .json or is too long.
 */
static int name_of(const char *path, char name[CONTRACT_NAME_MAX + 1])
{
    const char *slash = strrchr(path, '/');
    const char *base = slash == NULL ? path : slash + 1;
    size_t n = strlen(base);
    size_t suffix = strlen(SUFFIX);
    if (n <= suffix || strcmp(base + n - suffix, SUFFIX) != 0 || n - suffix > CONTRACT_NAME_MAX) {
        return -1;
    }
    memcpy(name, base, n - suffix);
    name[n - suffix] = '\0';
    return 0;
}

struct contract *contract_load(const char *path, struct err *e)
{
    char name[CONTRACT_NAME_MAX + 1];
    struct str text;
    if (name_of(path, name) != 0) {
        err_set(e, ERR_CONFIG,
                "%s: a contract's file must be called NAME.json, NAME at most %d bytes", path,
                CONTRACT_NAME_MAX);
        return NULL;
    }
    if (read_file(path, &text, e) != 0) {
        return NULL;
    }
    struct contract *c = contract_compile(path, name, text, e);
    mem_free((void *)(uintptr_t)text.p);
    return c;
}

void contract_free(struct contract *c)
{
    if (c != NULL) {
        pattern_free(c->patterns);
        arena_release(&c->arena);
        mem_free(c);
    }
}

const char *contract_name(const struct contract *c)
{
    return c->name;
}

int64_t contract_version(const struct contract *c)
{
    return c->version;
}

const char *contract_topic(const struct contract *c)
{
    return c->topic;
}

const char *contract_table(const struct contract *c)
{
    return c->table;
}

const char *contract_device_pointer(const struct contract *c)
{
    return c->device_pointer;
}

const char *contract_title(const struct contract *c)
{
    return c->title;
}

struct str contract_source(const struct contract *c)
{
    return c->source;
}

const struct contract_column *contract_columns(const struct contract *c, size_t *n)
{
    *n = c->column_n;
    return c->columns;
}

size_t contract_rules(const struct contract *c)
{
    return c->rule_n;
}

int contract_topic_name(const struct contract *c, const char *prefix, char *out, size_t size)
{
    int n = c->topic != NULL ? snprintf(out, size, "%s", c->topic)
                             : snprintf(out, size, "%s.%s", prefix, c->name);
    return n >= 0 && (size_t)n < size ? 0 : -1;
}

static int is_contract_file(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return n > strlen(SUFFIX) && entry->d_name[0] != '.' &&
           strcmp(entry->d_name + n - strlen(SUFFIX), SUFFIX) == 0;
}

/* By strcmp, not by the locale. */
static int by_name(const void *a, const void *b)
{
    return strcmp((*(struct contract *const *)a)->name, (*(struct contract *const *)b)->name);
}

/* Two contracts never share a topic or a table. */
static int check_apart(const struct contract_set *set, const char *dir, struct err *e)
{
    for (size_t i = 0; i < set->n; i++) {
        for (size_t j = 0; j < i; j++) {
            const struct contract *a = set->items[j];
            const struct contract *b = set->items[i];
            if (strcmp(a->table, b->table) == 0) {
                err_set(e, ERR_CONFIG, "%s: contracts %s and %s have the same table %s", dir,
                        a->name, b->name, a->table);
                return -1;
            }
            if (a->topic != NULL && b->topic != NULL && strcmp(a->topic, b->topic) == 0) {
                err_set(e, ERR_CONFIG, "%s: contracts %s and %s have the same topic %s", dir,
                        a->name, b->name, a->topic);
                return -1;
            }
        }
    }
    return 0;
}

static int load_all(const char *dir, struct dirent **entries, int n, struct contract_set *set,
                    struct err *e)
{
    set->items = mem_calloc((size_t)n, sizeof *set->items);
    for (int i = 0; i < n; i++) {
        char path[4096];
        int length = snprintf(path, sizeof path, "%s/%s", dir, entries[i]->d_name);
        if (length < 0 || (size_t)length >= sizeof path) {
            err_set(e, ERR_CONFIG, "%s: path too long", dir);
            return -1;
        }
        set->items[set->n] = contract_load(path, e);
        if (set->items[set->n] == NULL) {
            return -1;
        }
        set->n++;
    }
    qsort(set->items, set->n, sizeof(struct contract *), by_name);
    return check_apart(set, dir, e);
}

int contract_set_load(const char *dir, struct contract_set *set, struct err *e)
{
    *set = (struct contract_set){.n = 0};
    struct dirent **entries;
    int n = scandir(dir, &entries, is_contract_file, NULL);
    if (n < 0) {
        err_set_errno(e, ERR_CONFIG, errno, "contracts folder %s", dir);
        return -1;
    }
    int rc = -1;
    if (n == 0) {
        err_set(e, ERR_CONFIG, "contracts folder %s: no file *" SUFFIX, dir);
    } else {
        rc = load_all(dir, entries, n, set, e);
    }
    for (int i = 0; i < n; i++) {
        free(entries[i]); /* scandir's own memory */
    }
    free(entries); /* scandir's, too */
    if (rc != 0) {
        contract_set_release(set);
    }
    return rc;
}

void contract_set_release(struct contract_set *set)
{
    for (size_t i = 0; i < set->n; i++) {
        contract_free(set->items[i]);
    }
    mem_free(set->items);
    *set = (struct contract_set){.n = 0};
}

const struct contract *contract_set_find(const struct contract_set *set, struct str name)
{
    for (size_t i = 0; i < set->n; i++) {
        if (str_eq(str_of(set->items[i]->name), name)) {
            return set->items[i];
        }
    }
    return NULL;
}
