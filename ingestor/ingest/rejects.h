/*
 * Events that are not valid are kept: their bytes go to the topic <prefix>.rejected, the reason in
 * the Kafka header "tidegate.rejected", so that a person can mend and replay them. Nobody waits for
 * them, and their rate is bounded: a broken client must not fill the cluster.
 */
#ifndef TIDEGATE_INGESTOR_INGEST_REJECTS_H
#define TIDEGATE_INGESTOR_INGEST_REJECTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/str.h"

struct request;

#define REJECTS_HEADER "tidegate.rejected"
#define REJECTS_NOTE_MAX ((size_t)16 << 10) /* ten violations with pointers at their longest */

/* How many may still be kept in the second that runs. Zeroed memory is a fresh one. */
struct reject_budget {
    int64_t since_ns;
    int64_t used;
};

/* True when one more may be kept; per_s of them each second. Pure but for *b. */
bool reject_budget_take(struct reject_budget *b, int64_t now_ns, int64_t per_s);

/* Sends text with its verdicts (JSON objects separated by commas); drops and counts what is beyond
 * the rate, too long, or without a topic. An atomic request keeps nothing: it produces nothing.
 * Thread: http. */
void rejects_keep(struct request *req, struct str text, struct str verdicts);

#endif
