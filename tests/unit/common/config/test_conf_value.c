#include "tests/unit/common/config/sample.h"

#include <string.h>

struct int_case {
    enum conf_type type;
    const char *text;
    int64_t min, max;
    int rc;
    int64_t value;
    const char *says; /* part of the error */
};

#define ANY INT64_MIN, INT64_MAX

static const struct int_case int_cases[] = {
    {CONF_INT, "0", ANY, 0, 0, NULL},
    {CONF_INT, "-7", ANY, 0, -7, NULL},
    {CONF_INT, "9223372036854775807", ANY, 0, INT64_MAX, NULL},
    {CONF_INT, "-9223372036854775808", ANY, 0, INT64_MIN, NULL},
    {CONF_INT, "9223372036854775808", ANY, -1, 0, "64 bits"},
    {CONF_INT, "-9223372036854775809", ANY, -1, 0, "64 bits"},
    {CONF_INT, "", ANY, -1, 0, "whole number"},
    {CONF_INT, "-", ANY, -1, 0, "whole number"},
    {CONF_INT, "+1", ANY, -1, 0, "whole number"},
    {CONF_INT, " 1", ANY, -1, 0, "whole number"},
    {CONF_INT, "1 ", ANY, -1, 0, "whole number"},
    {CONF_INT, "0x10", ANY, -1, 0, "whole number"},
    {CONF_INT, "007", ANY, -1, 0, "leading zero"},
    {CONF_INT, "1.0", ANY, -1, 0, "whole number"},
    {CONF_INT, "1KiB", ANY, -1, 0, "whole number"},
    {CONF_INT, "4", 5, 10, -1, 0, "'4' is below 5"},
    {CONF_INT, "5", 5, 10, 0, 5, NULL},
    {CONF_INT, "10", 5, 10, 0, 10, NULL},
    {CONF_INT, "11", 5, 10, -1, 0, "'11' is above 10"},
    {CONF_BYTES, "4096", ANY, 0, 4096, NULL},
    {CONF_BYTES, "4KiB", ANY, 0, 4096, NULL},
    {CONF_BYTES, "3MiB", ANY, 0, 3 << 20, NULL},
    {CONF_BYTES, "2GiB", ANY, 0, INT64_C(2) << 30, NULL},
    {CONF_BYTES, "8589934592GiB", ANY, -1, 0, "64 bits"},
    {CONF_BYTES, "1kB", ANY, -1, 0, "unit"},
    {CONF_BYTES, "1M", ANY, -1, 0, "unit"},
    {CONF_BYTES, "1 MiB", ANY, -1, 0, "unit"},
    {CONF_BYTES, "1.5MiB", ANY, -1, 0, "unit"},
    {CONF_BYTES, "1023", 1024, INT64_MAX, -1, 0, "below 1KiB"},
    {CONF_BYTES, "1025", 0, 1024, -1, 0, "above 1KiB"},
    {CONF_DURATION, "0", ANY, 0, 0, NULL},
    {CONF_DURATION, "5000us", ANY, 0, 5, NULL},
    {CONF_DURATION, "15ms", ANY, 0, 15, NULL},
    {CONF_DURATION, "2s", ANY, 0, 2000, NULL},
    {CONF_DURATION, "3m", ANY, 0, 180000, NULL},
    {CONF_DURATION, "4h", ANY, 0, 14400000, NULL},
    {CONF_DURATION, "7d", ANY, 0, 604800000, NULL},
    {CONF_DURATION, "-1s", ANY, 0, -1000, NULL},
    {CONF_DURATION, "-1s", 0, 10, -1, 0, "below 0"},
    {CONF_DURATION, "200us", ANY, -1, 0, "milliseconds"},
    {CONF_DURATION, "5", ANY, -1, 0, "unit"},
    {CONF_DURATION, "5S", ANY, -1, 0, "unit"},
    {CONF_DURATION, "1.5s", ANY, -1, 0, "unit"},
    {CONF_DURATION, "1h30m", ANY, -1, 0, "unit"},
    {CONF_DURATION, "106751992d", ANY, -1, 0, "64 bits"},
    {CONF_DURATION, "90001ms", 0, 90000, -1, 0, "above 90s"},
};

static void test_conf_parse_int_each_edge_is_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(int_cases); i++) {
        const struct int_case *c = &int_cases[i];
        struct err e = {0};
        int64_t v = 4711;
        const int rc = conf_parse_int(c->type, c->text, c->min, c->max, &v, &e);
        if (rc != c->rc || (rc == 0 && v != c->value) ||
            (rc != 0 && (v != 4711 || strstr(e.text, c->says) == NULL))) {
            fail_msg("case %zu '%s': rc %d value %lld error '%s'", i, c->text, rc, (long long)v,
                     e.text);
        }
    }
}

static void test_conf_parse_real_each_edge_is_judged(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int rc;
        double value;
    } cases[] = {
        {"0", 0, 0.0},       {"0.2", 0, 0.2},    {"-1.5", 0, -1.5}, {"1e2", 0, 100.0},
        {"2.5E-1", 0, 0.25}, {"1000", 0, 1000.}, {"1000.1", -1, 0}, {"-10.01", -1, 0},
        {"", -1, 0},         {"-", -1, 0},       {".5", -1, 0},     {"5.", -1, 0},
        {"1e", -1, 0},       {"1e+", -1, 0},     {"nan", -1, 0},    {"inf", -1, 0},
        {"0x10", -1, 0},     {" 1", -1, 0},      {"1 ", -1, 0},     {"1,5", -1, 0},
        {"1e999", -1, 0},    {"--1", -1, 0},     {"-1e999", -1, 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct err e = {0};
        double v = 47.0;
        const int rc = conf_parse_real(cases[i].text, -10, 1000, &v, &e);
        if (rc != cases[i].rc || v != (rc == 0 ? cases[i].value : 47.0)) {
            fail_msg("'%s': rc %d value %g error '%s'", cases[i].text, rc, v, e.text);
        }
    }
}

static void check_round_trip(enum conf_type type, int64_t i)
{
    struct buf b;
    buf_init(&b, 64);
    struct err e = {0};
    int64_t back = ~i;
    assert_int_equal(conf_int_text(type, i, &b), 0);
    assert_int_equal(buf_add(&b, "", 1), 0);
    if (conf_parse_int(type, b.p, INT64_MIN, INT64_MAX, &back, &e) != 0 || back != i) {
        fail_msg("%lld as '%s' came back as %lld: %s", (long long)i, b.p, (long long)back, e.text);
    }
    buf_release(&b);
}

static void test_conf_int_text_reads_back_as_the_same_number(void **state)
{
    (void)state;
    static const int64_t values[] = {
        0,     1,     -1,      999,      1000,      1023,       1024,
        60000, 90000, 3600000, 86400000, 604800000, 1073741824, INT64_C(5) << 40,
    };
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        check_round_trip(CONF_INT, values[i]);
        check_round_trip(CONF_BYTES, values[i]);
        check_round_trip(CONF_DURATION, values[i]);
    }
    check_round_trip(CONF_INT, INT64_MAX);
    check_round_trip(CONF_BYTES, INT64_MAX);
}

static const struct conf_def *def_of(const char *key)
{
    const size_t i = conf_find(&sample_spec, key, strlen(key));
    assert_int_not_equal(i, CONF_NOT_FOUND);
    return &sample_defs[i];
}

static void test_conf_value_set_refused_text_keeps_the_old_value(void **state)
{
    (void)state;
    static const struct {
        const char *key, *good, *bad, *says;
    } cases[] = {
        {"http.listen", "h:1", "", "has 0 bytes, allowed are 1 to 64"},
        {"http.name", "0123456789abcdef", "0123456789abcdefg", "has 17 bytes"},
        {"log.level", "warn", "war", "'war' is none of debug|info|warn|error"},
        {"log.level", "error", "debug|info", "none of"},
        {"log.level", "debug", "", "none of"},
        {"log.colour", "true", "yes", "'yes' is neither true nor false"},
        {"log.colour", "true", "True", "neither"},
        {"http.max_body", "2KiB", "1kb", "unit"},
        {"kafka.linger_ms", "0.5", "0.5ms", "is not a number"},
        {"http.request_deadline", "5s", "5", "unit"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct conf_def *d = def_of(cases[i].key);
        struct sample s = {0};
        struct err e = {0};
        struct buf b;
        buf_init(&b, 256);
        assert_int_equal(conf_value_set(d, &s, cases[i].good, &e), 0);
        assert_int_equal(conf_value_set(d, &s, cases[i].bad, &e), -1);
        assert_int_equal(e.code, ERR_CONFIG);
        if (strstr(e.text, cases[i].says) == NULL) {
            fail_msg("%s: '%s'", cases[i].key, e.text);
        }
        assert_int_equal(conf_value_text(d, &s, &b), 0);
        assert_int_equal(b.n, strlen(cases[i].good));
        assert_memory_equal(b.p, cases[i].good, b.n);
        buf_release(&b);
        conf_value_release(d, &s);
    }
}

static void test_conf_value_set_huge_text_is_refused_and_cut_in_the_error(void **state)
{
    (void)state;
    char *huge = calloc(1, 3000000);
    assert_non_null(huge);
    memset(huge, '9', 2999999);
    for (size_t i = 0; i < ARRAY_SIZE(sample_defs); i++) {
        struct sample s = {0};
        struct err e = {0};
        assert_int_equal(conf_value_set(&sample_defs[i], &s, huge, &e), -1);
        assert_true(strlen(e.text) < 200);
    }
    free(huge);
}

static void test_conf_value_set_secret_never_shows_in_the_error(void **state)
{
    (void)state;
    struct conf_def d = *def_of("postgres.url");
    d.max = 3;
    struct sample s = {0};
    struct err e = {0};
    assert_int_equal(conf_value_set(&d, &s, "hunter2", &e), -1);
    assert_null(strstr(e.text, "hunter2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conf_parse_int_each_edge_is_judged),
        cmocka_unit_test(test_conf_parse_real_each_edge_is_judged),
        cmocka_unit_test(test_conf_int_text_reads_back_as_the_same_number),
        cmocka_unit_test(test_conf_value_set_refused_text_keeps_the_old_value),
        cmocka_unit_test(test_conf_value_set_huge_text_is_refused_and_cut_in_the_error),
        cmocka_unit_test(test_conf_value_set_secret_never_shows_in_the_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
