#include "tests/fuzz/fuzz.h"

/*
 * Time stamps, ids and formats. What is read can be written and read again; no text is too odd for
 * a format.
 */

#include <string.h>

#include "common/contract/event_id.h"
#include "common/contract/format.h"
#include "common/contract/time.h"

static void fuzz_instant(struct str s)
{
    int64_t us, again;
    if (time_parse_rfc3339(s, &us) != 0) {
        return;
    }
    FUZZ_CHECK(s.n >= 20 && s.n <= 35);
    FUZZ_CHECK(time_is_date((struct str){s.p, 10}));
    char text[TIME_RFC3339_MAX];
    time_format_rfc3339(us, text);
    /* An offset may move the first and the last day out of the years that are read. */
    if (strlen(text) == 27 && strncmp(text, "0000", 4) != 0) {
        FUZZ_CHECK(time_parse_rfc3339(str_of(text), &again) == 0 && again == us);
    }
}

static void fuzz_microseconds(const uint8_t *data, size_t n)
{
    int64_t us, again;
    if (n < sizeof us) {
        return;
    }
    memcpy(&us, data, sizeof us);
    char text[TIME_RFC3339_MAX];
    time_format_rfc3339(us, text);
    if (strlen(text) == 27 && text[0] != '-' && strncmp(text, "0000", 4) != 0) {
        FUZZ_CHECK(time_parse_rfc3339(str_of(text), &again) == 0 && again == us);
    }
}

static void fuzz_id(struct str s)
{
    uint8_t id[EVENT_ID_SIZE], again[EVENT_ID_SIZE];
    char text[EVENT_ID_TEXT_SIZE];
    if (event_id_parse(s, id) == 0) {
        event_id_format(id, text);
        FUZZ_CHECK(strncasecmp(text, s.p, s.n) == 0 && s.n == EVENT_ID_TEXT_SIZE - 1);
    }
    event_id_make(str_of("c"), str_of("t"), s, s, s, id);
    event_id_make(str_of("c"), str_of("t"), s, s, s, again);
    FUZZ_CHECK(memcmp(id, again, sizeof id) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    /* A copy of its own, so that a byte too far is found. */
    char *copy = malloc(n == 0 ? 1 : n);
    FUZZ_CHECK(copy != NULL);
    memcpy(copy, data, n);
    const struct str s = {copy, n};
    fuzz_instant(s);
    fuzz_microseconds(data, n);
    fuzz_id(s);
    for (int f = FORMAT_NONE; f < FORMAT_COUNT; f++) {
        bool matches = format_matches((enum format)f, s);
        FUZZ_CHECK(f != FORMAT_NONE || matches);
    }
    free(copy);
    return 0;
}
