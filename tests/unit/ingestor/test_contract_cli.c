#include "ingestor/contract_cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/compiler.h"

#define OUTPUT_MAX 8192

/* Contracts of two folders: the file's name is the contract's. */
struct folder {
    char dir[64];
    char older[96], newer[96];
};

static void write_contract(const char *path, const char *property, const char *rest)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fprintf(f,
                        "{\"type\":\"object\",\"x-device\":\"/d\",\"x-time\":\"/t\","
                        "\"required\":[\"d\",\"t\"],\"properties\":{\"d\":{\"type\":\"string\"},"
                        "\"t\":{\"type\":\"integer\"},\"v\":%s}%s}",
                        property, rest) > 0);
    assert_int_equal(fclose(f), 0);
}

static int make_folder(void **state)
{
    struct folder *f = calloc(1, sizeof *f);
    assert_non_null(f);
    (void)snprintf(f->dir, sizeof f->dir, "/tmp/tidegate-cli-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->older, sizeof f->older, "%s/older.json", f->dir);
    (void)snprintf(f->newer, sizeof f->newer, "%s/newer.json", f->dir);
    *state = f;
    return 0;
}

static int remove_folder(void **state)
{
    struct folder *f = *state;
    (void)unlink(f->older);
    (void)unlink(f->newer);
    (void)rmdir(f->dir);
    free(f);
    return 0;
}

/* Runs the command with standard output, or error output, in out. The exit code. */
static int run(int fd, char out[OUTPUT_MAX], char **argv)
{
    int argc = 0;
    while (argv[argc] != NULL) {
        argc++;
    }
    FILE *capture = tmpfile();
    assert_non_null(capture);
    (void)fflush(NULL);
    int saved = dup(fd);
    assert_true(saved >= 0 && dup2(fileno(capture), fd) == fd);
    int code = contract_cli(argc, argv);
    (void)fflush(NULL);
    assert_true(dup2(saved, fd) == fd);
    (void)close(saved);
    rewind(capture);
    size_t n = fread(out, 1, OUTPUT_MAX - 1, capture);
    out[n] = '\0';
    (void)fclose(capture);
    return code;
}

static void test_contract_cli_check_prints_what_a_contract_means(void **state)
{
    struct folder *f = *state;
    char out[OUTPUT_MAX];
    write_contract(f->older,
                   "{\"type\":\"number\",\"x-column\":\"real\",\"x-rollup\":true,\"x-pii\":true,"
                   "\"x-anomaly\":{\"low\":2.5}}",
                   ",\"x-version\":3,\"x-topic\":\"own\",\"x-table\":\"tab\","
                   "\"examples\":[{\"d\":\"x\",\"t\":1,\"v\":2}]");
    char *argv[] = {(char[]){"contract"}, (char[]){"check"}, f->older, NULL};
    assert_int_equal(run(STDOUT_FILENO, out, argv), 0);
    assert_string_equal(out,
                        "ok older version 3: 4 rules, 1 columns, topic own, table tab\n"
                        "  v                        real               /v rollup pii low=2.5\n");
}

static void test_contract_cli_check_of_a_wrong_file_is_2_with_the_reason(void **state)
{
    struct folder *f = *state;
    char out[OUTPUT_MAX];
    char *argv[] = {(char[]){"contract"}, (char[]){"check"}, f->older, NULL};
    write_contract(f->older, "{\"typ\":\"number\"}", "");
    assert_int_equal(run(STDERR_FILENO, out, argv), 2);
    assert_non_null(strstr(out, "older.json: /properties/v/typ: unknown keyword\n"));
    write_contract(f->older, "{\"type\":\"number\"}",
                   ",\"examples\":[{\"d\":\"x\",\"t\":1,\"v\":\"\"}]");
    assert_int_equal(run(STDERR_FILENO, out, argv), 2);
    assert_non_null(strstr(out, "older.json: /examples/0/v: type: must be number, is string\n"));
    argv[2] = f->newer;
    assert_int_equal(run(STDERR_FILENO, out, argv), 2); /* no such file */
    assert_non_null(strstr(out, f->newer));
}

static void test_contract_cli_diff_exit_code_is_the_verdict(void **state)
{
    struct folder *f = *state;
    static const struct {
        const char *newer;
        const char *extra;
        int code;
        const char *verdict;
    } cases[] = {
        {"{\"type\":\"integer\"}", "", 0, "verdict: same\n"},
        {"{\"type\":\"number\"}", "", 0,
         "compatible: /v: type integer -> number\nverdict: compatible\n"},
        {"{\"type\":\"string\"}", ",\"x-version\":2", 1,
         "breaking: /v: type integer -> string\nverdict: breaking\n"},
    };
    char out[OUTPUT_MAX];
    char *argv[] = {(char[]){"contract"}, (char[]){"diff"}, f->older, f->newer, NULL};
    write_contract(f->older, "{\"type\":\"integer\"}", ",\"x-table\":\"same\"");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char extra[64];
        (void)snprintf(extra, sizeof extra, ",\"x-table\":\"same\"%s", cases[i].extra);
        write_contract(f->newer, cases[i].newer, extra);
        assert_int_equal(run(STDOUT_FILENO, out, argv), cases[i].code);
        assert_string_equal(out, cases[i].verdict);
    }
    write_contract(f->newer, "{\"type\":1}", "");
    assert_int_equal(run(STDERR_FILENO, out, argv), 2);
    assert_non_null(strstr(out, "newer.json: /properties/v/type: "));
}

static void test_contract_cli_wrong_words_are_2_with_usage(void **state)
{
    (void)state;
    char out[OUTPUT_MAX];
    char *lines[][5] = {
        {(char[]){"contract"}, NULL},
        {(char[]){"contract"}, (char[]){"check"}, NULL},
        {(char[]){"contract"}, (char[]){"diff"}, (char[]){"a"}, NULL},
        {(char[]){"contract"}, (char[]){"fix"}, (char[]){"a"}, NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        assert_int_equal(run(STDERR_FILENO, out, lines[i]), 2);
        assert_non_null(strstr(out, "usage: "));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_contract_cli_check_prints_what_a_contract_means,
                                        make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(
            test_contract_cli_check_of_a_wrong_file_is_2_with_the_reason, make_folder,
            remove_folder),
        cmocka_unit_test_setup_teardown(test_contract_cli_diff_exit_code_is_the_verdict,
                                        make_folder, remove_folder),
        cmocka_unit_test(test_contract_cli_wrong_words_are_2_with_usage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
