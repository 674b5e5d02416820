#include "ingestor/http/request.h"

#include <string.h>

static bool is_id_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

static bool is_sane_id(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_id_byte(s.p[i])) {
            return false;
        }
    }
    return s.n > 0 && s.n <= REQUEST_ID_MAX;
}

void request_set_id(struct request *req, struct str wanted, uint64_t random)
{
    if (is_sane_id(wanted)) {
        memcpy(req->id, wanted.p, wanted.n);
        req->id_n = wanted.n;
        return;
    }
    static const char digits[] = "0123456789abcdef";
    req->id_n = 16;
    for (size_t i = 0; i < req->id_n; i++) {
        req->id[i] = digits[random >> (60 - 4 * i) & 15];
    }
}

void request_init(struct request *req, struct loop *loop, struct body_budget *budget)
{
    req->magic = REQUEST_MAGIC;
    req->loop = loop;
    body_init(&req->body, budget);
    answer_init(&req->answer);
    buf_init(&req->intake.errors, ANSWER_LIMIT / 2);
}

void request_release(struct request *req)
{
    body_release(&req->body);
    buf_release(&req->answer.out);
    buf_release(&req->intake.errors);
    grant_unref(req->grant);
    req->grant = NULL;
    req->magic = 0;
}

void request_reset(struct request *req)
{
    req->phase = REQUEST_FREE;
    req->connection = NULL;
    req->principal = NULL;
    grant_unref(req->grant);
    req->grant = NULL;
    req->dropped = 0;
    req->id_n = 0;
    req->param = (struct str){NULL, 0};
    body_release(&req->body);
    answer_reset(&req->answer);
    req->intake.accepted = 0;
    req->intake.rejected = 0;
    req->intake.out_of_scope = 0;
    req->intake.event_id[0] = '\0';
    buf_release(&req->intake.errors);
}
