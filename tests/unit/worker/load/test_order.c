#include "worker/load/order.h"

#include "common/base/random.h"
#include "tests/unit/worker/fixture.h"

static void test_order_build_groups_devices_and_keeps_arrival_order(void **state)
{
    (void)state;
    struct devices d;
    struct rng rng;
    struct order o;
    devices_init(&d);
    order_init(&o);
    rng_seed(&rng, 7);
    static struct batch_row index[1000];
    struct batch_table t = {.index = index, .n = 1000};
    char key[32];
    for (uint32_t i = 0; i < 1000; i++) {
        int n = snprintf(key, sizeof key, "t\x1f%u", (unsigned)rng_below(&rng, 37));
        index[i] = (struct batch_row){.koff = i,
                                      .device = devices_intern(&d, (struct str){key, (size_t)n})};
        index[i].refused = i % 10 == 3;
    }
    devices_rank(&d);
    order_build(&o, &t, &d);
    assert_int_equal(o.n, 900);
    for (size_t i = 1; i < o.n; i++) {
        const struct batch_row *a = &index[o.rows[i - 1]];
        const struct batch_row *b = &index[o.rows[i]];
        uint32_t x = d.items[a->device].rank;
        uint32_t y = d.items[b->device].rank;
        assert_true(x < y || (x == y && a->koff < b->koff));
        assert_false(b->refused);
    }
    t.n = 0;
    order_build(&o, &t, &d);
    assert_int_equal(o.n, 0);
    order_release(&o);
    devices_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_build_groups_devices_and_keeps_arrival_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
