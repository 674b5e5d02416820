#include "common/contract/event_id.h"

#include "tests/unit/common/contract/fixture.h"

static void make(uint8_t id[EVENT_ID_SIZE], const char *contract, const char *tenant,
                 const char *device, const char *client, const char *bytes)
{
    event_id_make(str_of(contract), str_of(tenant), str_of(device), str_of(client), str_of(bytes),
                  id);
}

static void test_event_id_make_uuid_keeps_its_bytes(void **state)
{
    (void)state;
    uint8_t lower[EVENT_ID_SIZE];
    uint8_t upper[EVENT_ID_SIZE];
    char text[EVENT_ID_TEXT_SIZE];
    make(lower, "c", "t", "d", "0190f3a2-7b1c-7d40-9a6e-5b0c2f4d8e11", "x");
    make(upper, "other", "u", "e", "0190F3A2-7B1C-7D40-9A6E-5B0C2F4D8E11", "y");
    assert_memory_equal(lower, upper, EVENT_ID_SIZE);
    event_id_format(lower, text);
    assert_string_equal(text, "0190f3a2-7b1c-7d40-9a6e-5b0c2f4d8e11");
}

static void test_event_id_make_text_depends_on_every_part(void **state)
{
    (void)state;
    static const char *const parts[][4] = {
        {"c", "t", "d", "id"},  {"C", "t", "d", "id"}, {"c", "T", "d", "id"}, {"c", "t", "D", "id"},
        {"c", "t", "d", "id2"}, {"ct", "", "d", "id"}, {"c", "td", "", "id"}, {"c", "t", "di", "d"},
    };
    uint8_t ids[ARRAY_SIZE(parts)][EVENT_ID_SIZE];
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        make(ids[i], parts[i][0], parts[i][1], parts[i][2], parts[i][3], "bytes");
        for (size_t k = 0; k < i; k++) {
            assert_memory_not_equal(ids[i], ids[k], EVENT_ID_SIZE);
        }
        assert_int_equal(ids[i][6] >> 4, 8); /* UUIDv8, RFC 9562 section 5.8 */
        assert_int_equal(ids[i][8] >> 6, 2); /* variant */
    }
    uint8_t again[EVENT_ID_SIZE];
    make(again, "c", "t", "d", "id", "other bytes");
    assert_memory_equal(again, ids[0], EVENT_ID_SIZE);
}

static void test_event_id_make_without_id_goes_by_bytes(void **state)
{
    (void)state;
    uint8_t a[EVENT_ID_SIZE];
    uint8_t b[EVENT_ID_SIZE];
    uint8_t c[EVENT_ID_SIZE];
    uint8_t other_tenant[EVENT_ID_SIZE];
    make(a, "c", "t", "d", NULL, "{\"v\":1}");
    make(b, "c", "t", "d", NULL, "{\"v\":1}");
    make(c, "c", "t", "d", NULL, "{\"v\":2}");
    make(other_tenant, "c", "u", "d", NULL, "{\"v\":1}");
    assert_memory_equal(a, b, EVENT_ID_SIZE);
    assert_memory_not_equal(a, c, EVENT_ID_SIZE);
    assert_memory_not_equal(a, other_tenant, EVENT_ID_SIZE);
    assert_int_equal(a[6] >> 4, 8);
}

/* Ids are stored and compared by other versions: this one must never change. */
static void test_event_id_make_is_the_same_for_ever(void **state)
{
    (void)state;
    uint8_t id[EVENT_ID_SIZE];
    char text[EVENT_ID_TEXT_SIZE];
    make(id, "vehicle-telemetry", "acme", "veh-1", "reading-17", "");
    event_id_format(id, text);
    assert_string_equal(text, "b9c932f7-1db4-8c77-8c43-63e1e5785dab");
    make(id, "vehicle-telemetry", "acme", "veh-1", NULL, "{\"vehicle_id\":\"veh-1\"}");
    event_id_format(id, text);
    assert_string_equal(text, "1d081310-ba2a-8ae4-b933-1856d32996f6");
}

static void test_event_id_parse_takes_canonical_form_only(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "0190f3a2-7b1c-7d40-9a6e-5b0c2f4d8e1",
        "0190f3a2-7b1c-7d40-9a6e-5b0c2f4d8e111",
        "0190f3a27b1c-7d40-9a6e-5b0c2f4d8e11-",
        "0190f3a2-7b1c-7d40-9a6e-5b0c2f4d8e1g",
        "{190f3a2-7b1c-7d40-9a6e-5b0c2f4d8e1}",
    };
    uint8_t id[EVENT_ID_SIZE];
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(event_id_parse(str_of(bad[i]), id), -1);
    }
    assert_int_equal(event_id_parse(str_of("00000000-0000-0000-0000-0000000000fF"), id), 0);
    assert_int_equal(id[15], 0xff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_event_id_make_uuid_keeps_its_bytes),
        cmocka_unit_test(test_event_id_make_text_depends_on_every_part),
        cmocka_unit_test(test_event_id_make_without_id_goes_by_bytes),
        cmocka_unit_test(test_event_id_make_is_the_same_for_ever),
        cmocka_unit_test(test_event_id_parse_takes_canonical_form_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
