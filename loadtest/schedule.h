/*
 * The open-loop schedule: event k is due at start + k / rate, whether or not earlier ones were
 * answered. Event k belongs to vehicle k mod N, and vehicle v to connection v mod C, so a
 * connection owns a disjoint set of vehicles and knows its own next event without a queue.
 *
 * Pure arithmetic on times that the caller passes in. No locking: one owner thread.
 */
#ifndef TIDEGATE_LOADTEST_SCHEDULE_H
#define TIDEGATE_LOADTEST_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

struct schedule {
    double interval_ns; /* between two events; 0: closed loop, everything is due at once */
    uint64_t total;     /* events in the whole run; UINT64_MAX: no end, or a closed loop */
    uint32_t vehicles;
    uint32_t connections; /* at most vehicles */
};

/* rate in events per second, 0: closed loop; duration_s 0: without end. */
void schedule_init(struct schedule *s, double rate, double duration_s, uint32_t vehicles,
                   uint32_t connections);

/* Nanoseconds after the start at which event k is due. */
static inline int64_t schedule_due_ns(const struct schedule *s, uint64_t k)
{
    return (int64_t)((double)k * s->interval_ns);
}

/* Walks over all events in order of their due time and says whose they are. */
struct schedule_walk {
    uint64_t k;          /* the next event */
    uint32_t vehicle;    /* k mod vehicles */
    uint32_t connection; /* vehicle mod connections */
};

static inline void schedule_walk_next(const struct schedule *s, struct schedule_walk *w)
{
    w->k++;
    w->vehicle++;
    w->connection++;
    if (w->vehicle == s->vehicles) {
        w->vehicle = 0;
        w->connection = 0;
    } else if (w->connection == s->connections) {
        w->connection = 0;
    }
}

/* One connection's own events in order. */
struct schedule_cursor {
    uint64_t round; /* k of vehicle 0 in this round */
    uint32_t vehicle;
};

void schedule_cursor_init(struct schedule_cursor *c, uint32_t connection);

static inline uint64_t schedule_cursor_k(const struct schedule_cursor *c)
{
    return c->round + c->vehicle;
}

/* connection is the one that the cursor was made for. */
static inline void schedule_cursor_next(const struct schedule *s, struct schedule_cursor *c,
                                        uint32_t connection)
{
    c->vehicle += s->connections;
    if (c->vehicle >= s->vehicles) {
        c->vehicle = connection;
        c->round += s->vehicles;
    }
}

/* How late the generator itself was: the request could have gone when it was due and its
 * connection was free, whichever came last. */
int64_t schedule_lag_ns(int64_t due_ns, int64_t free_ns, int64_t sent_ns);

#endif
