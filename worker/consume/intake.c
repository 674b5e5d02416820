#include "worker/consume/intake.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/contract/copy_fields.h"
#include "common/contract/event.h"
#include "common/contract/event_id.h"
#include "common/contract/time.h"
#include "worker/consume/key.h"
#include "worker/consume/row.h"

#define DETAIL_SIZE 1536                           /* text of why an event is dead */
#define CLOCK_SLACK_US (INT64_C(86400) * US_PER_S) /* a broker's clock may run ahead by this */

struct intake {
    const struct streams *streams;
    struct intake_options options;
    struct validator *validator;
    struct violations violations;
    struct buf extra;
};

struct intake *intake_new(const struct streams *streams, const struct intake_options *options)
{
    struct intake *in = mem_calloc(1, sizeof *in);
    in->streams = streams;
    in->options = *options;
    in->validator = validator_new(options->max_event);
    buf_init(&in->extra, 4 * options->max_event); /* escapes can make JSON longer than it was */
    return in;
}

void intake_free(struct intake *in)
{
    if (in == NULL) {
        return;
    }
    validator_free(in->validator);
    buf_release(&in->extra);
    mem_free(in);
}

int64_t intake_reference_us(int64_t timestamp_us, int64_t now_us)
{
    if (timestamp_us <= 0 || timestamp_us > now_us) {
        return now_us;
    }
    int64_t oldest = now_us - INTAKE_BACKLOG_US;
    return timestamp_us < oldest ? oldest : timestamp_us;
}

/* What goes to received_at: the record's time unless it is none that a clock could have shown. */
static int64_t received_us(const struct record *r, int64_t now_us)
{
    bool plausible = r->timestamp_us >= COPY_EPOCH_US && r->timestamp_us <= now_us + CLOCK_SLACK_US;
    return plausible ? r->timestamp_us : now_us;
}

static int bury(const struct intake *in, struct batch *b, const struct record *r,
                enum dead_reason reason, struct str detail, int64_t now_us)
{
    const struct dead d = {
        .topic = in->streams->items[r->stream].topic,
        .partition = b->spans[r->span].partition,
        .offset = r->offset,
        .reason = reason,
        .detail = detail,
        .key = r->key,
        .raw = r->value,
        .seen_us = now_us,
    };
    return batch_add_dead(b, &d);
}

/* "/payload/soc maximum: 101 is more than 100; …" */
static struct str describe(const struct violations *v, char *out, size_t size)
{
    size_t n = 0;
    char text[DETAIL_SIZE];
    for (size_t i = 0; i < v->n && n + 1 < sizeof text; i++) {
        int more = snprintf(text + n, sizeof text - n, "%s%s %s: %s", i == 0 ? "" : "; ",
                            v->items[i].pointer, v->items[i].code, v->items[i].detail);
        n += more < 0 ? 0 : (size_t)more;
        n = n < sizeof text ? n : sizeof text - 1;
    }
    return (struct str){out, text_clean((struct str){text, n}, out, size)};
}

static int bury_invalid(const struct intake *in, struct batch *b, const struct record *r,
                        int64_t now_us)
{
    char detail[DETAIL_SIZE];
    return bury(in, b, r, DEAD_INVALID, describe(&in->violations, detail, sizeof detail), now_us);
}

static int bury_out_of_window(const struct intake *in, struct batch *b, const struct record *r,
                              int64_t event_us, int64_t now_us)
{
    char detail[TIME_RFC3339_MAX];
    time_format_rfc3339(event_us, detail);
    bool old = event_us < intake_reference_us(r->timestamp_us, now_us);
    return bury(in, b, r, old ? DEAD_TOO_OLD : DEAD_TOO_FAR_AHEAD, str_of(detail), now_us);
}

static bool in_window(const struct intake *in, const struct record *r, int64_t event_us,
                      int64_t now_us)
{
    int64_t reference = intake_reference_us(r->timestamp_us, now_us);
    return event_us >= reference - in->options.accept_past_us &&
           event_us <= reference + in->options.accept_future_us;
}

/* Writes the row behind those of its table, unless the event is a duplicate. 0, or -1 when memory
 * ends. */
static int add_row(struct intake *in, struct batch *b, const struct record *r,
                   const struct event *ev, uint32_t device, size_t raw_at, int64_t now_us)
{
    const struct stream *s = &in->streams->items[r->stream];
    struct buf *rows = &b->tables[r->stream].rows;
    uint8_t id[EVENT_ID_SIZE];
    struct row_meta meta = {
        .received_us = received_us(r, now_us),
        .koff = r->offset,
        .kpart = (int16_t)b->spans[r->span].partition,
        .tenant = devices_tenant(&b->devices, device),
        .device = devices_device(&b->devices, device),
        .event_id = id,
    };
    event_id_make(s->name, meta.tenant, meta.device, ev->client_id, r->value, id);
    if (ev->has_extra) {
        meta.extra = (struct str){in->extra.p, in->extra.n};
    }
    if (r->window != NULL && dedupe_seen(r->window, id, r->offset, meta.received_us)) {
        b->n_duplicates++;
        b->raw.n = raw_at;
        return 0;
    }
    size_t row_at = rows->n;
    if (row_encode(s->contract, ev, &meta, rows) != 0) {
        return -1;
    }
    const struct batch_place place = {r->stream,   r->span, device, r->offset,
                                      ev->time_us, row_at,  raw_at};
    batch_add_row(b, &place);
    return 0;
}

/* A record with a good key and a value of acceptable length. */
static int take_event(struct intake *in, struct batch *b, const struct record *r, uint32_t device,
                      int64_t now_us)
{
    char *text = buf_reserve(&b->raw, r->value.n + JSON_PADDING);
    if (text == NULL) {
        return -1;
    }
    memcpy(text, r->value.p, r->value.n);
    struct event ev;
    if (event_validate(in->validator, in->streams->items[r->stream].contract, text, r->value.n, &ev,
                       &in->violations) != 0) {
        return bury_invalid(in, b, r, now_us);
    }
    if (!str_eq(ev.device, devices_device(&b->devices, device))) {
        return bury(in, b, r, DEAD_DEVICE_MISMATCH, (struct str){NULL, 0}, now_us);
    }
    if (!in_window(in, r, ev.time_us, now_us)) {
        return bury_out_of_window(in, b, r, ev.time_us, now_us);
    }
    buf_reset(&in->extra);
    if (ev.has_extra && event_extra(in->streams->items[r->stream].contract, &ev, &in->extra) != 0) {
        return bury(in, b, r, DEAD_TOO_LARGE, str_of("members without a column"), now_us);
    }
    size_t raw_at = b->raw.n;
    b->raw.n += r->value.n;
    if (add_row(in, b, r, &ev, device, raw_at, now_us) != 0) {
        b->raw.n = raw_at;
        return -1;
    }
    return 0;
}

static int take(struct intake *in, struct batch *b, const struct record *r, int64_t now_us)
{
    const struct str none = {NULL, 0};
    uint32_t device = DEVICES_BAD;
    if (r->key.p != NULL) {
        device = devices_intern(&b->devices, r->key);
    }
    if (device == DEVICES_BAD) {
        return bury(in, b, r, DEAD_BAD_KEY, none, now_us);
    }
    if (r->value.p == NULL || r->value.n == 0) {
        return bury(in, b, r, DEAD_EMPTY, none, now_us);
    }
    if (r->value.n > in->options.max_event) {
        return bury(in, b, r, DEAD_TOO_LARGE, none, now_us);
    }
    return take_event(in, b, r, device, now_us);
}

int intake_record(struct intake *in, struct batch *b, const struct record *r,
                  const struct intake_time *now)
{
    if (take(in, b, r, now->wall_us) != 0) {
        return -1;
    }
    const struct batch_arrival arrival = {received_us(r, now->wall_us), now->wall_us, 1};
    batch_note(b, r->span, r->offset, &arrival, now->mono_ns);
    return 0;
}
