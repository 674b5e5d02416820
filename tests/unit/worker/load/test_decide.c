#include "worker/load/decide.h"

#include "common/io/pg.h"
#include "tests/unit/worker/fixture.h"

static struct attempt attempt(enum attempt_stage stage, const char *sqlstate, bool usable)
{
    struct attempt a = {.usable = usable, .stage = stage, .line = -1};
    err_set(&a.e, pg_sqlstate_code(sqlstate), "test");
    (void)snprintf(a.e.detail, sizeof a.e.detail, "%s", sqlstate);
    return a;
}

static void test_decide_attempt_table(void **state)
{
    (void)state;
    static const struct {
        enum attempt_stage stage;
        const char *sqlstate;
        bool usable;
        bool leaves_made;
        bool searched;
        enum action want;
    } cases[] = {
        /* connection lost: only at the end can it have been stored */
        {ATTEMPT_ROWS, "", false, false, false, ACTION_RETRY},
        {ATTEMPT_DEAD, "", false, false, false, ACTION_RETRY},
        {ATTEMPT_FINISH, "", false, false, false, ACTION_ASK},
        {ATTEMPT_FINISH, "57P01", false, false, false, ACTION_ASK},
        {ATTEMPT_FINISH, "57P01", true, false, false, ACTION_ASK},
        {ATTEMPT_ROWS, "57P01", false, false, false, ACTION_RETRY},
        /* even when the last words sound like data: the connection is gone */
        {ATTEMPT_ROWS, "22021", false, false, false, ACTION_RETRY},
        /* transient */
        {ATTEMPT_ROWS, "53100", true, false, false, ACTION_RETRY},
        {ATTEMPT_ROWS, "40P01", true, false, false, ACTION_RETRY},
        {ATTEMPT_FINISH, "55P03", true, false, false, ACTION_ASK},
        /* fenced: only where the offsets are moved, and only this code */
        {ATTEMPT_FINISH, "22012", true, false, false, ACTION_FENCED},
        {ATTEMPT_FINISH, "22012", false, false, false, ACTION_FENCED},
        {ATTEMPT_ROWS, "22012", true, false, false, ACTION_SEARCH},
        /* data */
        {ATTEMPT_ROWS, "22P05", true, false, false, ACTION_SEARCH},
        {ATTEMPT_ROWS, "23505", true, true, false, ACTION_SEARCH},
        {ATTEMPT_ROWS, "23514", true, false, false, ACTION_LEAVES},
        {ATTEMPT_ROWS, "23514", true, true, false, ACTION_SEARCH},
        {ATTEMPT_FINISH, "23503", true, true, false, ACTION_SEARCH}, /* deferred constraint */
        {ATTEMPT_ROWS, "23505", true, true, true, ACTION_HALT},      /* no row alone is to blame */
        {ATTEMPT_DEAD, "22021", true, false, false, ACTION_HALT},
        /* a person */
        {ATTEMPT_ROWS, "42P01", true, false, false, ACTION_HALT},
        {ATTEMPT_ROWS, "42501", true, false, false, ACTION_HALT},
        {ATTEMPT_ROWS, "22P03", true, false, false, ACTION_HALT}, /* column type changed */
        {ATTEMPT_FINISH, "42P01", true, false, false, ACTION_HALT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct attempt a = attempt(cases[i].stage, cases[i].sqlstate, cases[i].usable);
        enum action got = decide_attempt(&a, cases[i].leaves_made, cases[i].searched);
        if (got != cases[i].want) {
            fail_msg("case %zu (%s): %d", i, cases[i].sqlstate, (int)got);
        }
    }
    const struct attempt done = {.ok = true};
    assert_int_equal(decide_attempt(&done, false, false), ACTION_DONE);
}

static void test_decide_commit_reads_the_rows(void **state)
{
    (void)state;
    static const struct batch_span spans[] = {
        {.partition = 0, .epoch = 3, .from = 10, .to = 20},
        {.partition = 1, .epoch = 4, .from = 5, .to = 5}, /* did not move */
        {.partition = 2, .epoch = 5, .from = 0, .to = 7},
    };
    static const struct {
        struct offset_row rows[3];
        enum commit_rc want;
    } cases[] = {
        {{{true, 20, 3}, {false, 0, 0}, {true, 7, 5}}, COMMIT_HAPPENED},
        {{{true, 10, 3}, {false, 0, 0}, {true, 0, 5}}, COMMIT_DID_NOT},
        {{{true, 20, 3}, {true, 99, 9}, {true, 7, 5}}, COMMIT_HAPPENED},
        {{{true, 20, 4}, {false, 0, 0}, {true, 7, 5}}, COMMIT_FENCED}, /* claimed by another */
        {{{true, 10, 3}, {false, 0, 0}, {true, 0, 6}}, COMMIT_FENCED},
        {{{true, 20, 3}, {false, 0, 0}, {true, 0, 5}}, COMMIT_FENCED}, /* half: not ours to judge */
        {{{true, 15, 3}, {false, 0, 0}, {true, 7, 5}}, COMMIT_FENCED},
        {{{false, 0, 0}, {false, 0, 0}, {true, 7, 5}}, COMMIT_FENCED}, /* the row is gone */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(decide_commit(spans, cases[i].rows, 3), cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decide_attempt_table),
        cmocka_unit_test(test_decide_commit_reads_the_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
