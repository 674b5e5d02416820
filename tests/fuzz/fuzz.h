/*
 * What every fuzz target defines (libFuzzer's names), and a check that ends the process in every
 * build. A target must not keep state between inputs and must not touch files or the network.
 */
#ifndef TIDEGATE_TESTS_FUZZ_H
#define TIDEGATE_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* One input of n bytes; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A property that must hold for every input. */
#define FUZZ_CHECK(condition)                                                               \
    do {                                                                                    \
        if (!(condition)) {                                                                 \
            (void)fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                        \
        }                                                                                   \
    } while (0)

#endif
