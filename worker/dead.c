#include "worker/dead.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/contract/copy_fields.h"

static const struct {
    const char *text;
    const char *stage;
} reasons[] = {
#define DEAD(name, text, stage) {text, stage},
#include "worker/dead.def"
#undef DEAD
};

const char dead_copy_sql[] =
    "COPY dead_event (topic, kpart, koff, stage, reason, sqlstate, key, raw, first_seen) "
    "FROM STDIN (FORMAT binary)";

#define DEAD_FIELDS 9
#define DEAD_TEXT_MAX 2048 /* bytes of reason and detail */

const char *dead_reason_text(enum dead_reason reason)
{
    assert(reason < DEAD_REASONS);
    return reasons[reason].text;
}

static int field_text(struct buf *out, const char *text)
{
    return text == NULL ? copy_field_null(out) : copy_field_bytes(out, text, strlen(text));
}

static int field_bytes(struct buf *out, struct str s)
{
    return s.p == NULL ? copy_field_null(out) : copy_field_bytes(out, s.p, s.n);
}

int dead_encode(const struct dead *d, struct buf *out)
{
    size_t before = out->n;
    char reason[DEAD_TEXT_MAX];
    size_t room = sizeof reason - 32;
    size_t n = d->detail.n < room ? d->detail.n : room;
    (void)snprintf(reason, sizeof reason, "%s%s%.*s", reasons[d->reason].text, n > 0 ? ": " : "",
                   (int)n, n > 0 ? d->detail.p : "");
    static const char header[2] = {0, DEAD_FIELDS};
    if (buf_add(out, header, sizeof header) == 0 && field_text(out, d->topic) == 0 &&
        copy_field_int4(out, d->partition) == 0 && copy_field_int8(out, d->offset) == 0 &&
        field_text(out, reasons[d->reason].stage) == 0 && field_text(out, reason) == 0 &&
        field_text(out, d->sqlstate) == 0 && field_bytes(out, d->key) == 0 &&
        field_bytes(out, d->raw) == 0 && copy_field_time(out, d->seen_us) == 0) {
        return 0;
    }
    out->n = before;
    return -1;
}
