/*
 * Writer of the ledger and what both sides share. Records gather in one block; a full block, or
 * what there is once a second, goes out in one write.
 */
#include "loadtest/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "common/base/mem.h"
#include "loadtest/ledger_format.h"

struct ledger_writer {
    int fd;
    char *path;
    struct ledger_block_header head; /* must be followed by records: written as one piece */
    struct ledger_file_record records[LEDGER_BLOCK_RECORDS];
};

_Static_assert(offsetof(struct ledger_writer, records) ==
                   offsetof(struct ledger_writer, head) + sizeof(struct ledger_block_header),
               "head and records are adjacent");

uint64_t ledger_header_checksum(const struct ledger_file_header *h)
{
    return XXH3_64bits(h, offsetof(struct ledger_file_header, checksum));
}

uint64_t ledger_block_checksum(const struct ledger_block_header *h, const void *records)
{
    uint64_t seed = XXH3_64bits(h, offsetof(struct ledger_block_header, checksum));
    return XXH3_64bits_withSeed(records, h->n * sizeof(struct ledger_file_record), seed);
}

static int write_all(const struct ledger_writer *w, const void *p, size_t n, struct err *e)
{
    const char *at = p;
    while (n > 0) {
        ssize_t done = write(w->fd, at, n);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done < 0) {
            err_set_errno(e, ERR_IO, errno, "write ledger %s", w->path);
            return -1;
        }
        at += done;
        n -= (size_t)done;
    }
    return 0;
}

static void block_begin(struct ledger_writer *w)
{
    w->head = (struct ledger_block_header){.magic = LEDGER_BLOCK_MAGIC,
                                           .kind = LEDGER_BLOCK_DATA,
                                           .first_event_us = INT64_MAX,
                                           .last_event_us = INT64_MIN};
}

static void writer_free(struct ledger_writer *w)
{
    if (w->fd >= 0) {
        (void)close(w->fd);
    }
    mem_free(w->path);
    mem_free(w);
}

struct ledger_writer *ledger_create(const char *path, const struct ledger_run *run, struct err *e)
{
    struct ledger_writer *w = mem_calloc(1, sizeof *w);
    w->path = mem_strdup(path);
    w->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (w->fd < 0) {
        err_set_errno(e, ERR_IO, errno, "create ledger %s", path);
        goto fail;
    }
    static const char zeros[LEDGER_HEADER_SIZE];
    struct ledger_file_header h;
    memset(&h, 0, sizeof h);
    memcpy(h.magic, LEDGER_MAGIC, sizeof h.magic);
    h.order = LEDGER_ORDER;
    h.version = LEDGER_VERSION;
    h.run = *run;
    h.checksum = ledger_header_checksum(&h);
    if (write_all(w, &h, sizeof h, e) != 0 ||
        write_all(w, zeros, LEDGER_HEADER_SIZE - sizeof h, e) != 0) {
        goto fail;
    }
    block_begin(w);
    return w;
fail:
    writer_free(w);
    return NULL;
}

int ledger_flush(struct ledger_writer *w, struct err *e)
{
    if (w->head.n == 0) {
        return 0;
    }
    w->head.checksum = ledger_block_checksum(&w->head, w->records);
    size_t n = sizeof w->head + w->head.n * sizeof w->records[0];
    /* head and records as one piece: a torn write is seen by the checksum either way */
    int rc = write_all(w, (const char *)w + offsetof(struct ledger_writer, head), n, e);
    block_begin(w);
    return rc;
}

int ledger_add(struct ledger_writer *w, const struct ledger_record *r, int64_t event_us,
               struct err *e)
{
    w->records[w->head.n++] = (struct ledger_file_record){
        .digest = r->digest,
        .ack_and_class =
            (uint64_t)r->ack_us << 8 | (r->invalid ? LEDGER_INVALID_BIT : 0) | r->class,
        .device = r->device,
        .seq = r->seq};
    if (event_us < w->head.first_event_us) {
        w->head.first_event_us = event_us;
    }
    if (event_us > w->head.last_event_us) {
        w->head.last_event_us = event_us;
    }
    return w->head.n == LEDGER_BLOCK_RECORDS ? ledger_flush(w, e) : 0;
}

int ledger_finish(struct ledger_writer *w, struct err *e)
{
    int rc = ledger_flush(w, e);
    if (rc == 0) {
        w->head.kind = LEDGER_BLOCK_END;
        w->head.checksum = ledger_block_checksum(&w->head, w->records);
        rc = write_all(w, &w->head, sizeof w->head, e);
    }
    if (close(w->fd) != 0 && rc == 0) {
        err_set_errno(e, ERR_IO, errno, "close ledger %s", w->path);
        rc = -1;
    }
    w->fd = -1;
    writer_free(w);
    return rc;
}
