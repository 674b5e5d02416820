/*
 * The worker's command line.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/signals.h"
#include "common/config/cli.h"
#include "common/io/health_probe.h"
#include "worker/admin/migrate.h"
#include "worker/admin/topics.h"
#include "worker/app.h"
#include "worker/conf.h"
#include "worker/metrics.h"
#include "worker/streams.h"

#define REPORT_MAX (1U << 20)

/* Loads the contracts: what --check-config has to see, too. */
static int check(const void *values, const struct conf_list *lists, struct err *e)
{
    if (worker_conf_check(values, lists, e) != 0) {
        return -1;
    }
    const struct worker_conf *conf = values;
    struct streams streams;
    if (streams_load(conf->contracts_dir, conf->kafka_topic_prefix, &streams, e) != 0) {
        return -1;
    }
    streams_release(&streams);
    return 0;
}

static const struct cli_program program = {
    .name = "worker",
    .about = "Stores events from Kafka in PostgreSQL, each exactly once.",
    .commands = "  worker [run] FLAGS     consume and store until SIGTERM\n"
                "  worker migrate FLAGS   create and extend the tables of the contracts\n"
                "  worker topics FLAGS    create the missing Kafka topics of the contracts\n"
                "  worker health FLAGS    ask the running one whether it is ready\n",
    .conf = &worker_conf_spec,
    .metrics = worker_metric_defs,
    .n_metrics = WORKER_METRICS,
    .check = check,
};

typedef enum cli_status (*command_fn)(const struct worker_conf *conf,
                                      const struct streams *streams);

static enum cli_status run(const struct worker_conf *conf, const struct streams *streams)
{
    struct err e;
    enum app_end end = APP_FAILED;
    if (app_run(conf, streams, &end, &e) != 0) {
        enum cli_status status = cli_complain(program.name, &e);
        if (end == APP_HUNG) {
            _exit(status);
        }
        return status;
    }
    /* Also when a thread hung: nothing is lost, what was not stored is read again. */
    _exit(end == APP_FAILED ? CLI_RUNTIME : CLI_OK);
}

/* Prints what a command did, then how it failed. */
static enum cli_status report_end(int rc, struct buf *report, const struct err *e)
{
    if (report->n > 0) {
        (void)fwrite(report->p, 1, report->n, stdout);
    }
    (void)fflush(stdout);
    buf_release(report);
    return rc == 0 ? CLI_OK : cli_complain(program.name, e);
}

static enum cli_status run_migrate(const struct worker_conf *conf, const struct streams *streams)
{
    const struct upkeep_options options = {
        .url = conf->postgres_url,
        .streams = streams,
        .past_us = conf->partitions_accept_past * 1000,
        .ahead_us = conf->partitions_ahead * 1000,
    };
    struct err e;
    struct buf report;
    buf_init(&report, REPORT_MAX);
    int rc = migrate(&options, &report, &e);
    return report_end(rc, &report, &e);
}

static enum cli_status run_topics(const struct worker_conf *conf, const struct streams *streams)
{
    struct err e;
    struct buf report;
    buf_init(&report, REPORT_MAX);
    int rc = topics_ensure(conf, streams, &report, &e);
    return report_end(rc, &report, &e);
}

static enum cli_status run_health(const struct worker_conf *conf, const struct streams *streams)
{
    (void)streams;
    struct err e;
    if (health_probe(conf->admin_listen, "/readyz", HEALTH_PROBE_TIMEOUT_MS, &e) == 0) {
        return CLI_OK;
    }
    (void)cli_complain(program.name, &e);
    return CLI_FAILED;
}

static const struct {
    const char *name;
    command_fn run;
} commands[] = {
    {"run", run},
    {"migrate", run_migrate},
    {"topics", run_topics},
    {"health", run_health},
};

int main(int argc, char **argv)
{
    signals_block();
    command_fn command = run;
    int used = 1;
    for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            command = commands[i].run;
            used = 2;
        }
    }
    struct worker_conf conf = {0};
    enum cli_status status = CLI_OK;
    if (cli_configure(&program, argc - used, argv + used, &conf, NULL, &status) == CLI_EXIT) {
        return status;
    }
    enum log_level level = LOG_INFO;
    if (log_level_parse(conf.log_level, &level) == 0) {
        log_set_level(level);
    }
    struct streams streams;
    struct err e;
    if (streams_load(conf.contracts_dir, conf.kafka_topic_prefix, &streams, &e) != 0) {
        status = cli_complain(program.name, &e);
    } else {
        status = command(&conf, &streams);
        streams_release(&streams);
    }
    conf_release(&worker_conf_spec, &conf, NULL);
    return status;
}
