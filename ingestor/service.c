#include "ingestor/service.h"

#include "ingestor/ingest/retry_after.h"

size_t service_find_contract(const struct service *s, struct str name)
{
    size_t i = 0;
    while (i < s->contracts->n && !str_eq(str_of(contract_name(s->contracts->items[i])), name)) {
        i++;
    }
    return i;
}

unsigned service_retry_after(const struct service *s, uint64_t random)
{
    return retry_after_seconds(atomic_load_explicit(&s->queued, memory_order_relaxed),
                               atomic_load_explicit(&s->drain_rate, memory_order_relaxed), random);
}
