#include "ingestor/ingest/intake.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "ingestor/auth/device_scope.h"
#include "ingestor/http/loop.h"
#include "ingestor/ingest/rejects.h"
#include "ingestor/ingest/split.h"
#include "ingestor/ingest/verdict.h"
#include "ingestor/metrics.h"

#define EVENTS_FIRST 128 /* room to begin with; doubled up to http.max_events */

/* One piece of the body and where it was. */
struct piece {
    struct str text;
    size_t index; /* from 0 */
    size_t line;  /* NDJSON, from 1; 0 otherwise */
};

static void reserve_event(struct loop *l, size_t n)
{
    if (n < l->events_cap) {
        return;
    }
    size_t cap = l->events_cap == 0 ? EVENTS_FIRST : l->events_cap * 2;
    l->events = mem_realloc(l->events, cap * sizeof *l->events);
    l->events_cap = cap;
}

/* Kafka's key: tenant, unit separator, device. */
static void accept(struct request *req, struct str text, const struct event *ev)
{
    struct loop *l = req->loop;
    struct str tenant = req->principal->tenant;
    size_t key_n = tenant.n + 1 + ev->device.n;
    char *key = buf_reserve(&l->keys, key_n);
    assert(key != NULL); /* its limit is that of http.max_events and the longest device */
    memcpy(key, tenant.p, tenant.n);
    key[tenant.n] = '\x1f';
    memcpy(key + tenant.n + 1, ev->device.p, ev->device.n);
    reserve_event(l, req->intake.accepted);
    l->events[req->intake.accepted] =
        (struct accepted_event){.value = text, .key = l->keys.n, .key_n = key_n};
    l->keys.n += key_n;
    req->intake.accepted++;
}

/* keep: for a person to mend and replay. */
static void reject(struct request *req, const struct piece *p, bool keep)
{
    const struct violations *v = &req->loop->violations;
    assert(v->n > 0);
    req->intake.rejected++;
    metrics_add(req->loop->shard, METRIC_REJECTED,
                metrics_rejected_series(req->intake.contract, v->items[0].code), 1);
    struct buf *errors = &req->intake.errors;
    size_t before = errors->n == 0 ? 0 : errors->n + 1; /* behind the comma to come */
    if (verdict_add(errors, p->index, p->line, v) != 0) {
        answer_problem(req, PROBLEM_OVERLOADED, "no memory for the verdicts");
        return;
    }
    if (keep) {
        rejects_keep(req, p->text, (struct str){errors->p + before, errors->n - before});
    }
}

static void violate_size(struct violations *v, size_t n, int64_t cap)
{
    v->n = 1;
    v->items[0].pointer[0] = '\0';
    v->items[0].code = "size";
    snprintf(v->items[0].detail, sizeof v->items[0].detail,
             "the event has %zu bytes, the cap is %lld", n, (long long)cap);
}

/* Without the device's name: it may be x-pii. */
static void violate_scope(struct violations *v, const struct contract *c)
{
    v->n = 1;
    v->items[0].code = "device-scope";
    snprintf(v->items[0].pointer, sizeof v->items[0].pointer, "%s", contract_device_pointer(c));
    snprintf(v->items[0].detail, sizeof v->items[0].detail,
             "the credential does not speak for this device");
}

/* True when valid and within the credential's scope. */
static bool examine(struct request *req, const struct piece *p, struct event *ev)
{
    struct loop *l = req->loop;
    const struct service *s = l->service;
    const struct contract *c = s->contracts->items[req->intake.contract];
    if (p->text.n > (size_t)s->conf->http_max_event) {
        violate_size(&l->violations, p->text.n, s->conf->http_max_event);
    } else if (event_validate(l->validator, c, p->text.p, p->text.n, ev, &l->violations) == 0) {
        if (device_scope_allows(req->principal->devices, ev->device)) {
            accept(req, p->text, ev);
            return true;
        }
        violate_scope(&l->violations, c);
        req->intake.out_of_scope++;
        reject(req, p, false); /* its replay would go around the scope */
        return false;
    }
    reject(req, p, true);
    return false;
}

static void name_single(struct request *req, struct str text, const struct event *ev)
{
    const struct contract *c = req->loop->service->contracts->items[req->intake.contract];
    uint8_t id[EVENT_ID_SIZE];
    event_id_make(str_of(contract_name(c)), req->principal->tenant, ev->device, ev->client_id, text,
                  id);
    event_id_format(id, req->intake.event_id);
}

/* Whether no event was taken and each for this one reason: then it is a matter of permission. */
static bool refuse_scope(struct request *req)
{
    const struct intake *in = &req->intake;
    if (in->out_of_scope == 0 || in->out_of_scope < in->accepted + in->rejected) {
        return false;
    }
    metrics_add(req->loop->shard, METRIC_AUTH_FAILURES, AUTH_FAILURE_FORBIDDEN, 1);
    answer_violations(req, PROBLEM_DEVICE_SCOPE, NULL, (struct str){in->errors.p, in->errors.n});
    return true;
}

/* A single event has answers of its own: 413 for its size, 400 for its syntax. */
static void read_single(struct request *req, struct str body)
{
    struct event ev;
    const struct piece p = {.text = body};
    if (examine(req, &p, &ev)) {
        name_single(req, p.text, &ev);
        return;
    }
    if (refuse_scope(req)) {
        return;
    }
    const struct violation *v = &req->loop->violations.items[0];
    struct str errors = {req->intake.errors.p, req->intake.errors.n};
    if (strcmp(v->code, "size") == 0) {
        answer_problem(req, PROBLEM_EVENT_TOO_LARGE, "%s", v->detail);
    } else if (strcmp(v->code, "json") == 0) {
        answer_violations(req, PROBLEM_MALFORMED_JSON, v->detail, errors);
    } else {
        answer_violations(req, PROBLEM_INVALID_EVENTS, NULL, errors);
    }
}

static enum split_rc next_piece(struct request *req, struct split *split, struct piece *p)
{
    enum split_rc rc = SPLIT_END;
    if (req->intake.shape == SHAPE_ARRAY) {
        rc = split_array_next(split, &p->text);
    } else {
        rc = split_lines_next(split, &p->text);
        p->line = split->line;
    }
    return rc;
}

static void read_many(struct request *req)
{
    struct split split;
    struct str body = {req->body.p, req->body.n};
    if (req->intake.shape == SHAPE_ARRAY) {
        split_array_begin(&split, body);
    } else {
        split_lines_begin(&split, body);
    }
    size_t cap = (size_t)req->loop->service->conf->http_max_events;
    struct piece p = {.index = 0};
    enum split_rc rc = next_piece(req, &split, &p);
    while (rc == SPLIT_EVENT && req->answer.status == 0) {
        if (p.index == cap) {
            answer_problem(req, PROBLEM_TOO_MANY_EVENTS, "the cap is %zu events a request", cap);
            return;
        }
        struct event ev;
        (void)examine(req, &p, &ev);
        p.index++;
        rc = next_piece(req, &split, &p);
    }
    if (rc == SPLIT_BROKEN) {
        answer_problem(req, PROBLEM_MALFORMED_JSON, "the array is broken after %zu events",
                       p.index);
    }
}

static enum request_shape shape_of(const struct request *req, struct str body)
{
    if (req->intake.lines) {
        return SHAPE_LINES;
    }
    return split_is_array(body) ? SHAPE_ARRAY : SHAPE_SINGLE;
}

void intake_read(struct request *req)
{
    buf_reset(&req->loop->keys);
    struct str body = split_trim((struct str){req->body.p, req->body.n});
    if (body.n == 0) {
        answer_problem(req, PROBLEM_NO_EVENTS, "the body is empty");
        return;
    }
    req->intake.shape = shape_of(req, body);
    if (req->intake.shape == SHAPE_SINGLE) {
        read_single(req, body);
        return;
    }
    read_many(req);
    if (req->answer.status != 0) {
        return;
    }
    if (req->intake.accepted == 0 && req->intake.rejected == 0) {
        answer_problem(req, PROBLEM_NO_EVENTS, "the array is empty");
        return;
    }
    if (refuse_scope(req)) {
        return;
    }
    if (req->intake.accepted == 0 || (req->intake.atomic && req->intake.rejected > 0)) {
        char detail[96];
        snprintf(detail, sizeof detail, "%u of %u events are not valid; none was taken",
                 req->intake.rejected, req->intake.rejected + req->intake.accepted);
        answer_violations(req, PROBLEM_INVALID_EVENTS, detail,
                          (struct str){req->intake.errors.p, req->intake.errors.n});
    }
}
