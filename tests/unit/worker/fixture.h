/*
 * A small contract and helpers for the worker's tests.
 */
#ifndef TIDEGATE_TESTS_WORKER_FIXTURE_H
#define TIDEGATE_TESTS_WORKER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/mem.h"
#include "worker/load/sql.h"
#include "worker/streams.h"

static const char fixture_contract[] =
    "{\"type\":\"object\",\"additionalProperties\":true,"
    "\"x-device\":\"/id\",\"x-time\":\"/at\",\"x-event-id\":\"/eid\","
    "\"required\":[\"id\",\"at\"],\"properties\":{"
    "\"id\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":128},"
    "\"at\":{\"type\":\"string\",\"format\":\"date-time\"},"
    "\"eid\":{\"type\":\"string\",\"maxLength\":128},"
    "\"soc\":{\"type\":[\"number\",\"null\"],\"minimum\":0,\"maximum\":100,\"x-column\":\"real\"},"
    "\"km\":{\"type\":\"integer\",\"x-column\":\"int8\"},"
    "\"note\":{\"type\":\"string\",\"x-column\":\"text\"}}}";

/* One stream named "car" with topic "t.car" and table "car". */
static inline void fixture_streams(struct streams *s)
{
    struct err e;
    struct contract *c = contract_compile("test", "car", str_of(fixture_contract), &e);
    if (c == NULL) {
        fail_msg("%s", e.text);
    }
    *s = (struct streams){.n = 1};
    s->contracts.items = mem_calloc(1, sizeof *s->contracts.items);
    s->contracts.items[0] = c;
    s->contracts.n = 1;
    s->items = mem_calloc(1, sizeof *s->items);
    s->items[0].contract = c;
    s->items[0].name = str_of("car");
    (void)snprintf(s->items[0].topic, sizeof s->items[0].topic, "t.car");
    (void)snprintf(s->items[0].table, sizeof s->items[0].table, "car");
    struct buf sql;
    buf_init(&sql, SQL_MAX);
    assert_int_equal(sql_copy_table(&sql, "car", c), 0);
    assert_int_equal(buf_add(&sql, "", 1), 0);
    size_t n;
    s->items[0].copy_sql = buf_take(&sql, &n);
}

static inline uint64_t fixture_be(const char *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) {
        v = v << 8 | (unsigned char)p[i];
    }
    return v;
}

/* The fields of one COPY row: lengths (-1: NULL) and places. Returns their number. */
struct fixture_field {
    int32_t n;
    const char *p;
};
static inline size_t fixture_fields(const char *row, size_t size, struct fixture_field *out,
                                    size_t max)
{
    size_t count = (size_t)fixture_be(row, 2);
    size_t at = 2;
    assert_true(count <= max);
    for (size_t i = 0; i < count; i++) {
        out[i].n = (int32_t)fixture_be(row + at, 4);
        out[i].p = row + at + 4;
        at += 4 + (out[i].n < 0 ? 0 : (size_t)out[i].n);
    }
    assert_int_equal(at, size);
    return count;
}

static inline bool fixture_is(const struct fixture_field *f, const char *text)
{
    return f->n == (int32_t)strlen(text) && memcmp(f->p, text, (size_t)f->n) == 0;
}

#endif
