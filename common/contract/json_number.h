/*
 * Numbers as JSON text. Pure functions.
 */
#ifndef TIDEGATE_CONTRACT_JSON_NUMBER_H
#define TIDEGATE_CONTRACT_JSON_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define JSON_NUMBER_MAX 32 /* bytes; the longest double is "-2.2250738585072014e-308" */

/* The shortest text that reads back as the same number, not terminated; d is finite. Bytes. */
size_t json_number_real(double d, char out[JSON_NUMBER_MAX]);
size_t json_number_int(int64_t i, char out[JSON_NUMBER_MAX]);

#ifdef __cplusplus
}
#endif

#endif
