#include "ingestor/http/answer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "ingestor/http/loop.h"
#include "ingestor/http/request.h"

#define KEEP_MAX                                                                    \
    ((size_t)4096) /* an ordinary answer has 200 bytes; longer memory is given back \
                    */
#define DETAIL_MAX 256

static const char PROBLEM_TYPE[] = "application/problem+json";
static const char JSON_TYPE[] = "application/json";

void answer_init(struct answer *a)
{
    *a = (struct answer){0};
    buf_init(&a->out, ANSWER_LIMIT);
}

void answer_reset(struct answer *a)
{
    a->status = 0;
    a->content_type = NULL;
    a->fixed = (struct str){NULL, 0};
    a->retry_after = 0;
    a->challenge = NULL;
    a->allow[0] = '\0';
    a->close = false;
    if (a->out.cap > KEEP_MAX) {
        buf_release(&a->out);
    }
    buf_reset(&a->out);
}

/* The document is a few hundred bytes and errors, which stay below ANSWER_LIMIT / 2 by their own
 * limit; a heap that gives nothing leaves an answer without body. */
static void set_problem(struct request *req, enum problem p, const struct problem_text *text)
{
    struct answer *a = &req->answer;
    a->status = problem_type(p)->status;
    a->content_type = PROBLEM_TYPE;
    a->fixed = (struct str){NULL, 0};
    buf_reset(&a->out);
    if (problem_write(p, text, &a->out) != 0) {
        buf_reset(&a->out);
    }
    if (a->status == 503) {
        a->retry_after = service_retry_after(req->loop->service, rng_next(&req->loop->rng));
    }
}

void answer_problem(struct request *req, enum problem p, const char *detail_format, ...)
{
    char detail[DETAIL_MAX];
    if (detail_format != NULL) {
        va_list args;
        va_start(args, detail_format);
        vsnprintf(detail, sizeof detail, detail_format, args);
        va_end(args);
    }
    const struct problem_text text = {
        .detail = detail_format == NULL ? NULL : detail,
        .instance = request_id(req),
        .outcome = problem_type(p)->status == 503 ? "not_taken" : NULL,
    };
    set_problem(req, p, &text);
}

void answer_unknown(struct request *req, enum problem p, const char *detail)
{
    const struct problem_text text = {
        .detail = detail, .instance = request_id(req), .outcome = "unknown"};
    set_problem(req, p, &text);
}

void answer_violations(struct request *req, enum problem p, const char *detail, struct str errors)
{
    const struct problem_text text = {
        .detail = detail, .instance = request_id(req), .errors = errors};
    set_problem(req, p, &text);
}

void answer_json(struct request *req, unsigned status)
{
    req->answer.status = status;
    req->answer.content_type = JSON_TYPE;
}
