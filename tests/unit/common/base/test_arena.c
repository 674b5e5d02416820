#include "common/base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void test_arena_try_alloc_is_aligned_and_distinct(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1024, 1 << 20);
    unsigned char *before = NULL;
    for (size_t i = 1; i < 200; i++) {
        unsigned char *p = arena_try_alloc(&a, i);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        memset(p, (int)i, i);
        if (before != NULL) {
            assert_int_equal(before[0], i - 1);
        }
        before = p;
    }
    arena_release(&a);
    assert_int_equal(a.used, 0);
}

static void test_arena_try_alloc_over_limit_returns_null(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1024, 4096);
    assert_null(arena_try_alloc(&a, 4096)); /* the header counts too */
    assert_null(arena_try_alloc(&a, SIZE_MAX));
    assert_null(arena_try_alloc(&a, SIZE_MAX - 40));
    size_t got = 0;
    while (arena_try_alloc(&a, 512) != NULL) {
        got++;
    }
    assert_int_equal(got, 6); /* three blocks of 1024 with their headers fit under 4096 */
    assert_true(a.used <= 4096);
    arena_release(&a);
}

static void test_arena_reset_keeps_one_ordinary_block(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1024, 1 << 20);
    void *first = arena_alloc(&a, 100);
    assert_non_null(arena_try_alloc(&a, 100000));
    arena_reset(&a);
    assert_true(a.used > 0 && a.used < 2048);
    assert_ptr_equal(arena_alloc(&a, 100), first);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena_try_alloc_is_aligned_and_distinct),
        cmocka_unit_test(test_arena_try_alloc_over_limit_returns_null),
        cmocka_unit_test(test_arena_reset_keeps_one_ordinary_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
