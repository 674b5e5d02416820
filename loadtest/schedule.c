/*
 * Pure arithmetic; knows neither clocks nor sockets.
 */
#include "loadtest/schedule.h"

#include <assert.h>
#include <math.h>

void schedule_init(struct schedule *s, double rate, double duration_s, uint32_t vehicles,
                   uint32_t connections)
{
    assert(vehicles > 0 && connections > 0 && connections <= vehicles);
    s->vehicles = vehicles;
    s->connections = connections;
    s->interval_ns = rate > 0 ? 1e9 / rate : 0;
    s->total = rate > 0 && duration_s > 0 ? (uint64_t)ceil(rate * duration_s - 1e-6) : UINT64_MAX;
}

void schedule_cursor_init(struct schedule_cursor *c, uint32_t connection)
{
    c->round = 0;
    c->vehicle = connection;
}

int64_t schedule_lag_ns(int64_t due_ns, int64_t free_ns, int64_t sent_ns)
{
    int64_t could = due_ns > free_ns ? due_ns : free_ns;
    return sent_ns > could ? sent_ns - could : 0;
}
