/*
 * The consumer thread's state, shared by loop.c, rebalance.c and housekeeping.c. Nobody else
 * includes it; everything in it is the consumer thread's, but for the stopper and the flags.
 */
#ifndef TIDEGATE_WORKER_CONSUME_LOOP_INTERNAL_H
#define TIDEGATE_WORKER_CONSUME_LOOP_INTERNAL_H

#include <stdatomic.h>

#include "common/base/log.h"
#include "common/base/thread.h"
#include "worker/consume/assignment.h"
#include "worker/consume/ladder.h"
#include "worker/consume/loop.h"
#include "worker/stopper.h"

struct loop {
    struct loop_options o;
    struct kafka_consumer *kafka;
    struct thread *thread;
    struct stopper stopper;
    atomic_bool failed;
    bool left; /* the group was left; read by main after the thread ended */

    struct intake *intake;
    struct metrics_shard *shard;
    struct intake_time now; /* as of the latest look at the clocks */
    struct err poll_error;  /* here, not on the stack, where it would be cleared for each record */

    struct assignment assignment;
    struct windows *windows; /* one per slot; NULL: no deduplication */
    uint64_t window_seed;    /* secret, so that nobody can make ids that collide */
    uint64_t generation;     /* counts assignments and revocations */
    struct batch *filling;   /* always there */
    struct batch *spare;     /* NULL while the loader has it */
    struct job *outstanding; /* what the loader works on */
    struct ladder ladder;
    bool probe_wanted;   /* a claim failed: join again when PostgreSQL answers */
    int64_t rejoin_ns;   /* join again at this time; 0: no */
    int64_t assigned_ns; /* when the group last gave an assignment; 0: it has been revoked */
    int64_t stuck;       /* joins that the group has left unanswered since then */
    int64_t revoked_ns;  /* when that was, or when we began to wait */

    int64_t housekeeping_ns; /* next round */
    bool hint_due;           /* something was committed since the last hint */
    struct log_throttle complaints;
};

void loop_look_at_clock(struct loop *l);

/* Hands the loader a job of this kind; the job is returned. Call only when none is outstanding. */
struct job *loop_submit(struct loop *l, enum job_kind kind);

/* Takes over what the loader decided within timeout_ms. */
void loop_take_finished(struct loop *l, int64_t timeout_ms);

/* Nothing is owned any more: forgets positions and windows. */
void loop_disown(struct loop *l);

/* Drops what was read and not handed over: it will be read again. */
void loop_drop(struct loop *l);

/* The process cannot go on: says why and asks it to stop. */
void loop_give_up(struct loop *l, const char *event, const char *why);

/* Join the group anew after delay_ms, when nothing earlier is planned. */
void loop_plan_rejoin(struct loop *l, int64_t delay_ms);

/* Callbacks of the Kafka consumer, arg is the loop. */
int rebalance_assigned(void *arg, struct kafka_position *positions, size_t n);
void rebalance_revoked(void *arg);

/* A partition cannot be consumed: its place does not fit the log. */
void rebalance_stop_partition(struct loop *l, uint32_t stream, int32_t partition, const char *why);

/* Once a second: lag, hints to Kafka, reachability of the brokers. */
void housekeeping(struct loop *l);

/* Tells Kafka what is committed, when that changed. */
void housekeeping_hint(struct loop *l);

#endif
