/*
 * The fleet: steps the vehicle, keeps sequence numbers, formats what every shape has in common.
 */
#include "loadtest/payload.h"

#include <assert.h>
#include <stdio.h>

#include "common/base/mem.h"
#include "loadtest/decimal.h"
#include "loadtest/payload_internal.h"

#define DAY_S INT64_C(86400)
#define DEVICE_DIGITS 6 /* more when the fleet needs them */

static const struct payload_shape *const shapes[] = {&payload_vehicle, &payload_sensor};

struct payload *payload_new(const struct payload_conf *conf, struct err *e)
{
    const struct payload_shape *shape = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
        if (strcmp(shapes[i]->contract, conf->contract) == 0) {
            shape = shapes[i];
        }
    }
    if (shape == NULL) {
        err_set(e, ERR_USAGE,
                "--contract %s: no simulator for it (vehicle-telemetry, "
                "sensor-reading)",
                conf->contract);
        return NULL;
    }
    assert(conf->vehicles <= IDENT_DEVICES_MAX);
    struct payload *p = mem_calloc(1, sizeof *p);
    p->shape = shape;
    p->run = conf->run;
    p->n = conf->vehicles;
    p->time_second = INT64_MIN;
    p->prefix_n = strlen(shape->device_prefix);
    memcpy(p->name, shape->device_prefix, p->prefix_n);
    p->devices = mem_calloc(conf->vehicles, sizeof *p->devices);
    for (uint32_t i = 0; i < conf->vehicles; i++) {
        simulator_init(&p->devices[i].vehicle, conf->seed, i);
    }
    uint8_t id[IDENT_SIZE];
    ident_make(conf->run, 0, 0, id);
    ident_text(id, p->id);
    return p;
}

void payload_free(struct payload *p)
{
    if (p == NULL) {
        return;
    }
    mem_free(p->devices);
    mem_free(p);
}

void payload_describe(const struct payload *p, struct ledger_run *run)
{
    (void)snprintf(run->contract, sizeof run->contract, "%s", p->shape->contract);
    (void)snprintf(run->table, sizeof run->table, "%s", p->shape->contract);
    for (char *at = run->table; *at != '\0'; at++) {
        *at = *at == '-' ? '_' : *at;
    }
    run->n_columns = p->shape->n_columns;
    memcpy(run->columns, p->shape->columns, p->shape->n_columns * sizeof run->columns[0]);
}

/* Year, month, day of a day number (Howard Hinnant, "chrono-compatible low-level date algorithms",
 * civil_from_days), for dates after 1970. */
static void civil(int64_t days, uint32_t *y, uint32_t *m, uint32_t *d)
{
    int64_t z = days + 719468;
    int64_t era = z / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *d = (uint32_t)(doy - (153 * mp + 2) / 5 + 1);
    *m = (uint32_t)(mp < 10 ? mp + 3 : mp - 9);
    *y = (uint32_t)(yoe + era * 400 + (*m <= 2));
}

static void format_time(struct payload *p, int64_t ms)
{
    int64_t second = ms / 1000;
    if (second != p->time_second) {
        uint32_t y, m, d;
        civil(second / DAY_S, &y, &m, &d);
        uint32_t of_day = (uint32_t)(second % DAY_S);
        char *t = p->time;
        memcpy(t, "0000-00-00T00:00:00.000Z", sizeof p->time);
        decimal_put_padded(t, y, 4);
        decimal_put_padded(t + 5, m, 2);
        decimal_put_padded(t + 8, d, 2);
        decimal_put_padded(t + 11, of_day / 3600, 2);
        decimal_put_padded(t + 14, of_day / 60 % 60, 2);
        decimal_put_padded(t + 17, of_day % 60, 2);
        p->time_second = second;
    }
    decimal_put_padded(p->time + 20, (uint32_t)(ms % 1000), 3);
}

char *payload_put_time(const struct payload *p, enum payload_flaw flaw, char *out)
{
    if (flaw == PAYLOAD_BAD_TIME) {
        return PAYLOAD_PUT(out, ",\"timestamp\":\"yesterday\"");
    }
    out = PAYLOAD_PUT(out, ",\"timestamp\":\"");
    out = payload_put_n(out, p->time, sizeof p->time);
    *out++ = '"';
    return out;
}

int64_t payload_scaled(double x, unsigned decimals)
{
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
    x *= powers[decimals];
    return (int64_t)(x < 0 ? x - 0.5 : x + 0.5);
}

static void format_device(struct payload *p, uint32_t device)
{
    char *at = p->name + p->prefix_n;
    if (device < 1000000) {
        decimal_put_padded(at, device, DEVICE_DIGITS);
        p->name_n = p->prefix_n + DEVICE_DIGITS;
    } else {
        p->name_n = (size_t)(decimal_put(at, device) - p->name);
    }
}

char *payload_write(struct payload *p, uint32_t vehicle, int64_t time_us, enum payload_flaw flaw,
                    char *out, struct payload_event *ev)
{
    assert(vehicle < p->n && time_us >= 0);
    struct payload_device *dev = &p->devices[vehicle];
    simulator_step(&dev->vehicle, &p->sample);
    int64_t ms = time_us / 1000;
    p->device = vehicle;
    p->seq = dev->seq++;
    ident_patch(p->id, p->run, vehicle, p->seq);
    format_time(p, ms);
    format_device(p, vehicle);
    digest_begin(&p->digest, ms * 1000, (struct str){p->name, p->name_n});
    char *end = p->shape->write(p, &p->sample, flaw, out);
    assert(end - out <= PAYLOAD_EVENT_MAX);
    ev->time_us = ms * 1000;
    ev->device = vehicle;
    ev->seq = p->seq;
    ev->invalid = flaw != PAYLOAD_VALID;
    ev->digest = ev->invalid ? 0 : digest_end(&p->digest);
    return end;
}
