"""C and C++ source as the rules see it: text without comments and strings, includes, functions.

Not a parser: enough of one for rules that count and look for names. Line numbers stay true.
"""

import re

_TOKEN = re.compile(
    r"""//[^\n]* | /\*.*?\*/ | R"(?P<raw>[^(\s]*)\(.*?\)(?P=raw)" |
        "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'""",
    re.S | re.X,
)


def _blank(match):
    """The same number of characters and lines; a string keeps its quotes."""
    text = match.group(0)
    if text[0] == "/":
        return re.sub(r"[^\n]", " ", text)
    return text[0] + re.sub(r"[^\n]", " ", text[1:-1]) + text[-1]


def strip(text):
    """text with comments and the insides of strings blanked."""
    return _TOKEN.sub(_blank, text)


def without_preprocessor(stripped):
    """stripped with directives (and their continuation lines) blanked."""
    return re.sub(
        r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*",
        lambda m: re.sub(r"[^\n]", " ", m.group(0)),
        stripped,
        flags=re.M,
    )


def line_of(text, offset):
    """Line of an offset, counted from 1."""
    return text.count("\n", 0, offset) + 1


def includes(text):
    """(line, name, is_quoted) of every #include."""
    found = re.finditer(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)[">]', text, re.M)
    return [(line_of(text, m.start()), m.group(2), m.group(1) == '"') for m in found]


_SCOPE = re.compile(r'(?:^|[;}\s])(?:namespace\b[^;()]*|extern\s*""|extern\s*" *"|'
                    r"(?:class|struct|union)\b[^;()=]*)$")
_NAME = re.compile(r"([A-Za-z_][\w:~]*)\s*\(")
_NOT_A_NAME = {"__attribute__", "MUST_CHECK", "PRINTF_LIKE", "NORETURN", "alignas"}


def functions(text, is_cxx=False):
    """(name, line of the opening brace, lines between the braces) of every function in text."""
    code = without_preprocessor(strip(text))
    found = []
    depth = 0
    start = 0  # where the text before a top-level brace begins
    scopes = 0  # open braces of namespaces (and classes in C++), which do not count as depth
    body = None
    for m in re.finditer(r"[{};]", code):
        at = m.start()
        if m.group(0) == ";":
            start = at + 1 if depth == 0 else start
        elif m.group(0) == "{":
            head = code[start:at].strip()
            if depth == 0 and _SCOPE.search(head) and (is_cxx or "extern" in head):
                scopes += 1
                start = at + 1
                continue
            if depth == 0 and re.search(r"\)[\w\s()]*$", head):
                names = [n for n in _NAME.findall(head) if n not in _NOT_A_NAME]
                body = (names[0] if names else "?", at)
            depth += 1
        else:
            if depth == 0:
                scopes -= 1 if scopes else 0
                start = at + 1
                continue
            depth -= 1
            if depth == 0:
                if body is not None:
                    first, last = line_of(code, body[1]), line_of(code, at)
                    found.append((body[0], first, max(0, last - first - 1)))
                    body = None
                start = at + 1
    return found
