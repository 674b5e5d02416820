/*
 * Runs a fuzz target over every file of the folders given, once: libFuzzer's entry point without
 * libFuzzer. A failing target ends the process; -v prints each file's name before it.
 */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

#define INPUT_MAX (16U << 20)

/* Runs one file; 0, or -1 when it cannot be read. */
static int run_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *p = f == NULL ? NULL : malloc(INPUT_MAX);
    const size_t n = p == NULL ? 0 : fread(p, 1, INPUT_MAX, f);
    const int rc = p == NULL || ferror(f) != 0 ? -1 : 0;
    if (rc == 0) {
        /* A block of exactly n bytes, so that the address sanitizer sees a read behind it. */
        uint8_t *exact = malloc(n == 0 ? 1 : n);
        if (exact != NULL) {
            memcpy(exact, p, n);
            (void)LLVMFuzzerTestOneInput(exact, n);
        }
        free(exact);
    }
    free(p);
    if (f != NULL) {
        (void)fclose(f);
    }
    return rc;
}

int main(int argc, char **argv)
{
    const int verbose = argc > 1 && strcmp(argv[1], "-v") == 0 ? 1 : 0;
    unsigned n = 0;
    for (int i = 1 + verbose; i < argc; i++) {
        DIR *dir = opendir(argv[i]);
        const struct dirent *entry = NULL;
        while (dir != NULL && (entry = readdir(dir)) != NULL) {
            char path[4096];
            (void)snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
            if (entry->d_name[0] == '.') {
                continue;
            }
            if (verbose != 0) {
                printf("%s\n", path);
                (void)fflush(stdout);
            }
            if (run_file(path) != 0) {
                printf("cannot read %s\n", path);
                return 1;
            }
            n++;
        }
        if (dir != NULL) {
            (void)closedir(dir);
        }
    }
    const char *name = strrchr(argv[0], '/');
    printf("%4u  %s\n", n, name == NULL ? argv[0] : name + 1);
    return n == 0 ? 1 : 0;
}
