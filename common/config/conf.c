#include "common/config/conf.h"

/*
 * Loading: defaults, file, environment, flags, in this order, each over the one before.
 * Thread: main.
 */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/config/conf_internal.h"

size_t conf_find(const struct conf_spec *spec, const char *key, size_t n)
{
    for (size_t i = 0; i < spec->n_defs; i++) {
        if (strlen(spec->defs[i].key) == n && memcmp(spec->defs[i].key, key, n) == 0) {
            return i;
        }
    }
    return CONF_NOT_FOUND;
}

int conf_put(struct conf_target *t, size_t i, const char *text, const char *source, struct err *e)
{
    const struct conf_def *d = &t->spec->defs[i];
    if (conf_value_set(d, t->out, text, e) != 0) {
        err_wrap(e, "%s", d->key);
        if (source != NULL) {
            err_wrap(e, "%s", source);
        }
        return -1;
    }
    t->set[i] = true;
    return 0;
}

static int put_defaults(struct conf_target *t, struct err *e)
{
    for (size_t i = 0; i < t->spec->n_defs; i++) {
        const char *initial = t->spec->defs[i].initial;
        if (initial != NULL && conf_put(t, i, initial, "default", e) != 0) {
            return -1;
        }
    }
    return 0;
}

static int check_required(const struct conf_target *t, struct err *e)
{
    for (size_t i = 0; i < t->spec->n_defs; i++) {
        const struct conf_def *d = &t->spec->defs[i];
        if (!t->set[i]) {
            char name[CONF_ENV_MAX];
            conf_env_name(d, name);
            err_set(e, ERR_CONFIG, "%s is required: in the file, as --%s or as %s%s%s", d->key,
                    d->key, name, d->env == NULL ? "" : " or ", d->env == NULL ? "" : d->env);
            return -1;
        }
    }
    return 0;
}

/* The whole file to b. */
static int read_file(const char *path, struct buf *b, struct err *e)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        err_set_errno(e, ERR_CONFIG, errno, "open %s", path);
        return -1;
    }
    int rc = -1;
    for (;;) {
        char *p = buf_reserve(b, 16384);
        if (p == NULL) {
            err_set(e, ERR_LIMIT, "%s has more than %u bytes", path, CONF_FILE_MAX);
            break;
        }
        const ssize_t n = read(fd, p, 16384);
        if (n == 0) {
            rc = 0;
            break;
        }
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            err_set_errno(e, ERR_CONFIG, errno, "read %s", path);
            break;
        }
        b->n += (size_t)n;
    }
    (void)close(fd);
    return rc;
}

static int put_file(struct conf_target *t, const char *path, struct conf_list *lists, struct err *e)
{
    struct buf b;
    buf_init(&b, CONF_FILE_MAX + 16384);
    int rc = read_file(path, &b, e);
    if (rc == 0) {
        rc = conf_yaml_read(t, path, (struct str){b.p, b.n}, lists, e);
    }
    if (b.p != NULL) {
        mem_wipe(b.p, b.n); /* may hold secrets */
    }
    buf_release(&b);
    return rc;
}

/* First walk over the words: syntax, and the file's name, which has to be read before any flag
 * counts. *used gets the index behind the last flag. */
static int scan_flags(const struct conf_spec *spec, int n_args, char *const *args, int *used,
                      const char **file, struct err *e)
{
    int at = 0;
    while (at < n_args) {
        struct conf_flag flag;
        const int rc = conf_flag_next(spec, n_args, args, &at, &flag, e);
        if (rc < 0) {
            return -1;
        }
        if (rc == 0) {
            break;
        }
        if (flag.def == CONF_NOT_FOUND) {
            if (*file != NULL) {
                err_set(e, ERR_USAGE, "command line: --config is given twice");
                return -1;
            }
            *file = flag.value;
        }
    }
    *used = at;
    return 0;
}

static int put_flags(struct conf_target *t, int n_args, char *const *args, struct err *e)
{
    for (int at = 0; at < n_args;) {
        struct conf_flag flag;
        const int rc = conf_flag_next(t->spec, n_args, args, &at, &flag, e);
        assert(rc == 1); /* the first walk ended behind the last good flag */
        if (flag.def != CONF_NOT_FOUND &&
            conf_put(t, flag.def, flag.value, "command line", e) != 0) {
            return -1;
        }
    }
    return 0;
}

static int load(struct conf_target *t, int n_args, char *const *args, int *used,
                struct conf_list *lists, struct err *e)
{
    const char *file = NULL;
    int n_flags = 0;
    if (scan_flags(t->spec, n_args, args, &n_flags, &file, e) != 0) {
        return -1;
    }
    if (used == NULL && n_flags < n_args) {
        err_set(e, ERR_USAGE, "command line: unexpected '%s'", args[n_flags]);
        return -1;
    }
    if (put_defaults(t, e) != 0 || (file != NULL && put_file(t, file, lists, e) != 0) ||
        conf_env_read(t, environ, e) != 0 || put_flags(t, n_flags, args, e) != 0 ||
        check_required(t, e) != 0) {
        return -1;
    }
    if (used != NULL) {
        *used = n_flags;
    }
    return 0;
}

static void clear_lists(const struct conf_spec *spec, struct conf_list *lists)
{
    for (size_t i = 0; i < spec->n_lists; i++) {
        lists[i] = (struct conf_list){0};
    }
}

int conf_load(const struct conf_spec *spec, int n_args, char *const *args, int *used, void *out,
              struct conf_list *lists, struct err *e)
{
    struct conf_target t = {spec, out, mem_calloc(spec->n_defs, sizeof(bool))};
    clear_lists(spec, lists);
    const int rc = load(&t, n_args, args, used, lists, e);
    mem_free(t.set);
    if (rc != 0) {
        conf_release(spec, out, lists);
    }
    return rc;
}

int conf_load_text(const struct conf_spec *spec, const char *name, struct str text, void *out,
                   struct conf_list *lists, struct err *e)
{
    struct conf_target t = {spec, out, mem_calloc(spec->n_defs, sizeof(bool))};
    clear_lists(spec, lists);
    int rc = put_defaults(&t, e);
    if (rc == 0) {
        rc = conf_yaml_read(&t, name, text, lists, e);
    }
    if (rc == 0) {
        rc = check_required(&t, e);
    }
    mem_free(t.set);
    if (rc != 0) {
        conf_release(spec, out, lists);
    }
    return rc;
}

static void release_list(const struct conf_list_def *d, struct conf_list *list)
{
    for (size_t r = 0; r < list->n; r++) {
        char **values = list->records[r].values;
        for (size_t f = 0; values != NULL && f < d->n_fields; f++) {
            if (values[f] != NULL) {
                mem_wipe(values[f], strlen(values[f])); /* fields do not say which are secret */
            }
            mem_free(values[f]);
        }
        mem_free(values);
    }
    mem_free(list->records);
    *list = (struct conf_list){0};
}

void conf_release(const struct conf_spec *spec, void *out, struct conf_list *lists)
{
    for (size_t i = 0; i < spec->n_defs; i++) {
        conf_value_release(&spec->defs[i], out);
    }
    for (size_t i = 0; i < spec->n_lists; i++) {
        release_list(&spec->lists[i], &lists[i]);
    }
}
