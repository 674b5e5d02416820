#include "worker/conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static int check(const char *text)
{
    char flag[64];
    (void)snprintf(flag, sizeof flag, "%s", text);
    char *args[] = {flag};
    struct worker_conf conf = {0};
    struct err e;
    int rc = conf_load(&worker_conf_spec, 1, args, NULL, &conf, NULL, &e);
    if (rc == 0) {
        rc = worker_conf_check(&conf, NULL, &e);
        conf_release(&worker_conf_spec, &conf, NULL);
    }
    return rc;
}

static void test_worker_conf_defaults_and_combinations(void **state)
{
    (void)state;
    static const char *const good[] = {"--log.level=info", "--kafka.session_timeout=5m",
                                       "--batch.max_event=16MiB", "--kafka.replication=3"};
    static const char *const bad[] = {"--kafka.session_timeout=301s",
                                      "--batch.max_event=17MiB",
                                      "--kafka.replication=0",
                                      "--batch.rows=0",
                                      "--batch.age=0ms",
                                      "--postgres.url="};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(check(good[i]), 0);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(check(bad[i]), -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worker_conf_defaults_and_combinations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
