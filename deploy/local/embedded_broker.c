/*
 * The embedded development broker: librdkafka's mock cluster as a server on 127.0.0.1, for machines
 * that cannot fetch Apache Kafka. It keeps everything in memory, 5 MiB or 100,000 message sets a
 * partition, and nothing after its end. Part of the local stack, of no product program.
 *
 * Thread: main only waits for SIGINT or SIGTERM; the mock cluster runs in librdkafka's threads.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

enum { BROKERS_DEFAULT = 1, BROKERS_MAX = 9, PARTITIONS_MAX = 1024, TOPIC_MAX = 249 };
enum { EXIT_USAGE = 2, EXIT_RUN = 3 };

struct options {
    int brokers;
    const char *bootstrap_file; /* NULL: standard output only */
    char **topics;              /* "name:partitions" */
    int topic_count;
};

static void usage(FILE *to)
{
    fputs("usage: embedded-broker [--brokers N] [--bootstrap-file FILE] TOPIC:PARTITIONS…\n\n"
          "Kafka protocol on free ports of 127.0.0.1. Keeps everything in memory and nothing\n"
          "after its end. FILE gets the bootstrap servers when it is ready.\n"
          "Exit codes: 0 ended by a signal, 2 usage, 3 failed.\n",
          to);
}

/* Number in [1, max], or -1. */
static int parse_count(const char *text, int max)
{
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || n < 1 || n > max) {
        return -1;
    }
    return (int)n;
}

/* 0; 1 when only the usage was asked for; -1 after a message. */
static int parse_options(int argc, char **argv, struct options *o)
{
    static const struct option names[] = {{"brokers", required_argument, NULL, 'b'},
                                          {"bootstrap-file", required_argument, NULL, 'f'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    *o = (struct options){.brokers = BROKERS_DEFAULT};
    int c;
    while ((c = getopt_long(argc, argv, "h", names, NULL)) != -1) {
        switch (c) {
        case 'b':
            o->brokers = parse_count(optarg, BROKERS_MAX);
            if (o->brokers < 0) {
                fprintf(stderr, "embedded-broker: --brokers %s: must be 1 to %d\n", optarg,
                        BROKERS_MAX);
                return -1;
            }
            break;
        case 'f':
            o->bootstrap_file = optarg;
            break;
        case 'h':
            usage(stdout);
            return 1;
        default:
            usage(stderr);
            return -1;
        }
    }
    o->topics = argv + optind;
    o->topic_count = argc - optind;
    return 0;
}

static int create_topic(rd_kafka_mock_cluster_t *cluster, const char *spec, int brokers)
{
    char name[TOPIC_MAX + 1];
    const char *colon = strrchr(spec, ':');
    int partitions = colon == NULL ? -1 : parse_count(colon + 1, PARTITIONS_MAX);
    size_t length = colon == NULL ? 0 : (size_t)(colon - spec);
    if (partitions < 0 || length == 0 || length > TOPIC_MAX) {
        fprintf(stderr, "embedded-broker: topic %s: must be NAME:PARTITIONS (1 to %d)\n", spec,
                PARTITIONS_MAX);
        return -1;
    }
    memcpy(name, spec, length);
    name[length] = '\0';
    rd_kafka_resp_err_t rc = rd_kafka_mock_topic_create(cluster, name, partitions, brokers);
    if (rc != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fprintf(stderr, "embedded-broker: create topic %s: %s\n", spec, rd_kafka_err2str(rc));
        return -1;
    }
    return 0;
}

/* The file appears complete or not at all: its existence tells that the broker is ready. */
static int write_bootstrap(const char *path, const char *servers)
{
    char temporary[PATH_MAX];
    int n = snprintf(temporary, sizeof(temporary), "%s.new", path);
    if (n < 0 || (size_t)n >= sizeof(temporary)) {
        fprintf(stderr, "embedded-broker: %s: path too long\n", path);
        return -1;
    }
    FILE *f = fopen(temporary, "we");
    if (f == NULL) {
        fprintf(stderr, "embedded-broker: create %s: %s\n", temporary, strerror(errno));
        return -1;
    }
    int failed = fprintf(f, "%s\n", servers) < 0;
    failed |= fclose(f) != 0;
    if (failed || rename(temporary, path) != 0) {
        fprintf(stderr, "embedded-broker: write %s: %s\n", path, strerror(errno));
        return -1;
    }
    return 0;
}

/* The mock cluster needs a client instance as its home. NULL after a message. */
static rd_kafka_t *new_client(void)
{
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    /* The mock's server sockets take this from the client's configuration; without it answers wait
     * up to 50 ms for Nagle's algorithm (librdkafka 2.0.2, rdkafka_mock.c). */
    if (rd_kafka_conf_set(conf, "socket.nagle.disable", "true", text, sizeof(text)) !=
        RD_KAFKA_CONF_OK) {
        fprintf(stderr, "embedded-broker: configure: %s\n", text);
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
    if (rk == NULL) {
        fprintf(stderr, "embedded-broker: start: %s\n", text);
        rd_kafka_conf_destroy(conf);
    }
    return rk;
}

static int serve(const struct options *o, rd_kafka_mock_cluster_t *cluster, const sigset_t *end)
{
    for (int i = 0; i < o->topic_count; i++) {
        if (create_topic(cluster, o->topics[i], o->brokers) != 0) {
            return EXIT_USAGE;
        }
    }
    const char *servers = rd_kafka_mock_cluster_bootstraps(cluster);
    fprintf(
        stderr,
        "embedded-broker: NOT A REAL KAFKA. Everything is kept in memory only, the oldest\n"
        "embedded-broker: messages are dropped at 5 MiB a partition, nothing survives its end.\n"
        "embedded-broker: listening on %s\n",
        servers);
    if (o->bootstrap_file != NULL && write_bootstrap(o->bootstrap_file, servers) != 0) {
        return EXIT_RUN;
    }
    int signal_number;
    sigwait(end, &signal_number);
    fprintf(stderr, "embedded-broker: ended by signal %d, everything it held is gone\n",
            signal_number);
    return 0;
}

int main(int argc, char **argv)
{
    struct options o;
    int parsed = parse_options(argc, argv, &o);
    if (parsed != 0) {
        return parsed > 0 ? 0 : EXIT_USAGE;
    }
    /* Blocked before librdkafka makes its threads, so that only sigwait takes them. */
    sigset_t end;
    sigemptyset(&end);
    sigaddset(&end, SIGINT);
    sigaddset(&end, SIGTERM);
    sigprocmask(SIG_BLOCK, &end, NULL);
    signal(SIGPIPE, SIG_IGN);

    rd_kafka_t *rk = new_client();
    if (rk == NULL) {
        return EXIT_RUN;
    }
    int rc = EXIT_RUN;
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(rk, o.brokers);
    if (cluster == NULL) {
        fprintf(stderr, "embedded-broker: the mock cluster did not start\n");
    } else {
        rc = serve(&o, cluster, &end);
        rd_kafka_mock_cluster_destroy(cluster);
    }
    rd_kafka_destroy(rk);
    return rc;
}
