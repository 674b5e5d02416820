/*
 * Ledger and table meet here. Two passes over the ledger (sizes, records), then as many over the
 * table as the wait allows.
 */
#include "loadtest/audit.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/contract/event_id.h"
#include "loadtest/ident.h"
#include "loadtest/table.h"

#define MARGIN_US (INT64_C(3600) * US_PER_S) /* around the event times of the ledger */
#define POLL_NS (NS_PER_S / 4)
#define POLL_SHARE 4 /* a poll that took t is followed by a pause of at least 4 t */
#define SAY_NS (5 * NS_PER_S)
#define UNDEFINED_TABLE "42P01"

struct pass {
    const struct audit_conf *conf;
    struct audit *audit;
    struct ledger_reader *ledger;
    struct pg *pg;
    struct table_range range;
    int64_t begin_ns;
    int64_t deadline_ns;
    int64_t say_ns;
};

static void pause_ns(int64_t ns)
{
    struct timespec t = {.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
    (void)nanosleep(&t, NULL);
}

/* --- the ledger --------------------------------------------------------------------------------
 */

static int count_events(struct ledger_reader *r, uint32_t vehicles, uint32_t *per_device,
                        struct err *e)
{
    struct ledger_record record;
    int rc;
    while ((rc = ledger_next(r, &record, e)) == 1) {
        if (record.device >= vehicles || record.seq != per_device[record.device]) {
            err_set(e, ERR_INVALID, "ledger: device %u, event %u is out of turn", record.device,
                    record.seq);
            return -1;
        }
        per_device[record.device]++;
    }
    return rc;
}

static int load_ledger(struct pass *p, struct err *e)
{
    struct audit *a = p->audit;
    a->run = *ledger_run_of(p->ledger);
    uint32_t *per_device = mem_calloc(a->run.vehicles, sizeof *per_device);
    int rc = count_events(p->ledger, a->run.vehicles, per_device, e);
    if (rc == 0) {
        a->clean = ledger_clean(p->ledger);
        p->range =
            (struct table_range){.table = p->conf->table != NULL ? p->conf->table : a->run.table,
                                 .run = a->run.run,
                                 .first_us = ledger_first_event_us(p->ledger),
                                 .last_us = ledger_last_event_us(p->ledger)};
        a->check = audit_check_new(a->run.vehicles, per_device, a->clean, e);
        rc = a->check == NULL ? -1 : 0;
    }
    mem_free(per_device);
    if (rc != 0) {
        return -1;
    }
    if (p->range.first_us > p->range.last_us) { /* an empty ledger */
        p->range.first_us = p->range.last_us = a->run.start_us;
    }
    p->range.first_us -= MARGIN_US;
    p->range.last_us += MARGIN_US;
    ledger_rewind(p->ledger);
    struct ledger_record record;
    while ((rc = ledger_next(p->ledger, &record, e)) == 1) {
        if (audit_check_expect(a->check, &record, e) != 0) {
            return -1;
        }
    }
    return rc;
}

/* --- the table ----------------------------------------------------------------------------------
 */

static int on_row(void *arg, const struct copy_field *fields, struct err *e)
{
    struct audit *a = arg;
    struct audit_row row;
    bool ours = false;
    if (table_decode_row(&a->run, fields, &row, &ours, e) != 0) {
        return -1;
    }
    if (ours) {
        audit_check_row(a->check, &row);
    }
    return 0;
}

static int read_table(struct pass *p, struct err *e)
{
    struct audit *a = p->audit;
    struct buf sql;
    struct copy_reader reader;
    buf_init(&sql, TABLE_SQL_MAX);
    copy_reader_init(&reader, TABLE_FIXED_FIELDS + a->run.n_columns, on_row, a);
    int rc = -1;
    int64_t begin_ns = clock_mono_ns();
    if (table_copy_sql(&sql, &a->run, &p->range, a->commit_times, e) != 0 ||
        pg_copy_out_begin(p->pg, sql.p, e) != 0) {
        goto done;
    }
    const char *piece;
    int64_t n;
    while ((n = pg_copy_out_get(p->pg, &piece, e)) > 0) {
        if (copy_reader_feed(&reader, piece, (size_t)n, e) != 0) {
            goto done;
        }
    }
    rc = n < 0 ? -1 : 0;
    a->read_s = (double)(clock_mono_ns() - begin_ns) / 1e9;
done:
    copy_reader_release(&reader);
    buf_release(&sql);
    return rc;
}

/* Events of this run in dead_event, found by the id in their bytes. */
static int read_dead(struct pass *p, struct err *e)
{
    uint8_t id[IDENT_SIZE];
    char text[IDENT_TEXT];
    ident_make(p->range.run, 0, 0, id);
    ident_text(id, text);
    char prefix[IDENT_RUN_TEXT + 1];
    memcpy(prefix, text, IDENT_RUN_TEXT);
    prefix[IDENT_RUN_TEXT] = '\0';
    const char *params[] = {prefix};
    struct pg_result *r = pg_query(
        p->pg,
        "SELECT encode(substring(raw FROM position(convert_to($1, 'UTF8') IN raw) FOR 36), "
        "'escape') FROM dead_event WHERE position(convert_to($1, 'UTF8') IN raw) > 0",
        1, params, e);
    if (r == NULL) {
        /* Another service's database: it has no such table. */
        return strcmp(e->detail, UNDEFINED_TABLE) == 0 ? 0 : -1;
    }
    for (size_t i = 0; i < pg_rows(r); i++) {
        struct str value = {pg_value(r, i, 0), pg_value_length(r, i, 0)};
        uint32_t device;
        uint32_t seq;
        if (event_id_parse(value, id) == 0 && ident_parse(p->range.run, id, &device, &seq)) {
            audit_check_dead(p->audit->check, device, seq);
        }
    }
    pg_result_free(r);
    return 0;
}

static int compare(struct pass *p, struct err *e)
{
    audit_check_reset(p->audit->check);
    if (read_table(p, e) != 0 || read_dead(p, e) != 0) {
        return -1;
    }
    audit_check_result(p->audit->check, &p->audit->result);
    return 0;
}

static void say(struct pass *p, uint64_t stored, uint64_t expected)
{
    int64_t now_ns = clock_mono_ns();
    if (p->conf->waiting != NULL && now_ns >= p->say_ns) {
        p->conf->waiting(p->conf->arg, stored, expected, (double)(now_ns - p->begin_ns) / 1e9);
        p->say_ns = now_ns + SAY_NS;
    }
}

/* Returns once the table has as many rows of the run as were accepted, or at the deadline. */
static int wait_rows(struct pass *p, uint64_t expected, struct err *e)
{
    for (;;) {
        int64_t before_ns = clock_mono_ns();
        if (before_ns >= p->deadline_ns) {
            return 0;
        }
        uint64_t stored = 0;
        if (table_count(p->pg, &p->range, &stored, e) != 0) {
            return -1;
        }
        if (stored >= expected) {
            return 0;
        }
        say(p, stored, expected);
        int64_t rest_ns = POLL_SHARE * (clock_mono_ns() - before_ns);
        pause_ns(rest_ns > POLL_NS ? rest_ns : POLL_NS);
    }
}

static int wait_and_compare(struct pass *p, struct err *e)
{
    struct audit_result expected;
    audit_check_result(p->audit->check, &expected);
    if (wait_rows(p, expected.classes[LEDGER_ACCEPTED], e) != 0 || compare(p, e) != 0) {
        return -1;
    }
    /* Rows of unknown events may have stood in for accepted ones in the count. */
    while (p->audit->result.findings[AUDIT_LOST] > 0 && clock_mono_ns() < p->deadline_ns) {
        say(p, p->audit->result.stored, expected.classes[LEDGER_ACCEPTED]);
        pause_ns(NS_PER_S);
        if (compare(p, e) != 0) {
            return -1;
        }
    }
    return 0;
}

int audit_run(const struct audit_conf *conf, struct audit *out, struct err *e)
{
    memset(out, 0, sizeof *out);
    struct pass p = {.conf = conf, .audit = out, .begin_ns = clock_mono_ns()};
    p.deadline_ns = p.begin_ns + (int64_t)(conf->wait_s * 1e9);
    p.say_ns = p.begin_ns + SAY_NS;
    int rc = -1;
    p.ledger = ledger_open(conf->ledger, e);
    if (p.ledger == NULL || load_ledger(&p, e) != 0) {
        goto done;
    }
    p.pg = pg_connect(conf->database, "tidegate-loadtest-audit", NULL, e);
    if (p.pg == NULL || table_commit_times(p.pg, &out->commit_times, e) != 0) {
        goto done;
    }
    rc = wait_and_compare(&p, e);
done:
    pg_close(p.pg);
    ledger_close(p.ledger);
    return rc;
}

void audit_release(struct audit *a)
{
    audit_check_free(a->check);
    a->check = NULL;
}
