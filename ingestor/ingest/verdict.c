#include "ingestor/ingest/verdict.h"

#include <stdbool.h>

static int add_one(struct buf *out, size_t index, size_t line, const struct violation *v, bool full)
{
    if (buf_addf(out, "%s{\"index\":%zu", out->n > 0 ? "," : "", index) != 0) {
        return -1;
    }
    if (line > 0 && buf_addf(out, ",\"line\":%zu", line) != 0) {
        return -1;
    }
    if (full && (buf_add_str(out, str_of(",\"pointer\":")) != 0 ||
                 buf_add_json(out, str_of(v->pointer)) != 0)) {
        return -1;
    }
    if (buf_addf(out, ",\"code\":\"%s\"", v->code) != 0) {
        return -1;
    }
    if (full && (buf_add_str(out, str_of(",\"detail\":")) != 0 ||
                 buf_add_json(out, str_of(v->detail)) != 0)) {
        return -1;
    }
    return buf_add_str(out, str_of("}"));
}

int verdict_add(struct buf *out, size_t index, size_t line, const struct violations *v)
{
    bool full = out->n < VERDICT_FULL_MAX;
    size_t n = full ? v->n : 1;
    for (size_t i = 0; i < n; i++) {
        if (add_one(out, index, line, &v->items[i], full) != 0) {
            return -1;
        }
    }
    return 0;
}
