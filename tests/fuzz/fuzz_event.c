#include "tests/fuzz/fuzz.h"

/*
 * One event against a contract that has every keyword. Valid: all that the worker makes of it is
 * well formed. Invalid: there are violations, and they are readable. Either way the padding behind
 * the text changes nothing.
 */

#include <jansson.h>
#include <string.h>

#include "common/contract/copy_fields.h"
#include "common/contract/event_id.h"

#define MAX_BYTES (1U << 16)
#define WRITTEN_MAX (UINT64_C(16) << 16)

static const char contract_text[] =
    "{\"type\":\"object\",\"x-device\":\"/d\",\"x-time\":\"/t\",\"x-event-id\":\"/id\","
    "\"required\":[\"d\",\"t\"],\"additionalProperties\":true,\"properties\":{"
    "\"d\":{\"type\":\"string\"},"
    "\"t\":{\"type\":\"string\",\"format\":\"date-time\"},"
    "\"id\":{\"type\":[\"string\",\"null\"]},"
    "\"r\":{\"type\":[\"number\",\"null\"],\"x-column\":\"real\",\"minimum\":-1.5},"
    "\"f\":{\"type\":\"number\",\"x-column\":\"float8\",\"exclusiveMaximum\":1e300},"
    "\"i2\":{\"type\":\"integer\",\"x-column\":\"int2\",\"multipleOf\":2},"
    "\"i4\":{\"type\":\"integer\",\"x-column\":\"int4\",\"exclusiveMinimum\":-5},"
    "\"i8\":{\"type\":\"integer\",\"x-column\":\"int8\"},"
    "\"m\":{\"type\":\"number\",\"multipleOf\":0.01},"
    "\"b\":{\"type\":\"boolean\",\"x-column\":\"bool\"},"
    "\"s\":{\"type\":\"string\",\"x-column\":\"text\",\"minLength\":2,\"maxLength\":5},"
    "\"p\":{\"type\":\"string\",\"pattern\":\"^(a+)+$\"},"
    "\"ts\":{\"type\":\"string\",\"format\":\"date-time\",\"x-column\":\"timestamptz\"},"
    "\"ms\":{\"type\":\"integer\",\"x-column\":\"timestamptz\"},"
    "\"u\":{\"type\":\"string\",\"format\":\"uuid\",\"x-column\":\"uuid\"},"
    "\"e\":{\"enum\":[\"x\",1,2.5,null,true]},\"k\":{\"const\":\"k\",\"x-pii\":true},"
    "\"mail\":{\"type\":\"string\",\"format\":\"email\"},"
    "\"uri\":{\"type\":\"string\",\"format\":\"uri\"},"
    "\"a\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":3,\"items\":{\"type\":\"integer\"}},"
    "\"o\":{\"type\":[\"object\",\"null\"],\"additionalProperties\":false,\"required\":[\"x\"],"
    "\"properties\":{\"x\":{\"type\":\"integer\",\"x-column\":\"int8\"},"
    "\"y~/\":{\"type\":\"string\"}}}}}";

/* Number of fields in n bytes of binary COPY. */
static size_t count_fields(const char *p, size_t n)
{
    size_t fields = 0;
    while (n > 0) {
        FUZZ_CHECK(n >= 4);
        uint32_t length = (uint32_t)(unsigned char)p[0] << 24 |
                          (uint32_t)(unsigned char)p[1] << 16 | (uint32_t)(unsigned char)p[2] << 8 |
                          (unsigned char)p[3];
        p += 4;
        n -= 4;
        if (length != UINT32_MAX) {
            FUZZ_CHECK(length <= n);
            p += length;
            n -= length;
        }
        fields++;
    }
    return fields;
}

static void check_valid(const struct contract *c, const struct event *ev, struct str bytes)
{
    size_t columns;
    (void)contract_columns(c, &columns);
    FUZZ_CHECK(ev->device.n > 0 && ev->device.n <= CONTRACT_DEVICE_MAX);
    FUZZ_CHECK(memchr(ev->device.p, 0x1f, ev->device.n) == NULL);
    FUZZ_CHECK(ev->client_id.n <= CONTRACT_ID_MAX);
    for (size_t i = 0; i < columns; i++) {
        FUZZ_CHECK(ev->column[i] == EVENT_NO_NODE || ev->column[i] < ev->doc.n);
    }
    struct buf out;
    buf_init(&out, WRITTEN_MAX);
    FUZZ_CHECK(copy_fields_event(c, ev, &out) == 0);
    FUZZ_CHECK(count_fields(out.p, out.n) == columns);
    buf_reset(&out);
    FUZZ_CHECK(event_extra(c, ev, &out) == 0);
    json_t *extra = json_loadb(out.p, out.n, JSON_REJECT_DUPLICATES, NULL);
    FUZZ_CHECK(json_is_object(extra));
    FUZZ_CHECK(ev->has_extra == (json_object_size(extra) > 0));
    json_decref(extra);
    buf_release(&out);
    uint8_t id[EVENT_ID_SIZE];
    event_id_make(str_of("fuzz"), str_of("t"), ev->device, ev->client_id, bytes, id);
}

/* jansson makes no string of invalid UTF-8. */
static bool is_text(const char *s)
{
    json_t *text = json_string(s);
    bool good = text != NULL;
    json_decref(text);
    return good;
}

static void check_violations(const struct violations *found)
{
    FUZZ_CHECK(found->n > 0 && found->n <= EVENT_VIOLATIONS_MAX);
    for (size_t i = 0; i < found->n; i++) {
        const struct violation *v = &found->items[i];
        FUZZ_CHECK(v->code[0] != '\0' && v->detail[0] != '\0');
        FUZZ_CHECK(v->pointer[0] == '\0' || v->pointer[0] == '/');
        FUZZ_CHECK(is_text(v->pointer) && is_text(v->detail));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n > MAX_BYTES) {
        return 0;
    }
    static const struct contract *c; /* compiled once: it is immutable and costs most of the time */
    if (c == NULL) {
        struct err e;
        c = contract_compile("fuzz", "fuzz", str_of(contract_text), &e);
        FUZZ_CHECK(c != NULL);
    }
    char *text = malloc(n + JSON_PADDING);
    struct violations *found = malloc(2 * sizeof *found);
    FUZZ_CHECK(text != NULL && found != NULL);
    memcpy(text, data, n);
    memset(text + n, 0, JSON_PADDING);
    struct validator *v = validator_new(MAX_BYTES);
    struct event ev;
    int rc = event_validate(v, c, text, n, &ev, &found[0]);
    if (rc == 0) {
        FUZZ_CHECK(found[0].n == 0);
        check_valid(c, &ev, (struct str){text, n});
    } else {
        check_violations(&found[0]);
    }
    memset(text + n, '}', JSON_PADDING);
    FUZZ_CHECK(event_validate(v, c, text, n, &ev, &found[1]) == rc);
    FUZZ_CHECK(found[0].n == found[1].n);
    for (size_t i = 0; i < found[0].n; i++) {
        FUZZ_CHECK(strcmp(found[0].items[i].detail, found[1].items[i].detail) == 0);
    }
    validator_free(v);
    free(found);
    free(text);
    return 0;
}
