/*
 * The usual answers are recognised by their first bytes; everything else goes through the parser.
 */
#include "loadtest/answer.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/contract/json.h"
#include "loadtest/decimal.h"

struct answers {
    struct json_parser *parser;
    uint32_t max;
    uint32_t usual_n_events; /* the number of events that usual was made for */
    size_t usual_n;
    char usual[64]; /* {"accepted":100,"rejected":0 */
    uint8_t *rejected;
};

struct answers *answers_new(uint32_t events_max)
{
    struct answers *a = mem_calloc(1, sizeof *a);
    a->parser = json_parser_new(ANSWER_BODY_MAX);
    a->max = events_max;
    a->rejected = mem_calloc(events_max, 1);
    return a;
}

void answers_free(struct answers *a)
{
    if (a == NULL) {
        return;
    }
    json_parser_free(a->parser);
    mem_free(a->rejected);
    mem_free(a);
}

bool answer_rejected(const struct answers *a, uint32_t index)
{
    return a->rejected[index] != 0;
}

static void make_usual(struct answers *a, uint32_t n_events)
{
    static const char head[] = "{\"accepted\":";
    static const char tail[] = ",\"rejected\":0";
    memcpy(a->usual, head, sizeof head - 1);
    char *at = decimal_put(a->usual + sizeof head - 1, n_events);
    memcpy(at, tail, sizeof tail - 1);
    a->usual_n = (size_t)(at - a->usual) + sizeof tail - 1;
    a->usual_n_events = n_events;
}

/* Index of a member of the object at nodes[at], or 0 (the top, never a member). */
static size_t member(const struct json_doc *doc, size_t at, const char *name)
{
    size_t n = strlen(name);
    size_t i = at + 1;
    for (uint32_t child = 0; child < doc->nodes[at].n; child++) {
        const struct json_node *node = &doc->nodes[i];
        if (node->key_len == n && memcmp(node->key, name, n) == 0) {
            return i;
        }
        i = node->end;
    }
    return 0;
}

/* A whole number not below 0, or -1. */
static int64_t count_of(const struct json_doc *doc, size_t at, const char *name)
{
    size_t i = member(doc, at, name);
    if (i == 0 || doc->nodes[i].type != JSON_NODE_INT || doc->nodes[i].u.i < 0) {
        return -1;
    }
    return doc->nodes[i].u.i;
}

/* Marks the events that errors names; how many different ones, or -1 when it cannot be read. */
static int64_t mark_rejected(struct answers *a, const struct json_doc *doc, uint32_t n_events)
{
    memset(a->rejected, 0, n_events);
    size_t list = member(doc, 0, "errors");
    if (list == 0 || doc->nodes[list].type != JSON_NODE_ARRAY) {
        return -1;
    }
    int64_t marked = 0;
    size_t i = list + 1;
    for (uint32_t child = 0; child < doc->nodes[list].n; child++) {
        int64_t index = doc->nodes[i].type == JSON_NODE_OBJECT ? count_of(doc, i, "index") : -1;
        if (index < 0 || index >= n_events) {
            return -1;
        }
        marked += a->rejected[index] == 0;
        a->rejected[index] = 1;
        i = doc->nodes[i].end;
    }
    return marked;
}

static struct answer contradiction(void)
{
    return (struct answer){.class = LEDGER_UNKNOWN, .contradiction = true};
}

static struct answer read_success(struct answers *a, const char *body, size_t n, uint32_t n_events)
{
    struct json_doc doc;
    if (n == 0 || json_parse(a->parser, body, n, &doc, NULL) != 0 ||
        member(&doc, 0, "accepted") == 0) {
        return (struct answer){.class = LEDGER_ACCEPTED};
    }
    int64_t accepted = count_of(&doc, 0, "accepted");
    int64_t rejected = count_of(&doc, 0, "rejected");
    if (accepted < 0 || rejected < 0 || accepted + rejected != n_events) {
        return contradiction();
    }
    if (rejected == 0) {
        return (struct answer){.class = LEDGER_ACCEPTED};
    }
    if (accepted == 0) {
        return (struct answer){.class = LEDGER_REJECTED};
    }
    if (mark_rejected(a, &doc, n_events) != rejected) {
        return contradiction();
    }
    return (struct answer){.class = LEDGER_ACCEPTED, .mixed = true};
}

static struct answer read_failure(struct answers *a, const char *body, size_t n)
{
    static const char not_taken[] = "not_taken";
    struct json_doc doc;
    struct answer unknown = {.class = LEDGER_UNKNOWN};
    if (n == 0 || json_parse(a->parser, body, n, &doc, NULL) != 0) {
        return unknown;
    }
    size_t i = member(&doc, 0, "outcome");
    if (i == 0 || doc.nodes[i].type != JSON_NODE_STRING || doc.nodes[i].n != sizeof not_taken - 1 ||
        memcmp(doc.nodes[i].u.s, not_taken, sizeof not_taken - 1) != 0) {
        return unknown;
    }
    return (struct answer){.class = LEDGER_NOT_TAKEN};
}

struct answer answer_read(struct answers *a, unsigned status, const char *body, size_t n,
                          uint32_t n_events)
{
    if (status >= 200 && status < 300) {
        if (a->usual_n_events != n_events) {
            make_usual(a, n_events);
        }
        if (n > a->usual_n && memcmp(body, a->usual, a->usual_n) == 0 &&
            (body[a->usual_n] == ',' || body[a->usual_n] == '}')) {
            return (struct answer){.class = LEDGER_ACCEPTED};
        }
        return read_success(a, body, n, n_events);
    }
    if (status == 422) {
        return (struct answer){.class = LEDGER_REJECTED};
    }
    if (status < 500) {
        return (struct answer){.class = LEDGER_NOT_TAKEN};
    }
    return read_failure(a, body, n);
}
