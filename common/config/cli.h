/*
 * What the command lines of ingestor and worker have in common: the flags that print and end, the
 * configuration, the exit codes.
 *
 *   --help           usage
 *   --version        name and version
 *   --help-config    reference of the configuration in Markdown
 *   --help-metrics   reference of the metrics in Markdown
 *   --check-config   loads and checks everything, starts nothing
 *   --dump-config    the configuration in force as YAML, secrets masked
 *
 * A main:
 *
 *   struct worker_conf conf = {0};
 *   enum cli_status status;
 *   if (cli_configure(&program, argc - 1, argv + 1, &conf, NULL, &status) == CLI_EXIT) {
 *       return status;
 *   }
 *   ... conf_release(&worker_conf_spec, &conf, NULL);
 *
 * Thread: main, before others start.
 */
#ifndef TIDEGATE_CONFIG_CLI_H
#define TIDEGATE_CONFIG_CLI_H

#include <stddef.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/base/metrics.h"
#include "common/config/conf.h"

/* Exit codes of every program. */
enum cli_status {
    CLI_OK = 0,
    CLI_FAILED = 1,  /* the check or audit that was asked for found something */
    CLI_USAGE = 2,   /* command line or configuration */
    CLI_RUNTIME = 3, /* unreachable server, system refused */
};

struct cli_program {
    const char *name;     /* "worker" */
    const char *about;    /* one sentence */
    const char *commands; /* usage lines, each "  worker run FLAGS   what it does\n" */
    const struct conf_spec *conf;
    const struct metric_def *metrics;
    size_t n_metrics;
    /* What the table cannot say: combinations, files that values name. Also run before a normal
     * start. 0, or -1 with e. NULL: nothing more to check. Thread: main. */
    int (*check)(const void *values, const struct conf_list *lists, struct err *e);
};

enum cli_rc {
    CLI_GO,  /* values and lists are filled; caller ends with conf_release */
    CLI_EXIT /* end with *status: printed what was asked for, or the error; nothing to release */
};

/* args are the words after the subcommand; the flags above may stand anywhere among them. values
 * is the program's struct, zeroed; lists as in conf_load, NULL when the spec has none. */
enum cli_rc cli_configure(const struct cli_program *program, int n_args, char *const *args,
                          void *values, struct conf_list *lists,
                          enum cli_status *status) MUST_CHECK;

/* Prints "name: text" on standard error; the exit code that fits e. */
enum cli_status cli_complain(const char *name, const struct err *e);

#endif
