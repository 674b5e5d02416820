"""The lint rules find what they are for, and only that. Run by make lint, without pytest."""

import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../deploy/lint"))
import rules  # noqa: E402
import source  # noqa: E402


def names(findings):
    return sorted({f[2] for f in findings})


class SourceTest(unittest.TestCase):
    def test_strip_blanks_comments_and_strings_and_keeps_lines(self):
        text = 'a; // gets(x)\n/* gets(y)\n*/ s = "gets(\\"z\\")"; c = \'"\'; gets(p);\n'
        stripped = source.strip(text)
        self.assertEqual(stripped.count("gets"), 1)
        self.assertEqual(stripped.count("\n"), text.count("\n"))
        self.assertEqual(len(stripped), len(text))

    def test_functions_are_found_with_their_body_length(self):
        text = ("#define X(a) \\\n    if (a) { \\\n    }\n"
                "struct s {\n    int a;\n};\n"
                "static const int t[] = {1, 2};\n"
                "int one(void)\n{\n    return 1;\n}\n"
                "static void *two(struct s *p, int (*f)(int)) __attribute__((nonnull))\n{\n"
                "    if (p) {\n        f(1);\n    }\n    return 0;\n}\n"
                "int proto(int a);\n")
        self.assertEqual(source.functions(text), [("one", 9, 1), ("two", 13, 4)])

    def test_functions_inside_namespaces_and_extern_c_are_found(self):
        text = ('namespace {\nclass c {\n    int in() {\n        return 1;\n    }\n};\n}\n'
                'extern "C" {\nint out(void)\n{\n    return 2;\n}\n}\n')
        found = [f[0] for f in source.functions(text, True)]
        self.assertEqual(found, ["in", "out"])


class RulesTest(unittest.TestCase):
    def check_include(self, path, name):
        known = {name, "common/base/buf.h"}
        return names(rules.include_direction(path, f'#include "{name}"\n', known))

    def test_include_direction(self):
        bad = [("common/base/a.c", "common/io/b.h"), ("common/io/a.c", "common/config/b.h"),
               ("common/contract/a.c", "common/io/b.h"), ("common/config/a.c", "ingestor/b.h"),
               ("ingestor/a.c", "worker/b.h"), ("worker/a.h", "loadtest/b.h"),
               ("loadtest/a.c", "ingestor/b.h"), ("tests/unit/worker/a.c", "ingestor/b.h"),
               ("deploy/local/a.c", "common/base/b.h")]
        good = [("common/io/a.c", "common/base/b.h"), ("ingestor/x/a.c", "ingestor/y/b.h"),
                ("worker/a.c", "common/io/b.h"), ("tests/unit/worker/a.c", "worker/b.h"),
                ("tests/unit/common/io/a.c", "tests/unit/common/io/b.h"),
                ("tests/fuzz/a.c", "ingestor/b.h")]
        for path, name in bad:
            self.assertEqual(self.check_include(path, name), ["include-direction"], path)
        for path, name in good:
            self.assertEqual(self.check_include(path, name), [], path)

    def test_include_of_a_file_that_is_not_there(self):
        found = rules.include_direction("worker/a.c", '#include "b.h"\n', set())
        self.assertEqual(names(found), ["include-path"])

    def test_own_header_comes_first(self):
        known = {"worker/a.h", "common/base/buf.h"}
        late = '#include "common/base/buf.h"\n#include "worker/a.h"\n'
        first = '#include "worker/a.h"\n#include "common/base/buf.h"\n'
        self.assertEqual(names(rules.include_direction("worker/a.c", late, known)), ["own-header"])
        self.assertEqual(names(rules.include_direction("worker/a.c", first, known)), [])

    def test_library_type_in_a_header(self):
        text = "#include <librdkafka/rdkafka.h>\n"
        use = '#include "common/io/a.h"\n'
        for user, expected in (("common/io/b.c", []), ("common/io/b.h", ["library-type"]),
                               ("worker/b.c", ["library-type"]), (None, ["library-type"])):
            users = rules.users_of_headers({user: use} if user else {})
            self.assertEqual(names(rules.library_types("common/io/a.h", text, users)), expected)
        self.assertEqual(names(rules.library_types("common/io/a.c", text, {})), [])
        inner = {"common/io/b.h": use, "common/io/b.c": '#include "common/io/b.h"\n'}
        users = rules.users_of_headers(inner)
        self.assertEqual(names(rules.library_types("common/io/a.h", text, users)), [])
        users = rules.users_of_headers(inner | {"worker/c.c": '#include "common/io/b.h"\n'})
        self.assertEqual(names(rules.library_types("common/io/a.h", text, users)),
                         ["library-type"])

    def test_sizes(self):
        function = "int f(void)\n{\n" + "    g();\n" * 101 + "}\n"
        self.assertEqual(names(rules.sizes("a.c", function)), ["function-size"])
        self.assertEqual(names(rules.sizes("a.c", function.replace("    g();\n", "", 1))), [])
        self.assertEqual(names(rules.sizes("a.c", "\n" * 501)), ["file-size"])
        self.assertEqual(names(rules.sizes("a.c", "\n" * 500)), [])

    def test_banned_calls(self):
        bad = [("worker/a.c", "strcpy(a, b);"), ("tests/unit/a.c", "sprintf(a, b);"),
               ("worker/a.c", "x = malloc(3);"), ("common/base/buf.c", "free(p);"),
               ("worker/a.c", "t = time(NULL);"), ("ingestor/a.cc", "clock_gettime(c, &t);"),
               ("worker/a.c", "p = strtok (a, b);"), ("worker/a.c", "signal(SIGTERM, f);")]
        good = [("worker/a.c", "strncpy(a, b, n);"), ("worker/a.c", "rd_kafka_mem_free(h, p);"),
                ("worker/a.c", "s.free(p);"), ("worker/a.c", "s->time(p);"),
                ("common/base/mem.c", "free(p);"), ("common/base/clock.c", "clock_gettime(c, t);"),
                ("tests/unit/a.c", "free(p);"), ("worker/a.c", "/* malloc(3) */"),
                ("worker/a.c", 's = "malloc(3)";'), ("worker/a.c", "#define free(x) mem_free(x)"),
                ("worker/a.c", "free(p); /* scandir's */"),
                ("worker/a.c", "strtok_r(a, b, &c);"), ("worker/a.c", "event_time(e);")]
        for path, text in bad:
            self.assertEqual(names(rules.banned(path, text)), ["banned-call"], text)
        for path, text in good:
            self.assertEqual(names(rules.banned(path, text)), [], text)

    def test_printing(self):
        for path, text, expected in (
                ("worker/load.c", 'printf("x");', ["printing"]),
                ("worker/load.c", 'fprintf(stderr, "x");', ["printing"]),
                ("worker/load.c", 'fprintf(f, "x");', []),
                ("worker/load.c", 'snprintf(b, n, "x");', []),
                ("worker/main.c", 'printf("x");', []),
                ("common/config/cli.c", "fputs(x, stdout);", []),
                ("ingestor/key_cli.c", "puts(x);", []),
                ("loadtest/report_text.c", "puts(x);", []),
                ("worker/domain.c", "puts(x);", ["printing"]),
                ("tests/unit/a.c", "puts(x);", [])):
            self.assertEqual(names(rules.banned(path, text)), expected, path + " " + text)

    def test_guard(self):
        good = "/* x */\n#ifndef TIDEGATE_IO_PG_H\n#define TIDEGATE_IO_PG_H\n#endif\n"
        self.assertEqual(names(rules.guard("common/io/pg.h", good)), [])
        self.assertEqual(names(rules.guard("common/io/pq.h", good)), ["guard"])
        self.assertEqual(names(rules.guard("common/io/pg.h", "/* x */\n")), ["guard"])
        self.assertEqual(names(rules.guard("common/io/pg.h", good[8:])), ["contract"])

    def test_plain_text(self):
        for text in ("see /wo" + "rk/x\n", "/ho" + "me/joe/x\n",
                     "-----BEGIN RSA PRIVATE" + " KEY-----\n", "AK" + "IA" + "A" * 16 + "\n"):
            self.assertEqual(names(rules.plain_text("a.md", text)), ["secret"], text)
        for text in ("x \n", "x"):
            self.assertEqual(names(rules.plain_text("a.md", text)), ["white-space"])
        for text in ("", "x\n", "framework/x\n", "a/work/b\n"):
            self.assertEqual(names(rules.plain_text("a.md", text)), [], text)

    def test_dead_exports(self):
        files = {
            "common/base/a.h": "int a_used(int x);\nint a_dead(void) MUST_CHECK;\n"
                               "static inline int a_inline(void)\n{\n    return 1;\n}\n",
            "common/base/a.c": "int a_used(int x)\n{\n    return x;\n}\n"
                               "int a_dead(void)\n{\n    return a_used(1);\n}\n",
            "worker/b.c": "int b(void)\n{\n    return a_used(2);\n}\n",
        }
        self.assertEqual(list(rules.dead_exports(files)), [("common/base/a.h", "a_dead")])


if __name__ == "__main__":
    unittest.main()
