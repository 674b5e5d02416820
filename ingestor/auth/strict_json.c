#include "ingestor/auth/strict_json_internal.h"

#include <string.h>

json_t *strict_json_object(struct str text, const char **why)
{
    const char *unused = NULL;
    why = why == NULL ? &unused : why;
    /* jansson 2.14 skips one raw NUL after a number, true, false or null. */
    if (text.n == 0 || memchr(text.p, '\0', text.n) != NULL) {
        *why = text.n == 0 ? "empty text" : "byte 0x00";
        return NULL;
    }
    json_error_t error;
    json_t *root = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        const enum json_error_code code = json_error_code(&error);
        *why = code == json_error_duplicate_key           ? "duplicate member"
               : code == json_error_invalid_utf8          ? "invalid UTF-8"
               : code == json_error_null_character        ? "\\u0000"
               : code == json_error_stack_overflow        ? "too deep"
               : code == json_error_end_of_input_expected ? "more than one value"
                                                          : "not JSON";
        return NULL;
    }
    if (!json_is_object(root)) {
        json_decref(root);
        *why = "not an object";
        return NULL;
    }
    return root;
}

struct str strict_json_text(const json_t *value)
{
    if (!json_is_string(value)) {
        return (struct str){NULL, 0};
    }
    return (struct str){json_string_value(value), json_string_length(value)};
}
