/*
 * Heap memory. Sizes that we choose: allocation failure aborts the process with a message.
 * Sizes that a peer chooses: the _try_ form, which returns NULL and must be checked.
 * Thread: any.
 */
#ifndef TIDEGATE_BASE_MEM_H
#define TIDEGATE_BASE_MEM_H

#include <stddef.h>

#include "common/base/compiler.h"

/* Uninitialised memory of size bytes (size 0 gives a unique pointer). Caller frees by mem_free. */
void *mem_alloc(size_t size) MUST_CHECK;

/* Zeroed array; aborts also when n * size overflows. */
void *mem_calloc(size_t n, size_t size) MUST_CHECK;

/* Grows or shrinks; p may be NULL. The old pointer is dead afterwards. */
void *mem_realloc(void *p, size_t size) MUST_CHECK;

char *mem_strdup(const char *s) MUST_CHECK;
char *mem_strndup(const char *s, size_t n) MUST_CHECK;

/* Peer-chosen sizes: NULL on failure. */
void *mem_try_alloc(size_t size) MUST_CHECK;
void *mem_try_realloc(void *p, size_t size) MUST_CHECK;

/* NULL is allowed. */
void mem_free(void *p);

/* Overwrites n bytes in a way that the compiler keeps, for secrets before mem_free. */
void mem_wipe(void *p, size_t n);

#endif
