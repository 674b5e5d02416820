#include "common/base/signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"

static sigset_t waited_for(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    return set;
}

void signals_block(void)
{
    sigset_t set = waited_for();
    (void)sigaddset(&set, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGPIPE, &ignore, NULL);
}

enum signals_event signals_wait(int64_t timeout_ms)
{
    sigset_t set = waited_for();
    int64_t end_ns = timeout_ms < 0 ? 0 : clock_mono_ns() + timeout_ms * NS_PER_MS;
    for (;;) {
        int got;
        if (timeout_ms < 0) {
            got = sigwaitinfo(&set, NULL);
        } else {
            int64_t left = end_ns - clock_mono_ns();
            if (left < 0) {
                left = 0;
            }
            struct timespec t = {.tv_sec = left / NS_PER_S, .tv_nsec = left % NS_PER_S};
            got = sigtimedwait(&set, NULL, &t);
        }
        if (got == SIGHUP) {
            return SIGNALS_RELOAD;
        }
        if (got > 0) {
            return SIGNALS_STOP;
        }
        if (errno == EAGAIN) {
            return SIGNALS_NONE;
        }
    }
}

void signals_request_stop(void)
{
    (void)kill(getpid(), SIGTERM);
}
