#include "common/io/pg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_pg_failure_class_decides_by_sqlstate(void **state)
{
    (void)state;
    static const struct {
        const char *sqlstate;
        enum pg_failure want;
    } cases[] = {
        {"22021", PG_FAILURE_DATA},      /* invalid UTF-8 */
        {"22P02", PG_FAILURE_DATA},      /* invalid text */
        {"22P05", PG_FAILURE_DATA},      /* \u0000 in jsonb */
        {"23514", PG_FAILURE_DATA},      /* check constraint */
        {"23505", PG_FAILURE_DATA},      /* unique */
        {"54000", PG_FAILURE_DATA},      /* program limit */
        {"08006", PG_FAILURE_TRANSIENT}, /* connection failure */
        {"57P01", PG_FAILURE_TRANSIENT}, /* admin shutdown */
        {"57P03", PG_FAILURE_TRANSIENT}, /* starting up */
        {"57014", PG_FAILURE_TRANSIENT}, /* query cancelled */
        {"53100", PG_FAILURE_TRANSIENT}, /* disk full */
        {"40001", PG_FAILURE_TRANSIENT}, /* serialisation */
        {"25006", PG_FAILURE_TRANSIENT}, /* read-only standby */
        {"55P03", PG_FAILURE_TRANSIENT}, /* lock timeout */
        {"58030", PG_FAILURE_TRANSIENT}, /* I/O error of the server */
        {"", PG_FAILURE_TRANSIENT},      /* the connection broke */
        {"42P01", PG_FAILURE_OPERATOR},  /* undefined table */
        {"42501", PG_FAILURE_OPERATOR},  /* permission */
        {"28P01", PG_FAILURE_OPERATOR},  /* password */
        {"3D000", PG_FAILURE_OPERATOR},  /* no such database */
        {"55000", PG_FAILURE_OPERATOR},  /* not in prerequisite state */
        {"XX000", PG_FAILURE_OPERATOR},  /* internal */
        {"P0001", PG_FAILURE_OPERATOR},  /* raised by a trigger */
        /* A column whose type somebody changed must never send the stream to the dead letters. */
        {"08P01", PG_FAILURE_OPERATOR},
        {"22P03", PG_FAILURE_OPERATOR},
        {"22P04", PG_FAILURE_OPERATOR},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct err e;
        err_set(&e, pg_sqlstate_code(cases[i].sqlstate), "case %zu", i);
        (void)snprintf(e.detail, sizeof e.detail, "%s", cases[i].sqlstate);
        if (pg_failure_class(&e) != cases[i].want) {
            fail_msg("SQLSTATE '%s': class %d", cases[i].sqlstate, (int)pg_failure_class(&e));
        }
        assert_int_equal(e.retriable, cases[i].want == PG_FAILURE_TRANSIENT);
    }
}

static void test_pg_failure_class_without_sqlstate_uses_the_code(void **state)
{
    (void)state;
    struct err e;
    err_set(&e, ERR_CONFIG, "bad url");
    assert_int_equal(pg_failure_class(&e), PG_FAILURE_OPERATOR);
    err_set(&e, ERR_TIMEOUT, "late");
    assert_int_equal(pg_failure_class(&e), PG_FAILURE_TRANSIENT);
}

static void test_pg_context_line_finds_the_number(void **state)
{
    (void)state;
    static const struct {
        const char *context;
        int64_t want;
    } cases[] = {
        {"COPY event, line 7, column battery_soc", 7},
        {"COPY event_v2, line 50000", 50000},
        {"COPY event, Zeile 12, Spalte x: \"1\"", 12},
        {"PL/pgSQL function f() line 3 at RAISE\nCOPY event, line 9", 9},
        {"PL/pgSQL function f() line 3 at RAISE", -1},
        {"COPY event", -1},
        {"COPY event, ", -1},
        {"COPY event, column a\nline 3", -1},
        {"COPY event, line 99999999999999999999", -1},
        {"", -1},
        {NULL, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(pg_context_line(cases[i].context), cases[i].want);
    }
}

static void test_pg_quote_ident_doubles_quotes(void **state)
{
    (void)state;
    char out[16];
    assert_int_equal(pg_quote_ident("event", out, sizeof out), 0);
    assert_string_equal(out, "\"event\"");
    assert_int_equal(pg_quote_ident("my\"t\\", out, sizeof out), 0);
    assert_string_equal(out, "\"my\"\"t\\\"");
    assert_int_equal(pg_quote_ident("1234567890123", out, sizeof out), 0); /* 13 + 2 + 1 */
    assert_int_equal(pg_quote_ident("12345678901234", out, sizeof out), -1);
    assert_int_equal(pg_quote_ident("123456789012\"", out, sizeof out), -1);
    assert_int_equal(pg_quote_ident("", out, 2), -1);
    assert_int_equal(pg_quote_ident("", out, 3), 0);
}

static void test_pg_quote_literal_escapes(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        const char *want;
    } cases[] = {
        {"", "''"},
        {"tidegate.x-1", "'tidegate.x-1'"},
        {"it's", "'it''s'"},
        {"a\\b'c", "E'a\\\\b''c'"},
        {"\\'; DROP TABLE x; --", "E'\\\\''; DROP TABLE x; --'"},
    };
    char out[64];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(pg_quote_literal(cases[i].in, out, sizeof out), 0);
        assert_string_equal(out, cases[i].want);
        assert_int_equal(pg_quote_literal(cases[i].in, out, strlen(cases[i].want)), -1);
        assert_int_equal(pg_quote_literal(cases[i].in, out, strlen(cases[i].want) + 1), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pg_failure_class_decides_by_sqlstate),
        cmocka_unit_test(test_pg_failure_class_without_sqlstate_uses_the_code),
        cmocka_unit_test(test_pg_context_line_finds_the_number),
        cmocka_unit_test(test_pg_quote_ident_doubles_quotes),
        cmocka_unit_test(test_pg_quote_literal_escapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
