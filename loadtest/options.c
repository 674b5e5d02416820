/*
 * Flags "--name value" and "--name=value"; each at most once.
 */
#include "loadtest/options.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/conf.h"
#include "loadtest/ident.h"

#define EVENTS_PER_VEHICLE 5.0 /* a second: one each 200 ms */
#define BATCH_MAX 10000
#define CONNECTIONS_MAX 100000

const char options_help[] =
    "usage: loadtest run --url URL --ledger FILE [OPTIONS]\n"
    "       loadtest audit --ledger FILE --database URL [OPTIONS]\n"
    "       loadtest --help | --version\n"
    "\n"
    "run sends the events of simulated vehicles and writes what was answered to the ledger.\n"
    "  --url URL            http://host:port, or with a path of your own\n"
    "  --api-key KEY        credential; else LOADTEST_API_KEY of the environment\n"
    "  --ledger FILE        written anew\n"
    "  --vehicles N         simulated vehicles (50)\n"
    "  --rate R             events per second over all vehicles (5 per vehicle), open loop;\n"
    "                       max: closed loop, as fast as the answers come\n"
    "  --duration S         seconds (10); 0: until SIGINT or SIGTERM\n"
    "  --batch B            events a request (1)\n"
    "  --format F           json, array or ndjson (json, with --batch above 1 ndjson)\n"
    "  --connections C      keep-alive connections, at most one per vehicle (64)\n"
    "  --contract NAME      vehicle-telemetry or sensor-reading (vehicle-telemetry)\n"
    "  --invalid SHARE      share of events that violate the contract, 0 to 1 (0)\n"
    "  --retry N            repetitions of a request after an unknown outcome, 429 or 503 (0)\n"
    "  --timeout S          seconds until a request counts as unanswered (10)\n"
    "  --seed N             of the simulation (random)\n"
    "  --progress SECONDS   between progress lines (10); 0: none\n"
    "  --database URL       follow the table: stored, lag, time from 202 to row\n"
    "  --table T            instead of the contract's table\n"
    "  --json FILE          figures as JSON\n"
    "\n"
    "audit compares the ledger with the table.\n"
    "  --ledger FILE        of a run\n"
    "  --database URL       else DATABASE_URL of the environment\n"
    "  --wait S             seconds to wait for what is not stored yet (0)\n"
    "  --table T            instead of the ledger's table\n"
    "  --json FILE          figures as JSON\n"
    "\n"
    "Exit codes: 0 done, audit passed; 1 audit failed; 2 usage; 3 unreachable, refused, disk "
    "full.\n";

enum flag {
    URL,
    API_KEY,
    LEDGER,
    VEHICLES,
    RATE,
    DURATION,
    BATCH,
    FORMAT,
    CONNECTIONS,
    CONTRACT,
    INVALID,
    RETRY,
    TIMEOUT,
    SEED,
    PROGRESS,
    DATABASE,
    TABLE,
    JSON,
    WAIT,
    FLAGS
};

static const struct {
    const char *name;
    bool run;
    bool audit;
} flags[FLAGS] = {
    [URL] = {"url", true, false},
    [API_KEY] = {"api-key", true, false},
    [LEDGER] = {"ledger", true, true},
    [VEHICLES] = {"vehicles", true, false},
    [RATE] = {"rate", true, false},
    [DURATION] = {"duration", true, false},
    [BATCH] = {"batch", true, false},
    [FORMAT] = {"format", true, false},
    [CONNECTIONS] = {"connections", true, false},
    [CONTRACT] = {"contract", true, false},
    [INVALID] = {"invalid", true, false},
    [RETRY] = {"retry", true, false},
    [TIMEOUT] = {"timeout", true, false},
    [SEED] = {"seed", true, false},
    [PROGRESS] = {"progress", true, false},
    [DATABASE] = {"database", true, true},
    [TABLE] = {"table", true, true},
    [JSON] = {"json", true, true},
    [WAIT] = {"wait", false, true},
};

static int find_flag(const char *word, size_t n, bool audit)
{
    for (int i = 0; i < FLAGS; i++) {
        if ((audit ? flags[i].audit : flags[i].run) && strlen(flags[i].name) == n &&
            memcmp(flags[i].name, word, n) == 0) {
            return i;
        }
    }
    return -1;
}

/* Fills values[FLAGS] with texts, NULL where a flag was not given. */
static int split(int n_args, char *const *args, bool audit, const char **values, struct err *e)
{
    for (int i = 0; i < n_args; i++) {
        const char *word = args[i];
        size_t n = strcspn(word, "=");
        int flag = strncmp(word, "--", 2) == 0 ? find_flag(word + 2, n - 2, audit) : -1;
        if (flag < 0) {
            err_set(e, ERR_USAGE, "unknown argument %s (loadtest --help)", word);
            return -1;
        }
        if (values[flag] != NULL) {
            err_set(e, ERR_USAGE, "--%s is given twice", flags[flag].name);
            return -1;
        }
        values[flag] = word[n] == '=' ? word + n + 1 : i + 1 < n_args ? args[++i] : NULL;
        if (values[flag] == NULL || values[flag][0] == '\0') {
            err_set(e, ERR_USAGE, "--%s needs a value", flags[flag].name);
            return -1;
        }
    }
    return 0;
}

static int usage(struct err *e, enum flag flag)
{
    err_wrap(e, "--%s", flags[flag].name);
    if (e != NULL) {
        e->code = ERR_USAGE;
    }
    return -1;
}

static int whole(const char *const *values, enum flag flag, int64_t min, int64_t max, uint32_t *out,
                 struct err *e)
{
    int64_t v;
    if (values[flag] == NULL) {
        return 0;
    }
    if (conf_parse_int(CONF_INT, values[flag], min, max, &v, e) != 0) {
        return usage(e, flag);
    }
    *out = (uint32_t)v;
    return 0;
}

static int real(const char *const *values, enum flag flag, double min, double max, double *out,
                struct err *e)
{
    if (values[flag] != NULL && conf_parse_real(values[flag], min, max, out, e) != 0) {
        return usage(e, flag);
    }
    return 0;
}

static int required(const char *const *values, enum flag flag, struct err *e)
{
    if (values[flag] == NULL) {
        err_set(e, ERR_USAGE, "--%s is required (loadtest --help)", flags[flag].name);
        return -1;
    }
    return 0;
}

static int parse_seed(const char *text, uint64_t *seed, struct err *e)
{
    int64_t v = 0;
    if (text != NULL && conf_parse_int(CONF_INT, text, 1, INT64_MAX, &v, e) != 0) {
        return usage(e, SEED);
    }
    *seed = (uint64_t)v;
    return 0;
}

static int parse_format(const char *text, struct options_run *o, struct err *e)
{
    static const char *const names[] = {"json", "array", "ndjson"};
    o->format = o->batch > 1 ? LOAD_NDJSON : LOAD_JSON;
    if (text == NULL) {
        return 0;
    }
    for (int i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            o->format = (enum load_format)i;
            if (o->format == LOAD_JSON && o->batch > 1) {
                err_set(e, ERR_USAGE, "--format json is one event a request: --batch must be 1");
                return -1;
            }
            return 0;
        }
    }
    err_set(e, ERR_USAGE, "--format %s: json, array or ndjson", text);
    return -1;
}

static int parse_numbers(const char *const *values, struct options_run *o, struct err *e)
{
    o->vehicles = 50;
    o->batch = 1;
    o->retries = 0;
    o->duration_s = 10;
    o->invalid = 0;
    o->progress_s = 10;
    o->timeout_s = 10;
    if (whole(values, VEHICLES, 1, IDENT_DEVICES_MAX - 1, &o->vehicles, e) != 0 ||
        whole(values, BATCH, 1, BATCH_MAX, &o->batch, e) != 0 ||
        whole(values, RETRY, 0, 1000, &o->retries, e) != 0 ||
        real(values, DURATION, 0, 1e7, &o->duration_s, e) != 0 ||
        real(values, INVALID, 0, 1, &o->invalid, e) != 0 ||
        real(values, PROGRESS, 0, 1e6, &o->progress_s, e) != 0 ||
        real(values, TIMEOUT, 0.001, 3600, &o->timeout_s, e) != 0 ||
        parse_seed(values[SEED], &o->seed, e) != 0) {
        return -1;
    }
    o->rate = EVENTS_PER_VEHICLE * o->vehicles;
    if (values[RATE] != NULL && strcmp(values[RATE], "max") == 0) {
        o->rate = 0;
    } else if (real(values, RATE, 0.001, 1e8, &o->rate, e) != 0) {
        return -1;
    }
    o->connections = o->vehicles < 64 ? o->vehicles : 64;
    if (whole(values, CONNECTIONS, 1, CONNECTIONS_MAX, &o->connections, e) != 0) {
        return -1;
    }
    if (o->connections > o->vehicles) {
        err_set(e, ERR_USAGE,
                "--connections %u: more than --vehicles %u; each vehicle has one "
                "connection",
                o->connections, o->vehicles);
        return -1;
    }
    return parse_format(values[FORMAT], o, e);
}

int options_parse_run(int n_args, char *const *args, struct options_run *o, struct err *e)
{
    const char *values[FLAGS] = {NULL};
    if (split(n_args, args, false, values, e) != 0 || required(values, URL, e) != 0 ||
        required(values, LEDGER, e) != 0) {
        return -1;
    }
    *o = (struct options_run){
        .url = values[URL],
        .api_key = values[API_KEY] != NULL ? values[API_KEY] : getenv("LOADTEST_API_KEY"),
        .contract = values[CONTRACT] != NULL ? values[CONTRACT] : "vehicle-telemetry",
        .ledger = values[LEDGER],
        .database = values[DATABASE],
        .table = values[TABLE],
        .json = values[JSON]};
    return parse_numbers(values, o, e);
}

int options_parse_audit(int n_args, char *const *args, struct options_audit *o, struct err *e)
{
    const char *values[FLAGS] = {NULL};
    if (split(n_args, args, true, values, e) != 0 || required(values, LEDGER, e) != 0) {
        return -1;
    }
    if (values[DATABASE] == NULL) {
        values[DATABASE] = getenv("DATABASE_URL");
    }
    if (required(values, DATABASE, e) != 0) {
        return -1;
    }
    *o = (struct options_audit){.ledger = values[LEDGER],
                                .database = values[DATABASE],
                                .table = values[TABLE],
                                .json = values[JSON]};
    return real(values, WAIT, 0, 1e6, &o->wait_s, e);
}
