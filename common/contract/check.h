/*
 * Single checks of a value against a rule. Pure; any thread. For common/contract only.
 */
#ifndef TIDEGATE_CONTRACT_CHECK_H
#define TIDEGATE_CONTRACT_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/contract/plan.h"

/* Multiple of rule's multipleOf, which is set. Real quotients may be off by four units in the last
 * place: 0.0075 is a multiple of 0.0001. */
bool check_multiple(const struct plan_rule *rule, const struct json_node *node) MUST_CHECK;

/* Number of code points of valid UTF-8. */
uint64_t check_code_points(const char *p, size_t n) MUST_CHECK;
bool check_length(const struct plan_rule *rule, const struct json_node *node) MUST_CHECK;

bool check_literal(const struct plan_literal *value, const struct json_node *node) MUST_CHECK;
bool check_enum(const struct plan_rule *rule, const struct json_node *node) MUST_CHECK;

/* A device id may be 1 to CONTRACT_DEVICE_MAX bytes without control characters: it is part of the
 * Kafka key, whose parts \x1f separates. */
bool check_device(struct str s) MUST_CHECK;

#endif
