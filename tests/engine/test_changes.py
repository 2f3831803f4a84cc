from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from dockmend._dockerfile.parser import parse
from dockmend._dockerfile.span import Span
from dockmend._edit import Edits
from dockmend._engine.changes import Touched, edited, gone, in_patch, reach, since
from dockmend._engine.errors import Failure
from dockmend._hook import SAFE, Edit, Finding, Fix

TEN = "".join(f"RUN {i}\n" for i in range(1, 11))


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git repository with a Dockerfile of ten lines, and no settings but its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "a")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "a@example.org")
    git("init", "-q")
    Path("Dockerfile").write_text(TEN)
    commit()
    return tmp_path


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True)


def commit() -> None:
    git("add", "-A")
    git("commit", "-q", "-m", "x")


def changed(folder: Path, revision: str = "HEAD") -> dict[str, list[int] | None]:
    return {
        str(Path(path).relative_to(folder)): lines for path, lines in since(revision, str(Path.cwd())).items()
    }


def _lines(*edits: tuple[int, str]) -> str:
    lines = TEN.split("\n")
    for number, text in reversed(edits):
        lines[number - 1 : number] = [text] if text else []
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("reason", "text", "expected"),
    [
        ("one line", _lines((3, "RUN x")), [3]),
        ("several hunks", _lines((2, "RUN x"), (9, "RUN y")), [2, 9]),
        ("one line into two", _lines((2, "RUN x\nRUN y"), (9, "RUN z")), [2, 3, 10]),
        ("a line goes", _lines((3, "")), [2, 3]),
        ("the first line goes", _lines((1, "")), [0, 1]),
        ("lines go beside one that changes", _lines((3, "RUN x"), (4, "")), [3]),
        ("the final newline goes", TEN.removesuffix("\n"), [10]),
        ("line ends", TEN.replace("\n", "\r\n"), list(range(1, 11))),
        ("all goes", "", [0, 1]),
    ],
)
def test_lines_of_a_change(repository: Path, reason: str, text: str, expected: list[int]) -> None:
    Path("Dockerfile").write_bytes(text.encode())
    assert changed(repository) == {"Dockerfile": expected}


def test_nothing_changed(repository: Path) -> None:
    assert changed(repository) == {}


def test_new_files_count_wholly(repository: Path) -> None:
    Path("added").write_text("a\nb\n")
    git("add", "added")
    Path("new é").write_text("a\n")
    assert changed(repository) == {"added": [1, 2], "new é": None}


def test_ignored_and_removed_files_do_not_count(repository: Path) -> None:
    Path(".git/info/exclude").write_text("ignored\n")
    Path("ignored").touch()
    Path("Dockerfile").unlink()
    assert changed(repository) == {}


@pytest.mark.parametrize(
    "name", ["a b", "café", 'qu"ote', "back\\slash", "tab\there", "new\nline", "b\udcff"]
)
def test_names(repository: Path, name: str) -> None:
    Path(name).write_text("a\nb\n")
    commit()
    Path(name).write_text("a\nB\n")
    assert changed(repository) == {name: [2]}


def test_renamed_and_changed(repository: Path) -> None:
    git("mv", "Dockerfile", "Containerfile")
    Path("Containerfile").write_text(_lines((5, "RUN x")))
    assert changed(repository) == {"Containerfile": [5]}


def test_renamed_alone(repository: Path) -> None:
    git("mv", "Dockerfile", "Containerfile")
    assert changed(repository) in ({}, {"Containerfile": []})


def test_from_a_folder_below_and_whatever_the_users_settings(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in {
        "diff.noprefix": "true",
        "diff.mnemonicPrefix": "true",
        "diff.relative": "true",
        "color.ui": "always",
        "diff.external": "false",
        "core.quotePath": "true",
    }.items():
        git("config", key, value)
    Path("below").mkdir()
    Path("below/é").write_text("a\n")
    Path("Dockerfile").write_text(_lines((3, "RUN x")))
    git("add", "-A")
    monkeypatch.chdir("below")
    assert changed(repository) == {"below/é": [1], "Dockerfile": [3]}


def test_an_earlier_revision(repository: Path) -> None:
    Path("Dockerfile").write_text(_lines((3, "RUN x")))
    commit()
    assert changed(repository) == {}
    assert changed(repository, "HEAD~1") == {"Dockerfile": [3]}


def test_a_branch_counts_from_where_it_left(repository: Path) -> None:
    git("branch", "others")
    Path("Dockerfile").write_text(_lines((3, "RUN x")))
    commit()
    git("switch", "-q", "others")
    Path("Dockerfile").write_text(_lines((8, "RUN theirs")))
    Path("theirs").write_text("a\n")
    commit()
    git("switch", "-q", "-")
    Path("Dockerfile").write_text(_lines((3, "RUN x"), (5, "RUN y")))
    assert changed(repository, "others") == {"Dockerfile": [3, 5]}


def test_a_history_that_shares_nothing(repository: Path) -> None:
    git("branch", "kept")
    git("switch", "-q", "--orphan", "other")
    Path("Dockerfile").write_text(_lines((3, "RUN x")))
    commit()
    git("switch", "-q", "kept")
    assert changed(repository, "other") == {"Dockerfile": [3]}


def test_a_file_that_git_takes_for_binary_counts_wholly(repository: Path) -> None:
    Path(".gitattributes").write_text("Dockerfile* -diff\n")
    Path("Dockerfile.é").write_text(TEN)
    commit()
    for name in ("Dockerfile", "Dockerfile.é"):
        Path(name).write_text(_lines((3, "RUN x")))
    assert changed(repository) == {"Dockerfile": None, "Dockerfile.é": None}
    git("mv", "Dockerfile", "Containerfile")
    assert changed(repository) == {"Containerfile": None, "Dockerfile.é": None}


def test_an_unfinished_merge(repository: Path) -> None:
    git("branch", "others")
    Path("Dockerfile").write_text(_lines((3, "RUN x")))
    commit()
    git("switch", "-q", "others")
    Path("Dockerfile").write_text(_lines((3, "RUN y")))
    commit()
    subprocess.run(["git", "merge", "-q", "-"], capture_output=True)
    assert changed(repository) == {"Dockerfile": [3, 5, 6, 7]}


def test_a_submodule_does_no_harm(repository: Path) -> None:
    git("config", "diff.submodule", "log")
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(repository), "sub")
    assert changed(repository) == {".gitmodules": [1, 2, 3], "sub": [1]}


@pytest.mark.parametrize(
    ("revision", "said"),
    [
        ("none", 'git knows no revision "none"; check its name, or fetch it first'),
        ("--output=x", "is no revision"),
        ("", 'git knows no revision ""'),
    ],
)
def test_a_revision_that_is_none(repository: Path, revision: str, said: str) -> None:
    with pytest.raises(Failure, match=rf"--since: error: .*{said}"):
        since(revision, str(repository))
    assert not Path("x").exists()


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(Failure, match="not a git repository"):
        since("HEAD", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Failure, match=r"git cannot be run: .*; install git, or use --patch"):
        since("HEAD", str(tmp_path))


PATCH = "--- {a}\n+++ {b}\n@@ -2,3 +2,3 @@\n a\n-b\n+B\n c\n"


@pytest.mark.parametrize(
    ("a", "b", "file"),
    [
        ("a/Dockerfile", "b/Dockerfile", "Dockerfile"),
        ("Dockerfile", "Dockerfile", "Dockerfile"),
        ("Dockerfile\t2026-01-01 00:00:00", "Dockerfile\t2026-01-01 00:00:01", "Dockerfile"),
        ("/dev/null", "b/sub/Dockerfile", "sub/Dockerfile"),
        ('"a/caf\\303\\251 \\"\\\\\\t"', '"b/caf\\303\\251 \\"\\\\\\t"', 'café "\\\t'),
        ("a/other", "b/elsewhere", "elsewhere"),
    ],
)
def test_the_file_of_a_patch(tmp_path: Path, a: str, b: str, file: str) -> None:
    assert in_patch(PATCH.format(a=a, b=b), "p", str(tmp_path)) == {str(tmp_path / file): [3]}


def test_a_patch_that_removes_a_file(tmp_path: Path) -> None:
    assert in_patch("--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-b\n", "p", str(tmp_path)) == {}


def test_a_patch_from_the_top_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Dockerfile").touch()
    (tmp_path.parent / "outside").touch()
    for name, file in {
        "app/Dockerfile": "app/Dockerfile",
        "Dockerfile": "app/Dockerfile",
        "outside": "app/outside",
    }.items():
        assert list(in_patch(PATCH.format(a=f"a/{name}", b=f"b/{name}"), "p", str(tmp_path / "app"))) == [
            str(tmp_path / file)
        ]  # fmt: skip


def test_a_path_that_is_nowhere_above(tmp_path: Path) -> None:
    assert in_patch(PATCH.format(a="zz", b="zz"), "p", str(tmp_path)) == {str(tmp_path / "zz"): [3]}


@pytest.mark.parametrize(
    "text", ["--- a\n+++ b\n@@ -1,9 +1,9 @@\n a\n", "+++ b\n@@ nonsense", "# README\n", "FROM a\nRUN b\n"]
)
def test_what_is_no_patch(tmp_path: Path, text: str) -> None:
    with pytest.raises(Failure, match=r"^my\.diff: error: is not a unified diff"):
        in_patch(text, "my.diff", str(tmp_path))


@pytest.mark.parametrize("text", ["", "\n"])
def test_an_empty_patch_changes_nothing(tmp_path: Path, text: str) -> None:
    assert in_patch(text, "my.diff", str(tmp_path)) == {}


DOC = "FROM a\nRUN a \\\n  b \\\n  c\n\nRUN d\n"


def whole(text: str) -> Finding:
    start = DOC.index(text)
    return Finding("", Span(start, start + len(text)))


@pytest.mark.parametrize(
    ("lines", "touched"),
    [
        ([1], ["FROM a"]),
        ([2], ["RUN a", "b", "c\n\nRUN d"]),
        ([4], ["RUN a", "b", "c\n\nRUN d"]),
        ([5], ["c\n\nRUN d"]),
        ([6], ["RUN d", "c\n\nRUN d"]),
        ([7, 99], []),
        ([], []),
    ],
)
def test_a_finding_is_touched_where_its_instruction_is(lines: list[int], touched: list[str]) -> None:
    concerns = Touched(lines, DOC).concerns
    doc = parse(DOC)
    texts = ["FROM a", "RUN a", "b", "RUN d", "c\n\nRUN d"]
    assert {text for text in texts if concerns(doc, whole(text))} == set(touched)


def test_a_finding_of_the_whole_file_stands_at_its_start() -> None:
    doc = parse(DOC)
    assert Touched([1], DOC).concerns(doc, Finding("", Span(0, 0)))
    assert not Touched([2], DOC).concerns(doc, Finding("", Span(0, 0)))


@pytest.mark.parametrize(
    ("reason", "mend", "expected"),
    [
        ("a line above went", lambda text: text.replace("RUN 2\n", ""), {"RUN 5", "RUN 7"}),
        ("lines above came", lambda text: "RUN x\nRUN y\n" + text, {"RUN 5", "RUN 7"}),
        ("the changed line was mended", lambda text: text.replace("RUN 5\n", "RUN five\n"), {"RUN five", "RUN 7"}),
        ("it became two", lambda text: text.replace("RUN 5\n", "RUN f\nRUN g\n"), {"RUN f", "RUN g", "RUN 7"}),
        ("it was joined with others", lambda text: text.replace("RUN 4\nRUN 5\nRUN 6\n", "RUN 456\n"), {"RUN 456", "RUN 7"}),
        ("it went", lambda text: text.replace("RUN 5\n", ""), {"RUN 7"}),
        ("others were mended", lambda text: text.replace("RUN 1\n", "RUN one\n").replace("10", "ten"), {"RUN 5", "RUN 7"}),
    ],
)  # fmt: skip
def test_changed_lines_are_followed_through_mending(
    reason: str, mend: Callable[[str], str], expected: set[str]
) -> None:
    text = "FROM a\n" + TEN
    mended = mend(text)
    concerns = Touched([6, 8], text).concerns
    doc = parse(mended)
    found = {
        one.meaning.name + " " + str(one.meaning.value)
        for one in doc.instructions
        if concerns(doc, Finding("", one.keyword))
    }
    assert found == expected


def reaching(*pairs: tuple[str, str]) -> Fix:
    """A fix that puts the second of each pair in the place of the first, or behind it where it begins so."""
    edits = []
    for old, new in pairs:
        start = DOC.index(old) if old else len(DOC)
        kept = len(old) if new.startswith(old) else 0
        edits.append(Edit(Span(start + kept, start + len(old)), new[kept:]))
    return Fix(SAFE, tuple(edits), {})


@pytest.mark.parametrize(
    ("reason", "lines", "spans", "beyond"),
    [
        ("within the line", [6], [("d", "D")], []),
        ("within the instruction", [2], [("c\n", "C\n")], []),
        ("another instruction", [6], [("d", "D"), ("FROM", "from")], [1]),
        ("over a whole other instruction", [1], [(" a\nRUN a \\\n  b \\\n  c", "")], [2, 3, 4]),
        ("an empty line between", [6], [("\n\nRUN", " RUN")], [4, 5]),
        (
            "what it only puts beside",
            [6],
            [("", "CMD x\n"), ("FROM a\n", "FROM a\n# c\n"), ("  c", "  c\n# c")],
            [],
        ),
        ("into another line", [6], [("d", "D"), ("FROM a", "FROM a b")], [1]),
    ],
)
def test_a_fix_that_reaches_beyond(
    reason: str, lines: list[int], spans: list[tuple[str, str]], beyond: list[int]
) -> None:
    doc, fix = parse(DOC), reaching(*spans)
    touched = Touched(lines, DOC)
    assert touched.beyond(doc, edited(doc, fix)) == beyond
    assert touched.beyond(doc, gone(DOC, Edits(fix.edits).apply(DOC))) == beyond


def test_a_fix_that_changes_a_changed_line_is_concerned_wherever_its_place_is() -> None:
    doc, finding = parse(DOC), whole("RUN d")._replace(fix=reaching(("c\n", "C\n")))
    assert Touched([3], DOC).concerns(doc, finding)
    assert not Touched([1], DOC).concerns(doc, finding)


@pytest.mark.parametrize(
    ("lines", "text"), [([3], "line 3"), ([3, 4, 5, 8], "lines 3 to 5, 8"), ([1, 2], "lines 1 to 2")]
)
def test_lines_in_words(lines: list[int], text: str) -> None:
    assert reach(lines).endswith(f", to {text}")
