/*
 * Events of the contract sensor-reading: the measurements of the simulated vehicle, one at a time.
 */
#include "loadtest/decimal.h"
#include "loadtest/payload_internal.h"

static const struct ledger_column columns[] = {
    {"metric", DIGEST_TEXT}, {"value", DIGEST_FLOAT8}, {"unit", DIGEST_TEXT}};

#define DECIMALS 3

struct reading {
    struct str metric;
    struct str unit;
    double value;
};

static struct reading read_metric(const struct simulator_sample *s, uint32_t turn)
{
    switch (turn % 4) {
    case 0:
        return (struct reading){str_of("cell.temperature"), str_of("Cel"), s->cell_t_max};
    case 1:
        return (struct reading){str_of("pack.voltage"), str_of("V"), s->voltage};
    case 2:
        return (struct reading){str_of("pack.current"), str_of("A"), s->current};
    default:
        return (struct reading){str_of("pack.charge"), {NULL, 0}, s->soc};
    }
}

static char *put_text(char *out, struct str v)
{
    out = payload_put_n(out, v.p, v.n);
    *out++ = '"';
    return out;
}

static char *write_sensor(struct payload *p, const struct simulator_sample *s,
                          enum payload_flaw flaw, char *out)
{
    struct reading r = read_metric(s, p->seq);
    int64_t m = payload_scaled(r.value, DECIMALS);
    digest_text(&p->digest, r.metric);
    digest_float8(&p->digest, digest_decimal_float8(m, DECIMALS));
    if (r.unit.n > 0) {
        digest_text(&p->digest, r.unit);
    } else {
        digest_null(&p->digest);
    }
    out = PAYLOAD_PUT(out, "{\"event_id\":\"");
    out = put_text(out, (struct str){p->id, sizeof p->id});
    out = payload_put_time(p, flaw, out);
    out = PAYLOAD_PUT(out, ",\"device_id\":\"");
    out = put_text(out, (struct str){p->name, p->name_n});
    if (flaw != PAYLOAD_MISSING) {
        out = PAYLOAD_PUT(out, ",\"metric\":\"");
        out = put_text(out, flaw == PAYLOAD_OUT_OF_RANGE ? str_of("Bad Metric") : r.metric);
    }
    if (r.unit.n > 0) {
        out = PAYLOAD_PUT(out, ",\"unit\":\"");
        out = put_text(out, r.unit);
    }
    if (flaw == PAYLOAD_UNEXPECTED) {
        out = PAYLOAD_PUT(out, ",\"unexpected\":true");
    }
    bool quote = flaw == PAYLOAD_WRONG_TYPE;
    out = quote ? PAYLOAD_PUT(out, ",\"value\":\"") : PAYLOAD_PUT(out, ",\"value\":");
    out = decimal_put_fixed(out, m, DECIMALS);
    return quote ? PAYLOAD_PUT(out, "\"}") : PAYLOAD_PUT(out, "}");
}

const struct payload_shape payload_sensor = {.contract = "sensor-reading",
                                             .device_prefix = "sensor-",
                                             .columns = columns,
                                             .n_columns = 3,
                                             .write = write_sensor};
