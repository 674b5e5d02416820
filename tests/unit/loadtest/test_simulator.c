#include "loadtest/simulator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

static void test_simulator_same_seed_and_index_give_the_same_samples(void **state)
{
    (void)state;
    struct simulator_vehicle a;
    struct simulator_vehicle b;
    struct simulator_vehicle other;
    simulator_init(&a, 42, 7);
    simulator_init(&b, 42, 7);
    simulator_init(&other, 42, 8);
    bool differs = false;
    for (int i = 0; i < 1000; i++) {
        struct simulator_sample x;
        struct simulator_sample y;
        struct simulator_sample z;
        memset(&x, 0, sizeof x);
        memset(&y, 0, sizeof y);
        simulator_step(&a, &x);
        simulator_step(&b, &y);
        simulator_step(&other, &z);
        assert_memory_equal(&x, &y, sizeof x);
        differs = differs || x.soc != z.soc;
    }
    assert_true(differs);
}

/* Within the contract's limits and what a battery does, over hours of many vehicles. */
static void test_simulator_samples_are_plausible(void **state)
{
    (void)state;
    for (uint32_t v = 0; v < 40; v++) {
        struct simulator_vehicle car;
        simulator_init(&car, 3, v);
        double last_t = NAN;
        for (int i = 0; i < 60000; i++) {
            struct simulator_sample s;
            simulator_step(&car, &s);
            assert_true(s.soc >= 0 && s.soc <= 100);
            assert_true(s.current <= SIMULATOR_DISCHARGE + 1 && s.current >= -SIMULATOR_CHARGE - 1);
            assert_true(s.cell_v_min < s.cell_v_max);
            assert_true(s.cell_v_min > 2.3 && s.cell_v_max < 4.45);
            assert_true(s.voltage > s.cell_v_min * SIMULATOR_CELLS - 1);
            assert_true(s.voltage < s.cell_v_max * SIMULATOR_CELLS + 1);
            assert_true(s.cell_t_min < s.cell_t_max);
            assert_true(s.cell_t_min > -20 && s.cell_t_max < 75);
            assert_true(s.speed >= 0 && s.speed <= 160);
            assert_true(isnan(last_t) || fabs(s.cell_t_max - last_t) < 2.5);
            last_t = s.cell_t_max;
        }
    }
}

static void test_simulator_charge_falls_while_driving_and_rises_while_charging(void **state)
{
    (void)state;
    struct simulator_vehicle car;
    simulator_init(&car, 9, 1);
    bool charged = false;
    bool drove = false;
    for (int i = 0; i < 200000; i++) {
        struct simulator_sample s;
        double before = car.soc;
        simulator_step(&car, &s);
        if (car.current > 0) {
            assert_true(car.soc <= before);
            drove = true;
        } else if (car.current < 0) {
            assert_true(car.soc >= before);
        }
        charged = charged || (s.charging && car.soc > before);
    }
    assert_true(drove && charged);
}

static void test_simulator_voltage_sags_under_load_and_heat_follows(void **state)
{
    (void)state;
    struct simulator_vehicle calm;
    simulator_init(&calm, 5, 5);
    calm.phase = SIMULATOR_STOP;
    calm.phase_left = 6000;
    calm.target = 0;
    struct simulator_vehicle loaded = calm;
    loaded.phase = SIMULATOR_ACCELERATE;
    loaded.target = 300;
    struct simulator_sample s;
    struct simulator_sample l;
    for (int i = 0; i < 600; i++) {
        simulator_step(&calm, &s);
        simulator_step(&loaded, &l);
    }
    assert_true(l.voltage < s.voltage - 10);
    assert_true(l.cell_t_max > s.cell_t_max + 1);
    assert_true(l.cell_v_max - l.cell_v_min > s.cell_v_max - s.cell_v_min);
}

static void test_simulator_open_voltage_rises_with_charge(void **state)
{
    (void)state;
    double last = 0;
    for (int i = -5; i <= 105; i++) {
        double v = simulator_open_voltage(i / 100.0);
        assert_true(v >= last);
        assert_true(v >= 3.0 && v <= 4.2);
        last = v;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_simulator_same_seed_and_index_give_the_same_samples),
        cmocka_unit_test(test_simulator_samples_are_plausible),
        cmocka_unit_test(test_simulator_charge_falls_while_driving_and_rises_while_charging),
        cmocka_unit_test(test_simulator_voltage_sags_under_load_and_heat_follows),
        cmocka_unit_test(test_simulator_open_voltage_rises_with_charge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
