#include "common/config/cli.h"

#include "tests/unit/common/config/sample.h"

#include <string.h>
#include <unistd.h>

static int refuse_threads(const void *values, const struct conf_list *lists, struct err *e)
{
    const struct sample *s = values;
    if (s->http_threads == 13 && lists[0].n == 0) {
        err_set(e, ERR_CONFIG, "http.threads: thirteen");
        return -1;
    }
    return 0;
}

static const struct metric_def metric = {"tidegate_x_total", METRIC_COUNTER, "", "X."};
static const struct cli_program program = {
    .name = "sample",
    .about = "a test",
    .commands = "  sample run FLAGS\n",
    .conf = &sample_spec,
    .metrics = &metric,
    .n_metrics = 1,
    .check = refuse_threads,
};

struct outcome {
    enum cli_rc rc;
    enum cli_status status;
    int64_t threads;
    char out[16384]; /* standard output and error */
};

/* Redirects descriptors 1 and 2 to a file while the words of line are handled. */
static void run(const char *line, struct outcome *o)
{
    char copy[128];
    (void)snprintf(copy, sizeof copy, "%s", line);
    char *words[8];
    int n = 0;
    char *rest = NULL;
    for (char *w = strtok_r(copy, " ", &rest); w != NULL; w = strtok_r(NULL, " ", &rest)) {
        words[n++] = w;
    }
    char path[] = "/tmp/tidegate-cli-XXXXXX";
    const int file = mkstemp(path);
    assert_true(file >= 0);
    (void)fflush(stdout);
    const int saved[2] = {dup(1), dup(2)};
    assert_true(dup2(file, 1) == 1 && dup2(file, 2) == 2);
    struct sample s = {0};
    struct conf_list list;
    o->status = CLI_FAILED;
    o->rc = cli_configure(&program, n, words, &s, &list, &o->status);
    o->threads = s.http_threads;
    const char *left = s.http_listen;
    if (o->rc == CLI_GO) {
        conf_release(&sample_spec, &s, &list);
        left = NULL;
    }
    (void)fflush(stdout);
    assert_true(dup2(saved[0], 1) == 1 && dup2(saved[1], 2) == 2);
    (void)close(saved[0]);
    (void)close(saved[1]);
    const ssize_t length = pread(file, o->out, sizeof o->out - 1, 0);
    assert_true(length >= 0);
    o->out[length] = '\0';
    (void)close(file);
    (void)unlink(path);
    assert_null(left);
}

static void test_cli_configure_each_flag_prints_and_ends(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum cli_rc rc;
        enum cli_status status;
        const char *says;
    } cases[] = {
        {"--help", CLI_EXIT, CLI_OK, "sample: a test\n\nusage:\n  sample run FLAGS\n"},
        {"-h", CLI_EXIT, CLI_OK, "--dump-config"},
        {"--version", CLI_EXIT, CLI_OK, "sample " TIDEGATE_VERSION "\n"},
        {"--help-config", CLI_EXIT, CLI_OK, "## sample\n\nSources"},
        {"--help-metrics", CLI_EXIT, CLI_OK, "| `tidegate_x_total` | counter |"},
        {"--check-config", CLI_EXIT, CLI_OK, "the configuration is valid\n"},
        {"--http.threads=4 --dump-config", CLI_EXIT, CLI_OK, "  threads: 4\n"},
        {"--dump-config --http.threads 4", CLI_EXIT, CLI_OK, "  threads: 4\n"},
        {"--check-config --http.threads=x", CLI_EXIT, CLI_USAGE,
         "sample: command line: http.threads: 'x' is not a whole number\n"},
        {"--check-config --http.threads=13", CLI_EXIT, CLI_USAGE,
         "sample: http.threads: thirteen\n"},
        {"--http.threads=13", CLI_EXIT, CLI_USAGE, "sample: http.threads: thirteen\n"},
        {"--nonsense", CLI_EXIT, CLI_USAGE, "sample: command line: unexpected '--nonsense'\n"},
        {"--help --nonsense", CLI_EXIT, CLI_OK, "usage:"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct outcome o;
        run(cases[i].line, &o);
        if (o.rc != cases[i].rc || o.status != cases[i].status ||
            strstr(o.out, cases[i].says) == NULL) {
            fail_msg("case %zu: rc %d status %d '%s'", i, (int)o.rc, (int)o.status, o.out);
        }
    }
}

static void test_cli_configure_plain_start_loads_and_prints_nothing(void **state)
{
    (void)state;
    struct outcome o;
    run("--http.threads=5", &o);
    assert_int_equal(o.rc, CLI_GO);
    assert_int_equal(o.threads, 5);
    assert_string_equal(o.out, "");
}

static int clean_environment(void **state)
{
    (void)state;
    return clearenv();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cli_configure_each_flag_prints_and_ends),
        cmocka_unit_test(test_cli_configure_plain_start_loads_and_prints_nothing),
    };
    return cmocka_run_group_tests(tests, clean_environment, NULL);
}
