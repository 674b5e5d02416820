/*
 * A line is built in a stack buffer and leaves in one write, so that lines of several threads do
 * not mix (POSIX: writes up to PIPE_BUF are atomic on a pipe; longer ones may interleave).
 */
#include "common/base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/clock.h"

#define LOG_LINE_MAX 8192 /* bytes */

static atomic_int log_level_now = LOG_INFO;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

struct log_field log_str(const char *key, const char *value)
{
    return (struct log_field){.key = key, .kind = LOG_KIND_STR, .s = str_of(value)};
}

struct log_field log_slice(const char *key, struct str value)
{
    return (struct log_field){.key = key, .kind = LOG_KIND_STR, .s = value};
}

struct log_field log_int(const char *key, int64_t value)
{
    return (struct log_field){.key = key, .kind = LOG_KIND_INT, .i = value};
}

struct log_field log_real(const char *key, double value)
{
    return (struct log_field){.key = key, .kind = LOG_KIND_REAL, .d = value};
}

struct log_field log_bool(const char *key, bool value)
{
    return (struct log_field){.key = key, .kind = LOG_KIND_BOOL, .i = value};
}

struct log_field log_err(const struct err *e)
{
    return log_str("error", e->text);
}

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&log_level_now, (int)level, memory_order_relaxed);
}

bool log_enabled(enum log_level level)
{
    return (int)level >= atomic_load_explicit(&log_level_now, memory_order_relaxed);
}

int log_level_parse(const char *name, enum log_level *level)
{
    for (size_t i = 0; i < ARRAY_SIZE(level_names); i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *level = (enum log_level)i;
            return 0;
        }
    }
    return -1;
}

static int add_time(struct buf *line)
{
    int64_t us = clock_wall_us();
    time_t s = (time_t)(us / US_PER_S);
    struct tm t;
    (void)gmtime_r(&s, &t);
    return buf_addf(line, "{\"ts\":\"%04d-%02d-%02dT%02d:%02d:%02d.%06" PRId64 "Z\"",
                    t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec,
                    us % US_PER_S);
}

static int add_value(struct buf *line, const struct log_field *f)
{
    switch (f->kind) {
    case LOG_KIND_STR:
        return f->s.p == NULL ? buf_addf(line, "null") : buf_add_json(line, f->s);
    case LOG_KIND_INT:
        return buf_addf(line, "%" PRId64, f->i);
    case LOG_KIND_REAL:
        return isfinite(f->d) ? buf_addf(line, "%.9g", f->d) : buf_addf(line, "null");
    case LOG_KIND_BOOL:
        return buf_addf(line, f->i != 0 ? "true" : "false");
    }
    return -1;
}

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n)
{
    if (!log_enabled(level)) {
        return;
    }
    struct buf line;
    buf_init(&line, LOG_LINE_MAX);
    if (add_time(&line) == 0 &&
        buf_addf(&line, ",\"level\":\"%s\",\"event\":\"%s\"", level_names[level], event) == 0) {
        for (size_t i = 0; i < n; i++) {
            size_t before = line.n;
            if (buf_addf(&line, ",\"%s\":", fields[i].key) != 0 ||
                add_value(&line, &fields[i]) != 0 || line.n > LOG_LINE_MAX - 2) {
                line.n = before;
                break;
            }
        }
        if (buf_add(&line, "}\n", 2) == 0) {
            size_t done = 0;
            while (done < line.n) {
                ssize_t w = write(STDERR_FILENO, line.p + done, line.n - done);
                if (w < 0 && errno != EINTR) {
                    break; /* nobody listens; there is no better place to say so */
                }
                done += w > 0 ? (size_t)w : 0;
            }
        }
    }
    buf_release(&line);
}

bool log_throttle_pass(struct log_throttle *t, int64_t now_ns, int64_t period_ns,
                       uint64_t *suppressed)
{
    if (now_ns < t->next_ns) {
        t->suppressed++;
        return false;
    }
    *suppressed = t->suppressed;
    t->suppressed = 0;
    t->next_ns = now_ns + period_ns;
    return true;
}
