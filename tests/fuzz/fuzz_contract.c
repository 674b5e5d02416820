#include "tests/fuzz/fuzz.h"

/*
 * A contract, then, behind a byte 0, an event for it. A contract that compiles is the same as
 * itself; whatever is wrong with one that does not is said.
 */

#include <string.h>

#include "common/contract/copy_fields.h"

#define MAX_BYTES (1U << 14)
#define WRITTEN_MAX (UINT64_C(16) << 14)

static void fuzz_event(const struct contract *c, const uint8_t *data, size_t n)
{
    char *text = malloc(n + JSON_PADDING);
    struct violations *found = malloc(sizeof *found);
    FUZZ_CHECK(text != NULL && found != NULL);
    memcpy(text, data, n);
    memset(text + n, 0, JSON_PADDING);
    struct validator *v = validator_new(MAX_BYTES);
    struct event ev;
    struct buf out;
    buf_init(&out, WRITTEN_MAX);
    if (event_validate(v, c, text, n, &ev, found) == 0) {
        FUZZ_CHECK(ev.device.n > 0);
        FUZZ_CHECK(copy_fields_event(c, &ev, &out) == 0);
        FUZZ_CHECK(event_extra(c, &ev, &out) == 0);
    } else {
        FUZZ_CHECK(found->n > 0);
    }
    buf_release(&out);
    validator_free(v);
    free(found);
    free(text);
}

static void check_compiled(const struct contract *c)
{
    size_t n;
    const struct contract_column *columns = contract_columns(c, &n);
    FUZZ_CHECK(n <= CONTRACT_COLUMNS_MAX && contract_rules(c) > 2);
    for (size_t i = 0; i < n; i++) {
        FUZZ_CHECK(columns[i].name[0] != '\0' && columns[i].pointer[0] == '/');
        for (size_t j = 0; j < i; j++) {
            FUZZ_CHECK(strcmp(columns[i].name, columns[j].name) != 0);
        }
    }
    struct buf report;
    buf_init(&report, 1U << 20);
    FUZZ_CHECK(contract_diff(c, c, &report) == CONTRACT_SAME && report.n == 0);
    buf_release(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n > MAX_BYTES) {
        return 0;
    }
    const uint8_t *end = n == 0 ? NULL : memchr(data, 0, n);
    size_t length = end == NULL ? n : (size_t)(end - data);
    struct err e;
    struct contract *c =
        contract_compile("fuzz", "fuzz", (struct str){(const char *)data, length}, &e);
    if (c == NULL) {
        FUZZ_CHECK(e.code == ERR_CONFIG && strncmp(e.text, "fuzz: ", 6) == 0);
        return 0;
    }
    check_compiled(c);
    if (end != NULL) {
        fuzz_event(c, end + 1, n - length - 1);
    }
    contract_free(c);
    return 0;
}
