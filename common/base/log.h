/*
 * One event, one line, one JSON object on standard error:
 * {"ts":"2026-11-21T04:09:00.123456Z","level":"info","event":"http_listening","port":8080}
 * Event names are constants in snake case. Nothing per telemetry event at level info.
 * Secrets and x-pii values never go in. Thread: any. A line is one write(2) and may block on a
 * pipe.
 */
#ifndef TIDEGATE_BASE_LOG_H
#define TIDEGATE_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

enum log_kind { LOG_KIND_STR, LOG_KIND_INT, LOG_KIND_REAL, LOG_KIND_BOOL };

struct log_field {
    const char *key;
    enum log_kind kind;
    struct str s;
    int64_t i;
    double d;
};

struct log_field log_str(const char *key, const char *value); /* NULL value: null */
struct log_field log_slice(const char *key, struct str value);
struct log_field log_int(const char *key, int64_t value);
struct log_field log_real(const char *key, double value);
struct log_field log_bool(const char *key, bool value);
/* key "error" with the text of e. */
struct log_field log_err(const struct err *e);

/* Lines below the level are dropped. Process-wide; default LOG_INFO. */
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);
/* Name ("debug", "info", "warn", "error") to level. 0, or -1 when unknown. */
int log_level_parse(const char *name, enum log_level *level);

/* Writes one line; longer than 8 KiB is cut at a field. */
void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n);

/* LOG(LOG_INFO, "http_listening", log_int("port", 8080)); at least one field. */
#define LOG(level, event, ...)                                                                \
    do {                                                                                      \
        if (log_enabled(level)) {                                                             \
            const struct log_field log_fields_[] = {__VA_ARGS__};                             \
            log_write(level, event, log_fields_, sizeof log_fields_ / sizeof log_fields_[0]); \
        }                                                                                     \
    } while (0)

/* Throttle for complaints that repeat: one per site, static or in a struct, zero-initialised. */
struct log_throttle {
    int64_t next_ns;     /* monotonic; before it complaints are counted, not written */
    uint64_t suppressed; /* since the last one written */
};
/* True at most once a period; *suppressed gets the count that was dropped since. Not thread-safe:
 * the throttle belongs to one thread. */
bool log_throttle_pass(struct log_throttle *t, int64_t now_ns, int64_t period_ns,
                       uint64_t *suppressed);

#endif
