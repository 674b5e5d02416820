/*
 * Verdicts on single events, as members of "errors" in answers. Pure.
 */
#ifndef TIDEGATE_INGESTOR_INGEST_VERDICT_H
#define TIDEGATE_INGESTOR_INGEST_VERDICT_H

#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/compiler.h"
#include "common/contract/event.h"

/* Beyond this many bytes of errors each event gets one short verdict (index and code), so that the
 * answer to a body full of garbage stays of the size of the body. */
#define VERDICT_FULL_MAX ((size_t)256 << 10)

/* Appends the violations of the event at index; line: NDJSON's line from 1, 0 for other bodies.
 * 0, or -1 when out's limit ends. */
int verdict_add(struct buf *out, size_t index, size_t line, const struct violations *v) MUST_CHECK;

#endif
