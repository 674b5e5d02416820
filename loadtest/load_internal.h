/*
 * The inside of a load thread, shared by load.c (phases, clock), load_connection.c (sockets) and
 * load_request.c (what is sent and what the answers mean). Thread: load, except where marked.
 */
#ifndef TIDEGATE_LOADTEST_LOAD_INTERNAL_H
#define TIDEGATE_LOADTEST_LOAD_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/base/buf.h"
#include "common/base/random.h"
#include "loadtest/answer.h"
#include "loadtest/http.h"
#include "loadtest/load.h"
#include "loadtest/request.h"
#include "loadtest/schedule.h"

/* Connections under way at once: the accept queue of a server is not endless. */
#define LOAD_CONNECTING_MAX 128
#define LOAD_SCRATCH ((size_t)64 << 10) /* bytes of one read */

enum connection_state {
    CONNECTION_DOWN,       /* no socket; connects again at wake_ns */
    CONNECTION_CONNECTING, /* gives up at wake_ns */
    CONNECTION_IDLE,       /* usable, nothing under way */
    CONNECTION_BUSY,       /* a request is under way; gives up at wake_ns */
    CONNECTION_PAUSED      /* usable, sends the loaded request again at wake_ns */
};

struct connection {
    int fd;
    uint8_t state;    /* enum connection_state */
    bool loaded;      /* the request is made and not settled */
    bool want_out;    /* EPOLLOUT is asked for */
    bool was_unknown; /* an earlier attempt of the loaded request may have been taken */
    bool was_refused; /* an earlier attempt was answered "not taken" */
    uint32_t index;
    uint32_t due;      /* events that are due and not made */
    uint32_t ready;    /* whole requests among them */
    uint32_t filling;  /* events of the request that is not whole yet */
    uint32_t goal;     /* events that make it whole */
    uint32_t first;    /* events of the first request, 0 once it was made */
    uint32_t n_events; /* of the loaded request */
    uint32_t attempts; /* of the loaded request */
    uint32_t failures; /* connections lost in a row without an answer between them */
    struct schedule_cursor cursor;
    int64_t wake_ns;
    int64_t due_ns;    /* intended time of the loaded request */
    int64_t sent_ns;   /* of its last attempt */
    int64_t free_ns;   /* since when the connection could send */
    int64_t resend_ns; /* not before */
    size_t sent;       /* bytes of this attempt */
    struct request request;
    struct payload_event *events;
    struct http_response response;
    struct buf in; /* an answer that came in pieces */
};

struct load {
    struct load_conf conf;
    struct payload *payload;
    struct ledger_writer *ledger;
    struct recent *recent;
    struct connection *connections;
    int epoll;
    char *scratch; /* one read */
    struct answers *answers;
    struct rng rng;
    struct schedule schedule;
    struct schedule_walk walk;
    int64_t start_ns;       /* monotonic */
    int64_t end_ns;         /* of the schedule; INT64_MAX without an end */
    int64_t start_wall_us;  /* wall clock at start_ns: the base of event times */
    int64_t wall_offset_us; /* wall clock minus monotonic, renewed at each sweep */
    int64_t settled_ns;     /* of the last request */
    int64_t drain_ns;       /* from here on nothing is sent any more */
    uint64_t waiting;       /* whole requests that are due and not made */
    uint32_t connecting;    /* connections in that state */
    double flaw_debt;
    unsigned flaw_turn;
    bool ledger_failed;
    struct err err;
    uint64_t unmade;
    int64_t elapsed_ns;
    int64_t cpu_ns;
    struct stats stats;
    /* thread: any */
    atomic_bool stop;
    atomic_int state; /* enum load_state */
    _Atomic int64_t started_ns;
    pthread_mutex_t mutex;
    struct stats published;
};

/* --- load_connection.c --------------------------------------------------------------------------
 */

/* Starts connecting. */
void load_connection_open(struct load *l, struct connection *c, int64_t now_ns);
/* An event of epoll. */
void load_connection_event(struct load *l, struct connection *c, uint32_t events);
/* wake_ns has come. */
void load_connection_wake(struct load *l, struct connection *c, int64_t now_ns);
/* Sends the loaded request if its time has come, else a new one if one is due. The connection is
 * idle. */
void load_connection_next(struct load *l, struct connection *c, int64_t now_ns);
void load_connection_close(struct load *l, struct connection *c);

/* --- load_request.c -----------------------------------------------------------------------------
 */

/* Makes the next request of an idle connection; false when nothing is due. */
bool load_request_fill(struct load *l, struct connection *c, int64_t now_ns) MUST_CHECK;
/* A complete answer of n bytes at p, with JSON_PADDING readable bytes behind it. */
void load_request_answered(struct load *l, struct connection *c, const char *p, int64_t now_ns);
/* The attempt ended without an answer. */
void load_request_unanswered(struct load *l, struct connection *c, bool timeout, int64_t now_ns);
/* At the end of the run: the loaded request is given up. */
void load_request_abandon(struct load *l, struct connection *c, int64_t now_ns);

/* --- load.c -------------------------------------------------------------------------------------
 */

/* Ends the run with this error; the first one counts. */
void load_fail(struct load *l, const struct err *e);
/* May anything be sent now? */
bool load_sending(const struct load *l, int64_t now_ns);

#endif
