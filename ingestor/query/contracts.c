#include "ingestor/query/contracts.h"

#include <inttypes.h>

#include "ingestor/http/loop.h"

static int list_one(struct buf *out, const struct contract *c, const char *topic, bool is_default)
{
    if (buf_addf(out, "{\"name\":\"%s\",\"version\":%" PRId64 ",\"topic\":\"%s\",\"table\":\"%s\"",
                 contract_name(c), contract_version(c), topic, contract_table(c)) != 0) {
        return -1;
    }
    if (contract_title(c) != NULL && (buf_add_str(out, str_of(",\"title\":")) != 0 ||
                                      buf_add_json(out, str_of(contract_title(c))) != 0)) {
        return -1;
    }
    return buf_addf(out, ",\"default\":%s}", is_default ? "true" : "false");
}

static int list_all(const struct service *s, struct buf *out)
{
    if (buf_add_str(out, str_of("{\"contracts\":[")) != 0) {
        return -1;
    }
    for (size_t i = 0; i < s->contracts->n; i++) {
        if ((i > 0 && buf_add_str(out, str_of(",")) != 0) ||
            list_one(out, s->contracts->items[i], s->topics[i], i == s->default_contract) != 0) {
            return -1;
        }
    }
    return buf_add_str(out, str_of("]}\n"));
}

void contracts_list(struct request *req)
{
    if (list_all(req->loop->service, &req->answer.out) != 0) {
        answer_problem(req, PROBLEM_INTERNAL, "no memory for the answer");
        return;
    }
    answer_json(req, 200);
}

void contracts_show(struct request *req)
{
    const struct service *s = req->loop->service;
    size_t i = service_find_contract(s, req->param);
    if (i == s->contracts->n) {
        answer_problem(req, PROBLEM_UNKNOWN_CONTRACT, "no contract \"%.*s\"", (int)req->param.n,
                       req->param.p);
        return;
    }
    answer_json(req, 200);
    req->answer.content_type = "application/schema+json";
    req->answer.fixed = contract_source(s->contracts->items[i]);
}
