#include "common/base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

/* Runs body with standard error on a file and gives what was written. */
static char captured[32768];
static int saved_fd;
static int file_fd;

static void capture_begin(void)
{
    char name[] = "/tmp/tidegate-log-XXXXXX";
    file_fd = mkstemp(name);
    assert_true(file_fd >= 0);
    (void)unlink(name);
    saved_fd = dup(STDERR_FILENO);
    assert_true(dup2(file_fd, STDERR_FILENO) >= 0);
}

static void capture_end(void)
{
    assert_true(dup2(saved_fd, STDERR_FILENO) >= 0);
    (void)close(saved_fd);
    ssize_t n = pread(file_fd, captured, sizeof captured - 1, 0);
    assert_true(n >= 0);
    captured[n] = '\0';
    (void)close(file_fd);
}

static void test_log_write_is_one_json_line(void **state)
{
    (void)state;
    capture_begin();
    LOG(LOG_INFO, "thing_happened", log_str("name", "a\"b\n"), log_int("n", -3), log_real("r", 1.5),
        log_bool("on", true), log_str("none", NULL));
    capture_end();
    assert_int_equal(strchr(captured, '\n') - captured, (ptrdiff_t)strlen(captured) - 1);
    json_error_t why;
    json_t *line = json_loads(captured, 0, &why);
    assert_non_null(line);
    assert_string_equal(json_string_value(json_object_get(line, "event")), "thing_happened");
    assert_string_equal(json_string_value(json_object_get(line, "level")), "info");
    assert_string_equal(json_string_value(json_object_get(line, "name")), "a\"b\n");
    assert_int_equal(json_integer_value(json_object_get(line, "n")), -3);
    assert_true(json_is_true(json_object_get(line, "on")));
    assert_true(json_is_null(json_object_get(line, "none")));
    assert_int_equal(strlen(json_string_value(json_object_get(line, "ts"))), 27);
    json_decref(line);
}

static void test_log_write_below_level_is_dropped(void **state)
{
    (void)state;
    capture_begin();
    LOG(LOG_DEBUG, "quiet", log_int("n", 1));
    log_set_level(LOG_ERROR);
    LOG(LOG_WARN, "quiet", log_int("n", 1));
    log_set_level(LOG_INFO);
    capture_end();
    assert_string_equal(captured, "");
}

static void test_log_write_too_long_drops_the_field(void **state)
{
    (void)state;
    static char big[10000];
    memset(big, 'x', sizeof big - 1);
    capture_begin();
    LOG(LOG_INFO, "long", log_int("kept", 1), log_str("big", big), log_int("after", 2));
    capture_end();
    json_error_t why;
    json_t *line = json_loads(captured, 0, &why);
    assert_non_null(line);
    assert_int_equal(json_integer_value(json_object_get(line, "kept")), 1);
    assert_null(json_object_get(line, "big"));
    json_decref(line);
}

static void test_log_level_parse_knows_its_names(void **state)
{
    (void)state;
    enum log_level level = LOG_INFO;
    assert_int_equal(log_level_parse("error", &level), 0);
    assert_int_equal(level, LOG_ERROR);
    assert_int_equal(log_level_parse("loud", &level), -1);
}

static void test_log_throttle_counts_what_it_drops(void **state)
{
    (void)state;
    struct log_throttle t = {0};
    uint64_t suppressed = 99;
    assert_true(log_throttle_pass(&t, 1000, 500, &suppressed));
    assert_int_equal(suppressed, 0);
    assert_false(log_throttle_pass(&t, 1200, 500, &suppressed));
    assert_false(log_throttle_pass(&t, 1499, 500, &suppressed));
    assert_true(log_throttle_pass(&t, 1500, 500, &suppressed));
    assert_int_equal(suppressed, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log_write_is_one_json_line),
        cmocka_unit_test(test_log_write_below_level_is_dropped),
        cmocka_unit_test(test_log_write_too_long_drops_the_field),
        cmocka_unit_test(test_log_level_parse_knows_its_names),
        cmocka_unit_test(test_log_throttle_counts_what_it_drops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
