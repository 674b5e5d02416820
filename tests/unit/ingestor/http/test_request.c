#include "ingestor/http/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "ingestor/http/request_pool.h"

static void test_request_set_id_takes_sane_ids_only(void **state)
{
    (void)state;
    static const char made[] = "00000000deadbeef";
    static const struct {
        const char *wanted, *id;
    } cases[] = {
        {"abc", "abc"},
        {"A-1._z", "A-1._z"},
        {"0123456789012345678901234567890123456789012345678901234567890123",
         "0123456789012345678901234567890123456789012345678901234567890123"},
        {"01234567890123456789012345678901234567890123456789012345678901234", made},
        {"", made},
        {"a b", made},
        {"a\"b", made},
        {"a\nb", made},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct request req = {0};
        request_set_id(&req, str_of(cases[i].wanted), 0xdeadbeef);
        assert_true(str_eq(request_id(&req), str_of(cases[i].id)));
    }
}

static void count(void *arg, struct request *req)
{
    assert_int_equal(req->magic, REQUEST_MAGIC);
    (*(size_t *)arg)++;
}

static void test_request_pool_gives_distinct_and_reuses_returned(void **state)
{
    (void)state;
    struct body_budget budget = {.limit = 1 << 20};
    struct request_pool pool;
    static struct request *all[100];
    request_pool_init(&pool, NULL, &budget);
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        all[i] = request_pool_take(&pool);
        assert_int_equal(all[i]->magic, REQUEST_MAGIC);
        for (size_t k = 0; k < i; k++) {
            assert_ptr_not_equal(all[i], all[k]);
        }
    }
    size_t before = 0;
    request_pool_each(&pool, count, &before);
    assert_true(before >= ARRAY_SIZE(all));
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        if (i % 2 == 0) {
            request_pool_give(&pool, all[i]);
        } else {
            request_pool_return(&pool, all[i]);
        }
    }
    for (size_t i = 0; i < before; i++) {
        (void)!request_pool_take(&pool);
    }
    size_t after = 0;
    request_pool_each(&pool, count, &after);
    assert_int_equal(after, before);
    request_pool_release(&pool);
}

static void test_request_pool_take_forgets_the_last_use(void **state)
{
    (void)state;
    struct body_budget budget = {.limit = 1 << 20};
    struct request_pool pool;
    request_pool_init(&pool, NULL, &budget);
    struct request *req = request_pool_take(&pool);
    req->answer.status = 202;
    req->answer.close = true;
    req->intake.accepted = 7;
    req->intake.event_id[0] = 'x';
    assert_int_equal(buf_add(&req->answer.out, "x", 1), 0);
    assert_int_equal(buf_add(&req->intake.errors, "x", 1), 0);
    assert_int_equal(body_expect(&req->body, 10000), BODY_OK);
    request_pool_give(&pool, req);
    struct request *again = request_pool_take(&pool);
    assert_ptr_equal(again, req);
    assert_int_equal(again->answer.status, 0);
    assert_false(again->answer.close);
    assert_int_equal(again->answer.out.n, 0);
    assert_int_equal(again->intake.accepted, 0);
    assert_int_equal(again->intake.errors.n, 0);
    assert_int_equal(again->intake.event_id[0], '\0');
    assert_int_equal(budget.used, 0);
    request_pool_release(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_set_id_takes_sane_ids_only),
        cmocka_unit_test(test_request_pool_gives_distinct_and_reuses_returned),
        cmocka_unit_test(test_request_pool_take_forgets_the_last_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
