/*
 * What the tests of common/contract share: a contract around one property, and padded texts.
 */
#ifndef TIDEGATE_TESTS_CONTRACT_FIXTURE_H
#define TIDEGATE_TESTS_CONTRACT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/contract/contract.h"
#include "common/contract/event.h"

#define FIXTURE_MAX 32768

/* A whole contract: device "d", time "t", and the properties given ("\"v\": {…}"), more top-level
 * keywords in extra ("" or ", \"x-version\": 2"). */
static inline struct contract *fixture_contract(const char *properties, const char *extra,
                                                struct err *e)
{
    static char text[FIXTURE_MAX];
    int n = snprintf(text, sizeof text,
                     "{\"type\":\"object\",\"x-device\":\"/d\",\"x-time\":\"/t\","
                     "\"required\":[\"d\",\"t\"],\"properties\":{"
                     "\"d\":{\"type\":\"string\"},"
                     "\"t\":{\"type\":\"string\",\"format\":\"date-time\"}%s%s}%s}",
                     properties[0] == '\0' ? "" : ",", properties, extra);
    assert_true(n > 0 && (size_t)n < sizeof text);
    return contract_compile("test.json", "test", str_of(text), e);
}

/* The event {"d":"x","t":"…"<rest>}, padded for the parser. rest: ",\"v\":1" or "". */
static inline struct str fixture_event(const char *rest)
{
    static char text[FIXTURE_MAX + JSON_PADDING];
    int n = snprintf(text, FIXTURE_MAX, "{\"d\":\"x\",\"t\":\"2026-11-21T04:09:00Z\"%s}", rest);
    assert_true(n > 0 && n < FIXTURE_MAX);
    return (struct str){text, (size_t)n};
}

#endif
