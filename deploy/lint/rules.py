"""The project's own rules about sources. Each rule yields (path, line, rule, text).

There is no list of exempted files. Where a rule would hit code that is right, the rule itself
draws the line and says why.
"""

import os
import re

import source

MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 100

# Which folders a folder's files may include. The folders are the direction of dependencies:
# programs on top, io, contract and config beside each other, base below.
MAY_INCLUDE = {
    "common/base": ("common/base",),
    "common/config": ("common/config", "common/base"),
    "common/contract": ("common/contract", "common/base"),
    "common/io": ("common/io", "common/base"),
    "ingestor": ("ingestor", "common"),
    "worker": ("worker", "common"),
    "loadtest": ("loadtest", "common"),
    # A tool of the development stack: it must build when nothing else does.
    "deploy": ("deploy",),
    # A fuzz target or a bench may drive any part; a unit test sees what its module sees (below).
    "tests": ("tests", "common", "ingestor", "worker", "loadtest"),
}

PRODUCT = ("common/", "ingestor/", "worker/", "loadtest/")

# A header of ours never shows a type of a wrapped library to others. A header that only files of
# its own folder include joins the parts of one module and is seen by nobody else.
LIBRARY_HEADERS = re.compile(
    r"(librdkafka/|microhttpd|libpq|postgres|hiredis|jansson|simdjson|cyaml/|yaml\.h|pcre2|openssl/|"
    r"xxhash|zlib|zstd|curl/|jwt)"
)

# name: (why, product files in which it is allowed, does it also count in tests and tools)
_UNBOUNDED = ("does not know the size of its target", None, True)
_HEAP = ("common/base/mem.h is the way to the heap", r"common/base/(mem|arena)\.c$", False)
_CLOCK = ("common/base/clock.h is the only reader of clocks", r"common/base/clock\.c$", False)
BANNED = {
    "strcpy": _UNBOUNDED,
    "strcat": _UNBOUNDED,
    "sprintf": _UNBOUNDED,
    "vsprintf": _UNBOUNDED,
    "gets": _UNBOUNDED,
    "alloca": ("grows the stack without a bound", None, True),
    "strtok": ("keeps global state", None, True),
    "atoi": ("cannot tell an error from 0", None, True),
    "atol": ("cannot tell an error from 0", None, True),
    "atof": ("cannot tell an error from 0", None, True),
    "rand": ("weak and with global state: common/base/random.h", None, True),
    "srand": ("weak and with global state: common/base/random.h", None, True),
    "localtime": ("keeps global state, and we use UTC: gmtime_r", None, True),
    "gmtime": ("keeps global state: gmtime_r", None, True),
    # The tests' tools are programs of their own without common/base/signals.h.
    "signal": ("handlers run no code here: common/base/signals.h",
               r"common/base/signals\.c$", False),
    "malloc": _HEAP,
    "calloc": _HEAP,
    "realloc": _HEAP,
    # What a library allocated for us goes back by free; a comment on the line says whose it is.
    "free": ("mem_free, or say in a comment on the line whose memory it is",
             r"common/base/(mem|arena)\.c$", False),
    "strdup": _HEAP,
    "strndup": _HEAP,
    "asprintf": _HEAP,
    "time": _CLOCK,
    "gettimeofday": _CLOCK,
    "clock_gettime": _CLOCK,
}
_CALL = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")

# Everything else reports upwards (struct err) or logs. mem.c and the log have nobody to tell.
PRINTING = re.compile(r"\b(printf|vprintf|puts|putchar|perror)\s*\(|\b(fprintf|vfprintf|fputs|fwrite|"
                      r"fputc|putc)\s*\([^;]*\bstd(out|err)\b")
MAY_PRINT = re.compile(r"(^|/)(main|[a-z_]*cli[a-z_]*|report[a-z_]*|log|mem)\.c$")

# Paths of somebody's machine, private keys, tokens of well-known services. Split so that this file
# does not find itself.
SECRETS = re.compile(
    "(^|[^\\w./])(/" + "work/|/" + "home/[a-z]|/" + "Users/[A-Z])|"
    "-----BEGIN [A-Z ]*PRIVATE" + " KEY-----|AKIA" + "[0-9A-Z]{16}|ghp_" + "[A-Za-z0-9]{36}|"
    "xox[bap]-" + "[0-9]{8,}"
)


def _folder_rule(path):
    for folder in sorted(MAY_INCLUDE, key=len, reverse=True):
        if path.startswith(folder + "/"):
            return folder
    return None


def users_of_headers(texts):
    """Header: the files that include it."""
    users = {}
    for path, text in texts.items():
        if path.endswith((".c", ".cc", ".h")):
            for _, name, quoted in source.includes(text):
                if quoted:
                    users.setdefault(name, set()).add(path)
    return users


def is_private(header, users, above=()):
    """Whether only sources (and other private headers) of its own folder include the header."""
    folder = os.path.dirname(header)
    found = users.get(header, set()) - set(above)
    return bool(found) and all(
        os.path.dirname(u) == folder
        and (u.endswith((".c", ".cc")) or is_private(u, users, (*above, header)))
        for u in found)


def library_types(path, text, users):
    """Headers do not show the types of wrapped libraries."""
    if not path.endswith(".h") or not path.startswith(PRODUCT) or is_private(path, users):
        return
    for line, name, quoted in source.includes(text):
        if not quoted and LIBRARY_HEADERS.search(name):
            yield path, line, "library-type", f"<{name}> shows a library's types to every user"


def include_direction(path, text, known):
    """Folders include only what lies below them; a .c begins with its own header."""
    subject = path
    if path.startswith("tests/unit/"):
        subject = path[len("tests/unit/"):]
    folder = _folder_rule(subject)
    if folder is None:
        return
    allowed = MAY_INCLUDE[folder]
    if subject is not path:
        allowed = allowed + ("tests",)
        if folder == "common/io" or folder.startswith("common"):
            # A test of a wrapper may build the input with a neighbour (an event for the producer).
            allowed = allowed + ("common",)
    for line, name, quoted in source.includes(text):
        if not quoted:
            continue
        if name not in known:
            yield path, line, "include-path", f'"{name}" is no file from the root of the tree'
        elif not name.startswith(tuple(a + "/" for a in allowed)):
            yield path, line, "include-direction", f'{folder} may not include "{name}"'
    own = re.sub(r"\.(c|cc)$", ".h", path)
    if own != path and own in known:
        listed = source.includes(text)
        if not listed or listed[0][1] != own:
            yield path, 1, "own-header", f'the first include is not "{own}"'


def sizes(path, text):
    """Files and functions that a person can read whole."""
    lines = text.count("\n")
    if lines > MAX_FILE_LINES:
        yield path, MAX_FILE_LINES + 1, "file-size", f"{lines} lines, {MAX_FILE_LINES} allowed"
    for name, line, length in source.functions(text, path.endswith((".cc", ".hh"))):
        if length > MAX_FUNCTION_LINES:
            yield path, line, "function-size", \
                f"{name} has {length} lines, {MAX_FUNCTION_LINES} allowed"


def banned(path, text):
    """Calls that are unsafe, or that have one home in common/base."""
    code = source.without_preprocessor(source.strip(text))
    lines = text.split("\n")
    product = path.startswith(PRODUCT)
    for m in _CALL.finditer(code):
        why, home, everywhere = BANNED[m.group(1)]
        if (home and re.search(home, path)) or not (product or everywhere):
            continue
        line = source.line_of(code, m.start())
        if m.group(1) == "free" and "/*" in lines[line - 1]:
            continue
        yield path, line, "banned-call", f"{m.group(1)}: {why}"
    if product and not MAY_PRINT.search(path):
        for m in PRINTING.finditer(code):
            yield path, source.line_of(code, m.start()), "printing", \
                "only main, *cli*, report* and the log write to standard output or error"
    for m in re.finditer(r"\b(TODO|FIXME)\b", text):
        yield path, source.line_of(text, m.start()), "debt-mark", \
            f"{m.group(1)}: an open point is an issue, marked XXX(#number)"


def guard(path, text):
    """An include guard named after the path, and a contract before it."""
    stem = re.sub(r"^tests/(unit/)?", "tests/", path)
    parts = re.sub(r"\.h$", "", stem).split("/")
    # common/base/buf.h is BASE_BUF: "common" says nothing.
    parts = parts[1:] if parts[0] == "common" else parts
    accepted = "TIDEGATE_" + re.sub(r"\W", "_", "_".join(parts)).upper() + "_H"
    m = re.search(r"^#ifndef (\w+)\n#define (\w+)$", text, re.M)
    if m is None or m.group(1) != m.group(2):
        yield path, 1, "guard", "no include guard"
    elif path.startswith(PRODUCT) and m.group(1) != accepted:
        yield path, source.line_of(text, m.start()), "guard", f"{m.group(1)} should be {accepted}"
    if not text.startswith("/*"):
        yield path, 1, "contract", "a header begins with a comment: what it is for, on which thread"


def plain_text(path, text):
    """Any text file: no machine paths or secrets, no stray white space, a final newline."""
    for number, line in enumerate(text.split("\n"), 1):
        m = SECRETS.search(line)
        if m:
            yield path, number, "secret", f"machine path or secret: {m.group(0).strip()[:24]}"
        if line != line.rstrip():
            yield path, number, "white-space", "blank at the end of the line"
    if text and not text.endswith("\n"):
        yield path, text.count("\n") + 1, "white-space", "no newline at the end of the file"


_PROTOTYPE = re.compile(r"^[a-z][\w\s*]*?\**\b([a-z]\w+)\s*\(", re.M)


def exports(text):
    """Names of the functions that a header declares (not of its inline ones)."""
    code = source.without_preprocessor(source.strip(text))
    inline = {name for name, _, _ in source.functions(text)}
    return {m.group(1) for m in _PROTOTYPE.finditer(code)} - inline - {"defined"}


def dead_exports(files):
    """(path, name) of functions that a header declares and no other product file names."""
    words = {p: set(re.findall(r"\b[a-z]\w+\b", source.strip(t)))
             for p, t in files.items() if p.startswith(PRODUCT)}
    for path in sorted(p for p in words if p.endswith(".h")):
        home = os.path.splitext(path)[0]
        for name in sorted(exports(files[path])):
            users = [p for p, w in words.items() if name in w and os.path.splitext(p)[0] != home]
            defines = [p for p in users if p.endswith((".c", ".cc"))
                       and any(f[0] == name for f in source.functions(files[p]))]
            if len(users) - len(defines) == 0:
                yield path, name
