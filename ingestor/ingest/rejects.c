#include "ingestor/ingest/rejects.h"

#include "common/base/clock.h"
#include "ingestor/http/loop.h"
#include "ingestor/http/request.h"
#include "ingestor/metrics.h"

bool reject_budget_take(struct reject_budget *b, int64_t now_ns, int64_t per_s)
{
    if (b->since_ns == 0 || now_ns - b->since_ns >= NS_PER_S) {
        b->since_ns = now_ns;
        b->used = 0;
    }
    if (b->used >= per_s) {
        return false;
    }
    b->used++;
    return true;
}

static int member(struct buf *out, const char *name, struct str value)
{
    return buf_addf(out, "\"%s\":", name) == 0 && buf_add_json(out, value) == 0 ? 0 : -1;
}

static int write_note(const struct request *req, struct str verdicts, struct buf *out)
{
    const struct contract *c = req->loop->service->contracts->items[req->intake.contract];
    buf_reset(out);
    if (buf_add_str(out, str_of("{")) != 0 ||
        member(out, "contract", str_of(contract_name(c))) != 0 ||
        buf_add_str(out, str_of(",")) != 0 || member(out, "tenant", req->principal->tenant) != 0 ||
        buf_add_str(out, str_of(",")) != 0 || member(out, "key_id", req->principal->id) != 0 ||
        buf_add_str(out, str_of(",")) != 0 || member(out, "request_id", request_id(req)) != 0 ||
        buf_add_str(out, str_of(",\"errors\":[")) != 0 || buf_add_str(out, verdicts) != 0) {
        return -1;
    }
    return buf_add_str(out, str_of("]}"));
}

static bool send(struct request *req, struct str text)
{
    struct loop *l = req->loop;
    struct service *s = l->service;
    const struct str note = {l->note.p, l->note.n};
    struct kafka_batch batch;
    if (!kafka_producer_begin(s->producer, &batch)) {
        return false;
    }
    enum kafka_send_rc rc = kafka_producer_send_noted(
        &batch, s->contracts->n, req->principal->tenant, text, REJECTS_HEADER, note);
    kafka_producer_end(&batch);
    return rc == KAFKA_SEND_OK;
}

void rejects_keep(struct request *req, struct str text, struct str verdicts)
{
    struct loop *l = req->loop;
    const struct service *s = l->service;
    if (req->intake.atomic || s->conf->kafka_rejected_rate == 0) {
        return;
    }
    int64_t share = s->conf->kafka_rejected_rate / (int64_t)s->n_loops + 1;
    bool kept = text.n <= (size_t)s->conf->http_max_event &&
                atomic_load_explicit(&s->topic_ready[s->contracts->n], memory_order_relaxed) &&
                reject_budget_take(&l->rejects, req->begun_ns, share) &&
                write_note(req, verdicts, &l->note) == 0 && send(req, text);
    metrics_add(l->shard, METRIC_REJECTED_KEPT, kept ? REJECTED_KEPT : REJECTED_DROPPED, 1);
}
