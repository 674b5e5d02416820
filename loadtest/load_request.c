/*
 * What a load thread sends and what it makes of the answers: fills requests with due events, sends
 * the same bytes again where that is allowed, settles every event into the ledger.
 */
#include "loadtest/load_internal.h"

#include <assert.h>

#include "common/base/clock.h"

#define RETRY_BASE_MS 50
#define RETRY_MAX_MS 5000

static bool closed_loop(const struct load *l)
{
    return l->conf.rate <= 0;
}

/* Events for the next request; *whole: it did not have to wait for more. */
static uint32_t take_due(struct load *l, struct connection *c, bool *whole)
{
    *whole = true;
    if (closed_loop(l)) {
        return l->conf.batch;
    }
    if (c->ready > 0) {
        uint32_t n = c->first > 0 ? c->first : l->conf.batch;
        c->first = 0;
        c->ready--;
        c->due -= n;
        l->waiting--;
        return n;
    }
    *whole = false;
    if (l->walk.k < l->schedule.total) {
        return 0;
    }
    uint32_t rest = c->due; /* a part of a batch goes only when no more events follow */
    c->due = 0;
    return rest;
}

static enum payload_flaw next_flaw(struct load *l)
{
    l->flaw_debt += l->conf.invalid;
    if (l->flaw_debt < 1.0) {
        return PAYLOAD_VALID;
    }
    l->flaw_debt -= 1.0;
    l->flaw_turn = l->flaw_turn % (PAYLOAD_FLAWS - 1) + 1;
    return (enum payload_flaw)l->flaw_turn;
}

static char *write_events(struct load *l, struct connection *c, int64_t now_ns, char *out)
{
    int64_t event_us = l->start_wall_us + (now_ns - l->start_ns) / 1000;
    for (uint32_t i = 0; i < c->n_events; i++) {
        if (!closed_loop(l)) {
            int64_t due_ns = schedule_due_ns(&l->schedule, schedule_cursor_k(&c->cursor));
            event_us = l->start_wall_us + due_ns / 1000;
            c->due_ns = l->start_ns + due_ns;
        }
        if (l->conf.format == LOAD_ARRAY) {
            *out++ = i == 0 ? '[' : ',';
        }
        out = payload_write(l->payload, c->cursor.vehicle, event_us, next_flaw(l), out,
                            &c->events[i]);
        if (l->conf.format == LOAD_NDJSON) {
            *out++ = '\n';
        }
        schedule_cursor_next(&l->schedule, &c->cursor, c->index);
    }
    if (l->conf.format == LOAD_ARRAY) {
        *out++ = ']';
    }
    return out;
}

bool load_request_fill(struct load *l, struct connection *c, int64_t now_ns)
{
    assert(!c->loaded);
    bool whole;
    c->n_events = take_due(l, c, &whole);
    if (c->n_events == 0) {
        return false;
    }
    c->due_ns = now_ns;
    char *end = write_events(l, c, now_ns, request_body(&c->request));
    if (!whole) {
        /* It waited until now for more events, which never came. */
        c->due_ns = now_ns < l->end_ns ? now_ns : l->end_ns;
    }
    request_seal(&c->request, l->conf.target->head, l->conf.target->head_n, end);
    c->loaded = true;
    c->was_unknown = false;
    c->was_refused = false;
    c->attempts = 0;
    c->resend_ns = 0;
    l->stats.made += c->n_events;
    return true;
}

static void settle_event(struct load *l, const struct payload_event *ev, enum ledger_class class,
                         int64_t ack_us)
{
    l->stats.events[class]++;
    if (class == LEDGER_ACCEPTED) {
        l->stats.flawed_accepted += ev->invalid;
        if (l->recent != NULL) {
            recent_put(l->recent, &(struct recent_event){ev->time_us, ack_us, ev->device, ev->seq});
        }
    } else if (class == LEDGER_REJECTED) {
        l->stats.valid_rejected += !ev->invalid;
    }
    if (l->ledger_failed) {
        return;
    }
    struct ledger_record record = {.digest = ev->digest,
                                   .ack_us = ack_us,
                                   .device = ev->device,
                                   .seq = ev->seq,
                                   .class = (uint8_t) class,
                                   .invalid = ev->invalid};
    struct err e;
    if (ledger_add(l->ledger, &record, ev->time_us, &e) != 0) {
        l->ledger_failed = true;
        load_fail(l, &e);
    }
}

static void settle(struct load *l, struct connection *c, struct answer a, int64_t now_ns)
{
    /* An attempt that may have been taken outweighs a later refusal; one for its content does
     * not: validation says the same each time. */
    if (a.class != LEDGER_ACCEPTED && a.class != LEDGER_REJECTED && c->was_unknown) {
        a.class = LEDGER_UNKNOWN;
    }
    int64_t ack_us = l->wall_offset_us + now_ns / 1000;
    for (uint32_t i = 0; i < c->n_events; i++) {
        bool rejected = a.mixed && answer_rejected(l->answers, i);
        settle_event(l, &c->events[i], rejected ? LEDGER_REJECTED : a.class, ack_us);
    }
    c->loaded = false;
    l->settled_ns = now_ns;
    l->stats.requests++;
}

static void record_latency(struct load *l, const struct connection *c, int64_t now_ns)
{
    histogram_record(l->stats.latency, now_ns - c->due_ns, 1);
    histogram_record(l->stats.service, now_ns - c->sent_ns, 1);
}

/* True when the same events go out once more. */
static bool retry(struct load *l, struct connection *c, int32_t retry_after_s, int64_t now_ns)
{
    if (c->attempts > l->conf.retries || !load_sending(l, now_ns)) {
        return false;
    }
    int64_t wait_ms = clock_backoff_ms(c->attempts, RETRY_BASE_MS, RETRY_MAX_MS, rng_next(&l->rng));
    if (retry_after_s * INT64_C(1000) > wait_ms) {
        wait_ms = retry_after_s * INT64_C(1000);
    }
    c->resend_ns = now_ns + wait_ms * NS_PER_MS;
    l->stats.retries++;
    return true;
}

static void check_denied(struct load *l, unsigned status)
{
    if (status != 401 && status != 403) {
        return;
    }
    struct err e;
    err_set(&e, ERR_DENIED, "%s refused the credential: status %u%s", l->conf.target->name, status,
            status == 401 ? " (--api-key)" : " (permission of the key)");
    load_fail(l, &e);
}

void load_request_answered(struct load *l, struct connection *c, const char *p, int64_t now_ns)
{
    const struct http_response *r = &c->response;
    l->stats.status[r->status < STATS_STATUS_MAX ? r->status : STATS_STATUS_MAX - 1]++;
    check_denied(l, r->status);
    struct answer a = answer_read(l->answers, r->status, p + r->body, r->body_n, c->n_events);
    l->stats.bad_answers += a.contradiction;
    if (a.class == LEDGER_UNKNOWN || r->status == 429 || r->status == 503) {
        c->was_unknown |= a.class == LEDGER_UNKNOWN;
        c->was_refused |= a.class == LEDGER_NOT_TAKEN;
        if (retry(l, c, r->retry_after_s, now_ns)) {
            return;
        }
    }
    if (a.class == LEDGER_ACCEPTED) {
        record_latency(l, c, now_ns);
    }
    settle(l, c, a, now_ns);
}

void load_request_unanswered(struct load *l, struct connection *c, bool timeout, int64_t now_ns)
{
    c->was_unknown = true;
    if (retry(l, c, -1, now_ns)) {
        return;
    }
    if (timeout) {
        record_latency(l, c, now_ns); /* at least that long; leaving it out would flatter */
    }
    settle(l, c, (struct answer){.class = LEDGER_UNKNOWN}, now_ns);
}

void load_request_abandon(struct load *l, struct connection *c, int64_t now_ns)
{
    enum ledger_class class = c->was_unknown   ? LEDGER_UNKNOWN
                              : c->was_refused ? LEDGER_NOT_TAKEN
                                               : LEDGER_NEVER_SENT;
    settle(l, c, (struct answer){.class = class}, now_ns);
}
