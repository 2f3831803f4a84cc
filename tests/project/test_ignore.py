"""Ignore files as moby/patternmatcher, its ignorefile package and docker-py's tests describe them."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockmend._project.ignore import IgnoreFile, _compiled
from dockmend._project.pattern import BadPattern, clean, glob, has_wildcard, ignore_pattern, unescaped


def excludes(patterns: list[str], path: str) -> bool:
    file = IgnoreFile.parse("\n".join(patterns))
    assert not file.problems, file.problems
    return file.excludes(path)


# moby/patternmatcher: a pattern, and paths that it or a match of a parent folder takes, or does not.
MATCHES = [
    ("*", ["fileutils.go"], []),
    ("*.go", ["fileutils.go"], [".", "a/b.go"]),
    ("**", ["file", "file/", "dir/file", "dir/file/"], []),
    ("**/", ["file", "dir/file"], []),
    ("**/**", ["dir/file"], []),
    ("dir/**", ["dir/file", "dir/file/", "dir/dir2/file"], ["dir", "dirs/file"]),
    ("**/dir", ["dir", "dir/file", "a/dir"], ["adir", "a/dirs"]),
    ("**/dir2/*", ["dir/dir2/file", "dir/dir2/file/"], ["dir/dir2"]),
    ("**/dir2/**", ["dir/dir2/dir3/file"], ["dir/dir3"]),
    ("**file", ["file", "dir/file", "dir/dir/file", "profile", "dir/profile/x"], ["files"]),
    ("**/file", ["dir/file", "dir/dir/file"], ["dir/profile"]),
    ("**/file*", ["dir/dir/file", "dir/dir/file.txt"], []),
    ("**/file*txt", ["dir/dir/file.txt"], ["dir/dir/file.tx"]),
    ("**/file*.txt*", ["dir/dir/file.txt"], []),
    ("**/**/*.txt", ["dir/dir/file.txt", "file.txt"], ["dir/dir/file.txt2"]),
    ("a**/*.txt", ["a/file.txt", "a/dir/file.txt", "a/dir/dir/file.txt", "ab/file.txt"], ["b/file.txt"]),
    ("a/*.txt", ["a/file.txt"], ["a/dir/file.txt"]),
    ("a/*.txt**", ["a/file.txt"], []),
    ("a[b-d]e", ["ace"], ["ae", "aae"]),
    ("a[^b-d]e", ["aze"], ["ace"]),
    (".*", [".foo"], ["foo"]),
    ("abc.def", ["abc.def"], ["abcdef", "abcZdef"]),
    ("abc?def", ["abcZdef"], ["abcdef", "abc/def"]),
    ("**/foo/bar", ["foo/bar", "dir/foo/bar", "dir/dir2/foo/bar"], ["foo/a/bar"]),
    ("abc/**", ["abc/def", "abc/def/ghi"], ["abc"]),
    ("abc**", ["abc", "abcd", "abc/def"], ["ab"]),
    ("**/.foo", [".foo"], ["bar.foo"]),
    ("a(b)c/def", ["a(b)c/def"], ["a(b)c/xyz"]),
    ("a.|)$(}+{bc", ["a.|)$(}+{bc"], ["a"]),
    ("dist/*.whl", ["dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl"], []),
    (r"a\\", ["a\\"], ["a"]),
    (r"a\*b", ["a*b"], ["ab", "axb"]),
    ("a*b*c*d*e*/f", ["axbxcxdxe/f", "axbxcxdxexxx/f"], ["axbxcxdxe/xxx/f", "axbxcxdxexxx/fff"]),
    ("a*b?c*x", ["abxbbxdbxebxczzx"], ["abxbbxdbxebxczzy"]),
    ("ab[^e-g]", ["abc"], ["abe"]),
    ("a?b", ["a☺b"], ["a/b"]),
    ("a???b", [], ["a☺b"]),
    ("[a-ζ]*", ["δ"], []),
    ("*[a-ζ]", [], ["A"]),
    (r"[\]a]", ["]"], []),
    (r"[x\-]", ["x", "-"], ["z"]),
    (r"[\-x]", ["x", "-"], ["a"]),
    ("*x", ["xxx"], []),
    ("foo/../bar", ["bar", "bar/a"], ["foo"]),
    ("./a.py", ["a.py"], []),
    ("a.py/", ["a.py"], []),
    ("/foo/a.py", ["foo/a.py"], ["a/foo/a.py"]),
    ("//foo", ["foo"], []),
    ("../a.py", [], ["a.py"]),
    ("/../b.py", ["b.py"], []),
    ("/", ["/"], ["a"]),
    (".", [], ["a", "."]),
    ("^a*", ["abc"], ["^abc"]),
    ("^abc", ["^abc"], ["abc"]),
    ("a^*", [], ["a^b", "ab"]),
    ("a]", ["a]"], []),
]


@pytest.mark.parametrize(("pattern", "taken", "left"), MATCHES, ids=[row[0] for row in MATCHES])
def test_matches(pattern: str, taken: list[str], left: list[str]) -> None:
    assert [path for path in taken if not excludes([pattern], path)] == []
    assert [path for path in left if excludes([pattern], path)] == []


# Every case that moby/patternmatcher publishes in patternmatcher_test.go (TestMatches, TestMatch and the single
# ones before them), grouped by pattern: paths that it takes, with the folder they are in or not, and does not.
PUBLISHED = [
    ("**", "file file/ / dir/file dir/file/", ""),
    ("**/", "file file/ / dir/file dir/file/", ""),
    ("**/**", "dir/file dir/file/", ""),
    ("dir/**", "dir/file dir/file/ dir/dir2/file dir/dir2/file/", ""),
    ("**/dir", "dir dir/file", ""),
    ("**/dir2/*", "dir/dir2/file dir/dir2/file/", ""),
    ("**/dir2/**", "dir/dir2/dir3/file dir/dir2/dir3/file/", ""),
    ("**file", "file dir/file dir/dir/file", ""),
    ("**/file", "dir/file dir/dir/file", ""),
    ("**/file*", "dir/dir/file dir/dir/file.txt", ""),
    ("**/file*txt", "dir/dir/file.txt", ""),
    ("**/file*.txt", "dir/dir/file.txt", ""),
    ("**/file*.txt*", "dir/dir/file.txt", ""),
    ("**/**/*.txt", "dir/dir/file.txt file.txt", ""),
    ("**/**/*.txt2", "", "dir/dir/file.txt"),
    ("**/*.txt", "file.txt", ""),
    ("a**/*.txt", "a/file.txt a/dir/file.txt a/dir/dir/file.txt", ""),
    ("a/*.txt", "a/file.txt", "a/dir/file.txt"),
    ("a/*.txt**", "a/file.txt", ""),
    ("a[b-d]e", "ace", "ae aae"),
    ("a[^b-d]e", "aze", ""),
    (".*", ".foo", "foo"),
    ("abc.def", "abc.def", "abcdef abcZdef"),
    ("abc?def", "abcZdef", "abcdef"),
    ("**/foo/bar", "foo/bar dir/foo/bar dir/dir2/foo/bar", ""),
    ("abc/**", "abc/def abc/def/ghi", "abc"),
    ("**/.foo", ".foo", "bar.foo"),
    ("a(b)c/def", "a(b)c/def", "a(b)c/xyz"),
    ("a.|)$(}+{bc", "a.|)$(}+{bc", ""),
    (
        "dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl",
        "dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl",
        "",
    ),
    ("dist/*.whl", "dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl", ""),
    ("a\\\\", "a\\", ""),
    (r"a\*b", "a*b", "ab"),
    ("** !util/docker/web", "", "util/docker/web/foo"),
    ("** !util/docker/web util/docker/web/foo", "util/docker/web/foo", ""),
    (
        "** !dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl",
        "",
        "dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl",
    ),
    ("** !dist/*.whl", "", "dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl"),
    ("*", "fileutils.go abc", ""),
    ("*.go", "fileutils.go", "."),
    ("!fileutils.go *.go", "fileutils.go", ""),
    ("*.go !fileutils.go", "", "fileutils.go"),
    ("docs !docs/README.md", "", "docs/README.md"),
    ("docs/ !docs/README.md", "", "docs/README.md"),
    ("docs/* !docs/README.md", "", "docs/README.md"),
    ("", "", "/any/path/there"),
    ("abc", "abc", ""),
    ("*c", "abc", ""),
    ("a*", "a abc ab/c", ""),
    ("a*/b", "abc/b", "a/c/b"),
    ("a*b*c*d*e*/f", "axbxcxdxe/f axbxcxdxexxx/f", "axbxcxdxe/xxx/f axbxcxdxexxx/fff"),
    ("a*b?c*x", "abxbbxdbxebxczzx", "abxbbxdbxebxczzy"),
    ("ab[c]", "abc", ""),
    ("ab[b-d]", "abc", ""),
    ("ab[e-g]", "", "abc"),
    ("ab[^c]", "", "abc"),
    ("ab[^b-d]", "", "abc"),
    ("ab[^e-g]", "abc", ""),
    ("a?b", "a☺b", "a/b"),
    ("a[^a]b", "a☺b", ""),
    ("a???b", "", "a☺b"),
    ("a[^a][^a][^a]b", "", "a☺b"),
    ("[a-ζ]*", "\u03b1", ""),
    ("*[a-ζ]", "", "A"),
    ("a*b", "", "a/b"),
    (r"[\]a]", "]", ""),
    (r"[\-]", "-", ""),
    (r"[x\-]", "x -", "z"),
    (r"[\-x]", "x -", "a"),
    ("*x", "xxx", ""),
]
# Those that it refuses, its test for moby/moby#52203 among them.
PUBLISHED_AS_REFUSED = [
    "[]a]", "[-]", "[x-]", "[-x]", "\\", "[a-b-c]", "[", "[^", "[^bc", "a[", "!", "[Local-Only]/",
]  # fmt: skip
# TestCompile: what each pattern is compared as, and the regular expression of those that need one.
COMPILED = [
    ("*", "regexp", r"[^/]*"),
    ("file*", "regexp", r"file[^/]*"),
    ("*file", "regexp", r"[^/]*file"),
    ("a*/b", "regexp", r"a[^/]*/b"),
    ("**", "suffix", ""),
    ("**/**", "regexp", r"(.*/)?.*"),
    ("dir/**", "prefix", ""),
    ("**/dir", "suffix", ""),
    ("**/dir2/*", "regexp", r"(.*/)?dir2/[^/]*"),
    ("**/dir2/**", "regexp", r"(.*/)?dir2/.*"),
    ("**file", "suffix", ""),
    ("**/file*txt", "regexp", r"(.*/)?file[^/]*txt"),
    ("**/**/*.txt", "regexp", r"(.*/)?(.*/)?[^/]*\.txt"),
    ("a[b-d]e", "regexp", r"a[b-d]e"),
    (".*", "regexp", r"\.[^/]*"),
    ("abc.def", "exact", ""),
    ("abc?def", "regexp", r"abc[^/]def"),
    ("**/foo/bar", "suffix", ""),
    ("a(b)c/def", "exact", ""),
    ("a.|)$(}+{bc", "exact", ""),
    ("dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl", "exact", ""),
]


class TestPublishedCases:
    """https://github.com/moby/patternmatcher/blob/main/patternmatcher_test.go."""

    @pytest.mark.parametrize(("patterns", "taken", "left"), PUBLISHED, ids=[row[0] for row in PUBLISHED])
    def test_matching(self, patterns: str, taken: str, left: str) -> None:
        assert {path: excludes(patterns.split(" "), path) for path in [*taken.split(), *left.split()]} == {
            **dict.fromkeys(taken.split(), True),
            **dict.fromkeys(left.split(), False),
        }

    @pytest.mark.parametrize("pattern", PUBLISHED_AS_REFUSED)
    def test_refused(self, pattern: str) -> None:
        assert IgnoreFile.parse(f"{pattern}\n").problems

    @pytest.mark.parametrize(("pattern", "kind", "expression"), COMPILED, ids=[row[0] for row in COMPILED])
    def test_what_a_pattern_is_compared_as(self, pattern: str, kind: str, expression: str) -> None:
        compiled = _compiled(clean(pattern))
        assert compiled.kind == kind
        if expression:
            assert compiled.automaton is not None
            known = {path for row in PUBLISHED for path in (*row[1].split(), *row[2].split())}
            whole = re.compile(rf"{expression}\Z")
            assert {path for path in known if compiled.automaton.matches(path)} == set(
                filter(whole.match, known)
            )

    def test_lines(self) -> None:
        """TestReadAll of ignorefile: comments and empty lines go, blanks and a leading slash too."""
        file = IgnoreFile.parse(
            "test1\n/test2\n/a/file/here\n\nlastfile\n# this is a comment\n! /inverted/abs/path\n!\n! "
        )
        assert [("!" * rule.negated) + rule.pattern for rule in file.rules] == [
            "test1", "test2", "a/file/here", "lastfile", "!inverted/abs/path",
        ]  # fmt: skip
        # What is read as "!" alone, New refuses.
        assert [problem.line for problem in file.problems] == [8, 9]


SEVERAL = [
    (["!fileutils.go", "*.go"], {"fileutils.go": True}),
    (["*.go", "!fileutils.go"], {"fileutils.go": False, "a.go": True}),
    (["docs", "!docs/README.md"], {"docs/README.md": False, "docs/a.md": True, "docs": True}),
    (["docs/", "!docs/README.md"], {"docs/README.md": False}),
    (["docs/*", "!docs/README.md"], {"docs/README.md": False, "docs/a": True, "docs": False}),
    (["**", "!util/docker/web"], {"util/docker/web/foo": False, "util/docker": True}),
    (["**", "!util/docker/web", "util/docker/web/foo"], {"util/docker/web/foo": True}),
    (["**", "!dist/*.whl"], {"dist/a.whl": False, "dist/b.tar": True}),
    (["*.md", "!README*.md", "README-secret.md"], {"README-bis.md": False, "README-secret.md": True}),
    (["*.*", "!*.go"], {"a.go": False, "a.py": True, "foo/a.py": False}),
    (["foo", "!foo/bar"], {"foo/bar/a.py": False, "foo/a.py": True}),
    (["foo", "!foo/*.py"], {"foo/a.py": False, "foo/bar/a.go": True}),
    (["**", "!bar", "!foo/bar"], {"foo/bar/a.py": False, "bar/a.py": False, "a.py": True}),
    (["/*", "!/*.py"], {"a.py": False, "a.go": True}),
    (["**/target/*/*"], {"target/subdir/file.txt": True, "target/file.txt": False}),
    # docker-py and the classic builder leave out the folder; BuildKit looks for exceptions within.
    (["*", "!*/b.py"], {"a/b.py": False, "a/c.py": True}),
]


@pytest.mark.parametrize(("patterns", "said"), SEVERAL, ids=[" ".join(row[0]) for row in SEVERAL])
def test_the_last_line_that_matches_decides(patterns: list[str], said: dict[str, bool]) -> None:
    assert {path: excludes(patterns, path) for path in said} == said


def test_what_a_line_is() -> None:
    file = IgnoreFile.parse(
        "\ufefftest1\n/test2\r\n  /a/file/here  \n\nlast\\ file\n# a comment\n # a pattern\n! /inverted/abs\n\x85x\u3000\n"
    )
    assert [(rule.line, rule.pattern, rule.negated) for rule in file.rules] == [
        (1, "test1", False),
        (2, "test2", False),
        (3, "a/file/here", False),
        (5, "last\\ file", False),
        (7, "# a pattern", False),
        (8, "inverted/abs", True),
        (9, "x", False),
    ]
    assert file.excludes("last file")
    assert not file.problems
    assert file.has_exceptions


REFUSED = [
    "!", "! ", "!/", "[]a]", "[-]", "[x-]", "[-x]", "\\", "[a-b-c]", "[", "[^", "[^bc", "a[", "a\\", "[\\", "[a-",
    # A regular expression of Go refuses these, or reads them as something else than the pattern says.
    "[Local-Only]/", r"a\d*", r"\é", "[*]", "[a?]", "[[:alpha:]]", "*" + "a" * 2000, "a\0b", "x" * 70_000,
]  # fmt: skip


@pytest.mark.parametrize("line", REFUSED, ids=[ascii(line[:12]) for line in REFUSED])
def test_lines_that_are_refused(line: str) -> None:
    file = IgnoreFile.parse(f"a\n{line}\n")
    assert [problem.line for problem in file.problems] == [2]
    assert all(problem.message for problem in file.problems)
    file.excludes("a/b")


def test_which_line_decides() -> None:
    file = IgnoreFile.parse("# c\n*.md\n!README.md\n*.md\ndocs\n")
    assert file.deciding_line("README.md") == 4
    assert file.deciding_line("a.md") == 2
    assert file.deciding_line("docs/a") == 5
    assert file.deciding_line("src") is None
    assert IgnoreFile.parse("*\n!a\n").deciding_line("a/b") == 2


@pytest.mark.parametrize(
    ("text", "everything"),
    [
        ("*\n!a", True),
        ("# c\n/**\n", True),
        ("**/*\n", True),
        ("./*", True),
        ("*.py\n", False),
        ("!*\n", False),
        ("", False),
    ],
)
def test_an_allow_list(text: str, everything: bool) -> None:
    assert IgnoreFile.parse(text).excludes_everything is everything


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "a\nb\n"),
        ("\ufeff", "\ufeffa\nb\n"),
        ("x\n", "x\n\na\nb\n"),
        ("x", "x\n\na\nb\n"),
        ("x\r\ny", "x\r\ny\r\n\r\na\r\nb\r\n"),
        ("x\n\n", "x\n\n\na\nb\n"),
    ],
)
def test_lines_are_added_behind(before: str, after: str) -> None:
    assert IgnoreFile.parse(before).with_lines(["a", "b"]) == after


TEXT = st.text(st.sampled_from("ab/*?[]!#^\\.-\n\r \t\ufeffé"), max_size=30)


@given(TEXT)
def test_lines_joined_are_the_text(text: str) -> None:
    file = IgnoreFile.parse(text)
    assert "".join(file.lines) == text
    assert file.with_lines(["z"]).startswith(text)
    assert all(1 <= rule.line <= len(file.lines) for rule in file.rules)


def regexp(pattern: str) -> re.Pattern[str]:
    """moby/patternmatcher's regular expression, written down naively."""
    out, at = "", 0
    while at < len(pattern):
        rest = pattern[at:]
        if rest.startswith("**"):
            at += 3 if rest.startswith("**/") else 2
            out += ".*" if at >= len(pattern) else "(?:.*/)?"
            continue
        at += 1
        out += {"*": "[^/]*", "?": "[^/]"}.get(rest[0], re.escape(rest[0]))
    return re.compile(out + r"\Z")


PATH = st.lists(st.text("ab", min_size=1, max_size=3), min_size=1, max_size=4).map("/".join)
PATTERN = st.lists(
    st.sampled_from(["a", "b", "ab", "*", "?", "**", "a*", "*b", "**a", "b**"]), min_size=1, max_size=4
).map("/".join)


def parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:at]) for at in range(1, len(parts) + 1)]


@given(PATTERN, PATH)
def test_the_automaton_is_the_regular_expression(pattern: str, path: str) -> None:
    automaton, expected = ignore_pattern(pattern), regexp(pattern)
    assert automaton.matches(path) == bool(expected.match(path))
    assert automaton.matches_or_parent(path) == any(expected.match(folder) for folder in parents(path))


@given(PATTERN, PATH)
def test_a_line_is_its_regular_expression(pattern: str, path: str) -> None:
    # "**a" ends with "a" wherever: patternmatcher looks at the suffix alone.
    ends = pattern.startswith("**") and not set("*?") & set(pattern[2:]) and not pattern.startswith("**/")
    expected = re.compile(rf".*{re.escape(pattern[2:])}\Z") if ends else regexp(clean(pattern))
    assert excludes([pattern], path) == any(expected.match(folder) for folder in parents(path))


@given(st.lists(st.tuples(st.booleans(), PATTERN), max_size=5), PATH)
def test_an_added_line_takes_nothing_back(rules: list[tuple[bool, str]], path: str) -> None:
    lines = ["!" * negated + pattern for negated, pattern in rules]
    before = IgnoreFile.parse("\n".join(lines))
    after = IgnoreFile.parse(before.with_lines(["a*"]))
    assert after.excludes(path) == (before.excludes(path) or excludes(["a*"], path))
    line = before.deciding_line(path)
    assert before.excludes(path) == (line is not None and not lines[line - 1].startswith("!"))


def wildcard(pattern: str, name: str) -> bool:
    """Go's filepath.Match of `*` and `?`, by trying."""
    if not pattern:
        return not name
    if pattern[0] == "*":
        return wildcard(pattern[1:], name) or (name[:1] not in ("", "/") and wildcard(pattern, name[1:]))
    return (
        name != ""
        and pattern[0] in (name[0], "?" if name[0] != "/" else "")
        and wildcard(pattern[1:], name[1:])
    )


@given(st.text("ab/*?", max_size=8), st.text("ab/", max_size=8))
def test_glob_is_filepath_match(pattern: str, name: str) -> None:
    assert glob(pattern).matches(name) == wildcard(pattern, name)


def test_glob_takes_classes_and_escapes() -> None:
    assert glob("[^a]").matches("/")
    assert glob("[a-cx]").matches("x")
    assert glob(r"\*").matches("*")
    assert not glob("^a").matches("a")
    assert glob("[[:alpha:]]").matches("a]")
    with pytest.raises(BadPattern):
        glob("[")


@pytest.mark.parametrize(
    ("pattern", "found", "plain"),
    [
        ("a", False, "a"),
        ("a*", True, "a*"),
        (r"a\*", False, "a*"),
        (r"a\\*", True, "a\\*"),
        ("[", True, "["),
        ("a\\", False, "a"),
    ],
)
def test_wildcards(pattern: str, found: bool, plain: str) -> None:
    assert has_wildcard(pattern) is found
    assert unescaped(pattern) == plain


def test_time_grows_with_the_path_alone() -> None:
    hostile = IgnoreFile.parse(
        "\n".join(["**/" * 150 + "*a" * 100 + "b", "*a*a*a*a*a*a*a*a*a*b", "a?*" * 300])
    )
    assert not hostile.problems
    start = time.perf_counter()
    for path in (
        "a" * 4000,
        "a/" * 2000 + "c",
        "ab" * 2000,
        "/".join(chr(97 + i % 26) * 9 for i in range(400)),
    ):
        hostile.excludes(path)
    assert time.perf_counter() - start < 20


def test_a_pattern_with_many_states_stays_small() -> None:
    automaton = ignore_pattern("*a" + "?" * 14)
    for number in range(3000):
        automaton.matches(format(number, "015b").replace("0", "a").replace("1", "b"))
    assert automaton.matches("ba" + "x" * 14)
    assert not automaton.matches("bb" + "x" * 14)


@pytest.mark.slow
def test_many_lines_and_many_paths() -> None:
    start = time.perf_counter()
    file = IgnoreFile.parse("".join(f"dir{number}/**/*.log\n" for number in range(3000)) + "x\n" * 50_000)
    assert file.excludes("dir7/a/b.log")
    typical = IgnoreFile.parse("**/*.pyc\n**/__pycache__\n.git\nnode_modules\n!keep/**\n*.log\n")
    assert sum(typical.excludes(f"src/p{n % 99}/m{n}.py{'c' * (n % 2)}") for n in range(50_000)) == 25_000
    assert time.perf_counter() - start < 30
