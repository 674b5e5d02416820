/*
 * Cuts a body into its events without copying and without parsing: elements of a JSON array, lines
 * of NDJSON. Each piece still has to be parsed; what this promises is that valid JSON is cut
 * between elements only, never inside a string or a nested value.
 *
 * Pure; the pieces are slices of the body.
 */
#ifndef TIDEGATE_INGESTOR_INGEST_SPLIT_H
#define TIDEGATE_INGESTOR_INGEST_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/compiler.h"
#include "common/base/str.h"

enum split_rc {
    SPLIT_EVENT, /* *event is the next piece */
    SPLIT_END,   /* no more */
    SPLIT_BROKEN /* the array's own syntax is broken; arrays only */
};

struct split {
    const char *at;
    const char *end;
    enum { SPLIT_FIRST, SPLIT_NEXT, SPLIT_DONE } place;
    size_t line; /* NDJSON: number of the line last given, from 1 */
};

/* Without JSON's white space at both ends; n = 0 when there is nothing else. */
struct str split_trim(struct str text);

/* True when the first byte after white space opens an array. */
bool split_is_array(struct str body);

/* An array: body is the whole text with its brackets. */
void split_array_begin(struct split *s, struct str body);
/* Elements are given without the white space around them; any JSON value may be one. After
 * SPLIT_BROKEN or SPLIT_END call no more. */
enum split_rc split_array_next(struct split *s, struct str *event) MUST_CHECK;

/* NDJSON: lines end with LF, a CR before it is dropped, lines of white space are skipped, the last
 * one may lack its end. */
void split_lines_begin(struct split *s, struct str body);
enum split_rc split_lines_next(struct split *s, struct str *event) MUST_CHECK;

#endif
