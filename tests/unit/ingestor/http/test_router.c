#include "ingestor/http/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const struct route ROUTES[] = {
    {HTTP_POST, "/v1/events", "a", 0, true, NULL, NULL, NULL, ""},
    {HTTP_POST, "/v1/events/{contract}", "b", 0, true, NULL, NULL, NULL, ""},
    {HTTP_GET, "/v1/devices", "c", 0, false, NULL, NULL, NULL, ""},
    {HTTP_POST, "/v1/devices", "d", 0, true, NULL, NULL, NULL, ""},
};

static void test_router_find_exact_paths_only(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path;
        enum router_rc rc;
        size_t route;
        const char *param, *allow;
    } cases[] = {
        {"POST", "/v1/events", ROUTER_FOUND, 0, "", ""},
        {"POST", "/v1/events/sensor-reading", ROUTER_FOUND, 1, "sensor-reading", ""},
        {"GET", "/v1/devices", ROUTER_FOUND, 2, "", ""},
        {"HEAD", "/v1/devices", ROUTER_FOUND, 2, "", ""},
        {"POST", "/v1/devices", ROUTER_FOUND, 3, "", ""},
        {"GET", "/v1/events", ROUTER_NO_METHOD, 0, NULL, "POST"},
        {"HEAD", "/v1/events", ROUTER_NO_METHOD, 0, NULL, "POST"},
        {"PUT", "/v1/devices", ROUTER_NO_METHOD, 0, NULL, "GET, HEAD, POST"},
        {"post", "/v1/events", ROUTER_NO_METHOD, 0, NULL, "POST"},
        {"POST", "/v1/events/", ROUTER_NO_PATH, 0, NULL, ""},
        {"POST", "/v1/events/a/b", ROUTER_NO_PATH, 0, NULL, ""},
        {"POST", "/v1/events/a%2Fb", ROUTER_NO_PATH, 0, NULL, ""},
        {"POST", "/v1/events%00", ROUTER_NO_PATH, 0, NULL, ""},
        {"POST", "/v1/%65vents", ROUTER_NO_PATH, 0, NULL, ""},
        {"POST", "/v1/event", ROUTER_NO_PATH, 0, NULL, ""},
        {"POST", "/V1/events", ROUTER_NO_PATH, 0, NULL, ""},
        {"POST", "//v1/events", ROUTER_NO_PATH, 0, NULL, ""},
        {"POST", "http://x/v1/events", ROUTER_NO_PATH, 0, NULL, ""},
        {"GET", "", ROUTER_NO_PATH, 0, NULL, ""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct route_match m = {0};
        assert_int_equal(router_find(ROUTES, ARRAY_SIZE(ROUTES), router_method(cases[i].method),
                                     str_of(cases[i].path), &m),
                         cases[i].rc);
        if (cases[i].rc == ROUTER_FOUND) {
            assert_int_equal(m.route, cases[i].route);
            assert_true(str_eq(m.param, str_of(cases[i].param)));
        }
        assert_string_equal(m.allow, cases[i].allow);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_router_find_exact_paths_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
