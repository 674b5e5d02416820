#include "tests/unit/common/config/sample.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A file with this text; its name goes to path (of 64 bytes). Removed by the caller. */
static void make_file(const char *text, char *path)
{
    (void)snprintf(path, 64, "/tmp/tidegate-conf-XXXXXX");
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
}

/* Loads with words up to NULL. */
static int load(const char *const *words, int *used, struct sample *s, struct conf_list *list,
                struct err *e)
{
    char *args[8] = {0};
    int n = 0;
    for (; words[n] != NULL; n++) {
        args[n] = strdup(words[n]);
    }
    *s = (struct sample){0};
    const int rc = conf_load(&sample_spec, n, args, used, s, list, e);
    while (n > 0) {
        free(args[--n]);
    }
    return rc;
}

static int clean_environment(void **state)
{
    (void)state;
    clearenv();
    return 0;
}

/* A field as text. */
static char *field_text(const struct conf_def *d, const struct sample *s)
{
    struct buf b;
    buf_init(&b, 4096);
    assert_int_equal(conf_value_text(d, s, &b), 0);
    char *text = strndup(b.n == 0 ? "" : b.p, b.n);
    buf_release(&b);
    return text;
}

static void test_conf_load_without_sources_reads_every_default_back(void **state)
{
    (void)state;
    struct sample s;
    struct conf_list list;
    struct err e = {0};
    assert_int_equal(load((const char *[]){NULL}, NULL, &s, &list, &e), 0);
    for (size_t i = 0; i < ARRAY_SIZE(sample_defs); i++) {
        char *text = field_text(&sample_defs[i], &s);
        assert_string_equal(text, sample_defs[i].initial);
        free(text);
    }
    assert_int_equal(list.n, 0);
    conf_release(&sample_spec, &s, &list);
}

static void test_conf_load_every_key_can_be_set_by_each_source(void **state)
{
    (void)state;
    static const char *const values[] = {"h:1",  "2KiB", "1m",  "7", "b:1", "0.5",
                                         "warn", "true", "x:y", "n", "10"};
    assert_int_equal(ARRAY_SIZE(values), ARRAY_SIZE(sample_defs));
    for (size_t i = 0; i < 3 * ARRAY_SIZE(sample_defs); i++) {
        const struct conf_def *d = &sample_defs[i / 3];
        struct sample s;
        struct conf_list list;
        struct err e = {0};
        char word[128];
        char env[CONF_ENV_MAX];
        conf_env_name(d, env);
        int rc = -1;
        if (i % 3 == 0) {
            (void)snprintf(word, sizeof word, "--%s=%s", d->key, values[i / 3]);
            rc = load((const char *[]){word, NULL}, NULL, &s, &list, &e);
        } else if (i % 3 == 1) {
            assert_int_equal(setenv(env, values[i / 3], 1), 0);
            rc = load((const char *[]){NULL}, NULL, &s, &list, &e);
            assert_int_equal(unsetenv(env), 0);
        } else {
            char path[64];
            const char *dot = strchr(d->key, '.');
            (void)snprintf(word, sizeof word, "%.*s:\n  %s: \"%s\"\n", (int)(dot - d->key), d->key,
                           dot + 1, values[i / 3]);
            make_file(word, path);
            rc = load((const char *[]){"--config", path, NULL}, NULL, &s, &list, &e);
            assert_int_equal(unlink(path), 0);
        }
        if (rc != 0) {
            fail_msg("%s by source %zu: %s", d->key, i % 3, e.text);
        }
        char *text = field_text(d, &s);
        assert_string_equal(text, values[i / 3]);
        free(text);
        conf_release(&sample_spec, &s, &list);
    }
}

static void test_conf_load_later_source_wins(void **state)
{
    (void)state;
    char path[64];
    make_file("kafka:\n  brokers: file:1\nhttp:\n  threads: 1\n  name: file\n", path);
    struct sample s;
    struct conf_list list;
    struct err e = {0};
    const char *with_file[] = {"--config", path, NULL};
    const char *with_flag[] = {"--kafka.brokers=flag:1", "--config", path, NULL};

    assert_int_equal(load(with_file, NULL, &s, &list, &e), 0);
    assert_string_equal(s.kafka_brokers, "file:1");
    conf_release(&sample_spec, &s, &list);

    assert_int_equal(setenv("KAFKA_BROKERS", "alias:1", 1), 0);
    assert_int_equal(load(with_file, NULL, &s, &list, &e), 0);
    assert_string_equal(s.kafka_brokers, "alias:1");
    conf_release(&sample_spec, &s, &list);

    assert_int_equal(setenv("TIDEGATE_KAFKA_BROKERS", "own:1", 1), 0);
    assert_int_equal(load(with_file, NULL, &s, &list, &e), 0);
    assert_string_equal(s.kafka_brokers, "own:1");
    conf_release(&sample_spec, &s, &list);

    assert_int_equal(load(with_flag, NULL, &s, &list, &e), 0);
    assert_string_equal(s.kafka_brokers, "flag:1");
    assert_string_equal(s.http_name, "file");
    assert_int_equal(s.http_threads, 1);
    conf_release(&sample_spec, &s, &list);

    assert_int_equal(setenv("TIDEGATE_KAFKA_BROKERS", "", 1), 0);
    assert_int_equal(load(with_file, NULL, &s, &list, &e), 0);
    assert_string_equal(s.kafka_brokers, "alias:1");
    conf_release(&sample_spec, &s, &list);
    assert_int_equal(unlink(path), 0);
}

static void test_conf_load_flag_forms_are_equal_and_the_last_one_wins(void **state)
{
    (void)state;
    static const char *const forms[][5] = {
        {"--http.threads=5", NULL},
        {"--http.threads", "5", NULL},
        {"--set", "http.threads=5", NULL},
        {"--set=http.threads=5", NULL},
        {"--http.threads=4", "--http.threads=5", NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        struct sample s;
        struct conf_list list;
        struct err e = {0};
        assert_int_equal(load(forms[i], NULL, &s, &list, &e), 0);
        assert_int_equal(s.http_threads, 5);
        conf_release(&sample_spec, &s, &list);
    }
}

static void test_conf_load_value_may_hold_an_equals_sign_or_be_negative(void **state)
{
    (void)state;
    struct sample s;
    struct conf_list list;
    struct err e = {0};
    const char *words[] = {"--set", "http.name=a=b",     "--rate_limit.burst",
                           "-3",    "--http.listen=--x", NULL};
    assert_int_equal(load(words, NULL, &s, &list, &e), 0);
    assert_string_equal(s.http_name, "a=b");
    assert_int_equal(s.rate_limit_burst, -3);
    assert_string_equal(s.http_listen, "--x");
    conf_release(&sample_spec, &s, &list);
}

static void test_conf_load_bad_command_line_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *words[5];
        enum err_code code;
        const char *says;
    } cases[] = {
        {{"--http.thread=5"},
         ERR_USAGE,
         "command line: unknown key 'http.thread', did you mean 'http.threads'?"},
        {{"--set", "http.thread=5"},
         ERR_USAGE,
         "command line: unknown key 'http.thread', did you mean 'http.threads'?"},
        {{"--set", "http.threads"},
         ERR_USAGE,
         "command line: --set http.threads: section.name=value was expected"},
        {{"--http.threads"}, ERR_USAGE, "command line: --http.threads needs a value"},
        {{"--http.threads", "--http.name=x"},
         ERR_USAGE,
         "command line: --http.threads needs a value"},
        {{"--config"}, ERR_USAGE, "command line: --config needs a value"},
        {{"--config=/dev/null", "--config=/dev/null"},
         ERR_USAGE,
         "command line: --config is given twice"},
        {{"--verbose"}, ERR_USAGE, "command line: unexpected '--verbose'"},
        {{"run"}, ERR_USAGE, "command line: unexpected 'run'"},
        {{"--"}, ERR_USAGE, "command line: unexpected '--'"},
        {{"-x"}, ERR_USAGE, "command line: unexpected '-x'"},
        {{"--http.threads=x"}, ERR_CONFIG, "command line: http.threads: 'x' is not a whole number"},
        {{"--http.threads="}, ERR_CONFIG, "command line: http.threads: '' is not a whole number"},
        {{"--config=/nonexistent/x.yaml"},
         ERR_CONFIG,
         "open /nonexistent/x.yaml: No such file or directory"},
        {{"--config=/"}, ERR_CONFIG, "read /: Is a directory"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct sample s;
        struct conf_list list;
        struct err e = {0};
        assert_int_equal(load(cases[i].words, NULL, &s, &list, &e), -1);
        assert_string_equal(e.text, cases[i].says);
        assert_int_equal(e.code, cases[i].code);
        assert_null(s.http_listen);
    }
}

static void test_conf_load_first_foreign_word_ends_the_flags(void **state)
{
    (void)state;
    struct sample s;
    struct conf_list list;
    struct err e = {0};
    int used = -1;
    assert_int_equal(
        load((const char *[]){"--http.threads", "2", "file.json", "--http.threads=3", NULL}, &used,
             &s, &list, &e),
        0);
    assert_int_equal(used, 2);
    assert_int_equal(s.http_threads, 2);
    conf_release(&sample_spec, &s, &list);
}

static void test_conf_load_bad_environment_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *says; /* says NULL: accepted */
    } cases[] = {
        {"TIDEGATE_KAFKA_BROKRS", "x",
         "environment: unknown variable TIDEGATE_KAFKA_BROKRS, did you mean 'kafka.brokers'?"},
        {"TIDEGATE_RATE_LIMIT_BRUST", "1",
         "environment: unknown variable TIDEGATE_RATE_LIMIT_BRUST, did you mean "
         "'rate_limit.burst'?"},
        {"TIDEGATE_HTTP_THREADS", "x",
         "environment: TIDEGATE_HTTP_THREADS: http.threads: 'x' is not a whole number"},
        {"TIDEGATE_LOG_LEVEL", "loud",
         "environment: TIDEGATE_LOG_LEVEL: log.level: 'loud' is none of debug|info|warn|error"},
        {"TIDEGATE_BIN", "/usr/bin", NULL},
        {"TIDEGATE_", "x", NULL},
        {"TIDEGATE_HTTP", "x", NULL},
        {"TIDEGATE_HTTP_THREADS", "", NULL},
        {"DATABASE_URL", "", NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct sample s;
        struct conf_list list;
        struct err e = {0};
        assert_int_equal(setenv(cases[i].name, cases[i].value, 1), 0);
        const int rc = load((const char *[]){NULL}, NULL, &s, &list, &e);
        assert_int_equal(unsetenv(cases[i].name), 0);
        assert_int_equal(rc, cases[i].says == NULL ? 0 : -1);
        if (rc == 0) {
            conf_release(&sample_spec, &s, &list);
        } else {
            assert_string_equal(e.text, cases[i].says);
        }
    }
}

static void
test_conf_load_bad_value_is_refused_even_when_a_later_source_has_a_good_one(void **state)
{
    (void)state;
    struct sample s;
    struct conf_list list;
    struct err e = {0};
    assert_int_equal(setenv("TIDEGATE_HTTP_THREADS", "-1", 1), 0);
    assert_int_equal(load((const char *[]){"--http.threads=1", NULL}, NULL, &s, &list, &e), -1);
    assert_non_null(strstr(e.text, "'-1' is below 0"));
    assert_int_equal(unsetenv("TIDEGATE_HTTP_THREADS"), 0);
}

static const struct conf_def required_defs[] = {
    {"a.must", CONF_STRING, NULL, 1, 9, NULL, "MUST", false, "Required.", 0},
};
static const struct conf_spec required_spec = {"r", required_defs, 1, NULL, 0};

static void test_conf_load_required_key_has_to_come_from_a_source(void **state)
{
    (void)state;
    char *out = NULL;
    struct err e = {0};
    assert_int_equal(conf_load(&required_spec, 0, NULL, NULL, &out, NULL, &e), -1);
    assert_string_equal(e.text,
                        "a.must is required: in the file, as --a.must or as TIDEGATE_A_MUST or "
                        "MUST");
    assert_int_equal(setenv("MUST", "v", 1), 0);
    assert_int_equal(conf_load(&required_spec, 0, NULL, NULL, &out, NULL, &e), 0);
    assert_string_equal(out, "v");
    conf_release(&required_spec, &out, NULL);
    assert_int_equal(unsetenv("MUST"), 0);
}

static void test_conf_load_bad_default_names_its_key(void **state)
{
    (void)state;
    const struct conf_def def = {"a.b", CONF_INT, "x", 0, 9, NULL, NULL, false, "", 0};
    const struct conf_spec spec = {"r", &def, 1, NULL, 0};
    int64_t out = 0;
    struct err e = {0};
    assert_int_equal(conf_load(&spec, 0, NULL, NULL, &out, NULL, &e), -1);
    assert_string_equal(e.text, "default: a.b: 'x' is not a whole number");
}

static void test_conf_load_file_over_the_cap_is_refused(void **state)
{
    (void)state;
    char path[64];
    make_file("", path);
    assert_int_equal(truncate(path, (off_t)CONF_FILE_MAX + 1), 0);
    struct sample s;
    struct conf_list list;
    struct err e = {0};
    assert_int_equal(load((const char *[]){"--config", path, NULL}, NULL, &s, &list, &e), -1);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(e.code, ERR_LIMIT);
    assert_non_null(strstr(e.text, "has more than 8388608 bytes"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, clean_environment)
    const struct CMUnitTest tests[] = {
        TEST(test_conf_load_without_sources_reads_every_default_back),
        TEST(test_conf_load_every_key_can_be_set_by_each_source),
        TEST(test_conf_load_later_source_wins),
        TEST(test_conf_load_flag_forms_are_equal_and_the_last_one_wins),
        TEST(test_conf_load_value_may_hold_an_equals_sign_or_be_negative),
        TEST(test_conf_load_bad_command_line_is_refused),
        TEST(test_conf_load_first_foreign_word_ends_the_flags),
        TEST(test_conf_load_bad_environment_is_refused),
        TEST(test_conf_load_bad_value_is_refused_even_when_a_later_source_has_a_good_one),
        TEST(test_conf_load_required_key_has_to_come_from_a_source),
        TEST(test_conf_load_bad_default_names_its_key),
        TEST(test_conf_load_file_over_the_cap_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
