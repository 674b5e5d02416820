#include "loadtest/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 32

/* Splits at blanks; the words stay in memory until the next call. */
static int words_of(const char *line, char **words)
{
    static char memory[512];
    int n = 0;
    (void)strncpy(memory, line, sizeof memory - 1);
    for (char *at = memory; *at != '\0';) {
        words[n++] = at;
        at += strcspn(at, " ");
        if (*at == ' ') {
            *at++ = '\0';
        }
    }
    return n;
}

static int parse_run(const char *line, struct options_run *o, struct err *e)
{
    char *words[WORDS_MAX];
    int n = words_of(line, words);
    return options_parse_run(n, words, o, e);
}

#define NEEDED "--url http://h:1 --ledger f "

static void test_options_parse_run_fills_defaults(void **state)
{
    (void)state;
    struct options_run o;
    struct err e;
    assert_int_equal(parse_run("--url http://h:1 --ledger=f", &o, &e), 0);
    assert_string_equal(o.url, "http://h:1");
    assert_string_equal(o.ledger, "f");
    assert_string_equal(o.contract, "vehicle-telemetry");
    assert_int_equal(o.vehicles, 50);
    assert_int_equal(o.connections, 50);
    assert_int_equal(o.batch, 1);
    assert_true(o.rate > 249.9 && o.rate < 250.1);
    assert_int_equal(o.format, LOAD_JSON);
    assert_null(o.database);
}

static void test_options_parse_run_takes_what_is_given(void **state)
{
    (void)state;
    struct options_run o;
    struct err e;
    assert_int_equal(parse_run(NEEDED "--vehicles 1000 --rate max --batch 100 --format array "
                                      "--connections=8 --invalid 0.5 --retry 3",
                               &o, &e),
                     0);
    assert_true(o.rate <= 0);
    assert_int_equal(o.vehicles, 1000);
    assert_int_equal(o.batch, 100);
    assert_int_equal(o.format, LOAD_ARRAY);
    assert_int_equal(o.connections, 8);
    assert_int_equal(o.retries, 3);
    assert_int_equal(parse_run(NEEDED "--batch 2 --duration 0", &o, &e), 0);
    assert_int_equal(o.format, LOAD_NDJSON);
    assert_true(o.duration_s <= 0);
}

static void test_options_parse_run_refuses_with_the_flag_in_the_text(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *named;
    } cases[] = {
        {"--ledger f", "--url"},
        {"--url http://h:1", "--ledger"},
        {NEEDED "--rate fast", "--rate"},
        {NEEDED "--rate 0", "--rate"},
        {NEEDED "--rate -5", "--rate"},
        {NEEDED "--vehicles 0", "--vehicles"},
        {NEEDED "--vehicles 1.5", "--vehicles"},
        {NEEDED "--vehicles 10 --connections 11", "--connections"},
        {NEEDED "--batch 0", "--batch"},
        {NEEDED "--batch 2 --format json", "--format"},
        {NEEDED "--format xml", "--format"},
        {NEEDED "--invalid 2", "--invalid"},
        {NEEDED "--invalid", "--invalid"},
        {NEEDED "--wait 5", "--wait"},
        {NEEDED "--nothing 5", "--nothing"},
        {NEEDED "--seed 1 --seed 2", "--seed"},
        {NEEDED "word", "word"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct options_run o;
        struct err e;
        assert_int_equal(parse_run(cases[i].line, &o, &e), -1);
        assert_int_equal(e.code, ERR_USAGE);
        assert_non_null(strstr(e.text, cases[i].named));
    }
}

static void test_options_parse_audit_takes_the_database_from_the_environment(void **state)
{
    (void)state;
    struct options_audit o;
    struct err e;
    char *words[WORDS_MAX];
    assert_int_equal(unsetenv("DATABASE_URL"), 0);
    int n = words_of("--ledger f --wait 2.5", words);
    assert_int_equal(options_parse_audit(n, words, &o, &e), -1);
    assert_int_equal(setenv("DATABASE_URL", "postgresql://x", 1), 0);
    assert_int_equal(options_parse_audit(n, words, &o, &e), 0);
    assert_string_equal(o.database, "postgresql://x");
    assert_true(o.wait_s > 2.4 && o.wait_s < 2.6);
    n = words_of("--ledger f --database postgresql://y", words);
    assert_int_equal(options_parse_audit(n, words, &o, &e), 0);
    assert_string_equal(o.database, "postgresql://y");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_parse_run_fills_defaults),
        cmocka_unit_test(test_options_parse_run_takes_what_is_given),
        cmocka_unit_test(test_options_parse_run_refuses_with_the_flag_in_the_text),
        cmocka_unit_test(test_options_parse_audit_takes_the_database_from_the_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
