/*
 * Compiler attributes used by every header.
 */
#ifndef TIDEGATE_BASE_COMPILER_H
#define TIDEGATE_BASE_COMPILER_H

/* The caller must look at the result; dropping it is a build error. */
#define MUST_CHECK __attribute__((warn_unused_result))

/* printf-style function: FMT is the index of the format, ARGS of the first argument. */
#define PRINTF_LIKE(FMT, ARGS) __attribute__((format(printf, FMT, ARGS)))

#define NORETURN __attribute__((noreturn))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
