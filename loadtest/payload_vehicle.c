/*
 * Events of the contract vehicle-telemetry. Columns are in the contract's order; most events carry
 * the members that are marked EVERY, every 16th of a vehicle carries all.
 */
#include "loadtest/decimal.h"
#include "loadtest/payload_internal.h"

#define FULL_EVERY 16

enum column {
    CAN_ID,
    SOC,
    SOH,
    VOLTAGE,
    CURRENT,
    CELL_V_MIN,
    CELL_V_MAX,
    CELL_T_MIN,
    CELL_T_MAX,
    COOLANT,
    AMBIENT,
    INVERTER,
    MOTOR,
    RPM,
    TORQUE,
    SPEED,
    ODOMETER,
    LATITUDE,
    LONGITUDE,
    CHARGING,
    GEAR,
    FAULT,
    COLUMNS
};

#define NOT_SET INT64_MIN /* absent or null: NULL in the row */

static const struct ledger_column columns[COLUMNS] = {
    [CAN_ID] = {"can_id", DIGEST_TEXT},
    [SOC] = {"battery_soc", DIGEST_REAL},
    [SOH] = {"battery_soh", DIGEST_REAL},
    [VOLTAGE] = {"battery_voltage", DIGEST_REAL},
    [CURRENT] = {"battery_current", DIGEST_REAL},
    [CELL_V_MIN] = {"cell_voltage_min", DIGEST_REAL},
    [CELL_V_MAX] = {"cell_voltage_max", DIGEST_REAL},
    [CELL_T_MIN] = {"cell_temp_min", DIGEST_REAL},
    [CELL_T_MAX] = {"cell_temp_max", DIGEST_REAL},
    [COOLANT] = {"coolant_temp", DIGEST_REAL},
    [AMBIENT] = {"ambient_temp", DIGEST_REAL},
    [INVERTER] = {"inverter_temp", DIGEST_REAL},
    [MOTOR] = {"motor_temp", DIGEST_REAL},
    [RPM] = {"motor_rpm", DIGEST_INT},
    [TORQUE] = {"motor_torque", DIGEST_REAL},
    [SPEED] = {"speed_kph", DIGEST_REAL},
    [ODOMETER] = {"odometer_km", DIGEST_FLOAT8},
    [LATITUDE] = {"latitude", DIGEST_FLOAT8},
    [LONGITUDE] = {"longitude", DIGEST_FLOAT8},
    [CHARGING] = {"charging", DIGEST_BOOL},
    [GEAR] = {"gear", DIGEST_TEXT},
    [FAULT] = {"fault_code", DIGEST_INT},
};

/* Number members of payload in the order in which they are printed. */
static const struct number {
    const char *text;
    uint8_t text_n;
    uint8_t column;
    uint8_t decimals;
} numbers[] = {
#define NUMBER(name, column, decimals)                           \
    {                                                            \
        ",\"" name "\":", sizeof(name) + 3, (column), (decimals) \
    }
    NUMBER("battery_soc", SOC, 2),
    NUMBER("battery_soh", SOH, 1),
    NUMBER("battery_voltage", VOLTAGE, 2),
    NUMBER("battery_current", CURRENT, 2),
    NUMBER("cell_voltage_min", CELL_V_MIN, 3),
    NUMBER("cell_voltage_max", CELL_V_MAX, 3),
    NUMBER("cell_temp_min", CELL_T_MIN, 1),
    NUMBER("cell_temp_max", CELL_T_MAX, 1),
    NUMBER("coolant_temp", COOLANT, 1),
    NUMBER("ambient_temp", AMBIENT, 1),
    NUMBER("inverter_temp", INVERTER, 1),
    NUMBER("motor_temp", MOTOR, 1),
    NUMBER("motor_rpm", RPM, 0),
    NUMBER("motor_torque", TORQUE, 1),
    NUMBER("speed_kph", SPEED, 1),
    NUMBER("odometer_km", ODOMETER, 2),
    NUMBER("latitude", LATITUDE, 6),
    NUMBER("longitude", LONGITUDE, 6),
#undef NUMBER
};

#define N_NUMBERS (sizeof numbers / sizeof numbers[0])

struct values {
    int64_t m[COLUMNS]; /* numbers, scaled by their decimals; CHARGING 0 or 1 */
    struct str can_id;
    struct str gear;
    bool full;
};

static struct str can_id(uint32_t device)
{
    static const char *const ids[] = {"0x18FF50E5", "0x18FF51E5", "0x18FEF100", "0x1CFF50E5"};
    return (struct str){ids[device % 4], 10};
}

/* Somewhere in the Alps, a slow walk with the odometer; only has to be plausible. */
static void put_place(struct values *v, const struct simulator_sample *s, uint32_t device)
{
    int64_t walk = (int64_t)(s->odometer_km * 1000.0) % 90000;
    v->m[LATITUDE] = 46000000 + (int64_t)(device % 1000) * 1000 + walk;
    v->m[LONGITUDE] = 8000000 + (int64_t)(device / 1000 % 1000) * 1000 + walk;
}

static void set_values(const struct payload *p, const struct simulator_sample *s, struct values *v)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        v->m[i] = NOT_SET;
    }
    v->full = (p->seq + p->device) % FULL_EVERY == 0;
    v->can_id = can_id(p->device);
    v->gear = (struct str){NULL, 0};
    v->m[SOC] = payload_scaled(s->soc, 2);
    v->m[VOLTAGE] = payload_scaled(s->voltage, 2);
    v->m[CURRENT] = payload_scaled(s->current, 2);
    v->m[CELL_V_MIN] = payload_scaled(s->cell_v_min, 3);
    v->m[CELL_V_MAX] = payload_scaled(s->cell_v_max, 3);
    v->m[CELL_T_MIN] = payload_scaled(s->cell_t_min, 1);
    v->m[CELL_T_MAX] = payload_scaled(s->cell_t_max, 1);
    v->m[SPEED] = payload_scaled(s->speed, 1);
    v->m[ODOMETER] = payload_scaled(s->odometer_km, 2);
    if (!v->full) {
        return;
    }
    v->m[SOH] = 850 + p->device % 150;
    v->m[COOLANT] = payload_scaled(s->coolant, 1);
    v->m[AMBIENT] = payload_scaled(s->ambient, 1);
    v->m[INVERTER] = payload_scaled(s->coolant + s->speed * 0.1, 1);
    v->m[MOTOR] = payload_scaled(s->coolant + s->speed * 0.3, 1);
    v->m[RPM] = s->rpm;
    v->m[TORQUE] = payload_scaled(s->torque, 1);
    put_place(v, s, p->device);
    v->m[CHARGING] = s->charging;
    v->gear = (struct str){s->standing ? "P" : "D", 1};
}

static char *put_numbers(const struct values *v, enum payload_flaw flaw, char *out)
{
    size_t skip = 1; /* the first member has no comma */
    for (size_t i = 0; i < N_NUMBERS; i++) {
        const struct number *f = &numbers[i];
        int64_t m = v->m[f->column];
        if (m == NOT_SET) {
            continue;
        }
        out = payload_put_n(out, f->text + skip, f->text_n - skip);
        skip = 0;
        bool quote = flaw == PAYLOAD_WRONG_TYPE && f->column == VOLTAGE;
        if (quote) {
            *out++ = '"';
        }
        out = decimal_put_fixed(out, m, f->decimals);
        if (quote) {
            *out++ = '"';
        }
    }
    return out;
}

static void digest_values(struct digest *d, const struct values *v)
{
    digest_text(d, v->can_id);
    size_t next = 0; /* numbers are in the order of columns */
    for (size_t c = SOC; c < COLUMNS; c++) {
        const struct number *f =
            next < N_NUMBERS && numbers[next].column == c ? &numbers[next++] : NULL;
        if (c == GEAR && v->gear.n > 0) {
            digest_text(d, v->gear);
        } else if (v->m[c] == NOT_SET) {
            digest_null(d);
        } else if (columns[c].type == DIGEST_REAL && f != NULL) {
            digest_real(d, digest_decimal_real(v->m[c], f->decimals));
        } else if (columns[c].type == DIGEST_FLOAT8 && f != NULL) {
            digest_float8(d, digest_decimal_float8(v->m[c], f->decimals));
        } else {
            digest_int(d, columns[c].type, v->m[c]);
        }
    }
}

static char *write_vehicle(struct payload *p, const struct simulator_sample *s,
                           enum payload_flaw flaw, char *out)
{
    struct values v;
    set_values(p, s, &v);
    digest_values(&p->digest, &v);
    if (flaw == PAYLOAD_OUT_OF_RANGE) {
        v.m[SOC] = 25050;
    }
    out = PAYLOAD_PUT(out, "{\"event_id\":\"");
    out = payload_put_n(out, p->id, sizeof p->id);
    *out++ = '"';
    out = payload_put_time(p, flaw, out);
    out = PAYLOAD_PUT(out, ",\"vehicle_id\":\"");
    out = payload_put_n(out, p->name, p->name_n);
    *out++ = '"';
    if (flaw != PAYLOAD_MISSING) {
        out = PAYLOAD_PUT(out, ",\"can_id\":\"");
        out = payload_put_n(out, v.can_id.p, v.can_id.n);
        *out++ = '"';
    }
    if (flaw == PAYLOAD_UNEXPECTED) {
        out = PAYLOAD_PUT(out, ",\"unexpected\":true");
    }
    out = PAYLOAD_PUT(out, ",\"payload\":{");
    out = put_numbers(&v, flaw, out);
    if (v.full) {
        out = v.m[CHARGING] != 0 ? PAYLOAD_PUT(out, ",\"charging\":true,\"gear\":\"")
                                 : PAYLOAD_PUT(out, ",\"charging\":false,\"gear\":\"");
        out = payload_put_n(out, v.gear.p, v.gear.n);
        out = PAYLOAD_PUT(out, "\",\"fault_code\":null");
    }
    return PAYLOAD_PUT(out, "}}");
}

const struct payload_shape payload_vehicle = {.contract = "vehicle-telemetry",
                                              .device_prefix = "veh-",
                                              .columns = columns,
                                              .n_columns = COLUMNS,
                                              .write = write_vehicle};
