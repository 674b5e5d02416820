/*
 * The members of an event that no column takes, as one JSON object.
 */
#include "common/contract/event.h"

#include "common/contract/plan.h"

/* A member stays when nothing of it went into a column or role. Recursion is bounded by
 * JSON_DEPTH_MAX. *n is the number of members written; the object's brackets come with the first,
 * or at once when always is set. */
static int write_object(const struct plan_rule *rule, const struct json_doc *doc, uint32_t at,
                        struct buf *out);

static bool has_rest(const struct plan_rule *rule, const struct json_doc *doc, uint32_t at);

/* Whether the value at nodes[at], under member (or NULL), has something without a column. */
static bool is_rest(const struct plan_member *member, const struct json_doc *doc, uint32_t at)
{
    if (member == NULL || !member->rule->mapped) {
        return true;
    }
    if (doc->nodes[at].type == JSON_NODE_OBJECT) {
        return has_rest(member->rule, doc, at);
    }
    /* null in the place of an object that has columns */
    return member->rule->column == PLAN_NO_COLUMN && member->rule->role == PLAN_ROLE_NONE;
}

static bool has_rest(const struct plan_rule *rule, const struct json_doc *doc, uint32_t at)
{
    uint32_t next = 0;
    for (uint32_t i = at + 1; i < doc->nodes[at].end; i = doc->nodes[i].end) {
        if (is_rest(plan_find(rule, &doc->nodes[i], &next), doc, i)) {
            return true;
        }
    }
    return false;
}

static int write_member(const struct plan_member *member, const struct json_doc *doc, uint32_t at,
                        struct buf *out)
{
    const struct json_node *node = &doc->nodes[at];
    if (buf_add_json(out, (struct str){node->key, node->key_len}) != 0 ||
        buf_add(out, ":", 1) != 0) {
        return -1;
    }
    if (member != NULL && member->rule->mapped && node->type == JSON_NODE_OBJECT) {
        return write_object(member->rule, doc, at, out);
    }
    return json_write(doc, at, out);
}

static int write_object(const struct plan_rule *rule, const struct json_doc *doc, uint32_t at,
                        struct buf *out)
{
    uint32_t next = 0;
    bool first = true;
    if (buf_add(out, "{", 1) != 0) {
        return -1;
    }
    for (uint32_t i = at + 1; i < doc->nodes[at].end; i = doc->nodes[i].end) {
        const struct plan_member *member = plan_find(rule, &doc->nodes[i], &next);
        if (!is_rest(member, doc, i)) {
            continue;
        }
        if ((!first && buf_add(out, ",", 1) != 0) || write_member(member, doc, i, out) != 0) {
            return -1;
        }
        first = false;
    }
    return buf_add(out, "}", 1);
}

int event_extra(const struct contract *c, const struct event *ev, struct buf *out)
{
    size_t before = out->n;
    if (write_object(c->top, &ev->doc, 0, out) != 0) {
        out->n = before;
        return -1;
    }
    return 0;
}
