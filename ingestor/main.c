#include <stdio.h>
#include <string.h>

#include "common/base/compiler.h"
#include "common/base/log.h"
#include "common/base/signals.h"
#include "common/config/cli.h"
#include "common/io/health_probe.h"
#include "ingestor/app.h"
#include "ingestor/conf.h"
#include "ingestor/contract_cli.h"
#include "ingestor/key_cli.h"
#include "ingestor/metrics.h"
#include "ingestor/token_cli.h"

/*
 * The command line. Exit codes: common/config/cli.h.
 */

static int check_conf(const void *values, const struct conf_list *lists, struct err *e)
{
    return app_check(values, lists, e);
}

static const struct cli_program PROGRAM = {
    .name = "ingestor",
    .about = "Takes events over HTTP, checks them against contracts, and answers 202 once Kafka "
             "holds them.",
    .commands = "  ingestor [run] FLAGS                 serve until SIGTERM\n"
                "  ingestor health FLAGS                ask the running one whether it is ready\n"
                "  ingestor contract check FILE…        compile contracts\n"
                "  ingestor contract diff OLD NEW       compatible or breaking\n"
                "  ingestor key new --id ID --tenant T  make an API key\n"
                "  ingestor jwks new --alg A …          make a key pair for tokens\n"
                "  ingestor token --alg A --key FILE …  sign a token\n",
    .conf = &ingestor_conf_spec,
    .metrics = ingestor_metric_defs,
    .n_metrics = INGESTOR_METRICS,
    .check = check_conf,
};

/* Loads the configuration and calls use with it. */
static int with_conf(int argc, char **argv,
                     int (*use)(const struct ingestor_conf *conf, const struct conf_list *lists,
                                struct err *e))
{
    struct ingestor_conf conf = {0};
    struct conf_list lists[INGESTOR_LISTS] = {{0}};
    enum cli_status status = CLI_OK;
    if (cli_configure(&PROGRAM, argc, argv, &conf, lists, &status) == CLI_EXIT) {
        return status;
    }
    enum log_level level = LOG_INFO;
    if (log_level_parse(conf.log_level, &level) == 0) {
        log_set_level(level);
    }
    struct err e = {0};
    if (use(&conf, lists, &e) != 0) {
        status = cli_complain(PROGRAM.name, &e);
    }
    conf_release(&ingestor_conf_spec, &conf, lists);
    return status;
}

static int health(const struct ingestor_conf *conf, const struct conf_list *lists, struct err *e)
{
    (void)lists;
    return health_probe(conf->admin_listen, "/readyz", HEALTH_PROBE_TIMEOUT_MS, e);
}

int main(int argc, char **argv)
{
    signals_block();
    const char *command = argc > 1 ? argv[1] : "run";
    if (strcmp(command, "contract") == 0) {
        return contract_cli(argc - 1, argv + 1);
    }
    if (strcmp(command, "key") == 0) {
        return key_cli(argc - 1, argv + 1);
    }
    if (strcmp(command, "jwks") == 0) {
        return jwks_cli(argc - 1, argv + 1);
    }
    if (strcmp(command, "token") == 0) {
        return token_cli(argc - 1, argv + 1);
    }
    if (strcmp(command, "health") == 0) {
        return with_conf(argc - 2, argv + 2, health);
    }
    int skip = strcmp(command, "run") == 0 && argc > 1 ? 2 : 1;
    return with_conf(argc - skip, argv + skip, app_run);
}
