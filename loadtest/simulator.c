/*
 * Physics in round numbers; aims at values that a validator, a dashboard and an anomaly rule find
 * plausible, not at engineering.
 */
#include "loadtest/simulator.h"

#include <stddef.h>

#include "common/base/random.h"

#define STEP_S (SIMULATOR_STEP_MS / 1000.0)
#define HEAT_CAPACITY 200e3 /* J/K: 350 kg of cells at roughly 600 J/(kg K) */
#define COOLING 150.0       /* W/K to the ambient: time constant 1,300 s */
#define COOLING_WARM 900.0  /* W/K with the pump on, above COOLING_AT */
#define COOLING_AT 38.0     /* degrees Celsius */
#define SOC_EMPTY 0.02      /* the car refuses to go on */

/* NMC cell at 25 degrees Celsius, 10 % steps of charge. */
#define OPEN_VOLTAGE_STEPS 10
static const double open_voltage[OPEN_VOLTAGE_STEPS + 1] = {3.00, 3.42, 3.53, 3.60, 3.65, 3.71,
                                                            3.80, 3.90, 3.99, 4.08, 4.18};

static uint64_t next_random(struct simulator_vehicle *v)
{
    uint64_t x = v->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    v->random = x;
    return x * UINT64_C(0x2545f4914f6cdd1d);
}

/* 16 bits of r as -1 .. 1. */
static double noise(uint64_t r, unsigned part)
{
    return ((double)((r >> (part * 16)) & 0xffffu) - 32767.5) / 32767.5;
}

static double unit(struct simulator_vehicle *v)
{
    return (double)(next_random(v) >> 40) * 0x1p-24;
}

static double between(struct simulator_vehicle *v, double low, double high)
{
    return low + (high - low) * unit(v);
}

static double clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

double simulator_open_voltage(double soc)
{
    double at = clamp(soc, 0.0, 1.0) * OPEN_VOLTAGE_STEPS;
    size_t i = (size_t)at;
    if (i >= OPEN_VOLTAGE_STEPS) {
        i = OPEN_VOLTAGE_STEPS - 1;
    }
    return open_voltage[i] + (at - (double)i) * (open_voltage[i + 1] - open_voltage[i]);
}

static void enter(struct simulator_vehicle *v, enum simulator_phase phase, double low_s,
                  double high_s, double target)
{
    v->phase = (uint8_t)phase;
    v->phase_left = (uint16_t)(between(v, low_s, high_s) / STEP_S);
    v->target = (float)target;
}

/* What follows the phase that just ended. */
static void next_phase(struct simulator_vehicle *v)
{
    if (v->phase == SIMULATOR_STOP && v->soc < v->soc_charge) {
        enter(v, SIMULATOR_CHARGING, 600, 3600, -between(v, 50, SIMULATOR_CHARGE));
        return;
    }
    switch ((enum simulator_phase)v->phase) {
    case SIMULATOR_ACCELERATE:
        enter(v, SIMULATOR_CRUISE, 20, 180, between(v, 25, 90));
        break;
    case SIMULATOR_CRUISE:
        enter(v, SIMULATOR_BRAKE, 3, 12, -between(v, 40, 140));
        break;
    case SIMULATOR_BRAKE:
        enter(v, SIMULATOR_STOP, 5, 60, 1.5);
        break;
    case SIMULATOR_STOP:
    case SIMULATOR_CHARGING:
        enter(v, SIMULATOR_ACCELERATE, 4, 15, between(v, 120, SIMULATOR_DISCHARGE));
        break;
    }
}

void simulator_init(struct simulator_vehicle *v, uint64_t seed, uint32_t index)
{
    struct rng r;
    rng_seed(&r, seed ^ ((uint64_t)index * UINT64_C(0x9e3779b97f4a7c15)));
    *v = (struct simulator_vehicle){.random = rng_next(&r) | 1};
    v->soc = (float)between(v, 0.30, 0.95);
    v->soc_charge = (float)between(v, 0.12, 0.25);
    v->soc_full = (float)between(v, 0.80, 0.95);
    v->ambient = (float)between(v, -5, 32);
    v->temperature = v->ambient + (float)between(v, 0, 8);
    v->resistance = (float)between(v, 0.0006, 0.0011);
    v->spread_v = (float)between(v, 0.004, 0.030);
    v->spread_t = (float)between(v, 0.6, 3.0);
    v->odometer_m = (uint32_t)between(v, 1e6, 180e6);
    /* Vehicles start anywhere in their cycle, else a fleet would pulse. */
    v->phase = (uint8_t)(next_random(v) % SIMULATOR_STOP);
    next_phase(v);
    v->phase_left = (uint16_t)(1 + (unsigned)(unit(v) * v->phase_left));
    v->speed = v->phase == SIMULATOR_CRUISE ? (float)between(v, 30, 110) : 0.0F;
}

static void drive(struct simulator_vehicle *v, uint64_t r)
{
    bool charging = v->phase == SIMULATOR_CHARGING;
    if (v->phase_left == 0 || (charging && v->soc >= v->soc_full)) {
        next_phase(v);
    } else {
        v->phase_left--;
    }
    double target = v->target;
    if (v->phase == SIMULATOR_CRUISE) {
        target += 15.0 * noise(r, 0);
    }
    if (target > 0 && v->soc < SOC_EMPTY) {
        target = 1.0;
    }
    if (target < 0 && v->soc > 0.97F) {
        target = 0.0; /* a full pack takes nothing back */
    }
    v->current += (float)((target - v->current) * 0.35);
    double pull = v->phase == SIMULATOR_ACCELERATE ? v->current * 0.006
                  : v->phase == SIMULATOR_BRAKE    ? -2.2
                  : v->phase == SIMULATOR_CRUISE   ? (80.0 - v->speed) * 0.01
                                                   : -v->speed;
    v->speed = (float)clamp(v->speed + pull, 0, 160);
    v->odometer_m += (uint32_t)(v->speed / 3.6 * STEP_S + 0.5);
}

static void flow(struct simulator_vehicle *v)
{
    double i = v->current;
    v->soc = (float)clamp(v->soc - i * STEP_S / (3600.0 * SIMULATOR_CAPACITY), 0.0, 1.0);
    double heat = i * i * v->resistance * SIMULATOR_CELLS;
    double away =
        (v->temperature > COOLING_AT ? COOLING_WARM : COOLING) * (v->temperature - v->ambient);
    v->temperature += (float)((heat - away) * STEP_S / HEAT_CAPACITY);
}

void simulator_step(struct simulator_vehicle *v, struct simulator_sample *out)
{
    uint64_t r = next_random(v);
    drive(v, r);
    flow(v);
    double i = v->current;
    double load = (i < 0 ? -i : i) / SIMULATOR_DISCHARGE;
    double cell = simulator_open_voltage(v->soc) - i * v->resistance;
    double half_v = v->spread_v * (0.5 + 0.8 * load);
    double half_t = v->spread_t * (0.5 + 0.4 * load);
    out->soc = v->soc * 100.0;
    out->voltage = cell * SIMULATOR_CELLS + 0.15 * noise(r, 1);
    out->current = i + 0.2 * noise(r, 2);
    out->cell_v_min = cell - half_v - 0.001 * (1 + noise(r, 3));
    out->cell_v_max = cell + half_v;
    out->cell_t_min = v->temperature - half_t;
    out->cell_t_max = v->temperature + half_t + 0.05 * (1 + noise(r, 3));
    out->speed = v->speed;
    out->odometer_km = v->odometer_m / 1000.0;
    out->coolant = v->ambient + 0.7 * (v->temperature - v->ambient);
    out->ambient = v->ambient;
    out->torque = v->phase <= SIMULATOR_BRAKE ? i * 0.8 : 0.0;
    out->rpm = (int32_t)(v->speed * 85.0F);
    out->charging = v->phase == SIMULATOR_CHARGING;
    out->standing = v->phase >= SIMULATOR_STOP;
}
