#include "loadtest/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/contract/json.h"

static struct answer read_text(struct answers *a, unsigned status, const char *body, uint32_t n)
{
    char padded[1024 + JSON_PADDING] = {0};
    size_t length = strlen(body);
    assert_true(length <= 1024);
    memcpy(padded, body, length);
    return answer_read(a, status, padded, length, n);
}

static void test_answer_read_maps_status_and_body_to_a_class(void **state)
{
    (void)state;
    static const struct {
        unsigned status;
        const char *body;
        uint32_t n;
        enum ledger_class class;
        bool contradiction;
    } cases[] = {
        {202, "{\"accepted\":1,\"rejected\":0,\"errors\":[]}", 1, LEDGER_ACCEPTED, false},
        {202, "{\"accepted\":100,\"rejected\":0}", 100, LEDGER_ACCEPTED, false},
        {202, "{ \"rejected\": 0, \"accepted\": 2 }", 2, LEDGER_ACCEPTED, false},
        {202, "{\"accepted\":10,\"rejected\":0}", 1, LEDGER_UNKNOWN, true},
        {202, "{\"accepted\":1,\"rejected\":0}", 2, LEDGER_UNKNOWN, true},
        {202, "{\"accepted\":1}", 1, LEDGER_UNKNOWN, true},
        {202, "{\"accepted\":\"all\",\"rejected\":0}", 1, LEDGER_UNKNOWN, true},
        {202, "{\"accepted\":0,\"rejected\":1}", 1, LEDGER_REJECTED, false},
        {202, "", 5, LEDGER_ACCEPTED, false},   /* another service */
        {200, "ok", 5, LEDGER_ACCEPTED, false}, /* another service */
        {204, "", 1, LEDGER_ACCEPTED, false},
        {422, "{\"title\":\"x\"}", 3, LEDGER_REJECTED, false},
        {400, "", 1, LEDGER_NOT_TAKEN, false},
        {401, "", 1, LEDGER_NOT_TAKEN, false},
        {404, "<html>", 1, LEDGER_NOT_TAKEN, false},
        {413, "{}", 1, LEDGER_NOT_TAKEN, false},
        {429, "{}", 1, LEDGER_NOT_TAKEN, false},
        {301, "", 1, LEDGER_NOT_TAKEN, false},
        {503, "{\"outcome\":\"not_taken\"}", 1, LEDGER_NOT_TAKEN, false},
        {503, "{\"status\":503,\"outcome\":\"unknown\"}", 1, LEDGER_UNKNOWN, false},
        {503, "{\"detail\":\"not_taken\"}", 1, LEDGER_UNKNOWN, false},
        {503, "{\"x\":{\"outcome\":\"not_taken\"}}", 1, LEDGER_UNKNOWN, false},
        {503, "busy", 1, LEDGER_UNKNOWN, false},
        {500, "", 1, LEDGER_UNKNOWN, false},
        {502, "{}", 1, LEDGER_UNKNOWN, false},
    };
    struct answers *a = answers_new(100);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct answer got = read_text(a, cases[i].status, cases[i].body, cases[i].n);
        assert_int_equal(got.class, cases[i].class);
        assert_int_equal(got.contradiction, cases[i].contradiction);
        assert_false(got.mixed);
    }
    answers_free(a);
}

static void test_answer_read_of_a_mixed_batch_marks_the_rejected(void **state)
{
    (void)state;
    struct answers *a = answers_new(10);
    struct answer got = read_text(
        a, 202,
        "{\"accepted\":3,\"rejected\":2,\"errors\":[{\"index\":1,\"code\":\"type\"},"
        "{\"index\":1,\"code\":\"maximum\",\"detail\":\"\\\"index\\\":3\"},{\"index\":4}]}",
        5);
    assert_int_equal(got.class, LEDGER_ACCEPTED);
    assert_true(got.mixed);
    static const bool rejected[] = {false, true, false, false, true};
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(answer_rejected(a, i), rejected[i]);
    }
    answers_free(a);
}

static void test_answer_read_of_errors_that_do_not_add_up_is_a_contradiction(void **state)
{
    (void)state;
    static const char *const errors[] = {
        "[{\"index\":1}]",               /* two were rejected */
        "[{\"index\":1},{\"index\":5}]", /* there is no event 5 */
        "[{\"index\":1},{\"index\":-1}]",
        "[{\"index\":1},7]",
        "{}",
        "[1,2]",
        "[{\"index\":0},{\"index\":1},{\"index\":2}]",
    };
    struct answers *a = answers_new(10);
    for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
        char body[256];
        (void)snprintf(body, sizeof body, "{\"accepted\":3,\"rejected\":2,\"errors\":%s}",
                       errors[i]);
        struct answer got = read_text(a, 202, body, 5);
        assert_int_equal(got.class, LEDGER_UNKNOWN);
        assert_true(got.contradiction);
    }
    answers_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer_read_maps_status_and_body_to_a_class),
        cmocka_unit_test(test_answer_read_of_a_mixed_batch_marks_the_rejected),
        cmocka_unit_test(test_answer_read_of_errors_that_do_not_add_up_is_a_contradiction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
