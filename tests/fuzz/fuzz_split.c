#include "tests/fuzz/fuzz.h"

/*
 * The splitter against a whole parser. Pieces stay inside the body, in order. A body that is an
 * array for jansson comes apart into its elements; pieces that are all JSON for jansson come from a
 * body that is.
 */

#include <jansson.h>
#include <string.h>

#include "ingestor/ingest/split.h"

/* jansson stops at 2,048 levels and refuses numbers that JSON allows: not the splitter's business
 */
static json_t *parse(struct str text)
{
    return json_loadb(text.p, text.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
}

static void check_piece(struct str body, const char **from, struct str piece)
{
    FUZZ_CHECK(piece.n > 0);
    FUZZ_CHECK(piece.p >= *from && piece.p + piece.n <= body.p + body.n);
    *from = piece.p + piece.n;
}

static void fuzz_array(struct str body)
{
    struct split s;
    struct str piece;
    const char *from = body.p;
    json_t *whole = parse(body);
    bool is_array = json_is_array(whole);
    bool all_json = true;
    size_t n = 0;
    enum split_rc rc = SPLIT_EVENT;
    split_array_begin(&s, body);
    while ((rc = split_array_next(&s, &piece)) == SPLIT_EVENT) {
        check_piece(body, &from, piece);
        json_t *element = parse(piece);
        FUZZ_CHECK(!is_array || json_equal(element, json_array_get(whole, n)));
        all_json = all_json && element != NULL;
        json_decref(element);
        n++;
    }
    FUZZ_CHECK(!is_array || (rc == SPLIT_END && n == json_array_size(whole)));
    FUZZ_CHECK(is_array || rc == SPLIT_BROKEN || !all_json);
    json_decref(whole);
}

static void fuzz_lines(struct str body)
{
    struct split s;
    struct str piece;
    const char *from = body.p;
    size_t line = 0;
    split_lines_begin(&s, body);
    while (split_lines_next(&s, &piece) == SPLIT_EVENT) {
        check_piece(body, &from, piece);
        FUZZ_CHECK(memchr(piece.p, '\n', piece.n) == NULL);
        FUZZ_CHECK(s.line > line);
        line = s.line;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct str body = {(const char *)data, n};
    fuzz_array(body);
    fuzz_lines(body);
    FUZZ_CHECK(split_trim(body).n <= n);
    return 0;
}
