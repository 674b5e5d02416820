/*
 * Bounded blocking queue of pointers between threads. What is in it is owned by the queue's user:
 * push hands ownership over, pop takes it. Thread: any.
 */
#ifndef TIDEGATE_BASE_BQUEUE_H
#define TIDEGATE_BASE_BQUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"

enum bqueue_rc { BQUEUE_OK, BQUEUE_TIMEOUT, BQUEUE_CLOSED };

struct bqueue;

struct bqueue *bqueue_new(size_t capacity) MUST_CHECK;
/* The queue must be empty or its items be known elsewhere; they are not freed. NULL is allowed. */
void bqueue_free(struct bqueue *q);

/* Waits up to timeout_ms for room (0: not at all, -1: without limit). CLOSED: item was not taken.
 */
enum bqueue_rc bqueue_push(struct bqueue *q, void *item, int64_t timeout_ms) MUST_CHECK;

/* Waits up to timeout_ms for an item. After close the rest can still be popped, then CLOSED. */
enum bqueue_rc bqueue_pop(struct bqueue *q, void **item, int64_t timeout_ms) MUST_CHECK;

/* No further push; wakes everybody who waits. */
void bqueue_close(struct bqueue *q);

size_t bqueue_length(struct bqueue *q);

#endif
