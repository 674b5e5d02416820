"""The outside tools: clang-format, the compiler on each header, clang-tidy, cppcheck, shellcheck.

clang-tidy and the compiler are asked once per content: the key of a result is everything that the
file includes, the flags and the tool's version.
"""

import concurrent.futures
import hashlib
import os
import re
import shutil
import subprocess

# Another major version formats some constructs in another way; Debian 12 has this one.
FORMAT_MAJOR = 14


def _run(words, **kw):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", check=False, **kw)


def _version(tool):
    m = re.search(r"version (\d+)\.\d+(\.\d+)?", _run([tool, "--version"]).stdout)
    return m.group(0) if m else "unknown"


def missing(tools):
    """Findings for tools that are not installed: package name where it differs."""
    package = {"gcc": "gcc", "g++": "g++"}
    for tool in tools:
        if shutil.which(tool) is None:
            yield tool, 0, "missing-tool", f"apt-get install {package.get(tool, tool)}"


def formatter():
    """clang-format of the pinned version, or None with the reason."""
    for name in (f"clang-format-{FORMAT_MAJOR}", "clang-format"):
        if shutil.which(name) and f"version {FORMAT_MAJOR}." in _version(name):
            return name, None
    return None, f"format: skipped, clang-format {FORMAT_MAJOR} is not installed"


def format_check(files):
    """(findings, note)."""
    tool, note = formatter()
    if tool is None or not files:
        return [], note
    out = _run([tool, "--dry-run", "--ferror-limit=1", *files]).stdout
    return [(m.group(1), int(m.group(2)), "format", "differs from .clang-format: make format")
            for m in re.finditer(r"^(\S+?):(\d+):\d+: (?:warning|error): code should be", out, re.M)
            ], None


class Cache:
    """Results of a tool by a key of everything that it read."""

    def __init__(self, folder, salt):
        self.folder = folder
        self.salt = salt
        os.makedirs(folder, exist_ok=True)

    def _path(self, source, flags, language):
        deps = _run([*language, *flags, "-MM", source]).stdout.replace("\\\n", " ")
        key = hashlib.sha256(self.salt.encode())
        for name in sorted(set(deps.split(":", 1)[-1].split()) | {source}):
            key.update(name.encode())
            if os.path.exists(name):
                with open(name, "rb") as f:
                    key.update(f.read())
        return os.path.join(self.folder, key.hexdigest())

    def get(self, source, flags, language, make):
        path = self._path(source, flags, language)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                return f.read()
        text = make()
        with open(path + f".{os.getpid()}", "w", encoding="utf-8") as f:
            f.write(text)
        os.replace(path + f".{os.getpid()}", path)
        return text


def _language(path):
    return ["g++", "-std=c++17"] if path.endswith(".cc") else ["gcc", "-std=c17"]


def _in_parallel(work, items):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return [finding for found in pool.map(work, items) for finding in found]


_MESSAGE = re.compile(r"^(\S+?):(\d+):\d+: (?:warning|(?:fatal )?error): (.*)$", re.M)


def headers_check(headers, cxx_headers, flags, build):
    """Each header compiles alone, as C and, where C++ includes it, as C++."""
    cache = Cache(os.path.join(build, "headers"), "1 " + " ".join(flags))
    jobs = [(h, ["gcc", "-std=c17", "-x", "c"]) for h in headers]
    jobs += [(h, ["g++", "-std=c++17", "-x", "c++"]) for h in cxx_headers]

    def check(job):
        header, compiler = job
        words = [*compiler, *flags, "-Wall", "-Wextra", "-fsyntax-only", header]

        def ask():
            # A header as main file is what we want here.
            return re.sub(r".*#pragma once in main file.*\n", "", _run(words).stdout)

        out = cache.get(header, [*flags, *compiler[1:]], compiler[:1], ask)
        return [(m.group(1), int(m.group(2)), "header-alone", m.group(3))
                for m in _MESSAGE.finditer(out)]

    return _in_parallel(check, jobs)


def tidy(sources, flags, build):
    """clang-tidy, one process a file: with several files in one process version 14 reports every
    va_list as uninitialised (LLVM issue 40656)."""
    with open(".clang-tidy", encoding="utf-8") as f:
        salt = f.read() + _version("clang-tidy") + " ".join(flags)
    cache = Cache(os.path.join(build, "tidy"), salt)

    def check(path):
        language = _language(path)
        words = ["clang-tidy", "--quiet", path, "--", language[1], *flags]
        out = cache.get(path, flags, language, lambda: _run(words).stdout)
        found = []
        for m in _MESSAGE.finditer(out):
            name = os.path.relpath(m.group(1))
            found.append((name, int(m.group(2)), "clang-tidy", m.group(3)))
        return found

    # Headers are seen once by every file that includes them.
    return sorted(set(_in_parallel(check, sources)))


def cppcheck(folders, flags, build):
    """cppcheck over whole folders, with its own cache."""
    folder = os.path.join(build, "cppcheck")
    os.makedirs(folder, exist_ok=True)
    words = ["cppcheck", "-q", f"-j{os.cpu_count() or 1}", "--enable=warning,portability",
             "--std=c17", "--inline-suppr", "--suppress=unknownMacro", f"--cppcheck-build-dir={folder}",
             "--template={file}:{line}:0: warning: {message} [{id}]",
             *[f for f in flags if f.startswith(("-D", "-I"))], *folders]
    return [(m.group(1), int(m.group(2)), "cppcheck", m.group(3))
            for m in _MESSAGE.finditer(_run(words).stdout)]


def scripts(files):
    """Shell scripts by bash -n and, where installed, shellcheck; Python by its compiler."""
    found = []
    shell, python = [], []
    for path in files:
        with open(path, "rb") as f:
            first = f.readline()
        if first.startswith(b"#!") and b"python" in first or path.endswith(".py"):
            python.append(path)
        elif first.startswith(b"#!") and b"sh" in first or path.endswith(".sh"):
            shell.append(path)
    for path in shell:
        out = _run(["bash", "-n", path])
        if out.returncode != 0:
            found.append((path, 1, "script", out.stdout.split("\n", maxsplit=1)[0]))
    if shell and shutil.which("shellcheck"):
        out = _run(["shellcheck", "-x", "-S", "warning", "-f", "gcc", *shell]).stdout
        found += [(m.group(1), int(m.group(2)), "shellcheck", m.group(3))
                  for m in _MESSAGE.finditer(out)]
    for path in python:
        with open(path, encoding="utf-8") as f:
            try:
                compile(f.read(), path, "exec")
            except SyntaxError as e:
                found.append((path, e.lineno or 1, "script", str(e)))
    return found
