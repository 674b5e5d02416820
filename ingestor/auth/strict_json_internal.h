/*
 * JSON texts of tokens and key sets through jansson, with the gaps of its parser closed. For the
 * .c files of this folder alone.
 */
#ifndef TIDEGATE_INGESTOR_AUTH_STRICT_JSON_INTERNAL_H
#define TIDEGATE_INGESTOR_AUTH_STRICT_JSON_INTERNAL_H

#include <jansson.h>
#include <stdbool.h>

#include "common/base/compiler.h"
#include "common/base/str.h"

/* The object that text is: nothing around it, no duplicate member at any level (compared after
 * unescaping), no byte 0x00 and no \u0000 anywhere. NULL when a rule is broken; *why (may be NULL)
 * then says which. Caller ends with json_decref. Thread: any. */
json_t *strict_json_object(struct str text, const char **why) MUST_CHECK;

/* A borrowed view of a string value; {NULL, 0} when it is NULL or no string. */
struct str strict_json_text(const json_t *value);

#endif
