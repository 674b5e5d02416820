#include "loadtest/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/base/mem.h"

struct expectation {
    const char *text;
    enum http_rc rc;
    unsigned status;
    const char *body;
    bool close;
    int32_t retry_after_s;
    size_t beyond; /* bytes of text after the answer */
};

static const struct expectation cases[] = {
    {"HTTP/1.1 202 Accepted\r\nContent-Length: 5\r\n\r\nhello", HTTP_DONE, 202, "hello", false, -1,
     0},
    {"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", HTTP_DONE, 202, "", false, -1, 0},
    {"HTTP/1.1 202\r\ncontent-length:3\r\n\r\nabcHTTP", HTTP_DONE, 202, "abc", false, -1, 4},
    {"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nConnection: close\r\n"
     "Content-Length: 2\r\n\r\n{}",
     HTTP_DONE, 503, "{}", true, 7, 0},
    {"HTTP/1.1 429 Too Many\r\nRetry-After: 99999999\r\nContent-Length: 0\r\n\r\n", HTTP_DONE, 429,
     "", false, HTTP_RETRY_AFTER_MAX, 0},
    {"HTTP/1.1 429 Too Many\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n"
     "Content-Length: 0\r\n\r\n",
     HTTP_DONE, 429, "", false, -1, 0},
    {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", HTTP_DONE, 200, "x", true, -1, 0},
    {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", HTTP_DONE, 200, "x",
     false, -1, 0},
    {"HTTP/1.1 204 No Content\r\n\r\n", HTTP_DONE, 204, "", false, -1, 0},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"
     "HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok",
     HTTP_DONE, 202, "ok", false, -1, 0},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n"
     "\r\n",
     HTTP_DONE, 200, "hello world", false, -1, 0},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\nT: v\r\n\r\n!",
     HTTP_DONE, 200, "0123456789", false, -1, 1},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", HTTP_BAD, 0, NULL, false, 0, 0},
    {"HTTP/1.1 200 OK\r\n\r\n", HTTP_BAD, 0, NULL, false, 0, 0},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", HTTP_BAD, 0, NULL, false,
     0, 0},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", HTTP_BAD, 0,
     NULL, false, 0, 0},
    {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", HTTP_BAD, 0, NULL, false, 0, 0},
    {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", HTTP_BAD, 0, NULL, false, 0,
     0},
    {"HTTP/1.1 200 OK\r\nContent-Length\r\n\r\n", HTTP_BAD, 0, NULL, false, 0, 0},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", HTTP_BAD, 0, NULL, false, 0,
     0},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n", HTTP_BAD, 0, NULL, false,
     0, 0},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", HTTP_BAD, 0,
     NULL, false, 0, 0},
    {"HTTP/2 200\r\nContent-Length: 0\r\n\r\n", HTTP_BAD, 0, NULL, false, 0, 0},
    {"SSH-2.0-OpenSSH_9.2\r\n\r\n", HTTP_BAD, 0, NULL, false, 0, 0},
    {"HTTP/1.1 101 Switching\r\n\r\n", HTTP_BAD, 0, NULL, false, 0, 0},
};

#define N_CASES (sizeof cases / sizeof cases[0])

/* Feeds the text in pieces of step bytes, each time in new memory of the exact size. */
static void feed(const struct expectation *x, size_t step)
{
    struct http_response r;
    size_t n = strlen(x->text);
    char *memory = NULL;
    size_t have = 0;
    enum http_rc rc = HTTP_MORE;
    http_begin(&r);
    while (rc == HTTP_MORE && have < n) {
        size_t piece = n - have < step ? n - have : step;
        char *grown = mem_alloc(have + piece);
        if (have > 0) {
            memcpy(grown, memory, have); /* chunks may have been joined in it */
        }
        memcpy(grown + have, x->text + have, piece);
        mem_free(memory);
        memory = grown;
        have += piece;
        rc = http_parse(&r, memory, have);
    }
    assert_int_equal(rc, x->rc);
    if (rc == HTTP_DONE) {
        assert_int_equal(r.status, x->status);
        assert_int_equal(r.close, x->close);
        assert_int_equal(r.retry_after_s, x->retry_after_s);
        assert_int_equal(r.body_n, strlen(x->body));
        assert_memory_equal(memory + r.body, x->body, r.body_n);
        assert_int_equal(r.used, n - x->beyond);
    } else {
        assert_non_null(r.why);
    }
    mem_free(memory);
}

static void test_http_parse_of_a_whole_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_CASES; i++) {
        feed(&cases[i], SIZE_MAX);
    }
}

static void test_http_parse_byte_by_byte_gives_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_CASES; i++) {
        feed(&cases[i], 1);
    }
}

static void test_http_parse_in_pieces_gives_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_CASES; i++) {
        for (size_t step = 2; step < 40; step++) {
            feed(&cases[i], step);
        }
    }
}

static void test_http_parse_of_every_prefix_asks_for_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_CASES; i++) {
        if (cases[i].rc != HTTP_DONE) {
            continue;
        }
        size_t n = strlen(cases[i].text) - cases[i].beyond;
        for (size_t cut = 0; cut < n; cut++) {
            struct http_response r;
            char *memory = mem_alloc(cut + 1);
            memcpy(memory, cases[i].text, cut);
            http_begin(&r);
            assert_int_equal(http_parse(&r, memory, cut), HTTP_MORE);
            mem_free(memory);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_parse_of_a_whole_answer),
        cmocka_unit_test(test_http_parse_byte_by_byte_gives_the_same),
        cmocka_unit_test(test_http_parse_in_pieces_gives_the_same),
        cmocka_unit_test(test_http_parse_of_every_prefix_asks_for_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
