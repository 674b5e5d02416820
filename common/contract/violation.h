/*
 * Explaining why an event is invalid: the slow path of event_validate. For common/contract only.
 */
#ifndef TIDEGATE_CONTRACT_VIOLATION_H
#define TIDEGATE_CONTRACT_VIOLATION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/contract/event.h"
#include "common/contract/plan.h"

/* Adds a violation at nodes[at], or at its member of that name when member.p is not NULL; nothing
 * when out is full. code is static. */
void violation_add(struct violations *out, const struct json_node *nodes, uint32_t at,
                   struct str member, const char *code, const char *fmt, ...) PRINTF_LIKE(6, 7);

/* The same with all keywords of rule that the number at nodes[at] breaks: at least one. */
void violation_number(struct violations *out, const struct json_node *nodes, uint32_t at,
                      const struct plan_rule *rule);
/* nodes[at] has none of rule's types. */
void violation_type(struct violations *out, const struct json_node *nodes, uint32_t at,
                    const struct plan_rule *rule);
/* It is not the const, or none of the enum. */
void violation_literal(struct violations *out, const struct json_node *nodes, uint32_t at,
                       const struct plan_rule *rule);

#endif
