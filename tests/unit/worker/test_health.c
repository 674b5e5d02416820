#include "worker/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/log.h"

static void test_health_report_is_ready_when_all_checks_are(void **state)
{
    (void)state;
    struct buf lines;
    buf_init(&lines, 8192);
    log_set_level(LOG_ERROR);
    struct health *h = health_new();
    assert_false(health_report(h, &lines));
    health_ok(h, HEALTH_KAFKA);
    assert_false(health_report(h, &lines));
    health_ok(h, HEALTH_POSTGRES);
    assert_true(health_report(h, &lines));

    buf_reset(&lines);
    health_bad(h, HEALTH_SCHEMA, "column soc is missing");
    assert_false(health_report(h, &lines));
    assert_int_equal(buf_add(&lines, "", 1), 0);
    assert_string_equal(lines.p, "[+]kafka ok\n[+]postgres ok\n[-]schema: column soc is missing\n"
                                 "[+]positions ok\n[+]running ok\n");
    health_ok(h, HEALTH_SCHEMA);
    buf_reset(&lines);
    assert_true(health_report(h, &lines));
    health_free(h);
    buf_release(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_health_report_is_ready_when_all_checks_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
