#include "tests/unit/common/config/sample.h"

#include <string.h>

struct bad_case {
    const char *yaml;
    const char *says; /* whole text of the error, or a part when it begins with '~' */
};

static const struct bad_case bad_cases[] = {
    /* names */
    {"kafka:\n  brokrs: x\n",
     "t.yaml:2: unknown key 'kafka.brokrs', did you mean 'kafka.brokers'?"},
    {"http:\n  threads: 1\n\n  # more\n  max_bdoy: 1KiB\n",
     "t.yaml:5: unknown key 'http.max_bdoy', did you mean 'http.max_body'?"},
    {"log:\n  level: info\nkafak:\n  brokers: x\n", "~t.yaml:3: unknown key 'kafak'"},
    {"api_key:\n  - id: a\n", "t.yaml:1: unknown key 'api_key', did you mean 'api_keys'?"},
    {"nothing_like_it_at_all: 1\n", "t.yaml:1: unknown key 'nothing_like_it_at_all'"},
    {"api_keys:\n  - id: a\n    tenat: b\n", "~unknown key 'api_keys.tenat'"},
    {"http: {max_bdoy: 1KiB}\n",
     "t.yaml:1: unknown key 'http.max_bdoy', did you mean 'http.max_body'?"},
    {"Kafka:\n  brokers: x\n", "~unknown key 'Kafka'"},
    {"kafka.brokers: x\n", "~unknown key 'kafka.brokers'"},
    /* duplicates */
    {"kafka:\n  brokers: x\n  brokers: y\n", "t.yaml:3: key 'kafka.brokers' is given twice"},
    {"kafka:\n  brokers: x\nkafka:\n  linger_ms: 1\n", "t.yaml:3: key 'kafka' is given twice"},
    /* values */
    {"http:\n  threads: 257\n", "t.yaml:2: http.threads: '257' is above 256"},
    {"http:\n  # threads: 5\n  threads: many\n",
     "t.yaml:3: http.threads: 'many' is not a whole number"},
    {"http: {threads: -1}\n", "t.yaml: http.threads: '-1' is below 0"},
    {"http:\n  threads:\n", "t.yaml:2: http.threads: '' is not a whole number"},
    {"http:\n  threads: null\n", "~http.threads: null is no value"},
    {"http:\n  name: ~\n", "~http.name: null is no value"},
    {"log:\n  colour: yes\n", "t.yaml:2: log.colour: 'yes' is neither true nor false"},
    {"log:\n  level: trace\n", "t.yaml:2: log.level: 'trace' is none of debug|info|warn|error"},
    /* shape */
    {"http: 5\n", "~t.yaml:"},
    {"http:\n  threads: [1]\n", "~t.yaml:"},
    {"http:\n  threads: {a: 1}\n", "~t.yaml:"},
    {"api_keys: {id: a}\n", "~t.yaml:"},
    {"api_keys:\n  - a\n", "~t.yaml:"},
    {"api_keys:\n  - id: [a]\n", "~t.yaml:"},
    {"- a\n- b\n", "~t.yaml"},
    {"just text\n", "~t.yaml"},
    {"? [a, b]\n: c\n", "~t.yaml"},
    /* YAML */
    {"http:\n\tthreads: 1\n", "~t.yaml"},
    {"http: {threads: 1\n", "~t.yaml"},
    {"http:\n  name: \"open\n", "~t.yaml"},
    {"%YAML 9.9\n---\nhttp:\n", "~t.yaml"},
    {"http:\n  name: \xff\xfe\n", "~t.yaml"},
    {"http:\n  name: x\n---\nhttp:\n  name: y\n", "~documents"},
    {"kafka:\n  brokers: &b x\npostgres:\n  url: *b\n",
     "~anchors and aliases (&, *) are not supported"},
};

static void test_conf_load_text_bad_document_is_refused_with_place_and_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad_cases); i++) {
        const struct bad_case *c = &bad_cases[i];
        struct sample s;
        struct conf_list list;
        struct err e = {0};
        const int rc = sample_load_text(c->yaml, &s, &list, &e);
        const bool part = c->says[0] == '~';
        const bool said = part ? strstr(e.text, c->says + 1) != NULL : strcmp(e.text, c->says) == 0;
        if (rc != -1 || e.code != ERR_CONFIG || !said) {
            fail_msg("case %zu: rc %d, '%s' instead of '%s'", i, rc, e.text, c->says);
        }
        assert_null(s.http_listen);
        assert_null(list.records);
    }
}

static void test_conf_load_text_empty_documents_give_the_defaults(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "\n",
        "# only a remark\n",
        "---\n",
        "--- {}\n",
        "{}",
        "\xef\xbb\xbf",
        "null\n",
        "http:\nkafka:\n",
        "http: {}\napi_keys: []\n",
        "api_keys:\n",
        "---\nhttp:\n...\n",
    };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct sample s;
        struct conf_list list;
        struct err e = {0};
        if (sample_load_text(texts[i], &s, &list, &e) != 0) {
            fail_msg("text %zu: %s", i, e.text);
        }
        assert_string_equal(s.http_listen, "0.0.0.0:8080");
        assert_int_equal(s.http_max_body, 1048576);
        assert_int_equal(list.n, 0);
        conf_release(&sample_spec, &s, &list);
    }
}

static void test_conf_load_text_every_type_is_taken(void **state)
{
    (void)state;
    static const char text[] = "http:\r\n"
                               "  listen: '[::1]:0'\r\n"
                               "  max_body: 2MiB # remark\r\n"
                               "  request_deadline: \"5s\"\r\n"
                               "  threads: 3\r\n"
                               "  name: \"\"\r\n"
                               "kafka: {brokers: 'a:1,b:2', linger_ms: 1.25}\r\n"
                               "log:\r\n"
                               "  level: error\r\n"
                               "  colour: true\r\n"
                               "postgres:\r\n"
                               "  url: postgres://u:p@h/d\r\n"
                               "rate_limit:\r\n"
                               "  burst: 10\r\n";
    struct sample s;
    struct conf_list list;
    struct err e = {0};
    assert_int_equal(sample_load_text(text, &s, &list, &e), 0);
    assert_string_equal(s.http_listen, "[::1]:0");
    assert_int_equal(s.http_max_body, 2 << 20);
    assert_int_equal(s.http_request_deadline, 5000);
    assert_int_equal(s.http_threads, 3);
    assert_string_equal(s.http_name, "");
    assert_string_equal(s.kafka_brokers, "a:1,b:2");
    assert_true(s.kafka_linger_ms == 1.25);
    assert_string_equal(s.log_level, "error");
    assert_true(s.log_colour);
    assert_string_equal(s.postgres_url, "postgres://u:p@h/d");
    assert_int_equal(s.rate_limit_burst, 10);
    conf_release(&sample_spec, &s, &list);
    assert_null(s.postgres_url);
}

static void test_conf_load_text_list_keeps_order_and_absent_fields_are_null(void **state)
{
    (void)state;
    static const char text[] = "api_keys:\n"
                               "  - id: a\n"
                               "    tenant: acme\n"
                               "  - {tenant: b, sha256: \"00ff\"}\n"
                               "  - {}\n"
                               "  - id: null\n";
    struct sample s;
    struct conf_list list;
    struct err e = {0};
    assert_int_equal(sample_load_text(text, &s, &list, &e), 0);
    assert_int_equal(list.n, 4);
    assert_string_equal(list.records[0].values[0], "a");
    assert_null(list.records[0].values[1]);
    assert_string_equal(list.records[0].values[2], "acme");
    assert_null(list.records[1].values[0]);
    assert_string_equal(list.records[1].values[1], "00ff");
    assert_string_equal(list.records[1].values[2], "b");
    for (size_t f = 0; f < 4; f++) {
        assert_null(list.records[2].values[f]);
    }
    assert_string_equal(list.records[3].values[0], "null");
    conf_release(&sample_spec, &s, &list);
    assert_null(list.records);
    assert_int_equal(list.n, 0);
}

static void test_conf_load_text_bad_value_after_a_list_leaves_nothing(void **state)
{
    (void)state;
    struct sample s;
    struct conf_list list;
    struct err e = {0};
    assert_int_equal(sample_load_text("api_keys:\n  - id: a\nhttp:\n  threads: x\n", &s, &list, &e),
                     -1);
    assert_null(list.records);
    assert_null(s.kafka_brokers);
}

static void test_conf_load_text_too_many_records_are_refused(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    assert_int_equal(buf_addf(&b, "api_keys:\n"), 0);
    for (unsigned i = 0; i <= CONF_RECORDS_MAX; i++) {
        assert_int_equal(buf_addf(&b, " - {}\n"), 0);
    }
    struct sample s = {0};
    struct conf_list list;
    struct err e = {0};
    assert_int_equal(conf_load_text(&sample_spec, "t.yaml", (struct str){b.p, b.n}, &s, &list, &e),
                     -1);
    assert_non_null(strstr(e.text, "65536 max"));
    buf_release(&b);
}

static void test_conf_yaml_line_finds_the_key_of_its_section(void **state)
{
    (void)state;
    const struct str text = str_of("# a: x\n"
                                   "a:\n"
                                   "  name: 1\n"
                                   "b:\r\n"
                                   "  # name: 0\n"
                                   "\n"
                                   "    name: 2\n"
                                   "    name: 3\n"
                                   "a:");
    static const struct {
        const char *section, *name;
        unsigned which;
        size_t line;
    } cases[] = {
        {"a", "name", 0, 3}, {"b", "name", 0, 7},  {"b", "name", 1, 8}, {"b", "name", 2, 0},
        {"a", NULL, 0, 2},   {"a", NULL, 1, 9},    {"b", "nam", 0, 0},  {"c", "name", 0, 0},
        {"b", NULL, 0, 4},   {"name", NULL, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(conf_yaml_line(text, cases[i].section, cases[i].name, cases[i].which),
                         cases[i].line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conf_load_text_bad_document_is_refused_with_place_and_reason),
        cmocka_unit_test(test_conf_load_text_empty_documents_give_the_defaults),
        cmocka_unit_test(test_conf_load_text_every_type_is_taken),
        cmocka_unit_test(test_conf_load_text_list_keeps_order_and_absent_fields_are_null),
        cmocka_unit_test(test_conf_load_text_bad_value_after_a_list_leaves_nothing),
        cmocka_unit_test(test_conf_load_text_too_many_records_are_refused),
        cmocka_unit_test(test_conf_yaml_line_finds_the_key_of_its_section),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
