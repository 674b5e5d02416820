/*
 * A producer for tests that link it in place of common/io/kafka_producer.c: it keeps what was sent
 * and refuses on demand. Include in exactly one file of a test program.
 */
#ifndef TIDEGATE_TESTS_FAKE_KAFKA_PRODUCER_H
#define TIDEGATE_TESTS_FAKE_KAFKA_PRODUCER_H

#include <assert.h>
#include <string.h>

#include "common/io/kafka_producer.h"

#define FAKE_SENT_MAX 64
#define FAKE_TEXT_MAX 512

struct fake_sent {
    size_t topic;
    char key[FAKE_TEXT_MAX];
    size_t key_n;
    char value[FAKE_TEXT_MAX];
    size_t value_n;
    void *opaque;
};

struct fake_note {
    size_t topic;
    char value[FAKE_TEXT_MAX];
    char note[FAKE_TEXT_MAX];
};

struct kafka_producer {
    struct fake_note notes[FAKE_SENT_MAX];
    size_t n_notes;
    bool unusable;              /* begin refuses */
    size_t refuse_from;         /* sends with this index and later get refusal; 0-based */
    enum kafka_send_rc refusal; /* KAFKA_SEND_OK: none is refused */
    int64_t queued_bytes;
    struct fake_sent sent[FAKE_SENT_MAX];
    size_t n;
    unsigned open; /* batches between begin and end */
    struct kafka_producer_stats stats;
    enum err_code probe; /* what a probe comes to; ERR_NONE: the topic is there */
    unsigned probes;     /* asked so far */
};

bool kafka_producer_begin(struct kafka_producer *p, struct kafka_batch *b)
{
    *b = (struct kafka_batch){.p = p};
    p->open += !p->unusable;
    return !p->unusable;
}

enum kafka_send_rc kafka_producer_send(struct kafka_batch *b, size_t topic, struct str key,
                                       struct str value, void *opaque)
{
    struct kafka_producer *p = b->p;
    if (p->refusal != KAFKA_SEND_OK && p->n >= p->refuse_from) {
        return p->refusal;
    }
    assert(p->n < FAKE_SENT_MAX && key.n < FAKE_TEXT_MAX && value.n < FAKE_TEXT_MAX);
    struct fake_sent *s = &p->sent[p->n++];
    *s = (struct fake_sent){.topic = topic, .key_n = key.n, .value_n = value.n, .opaque = opaque};
    memcpy(s->key, key.p, key.n);
    memcpy(s->value, value.p, value.n);
    return KAFKA_SEND_OK;
}

enum kafka_send_rc kafka_producer_send_noted(struct kafka_batch *b, size_t topic, struct str key,
                                             struct str value, const char *header, struct str note)
{
    (void)key;
    (void)header;
    struct kafka_producer *p = b->p;
    assert(p->n_notes < FAKE_SENT_MAX && value.n < FAKE_TEXT_MAX && note.n < FAKE_TEXT_MAX);
    struct fake_note *n = &p->notes[p->n_notes++];
    *n = (struct fake_note){.topic = topic};
    memcpy(n->value, value.p, value.n);
    memcpy(n->note, note.p, note.n);
    return KAFKA_SEND_OK;
}

void kafka_producer_end(struct kafka_batch *b)
{
    assert(b->p->open > 0);
    b->p->open--;
}

int64_t kafka_producer_queued_bytes(const struct kafka_producer *p)
{
    return p->queued_bytes;
}

void kafka_producer_stats(struct kafka_producer *p, struct kafka_producer_stats *out)
{
    *out = p->stats;
}

int kafka_producer_probe(struct kafka_producer *p, size_t topic, int64_t timeout_ms,
                         int *partitions, struct err *e)
{
    (void)topic;
    (void)timeout_ms;
    p->probes++;
    if (p->probe != ERR_NONE) {
        err_set(e, p->probe, "fake");
        return -1;
    }
    *partitions = 1;
    return 0;
}

#endif
