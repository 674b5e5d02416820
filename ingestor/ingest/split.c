#include "ingestor/ingest/split.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The bytes that matter outside strings. */
enum byte_class { PLAIN = 0, QUOTE, OPEN, CLOSE, COMMA };

static const uint8_t CLASS[256] = {
    ['"'] = QUOTE, ['{'] = OPEN, ['['] = OPEN, ['}'] = CLOSE, [']'] = CLOSE, [','] = COMMA,
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *skip_space(const char *p, const char *end)
{
    while (p < end && is_space(*p)) {
        p++;
    }
    return p;
}

static struct str trim_end(const char *p, const char *end)
{
    while (end > p && is_space(end[-1])) {
        end--;
    }
    return (struct str){p, (size_t)(end - p)};
}

/* p is behind an opening quote; the place behind the closing one, or NULL. */
static const char *skip_string(const char *p, const char *end)
{
    while (p < end) {
        if (*p == '"') {
            return p + 1;
        }
        if (*p == '\\') {
            p++;
        }
        if (p < end) {
            p++;
        }
    }
    return NULL;
}

/* The comma or closing bracket at depth 0 from p on, or NULL when the text ends before. */
static const char *element_end(const char *p, const char *end)
{
    size_t depth = 0;
    while (p != NULL && p < end) {
        switch ((enum byte_class)CLASS[(unsigned char)*p]) {
        case PLAIN:
            p++;
            break;
        case QUOTE:
            p = skip_string(p + 1, end);
            break;
        case OPEN:
            depth++;
            p++;
            break;
        case CLOSE:
            if (depth == 0) {
                return *p == ']' ? p : NULL;
            }
            depth--;
            p++;
            break;
        case COMMA:
            if (depth == 0) {
                return p;
            }
            p++;
            break;
        }
    }
    return NULL;
}

struct str split_trim(struct str text)
{
    const char *end = text.p + text.n;
    return trim_end(skip_space(text.p, end), end);
}

bool split_is_array(struct str body)
{
    const char *end = body.p + body.n;
    const char *p = skip_space(body.p, end);
    return p < end && *p == '[';
}

void split_array_begin(struct split *s, struct str body)
{
    *s = (struct split){.at = body.p, .end = body.p + body.n, .place = SPLIT_FIRST};
}

/* Behind the closing bracket only white space may stand. */
static enum split_rc array_close(struct split *s, const char *bracket)
{
    s->place = SPLIT_DONE;
    return skip_space(bracket + 1, s->end) == s->end ? SPLIT_END : SPLIT_BROKEN;
}

enum split_rc split_array_next(struct split *s, struct str *event)
{
    if (s->place == SPLIT_DONE) {
        return array_close(s, s->at);
    }
    const char *p = skip_space(s->at, s->end);
    if (s->place == SPLIT_FIRST) {
        if (p == s->end || *p != '[') {
            return SPLIT_BROKEN;
        }
        p = skip_space(p + 1, s->end);
        if (p < s->end && *p == ']') {
            return array_close(s, p);
        }
    }
    const char *stop = element_end(p, s->end);
    if (stop == NULL || stop == p) {
        return SPLIT_BROKEN;
    }
    *event = trim_end(p, stop);
    s->at = *stop == ',' ? stop + 1 : stop;
    s->place = *stop == ',' ? SPLIT_NEXT : SPLIT_DONE;
    return SPLIT_EVENT;
}

void split_lines_begin(struct split *s, struct str body)
{
    *s = (struct split){.at = body.p, .end = body.p + body.n};
}

enum split_rc split_lines_next(struct split *s, struct str *event)
{
    while (s->at < s->end) {
        const char *p = s->at;
        const char *stop = memchr(p, '\n', (size_t)(s->end - p));
        s->at = stop == NULL ? s->end : stop + 1;
        s->line++;
        *event = split_trim((struct str){p, (size_t)((stop == NULL ? s->end : stop) - p)});
        if (event->n > 0) {
            return SPLIT_EVENT;
        }
    }
    return SPLIT_END;
}
