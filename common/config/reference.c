#include "common/config/reference.h"

/*
 * Markdown from tables. Pure.
 */

#include <string.h>

int markdown_cell(struct buf *out, const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if ((*p == '|' && buf_add(out, "\\", 1) != 0) ||
            buf_add(out, *p == '\n' ? " " : p, 1) != 0) {
            return -1;
        }
    }
    return 0;
}

static const char *type_name(enum metric_type type)
{
    switch (type) {
    case METRIC_COUNTER:
        return "counter";
    case METRIC_GAUGE:
        return "gauge";
    case METRIC_HISTOGRAM:
        return "histogram";
    }
    return "";
}

/* "route,code" as "`route`, `code`". */
static int add_labels(struct buf *out, const char *labels)
{
    for (const char *p = labels; *p != '\0';) {
        const char *end = strchrnul(p, ',');
        if (buf_addf(out, "%s`%.*s`", p == labels ? "" : ", ", (int)(end - p), p) != 0) {
            return -1;
        }
        p = *end == '\0' ? end : end + 1;
    }
    return 0;
}

int metrics_help(const char *program, const struct metric_def *defs, size_t n, struct buf *out)
{
    if (buf_addf(out,
                 "## %s\n\n"
                 "| metric | type | labels | what it counts |\n"
                 "| --- | --- | --- | --- |\n",
                 program) != 0) {
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        if (buf_addf(out, "| `%s` | %s | ", defs[i].name, type_name(defs[i].type)) != 0 ||
            add_labels(out, defs[i].labels) != 0 || buf_addf(out, " | ") != 0 ||
            markdown_cell(out, defs[i].help) != 0 || buf_addf(out, " |\n") != 0) {
            return -1;
        }
    }
    return 0;
}
