/*
 * Reader of the ledger, one block in memory at a time.
 */
#include "loadtest/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "loadtest/ledger_format.h"

struct ledger_reader {
    int fd;
    char *path;
    int64_t size;
    int64_t offset; /* of the next block */
    bool clean;
    bool ended;
    int64_t first_event_us;
    int64_t last_event_us;
    struct ledger_run run;
    uint32_t at; /* next record of the block */
    struct ledger_block_header head;
    struct ledger_file_record records[LEDGER_BLOCK_RECORDS];
};

/* Bytes read, fewer only at the end of the file; -1 with e. */
static int64_t read_at(struct ledger_reader *r, void *p, size_t n, int64_t offset, struct err *e)
{
    size_t done = 0;
    while (done < n) {
        ssize_t got = pread(r->fd, (char *)p + done, n - done, offset + (int64_t)done);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            err_set_errno(e, ERR_IO, errno, "read ledger %s", r->path);
            return -1;
        }
        if (got == 0) {
            break;
        }
        done += (size_t)got;
    }
    return (int64_t)done;
}

static int read_header(struct ledger_reader *r, struct err *e)
{
    struct ledger_file_header h;
    int64_t n = read_at(r, &h, sizeof h, 0, e);
    if (n < 0) {
        return -1;
    }
    if (n < (int64_t)sizeof h || memcmp(h.magic, LEDGER_MAGIC, sizeof h.magic) != 0) {
        err_set(e, ERR_INVALID, "%s is no ledger of loadtest", r->path);
        return -1;
    }
    if (h.order != LEDGER_ORDER || h.version != LEDGER_VERSION) {
        err_set(e, ERR_INVALID, "ledger %s was written by another version or machine", r->path);
        return -1;
    }
    if (h.checksum != ledger_header_checksum(&h) || h.run.n_columns > DIGEST_COLUMNS_MAX ||
        r->size < LEDGER_HEADER_SIZE) {
        err_set(e, ERR_INVALID, "ledger %s: the header is damaged", r->path);
        return -1;
    }
    r->run = h.run;
    return 0;
}

struct ledger_reader *ledger_open(const char *path, struct err *e)
{
    struct ledger_reader *r = mem_calloc(1, sizeof *r);
    r->path = mem_strdup(path);
    r->fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (r->fd < 0 || fstat(r->fd, &st) != 0) {
        err_set_errno(e, ERR_IO, errno, "open ledger %s", path);
        goto fail;
    }
    r->size = st.st_size;
    if (read_header(r, e) != 0) {
        goto fail;
    }
    ledger_rewind(r);
    return r;
fail:
    ledger_close(r);
    return NULL;
}

void ledger_close(struct ledger_reader *r)
{
    if (r == NULL) {
        return;
    }
    if (r->fd >= 0) {
        (void)close(r->fd);
    }
    mem_free(r->path);
    mem_free(r);
}

const struct ledger_run *ledger_run_of(const struct ledger_reader *r)
{
    return &r->run;
}

void ledger_rewind(struct ledger_reader *r)
{
    r->offset = LEDGER_HEADER_SIZE;
    r->head.n = 0;
    r->at = 0;
    r->clean = false;
    r->ended = false;
    r->first_event_us = INT64_MAX;
    r->last_event_us = INT64_MIN;
}

/* A block that cannot be read is a torn tail when nothing can follow it, else damage. */
static int broken_block(struct ledger_reader *r, int64_t extent, struct err *e)
{
    r->ended = true;
    if (extent >= r->size) {
        return 0;
    }
    err_set(e, ERR_INVALID, "ledger %s: the block at byte %" PRId64 " is damaged", r->path,
            r->offset);
    return -1;
}

/* 1: a block of records is loaded, 0: no more, -1 with e. */
static int next_block(struct ledger_reader *r, struct err *e)
{
    r->at = 0;
    r->head.n = 0;
    struct ledger_block_header h;
    int64_t n = read_at(r, &h, sizeof h, r->offset, e);
    if (n < 0) {
        return -1;
    }
    if (n < (int64_t)sizeof h) {
        return broken_block(r, r->size, e);
    }
    if (h.magic != LEDGER_BLOCK_MAGIC || h.n > LEDGER_BLOCK_RECORDS) {
        return broken_block(r, r->offset + (int64_t)sizeof h, e);
    }
    size_t bytes = h.n * sizeof r->records[0];
    int64_t extent = r->offset + (int64_t)(sizeof h + bytes);
    n = read_at(r, r->records, bytes, r->offset + (int64_t)sizeof h, e);
    if (n < 0) {
        return -1;
    }
    if (n < (int64_t)bytes || h.checksum != ledger_block_checksum(&h, r->records)) {
        return broken_block(r, extent, e);
    }
    if (h.kind == LEDGER_BLOCK_END) {
        r->clean = extent == r->size;
        r->ended = true;
        return 0;
    }
    r->head = h;
    r->offset = extent;
    if (h.first_event_us < r->first_event_us) {
        r->first_event_us = h.first_event_us;
    }
    if (h.last_event_us > r->last_event_us) {
        r->last_event_us = h.last_event_us;
    }
    return 1;
}

int ledger_next(struct ledger_reader *r, struct ledger_record *out, struct err *e)
{
    while (r->at == r->head.n) {
        if (r->ended) {
            return 0;
        }
        int rc = next_block(r, e);
        if (rc <= 0) {
            return rc;
        }
    }
    const struct ledger_file_record *f = &r->records[r->at++];
    out->digest = f->digest;
    out->ack_us = (int64_t)(f->ack_and_class >> 8);
    out->class = f->ack_and_class & 0x7f;
    out->invalid = (f->ack_and_class & LEDGER_INVALID_BIT) != 0;
    out->device = f->device;
    out->seq = f->seq;
    if (out->class == 0 || out->class >= LEDGER_CLASSES) {
        err_set(e, ERR_INVALID, "ledger %s: record of an unknown class", r->path);
        return -1;
    }
    return 1;
}

bool ledger_clean(const struct ledger_reader *r)
{
    return r->clean;
}

int64_t ledger_first_event_us(const struct ledger_reader *r)
{
    return r->first_event_us;
}

int64_t ledger_last_event_us(const struct ledger_reader *r)
{
    return r->last_event_us;
}
