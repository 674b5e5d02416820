/*
 * The contract commands of the command line. Thread: main.
 */
#include "ingestor/contract_cli.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/contract/contract.h"
#include "common/contract/event.h"

#define REPORT_MAX (1U << 20) /* bytes of a diff */

enum { EXIT_FINE = 0, EXIT_BREAKING = 1, EXIT_UNREADABLE = 2 };

static int usage(void)
{
    fputs("usage: ingestor contract check FILE...\n"
          "       ingestor contract diff OLD NEW\n",
          stderr);
    return EXIT_UNREADABLE;
}

/* One example of the contract as an event. 0, or -1 after printing its violations. */
static int check_example(const char *path, const struct contract *c, const json_t *example,
                         size_t index)
{
    char *text = json_dumps(example, JSON_COMPACT);
    if (text == NULL) {
        fprintf(stderr, "%s: /examples/%zu: cannot be written\n", path, index);
        return -1;
    }
    size_t n = strlen(text);
    char *padded = mem_calloc(1, n + JSON_PADDING);
    memcpy(padded, text, n + 1);
    free(text); /* jansson's */
    struct validator *v = validator_new(n);
    struct violations *found = mem_calloc(1, sizeof *found);
    struct event ev;
    int rc = event_validate(v, c, padded, n, &ev, found);
    for (size_t i = 0; i < found->n; i++) {
        fprintf(stderr, "%s: /examples/%zu%s: %s: %s\n", path, index, found->items[i].pointer,
                found->items[i].code, found->items[i].detail);
    }
    mem_free(found);
    validator_free(v);
    mem_free(padded);
    return rc;
}

/* 0, or -1 when an example at the top of the contract is no valid event. */
static int check_examples(const char *path, const struct contract *c)
{
    struct str source = contract_source(c);
    json_t *root = json_loadb(source.p, source.n, 0, NULL);
    const json_t *examples = json_object_get(root, "examples");
    int rc = 0;
    for (size_t i = 0; i < json_array_size(examples); i++) {
        if (check_example(path, c, json_array_get(examples, i), i) != 0) {
            rc = -1;
        }
    }
    json_decref(root);
    return rc;
}

static void print_column(const struct contract_column *column)
{
    printf("  %-24s %-18s %s%s%s", column->name, column_type_sql(column->type), column->pointer,
           column->rollup ? " rollup" : "", column->pii ? " pii" : "");
    const struct {
        const char *name;
        double limit;
    } rules[] = {{"low", column->anomaly.low},
                 {"high", column->anomaly.high},
                 {"max_step", column->anomaly.max_step},
                 {"zscore", column->anomaly.zscore}};
    for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
        if (!isnan(rules[i].limit)) {
            printf(" %s=%g", rules[i].name, rules[i].limit);
        }
    }
    putchar('\n');
}

static int check_file(const char *path)
{
    struct err e;
    struct contract *c = contract_load(path, &e);
    if (c == NULL) {
        fprintf(stderr, "%s\n", e.text);
        return EXIT_UNREADABLE;
    }
    if (check_examples(path, c) != 0) {
        contract_free(c);
        return EXIT_UNREADABLE;
    }
    size_t n;
    const struct contract_column *columns = contract_columns(c, &n);
    const char *topic = contract_topic(c);
    printf("ok %s version %lld: %zu rules, %zu columns, topic %s%s, table %s\n", contract_name(c),
           (long long)contract_version(c), contract_rules(c), n, topic == NULL ? "<prefix>." : "",
           topic == NULL ? contract_name(c) : topic, contract_table(c));
    for (size_t i = 0; i < n; i++) {
        print_column(&columns[i]);
    }
    contract_free(c);
    return EXIT_FINE;
}

static int diff_files(const char *older_path, const char *newer_path)
{
    static const char *const verdicts[] = {[CONTRACT_SAME] = "same",
                                           [CONTRACT_COMPATIBLE] = "compatible",
                                           [CONTRACT_BREAKING] = "breaking"};
    struct err e;
    struct contract *older = contract_load(older_path, &e);
    struct contract *newer = older == NULL ? NULL : contract_load(newer_path, &e);
    int code = EXIT_UNREADABLE;
    if (newer == NULL) {
        fprintf(stderr, "%s\n", e.text);
    } else {
        struct buf report;
        buf_init(&report, REPORT_MAX);
        enum contract_change change = contract_diff(older, newer, &report);
        printf("%.*sverdict: %s\n", (int)report.n, report.n == 0 ? "" : report.p, verdicts[change]);
        buf_release(&report);
        code = change == CONTRACT_BREAKING ? EXIT_BREAKING : EXIT_FINE;
    }
    contract_free(newer);
    contract_free(older);
    return code;
}

int contract_cli(int argc, char **argv)
{
    if (argc >= 3 && strcmp(argv[1], "check") == 0) {
        int code = EXIT_FINE;
        for (int i = 2; i < argc; i++) {
            if (check_file(argv[i]) != EXIT_FINE) {
                code = EXIT_UNREADABLE;
            }
        }
        return code;
    }
    if (argc == 4 && strcmp(argv[1], "diff") == 0) {
        return diff_files(argv[2], argv[3]);
    }
    return usage();
}
