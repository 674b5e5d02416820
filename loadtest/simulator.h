/*
 * A battery electric vehicle in steps of 200 ms: a drive cycle (accelerate, cruise, brake with
 * recuperation, stop, charge) sets the current; the state of charge integrates it; cell voltage is
 * the open-circuit voltage of an NMC cell minus resistance times current; heat follows the square
 * of the current and leaves with a thermal time constant; modules differ a little, which gives
 * the minimum and maximum of cells.
 *
 * Deterministic: seed and index of the vehicle decide every step. Only + - * / on doubles, so the
 * values are the same on every IEEE machine. One owner thread; nothing blocks.
 */
#ifndef TIDEGATE_LOADTEST_SIMULATOR_H
#define TIDEGATE_LOADTEST_SIMULATOR_H

#include <stdbool.h>
#include <stdint.h>

#define SIMULATOR_STEP_MS 200
#define SIMULATOR_CELLS 96      /* in series */
#define SIMULATOR_CAPACITY 180  /* ampere hours of the pack, about 64 kWh */
#define SIMULATOR_DISCHARGE 400 /* A, the largest while accelerating */
#define SIMULATOR_CHARGE 160    /* A, the largest into the pack */

enum simulator_phase {
    SIMULATOR_ACCELERATE,
    SIMULATOR_CRUISE,
    SIMULATOR_BRAKE,
    SIMULATOR_STOP,
    SIMULATOR_CHARGING
};

struct simulator_vehicle {
    uint64_t random;   /* xorshift64* state */
    float soc;         /* 0..1 */
    float soc_charge;  /* charging begins below */
    float soc_full;    /* and ends above */
    float current;     /* A, positive: out of the pack */
    float target;      /* A that this phase tends to */
    float speed;       /* km/h */
    float temperature; /* mean of the cells, degrees Celsius */
    float ambient;     /* degrees Celsius */
    float resistance;  /* ohm of one cell in series */
    float spread_v;    /* V between weakest and strongest cell at rest */
    float spread_t;    /* K between coldest and warmest module at rest */
    uint32_t odometer_m;
    uint16_t phase_left; /* steps */
    uint8_t phase;       /* enum simulator_phase */
};

/* What one step shows, in the units of the contract. */
struct simulator_sample {
    double soc;         /* % */
    double voltage;     /* V of the pack */
    double current;     /* A, positive: out of the pack */
    double cell_v_min;  /* V */
    double cell_v_max;  /* V */
    double cell_t_min;  /* degrees Celsius */
    double cell_t_max;  /* degrees Celsius */
    double speed;       /* km/h */
    double odometer_km; /* km */
    double coolant;     /* degrees Celsius */
    double ambient;     /* degrees Celsius */
    double torque;      /* N m, negative while recuperating */
    int32_t rpm;        /* of the motor */
    bool charging;
    bool standing;
};

void simulator_init(struct simulator_vehicle *v, uint64_t seed, uint32_t index);

/* One step of SIMULATOR_STEP_MS. */
void simulator_step(struct simulator_vehicle *v, struct simulator_sample *out);

/* Open-circuit voltage of one cell at a state of charge (0..1, clamped). */
double simulator_open_voltage(double soc);

#endif
