#include "ingestor/http/body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void fill(struct body *b, size_t n, size_t piece, size_t limit)
{
    char bytes[4096];
    for (size_t at = 0; at < n; at += piece) {
        size_t now = n - at < piece ? n - at : piece;
        for (size_t i = 0; i < now; i++) {
            bytes[i] = (char)('a' + (at + i) % 26);
        }
        assert_int_equal(body_add(b, (struct str){bytes, now}, limit), BODY_OK);
    }
}

static void test_body_add_any_pieces_keep_the_bytes(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, BODY_SMALL, BODY_SMALL + 1, 10000, 65536};
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        struct body_budget budget = {.limit = 1 << 20};
        struct body b;
        body_init(&b, &budget);
        fill(&b, sizes[i], 777, 65536);
        assert_int_equal(b.n, sizes[i]);
        for (size_t k = 0; k < b.n; k++) {
            assert_int_equal(b.p[k], 'a' + k % 26);
        }
        memset(b.p + b.n, 0, JSON_PADDING); /* the padding is there: asan would tell */
        assert_true(budget.used == (int64_t)(b.cap > BODY_SMALL ? b.cap : 0));
        body_release(&b);
        assert_int_equal(budget.used, 0);
        assert_int_equal(b.n, 0);
    }
}

static void test_body_add_beyond_limit_is_refused_and_keeps_the_rest(void **state)
{
    (void)state;
    struct body_budget budget = {.limit = 1 << 20};
    struct body b;
    body_init(&b, &budget);
    fill(&b, 100, 10, 100);
    assert_int_equal(body_add(&b, str_of("x"), 100), BODY_TOO_LARGE);
    assert_int_equal(b.n, 100);
    assert_int_equal(body_add(&b, (struct str){"", 0}, 100), BODY_OK);
    assert_int_equal(body_add(&b, (struct str){"", SIZE_MAX}, 100), BODY_TOO_LARGE);
    body_release(&b);
}

static void test_body_budget_is_shared_and_given_back(void **state)
{
    (void)state;
    struct body_budget budget = {.limit = 10000};
    struct body a;
    struct body b;
    body_init(&a, &budget);
    body_init(&b, &budget);
    assert_int_equal(body_expect(&a, 6000), BODY_OK);
    assert_int_equal(body_expect(&b, 6000), BODY_NO_MEMORY);
    assert_int_equal(body_expect(&b, BODY_SMALL), BODY_OK); /* the request's own memory */
    body_release(&a);
    assert_int_equal(body_expect(&b, 6000), BODY_OK);
    body_release(&b);
    assert_int_equal(budget.used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_body_add_any_pieces_keep_the_bytes),
        cmocka_unit_test(test_body_add_beyond_limit_is_refused_and_keeps_the_rest),
        cmocka_unit_test(test_body_budget_is_shared_and_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
