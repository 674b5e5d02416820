/*
 * loadtest: the load generator and its audit. Here: which subcommand, exit codes.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/signals.h"
#include "common/config/cli.h"
#include "loadtest/audit.h"
#include "loadtest/options.h"
#include "loadtest/report.h"
#include "loadtest/run.h"

static int main_run(int n_args, char *const *args)
{
    struct options_run o;
    struct err e;
    signals_block();
    if (options_parse_run(n_args, args, &o, &e) != 0 || run_load(&o, &e) != 0) {
        return cli_complain("loadtest run", &e);
    }
    return CLI_OK;
}

static int main_audit(int n_args, char *const *args)
{
    struct options_audit o;
    struct err e;
    if (options_parse_audit(n_args, args, &o, &e) != 0) {
        return cli_complain("loadtest audit", &e);
    }
    struct audit_conf conf = {.ledger = o.ledger,
                              .database = o.database,
                              .table = o.table,
                              .wait_s = o.wait_s,
                              .waiting = report_waiting};
    struct audit a;
    int rc = audit_run(&conf, &a, &e);
    if (rc == 0) {
        report_audit(&a);
        rc = o.json == NULL ? 0 : report_audit_json(&a, o.json, &e);
    }
    bool pass = rc == 0 && a.result.pass;
    audit_release(&a);
    if (rc != 0) {
        return cli_complain("loadtest audit", &e);
    }
    return pass ? CLI_OK : CLI_FAILED;
}

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            (void)fputs(options_help, stdout);
            return CLI_OK;
        }
    }
    if (strcmp(command, "--version") == 0) {
        printf("loadtest %s\n", TIDEGATE_VERSION);
        return CLI_OK;
    }
    if (strcmp(command, "run") == 0) {
        return main_run(argc - 2, argv + 2);
    }
    if (strcmp(command, "audit") == 0) {
        return main_audit(argc - 2, argv + 2);
    }
    (void)fputs(options_help, stderr);
    return CLI_USAGE;
}
