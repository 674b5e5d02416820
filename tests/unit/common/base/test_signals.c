#include "common/base/signals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <unistd.h>

static void test_signals_wait_tells_which(void **state)
{
    (void)state;
    assert_int_equal(signals_wait(0), SIGNALS_NONE);
    (void)kill(getpid(), SIGHUP);
    assert_int_equal(signals_wait(1000), SIGNALS_RELOAD);
    (void)kill(getpid(), SIGINT);
    assert_int_equal(signals_wait(-1), SIGNALS_STOP);
    signals_request_stop();
    assert_int_equal(signals_wait(1000), SIGNALS_STOP);
}

int main(void)
{
    signals_block();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signals_wait_tells_which),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
