#include "ingestor/ingest/retry_after.h"

#include <math.h>

#include "common/base/clock.h"

unsigned retry_after_seconds(int64_t depth, uint64_t rate_per_s, uint64_t random)
{
    uint64_t base = 1;
    if (rate_per_s > 0 && depth > 0) {
        base = ((uint64_t)depth + rate_per_s - 1) / rate_per_s;
    } else if (rate_per_s == 0) {
        base = RETRY_AFTER_BLIND_S;
    }
    if (base > RETRY_AFTER_MAX_S) {
        base = RETRY_AFTER_MAX_S;
    }
    uint64_t spread = base / 2 + 1;
    return (unsigned)(base + random % spread);
}

double drain_rate_update(struct drain_rate *r, int64_t now_ns, uint64_t total)
{
    if (r->at_ns != 0 && now_ns > r->at_ns) {
        double seconds = (double)(now_ns - r->at_ns) / (double)NS_PER_S;
        double now = (double)(total - r->total) / seconds;
        r->per_s += (now - r->per_s) * (1 - exp(-seconds));
    }
    r->at_ns = now_ns;
    r->total = total;
    return r->per_s;
}
