#include "common/config/cli.h"

/*
 * Printing goes to standard output in one write at the end, errors to standard error.
 */

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/config/reference.h"

#define OUTPUT_MAX (16U << 20) /* a dump with 65,536 records stays below it */

enum wish { RUN, HELP, VERSION, HELP_CONFIG, HELP_METRICS, CHECK_CONFIG, DUMP_CONFIG };

static const struct {
    const char *word;
    enum wish wish;
} wishes[] = {
    {"--help", HELP},
    {"-h", HELP},
    {"--version", VERSION},
    {"--help-config", HELP_CONFIG},
    {"--help-metrics", HELP_METRICS},
    {"--check-config", CHECK_CONFIG},
    {"--dump-config", DUMP_CONFIG},
};

static const char flags_help[] =
    "\n"
    "flags:\n"
    "  --config FILE          configuration in YAML\n"
    "  --section.name=VALUE   one key of it; wins over file and environment\n"
    "  --check-config         check the configuration and end\n"
    "  --dump-config          print the configuration in force, secrets masked, and end\n"
    "  --help-config          reference of all keys\n"
    "  --help-metrics         reference of all metrics\n"
    "  --version, --help\n"
    "\n"
    "exit codes: 0 ok, 1 a check or audit failed, 2 usage or configuration, 3 run-time failure\n";

enum cli_status cli_complain(const char *name, const struct err *e)
{
    (void)fprintf(stderr, "%s: %s\n", name, e->text);
    return e->code == ERR_USAGE || e->code == ERR_CONFIG || e->code == ERR_LIMIT ? CLI_USAGE
                                                                                 : CLI_RUNTIME;
}

/* The first wish among the words; the other words go to rest. */
static enum wish split_words(int n_args, char *const *args, char **rest, int *n_rest)
{
    enum wish wish = RUN;
    *n_rest = 0;
    for (int i = 0; i < n_args; i++) {
        bool taken = false;
        for (size_t w = 0; w < ARRAY_SIZE(wishes); w++) {
            if (strcmp(args[i], wishes[w].word) == 0) {
                wish = wish == RUN ? wishes[w].wish : wish;
                taken = true;
            }
        }
        if (!taken) {
            rest[(*n_rest)++] = args[i];
        }
    }
    return wish;
}

static int write_help(const struct cli_program *p, enum wish wish, struct buf *out)
{
    if (wish == HELP) {
        return buf_addf(out, "%s: %s\n\nusage:\n%s%s", p->name, p->about, p->commands, flags_help);
    }
    if (wish == VERSION) {
        return buf_addf(out, "%s %s\n", p->name, TIDEGATE_VERSION);
    }
    return wish == HELP_METRICS ? metrics_help(p->name, p->metrics, p->n_metrics, out)
                                : conf_help(p->conf, out);
}

static enum cli_status print(const struct cli_program *p, int rc, const struct buf *out)
{
    struct err e = {0};
    if (rc != 0) {
        err_set(&e, ERR_LIMIT, "output over %u bytes", OUTPUT_MAX);
        return cli_complain(p->name, &e);
    }
    if (fwrite(out->p, 1, out->n, stdout) != out->n || fflush(stdout) != 0) {
        err_set(&e, ERR_IO, "write to standard output failed");
        return cli_complain(p->name, &e);
    }
    return CLI_OK;
}

static int load(const struct cli_program *p, int n_args, char *const *args, void *values,
                struct conf_list *lists, struct err *e)
{
    if (conf_load(p->conf, n_args, args, NULL, values, lists, e) != 0) {
        return -1;
    }
    if (p->check != NULL && p->check(values, lists, e) != 0) {
        conf_release(p->conf, values, lists);
        return -1;
    }
    return 0;
}

/* What is left once the configuration is loaded: CLI_GO, or print and release. */
static enum cli_rc finish(const struct cli_program *p, enum wish wish, void *values,
                          struct conf_list *lists, enum cli_status *status)
{
    if (wish == RUN) {
        return CLI_GO;
    }
    struct buf out;
    buf_init(&out, OUTPUT_MAX);
    const int rc = wish == CHECK_CONFIG ? buf_addf(&out, "the configuration is valid\n")
                                        : conf_dump(p->conf, values, lists, &out);
    *status = print(p, rc, &out);
    buf_release(&out);
    conf_release(p->conf, values, lists);
    return CLI_EXIT;
}

enum cli_rc cli_configure(const struct cli_program *program, int n_args, char *const *args,
                          void *values, struct conf_list *lists, enum cli_status *status)
{
    char **rest = mem_calloc((size_t)n_args + 1, sizeof *rest);
    int n_rest = 0;
    const enum wish wish = split_words(n_args, args, rest, &n_rest);
    enum cli_rc rc = CLI_EXIT;
    if (wish == RUN || wish == CHECK_CONFIG || wish == DUMP_CONFIG) {
        struct err e = {0};
        if (load(program, n_rest, rest, values, lists, &e) != 0) {
            *status = cli_complain(program->name, &e);
        } else {
            rc = finish(program, wish, values, lists, status);
        }
    } else {
        struct buf out;
        buf_init(&out, OUTPUT_MAX);
        const int written = write_help(program, wish, &out);
        *status = print(program, written, &out);
        buf_release(&out);
    }
    mem_free(rest);
    return rc;
}
