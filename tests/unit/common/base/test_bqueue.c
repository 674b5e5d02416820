#include "common/base/bqueue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/thread.h"

static void test_bqueue_full_and_empty_time_out(void **state)
{
    (void)state;
    struct bqueue *q = bqueue_new(2);
    int a;
    int b;
    int c;
    void *got = NULL;
    assert_int_equal(bqueue_pop(q, &got, 0), BQUEUE_TIMEOUT);
    assert_int_equal(bqueue_push(q, &a, 0), BQUEUE_OK);
    assert_int_equal(bqueue_push(q, &b, 0), BQUEUE_OK);
    assert_int_equal(bqueue_push(q, &c, 0), BQUEUE_TIMEOUT);
    assert_int_equal(bqueue_push(q, &c, 1), BQUEUE_TIMEOUT);
    assert_int_equal(bqueue_pop(q, &got, 0), BQUEUE_OK);
    assert_ptr_equal(got, &a);
    assert_int_equal(bqueue_push(q, &c, 0), BQUEUE_OK);
    assert_int_equal(bqueue_pop(q, &got, -1), BQUEUE_OK);
    assert_ptr_equal(got, &b);
    assert_int_equal(bqueue_length(q), 1);
    assert_int_equal(bqueue_pop(q, &got, -1), BQUEUE_OK);
    assert_ptr_equal(got, &c);
    bqueue_free(q);
}

static void test_bqueue_close_lets_the_rest_out(void **state)
{
    (void)state;
    struct bqueue *q = bqueue_new(2);
    int a;
    void *got = NULL;
    assert_int_equal(bqueue_push(q, &a, 0), BQUEUE_OK);
    bqueue_close(q);
    assert_int_equal(bqueue_push(q, &a, -1), BQUEUE_CLOSED);
    assert_int_equal(bqueue_pop(q, &got, -1), BQUEUE_OK);
    assert_int_equal(bqueue_pop(q, &got, -1), BQUEUE_CLOSED);
    bqueue_free(q);
}

struct relay {
    struct bqueue *in;
    struct bqueue *out;
};

static void relay_run(void *arg)
{
    struct relay *r = arg;
    void *item = NULL;
    while (bqueue_pop(r->in, &item, -1) == BQUEUE_OK) {
        if (bqueue_push(r->out, item, -1) != BQUEUE_OK) {
            return;
        }
    }
    bqueue_close(r->out);
}

static void test_bqueue_hands_everything_over_in_order(void **state)
{
    (void)state;
    static char items[5000];
    struct relay r = {bqueue_new(4), bqueue_new(3)};
    struct err e = {0};
    struct thread *t = thread_start("relay", relay_run, &r, &e);
    assert_non_null(t);
    size_t sent = 0;
    size_t got = 0;
    void *item = NULL;
    while (got < ARRAY_SIZE(items)) {
        if (sent < ARRAY_SIZE(items) && bqueue_push(r.in, &items[sent], 0) == BQUEUE_OK) {
            sent++;
            continue;
        }
        assert_int_equal(bqueue_pop(r.out, &item, 10000), BQUEUE_OK);
        assert_ptr_equal(item, &items[got]);
        got++;
    }
    bqueue_close(r.in);
    assert_int_equal(bqueue_pop(r.out, &item, 10000), BQUEUE_CLOSED);
    thread_join(t);
    bqueue_free(r.in);
    bqueue_free(r.out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bqueue_full_and_empty_time_out),
        cmocka_unit_test(test_bqueue_close_lets_the_rest_out),
        cmocka_unit_test(test_bqueue_hands_everything_over_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
