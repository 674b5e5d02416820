#include "worker/consume/ladder.h"

enum ladder_step ladder_next(struct ladder *l, bool blocked, int64_t now_ns)
{
    if (!blocked) {
        bool paused = l->paused;
        ladder_reset(l);
        return paused ? LADDER_RESUME : LADDER_CONSUME;
    }
    if (l->paused) {
        return LADDER_IDLE;
    }
    if (!l->stalled) {
        l->stalled = true;
        l->since_ns = now_ns;
    }
    if (now_ns - l->since_ns < LADDER_PATIENCE_NS) {
        return LADDER_WAIT;
    }
    l->paused = true;
    return LADDER_PAUSE;
}

void ladder_reset(struct ladder *l)
{
    *l = (struct ladder){.stalled = false};
}
