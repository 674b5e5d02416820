#include "ingestor/problems.h"

#include <assert.h>

static const struct problem_type TYPES[PROBLEMS] = {
#define PROBLEM(symbol, name, status, title, cause, cure) \
    [PROBLEM_##symbol] = {name, status, title, cause, cure},
#include "ingestor/problems.def"
#undef PROBLEM
};

const struct problem_type *problem_type(enum problem p)
{
    assert(p < PROBLEMS);
    return &TYPES[p];
}

static int member(struct buf *out, const char *name, struct str value)
{
    if (buf_addf(out, ",\"%s\":", name) != 0) {
        return -1;
    }
    return buf_add_json(out, value);
}

int problem_write(enum problem p, const struct problem_text *text, struct buf *out)
{
    const struct problem_type *t = problem_type(p);
    if (buf_addf(out, "{\"type\":\"" PROBLEM_BASE "%s\",\"title\":\"%s\",\"status\":%u", t->name,
                 t->title, t->status) != 0) {
        return -1;
    }
    if (text->detail != NULL && member(out, "detail", str_of(text->detail)) != 0) {
        return -1;
    }
    if (member(out, "instance", text->instance) != 0) {
        return -1;
    }
    if (text->outcome != NULL && member(out, "outcome", str_of(text->outcome)) != 0) {
        return -1;
    }
    if (text->errors.n > 0 &&
        (buf_add_str(out, str_of(",\"errors\":[")) != 0 || buf_add_str(out, text->errors) != 0 ||
         buf_add_str(out, str_of("]")) != 0)) {
        return -1;
    }
    return buf_add_str(out, str_of("}\n"));
}
