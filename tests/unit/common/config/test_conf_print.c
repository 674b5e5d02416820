#include "tests/unit/common/config/sample.h"

#include <string.h>

static const char source[] = "http: {threads: 3, name: 'a\"b: #c', max_body: 1536, listen: ':1'}\n"
                             "kafka: {linger_ms: 0.1}\n"
                             "log: {level: warn, colour: true}\n"
                             "postgres: {url: 'postgres://u:hunter2@h/d'}\n"
                             "api_keys:\n"
                             "  - {id: a, sha256: 0123456789abcdef0123456789abcdef}\n"
                             "  - {}\n"
                             "  - {tenant: t, secret: hunter2}\n";

static const char dumped[] = "http:\n"
                             "  listen: \":1\"\n"
                             "  max_body: 1536\n"
                             "  request_deadline: 30s\n"
                             "  threads: 3\n"
                             "  name: \"a\\\"b: #c\"\n"
                             "kafka:\n"
                             "  brokers: \"localhost:9092\"\n"
                             "  linger_ms: 0.1\n"
                             "log:\n"
                             "  level: warn\n"
                             "  colour: true\n"
                             "postgres:\n"
                             "  url: \"postgres://u:***@h/d\"\n"
                             "rate_limit:\n"
                             "  burst: -5\n"
                             "api_keys:\n"
                             "  - id: \"a\"\n"
                             "    sha256: \"01234567...\"\n"
                             "  - {}\n"
                             "  - tenant: \"t\"\n"
                             "    secret: \"***\"\n";

/* The dump of what text loads to; caller frees. */
static char *dump_of(const char *text)
{
    struct sample s;
    struct conf_list list;
    struct err e = {0};
    if (sample_load_text(text, &s, &list, &e) != 0) {
        fail_msg("%s", e.text);
    }
    struct buf b;
    buf_init(&b, 65536);
    assert_int_equal(conf_dump(&sample_spec, &s, &list, &b), 0);
    conf_release(&sample_spec, &s, &list);
    char *dump = strndup(b.p, b.n);
    buf_release(&b);
    return dump;
}

static void test_conf_dump_shows_every_value_and_no_secret(void **state)
{
    (void)state;
    char *dump = dump_of(source);
    assert_string_equal(dump, dumped);
    free(dump);
}

static void test_conf_dump_loads_back_to_the_same_dump(void **state)
{
    (void)state;
    char *once = dump_of("api_keys: []\n"
                         "http: {name: \"tab\\tq\\\\\", listen: '\"x\"'}\n"
                         "kafka: {brokers: \"\\x7f \\x85 \\u2028 \\uFEFF \\uFFFE \\xe9\"}\n");
    assert_non_null(strstr(once, "\"\\u007f \\u0085 \\u2028 \\ufeff \\ufffe \xc3\xa9\""));
    char *twice = dump_of(once);
    assert_string_equal(once, twice);
    free(once);
    free(twice);
}

static void test_conf_dump_and_help_full_buffer_is_a_failure(void **state)
{
    (void)state;
    struct sample s;
    struct conf_list list;
    struct err e = {0};
    assert_int_equal(sample_load_text(source, &s, &list, &e), 0);
    for (size_t limit = 0; limit < sizeof dumped - 1; limit++) {
        struct buf b;
        buf_init(&b, limit);
        assert_int_equal(conf_dump(&sample_spec, &s, &list, &b), -1);
        assert_int_equal(conf_help(&sample_spec, &b), -1);
        assert_true(b.n <= limit);
        buf_release(&b);
    }
    conf_release(&sample_spec, &s, &list);
}

static void test_conf_help_has_one_table_a_section_and_one_row_a_key(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 65536);
    assert_int_equal(conf_help(&sample_spec, &b), 0);
    assert_int_equal(buf_add(&b, "", 1), 0);
    static const char *const parts[] = {
        "## sample\n",
        "| `http.listen` | text | `0.0.0.0:8080` | not empty | `TIDEGATE_HTTP_LISTEN` |  | Address "
        "and port. |\n",
        "| `http.max_body` | bytes | `1MiB` | 1KiB to 64MiB | `TIDEGATE_HTTP_MAX_BODY` | yes | "
        "Largest body. |\n",
        "| `http.request_deadline` | duration | `30s` | 1ms to 10m |",
        "| `postgres.url` | secret | empty |  | `TIDEGATE_POSTGRES_URL`, `DATABASE_URL` |",
        "| `log.level` | choice | `info` | `debug`, `info`, `warn`, `error` |",
        "| Colour \\| none. |\n",
        "Fields: `id`, `sha256`, `tenant`, `secret`.\n",
    };
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        if (strstr(b.p, parts[i]) == NULL) {
            fail_msg("missing: %s", parts[i]);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(sample_defs); i++) {
        char row[128];
        (void)snprintf(row, sizeof row, "\n| `%s` |", sample_defs[i].key);
        const char *hit = strstr(b.p, row);
        assert_non_null(hit);
        assert_null(strstr(hit + 1, row));
    }
    const char *http = strstr(b.p, "\n### `http`\n");
    assert_non_null(http);
    assert_null(strstr(http + 1, "\n### `http`\n"));
    assert_true(strstr(b.p, "`http.name`") < strstr(b.p, "### `kafka`"));
    buf_release(&b);
}

static void test_conf_help_leaves_out_bounds_that_are_none(void **state)
{
    (void)state;
    static const struct conf_def defs[] = {
        {"a.free", CONF_INT, "0", INT64_MIN, INT64_MAX, NULL, NULL, false, "F.", 0},
        {"a.from", CONF_DURATION, "5s", 5000, INT64_MAX, NULL, NULL, false, "F.", 0},
        {"a.to", CONF_INT, "0", INT64_MIN, 9, NULL, NULL, false, "F.", 0},
        {"a.must", CONF_STRING, NULL, 0, 9, NULL, NULL, false, "F.", 0},
    };
    static const char *const rows[] = {
        "| `a.free` | integer | `0` |  | `TIDEGATE_A_FREE` |  | F. |\n",
        "| `a.from` | duration | `5s` | 5s or more | `TIDEGATE_A_FROM` |  | F. |\n",
        "| `a.to` | integer | `0` | at most 9 | `TIDEGATE_A_TO` |  | F. |\n",
        "| `a.must` | text | required |  | `TIDEGATE_A_MUST` |  | F. |\n",
    };
    const struct conf_spec spec = {"p", defs, ARRAY_SIZE(defs), NULL, 0};
    struct buf b;
    buf_init(&b, 65536);
    assert_int_equal(conf_help(&spec, &b), 0);
    assert_int_equal(buf_add(&b, "", 1), 0);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (strstr(b.p, rows[i]) == NULL) {
            fail_msg("missing: %s in %s", rows[i], b.p);
        }
    }
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conf_dump_shows_every_value_and_no_secret),
        cmocka_unit_test(test_conf_dump_loads_back_to_the_same_dump),
        cmocka_unit_test(test_conf_dump_and_help_full_buffer_is_a_failure),
        cmocka_unit_test(test_conf_help_has_one_table_a_section_and_one_row_a_key),
        cmocka_unit_test(test_conf_help_leaves_out_bounds_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
