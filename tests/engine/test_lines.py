from __future__ import annotations

import re
import shutil
import subprocess
from difflib import unified_diff
from io import StringIO
from pathlib import Path
from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from unidiff.patch import PatchSet

from dockmend._edit import Edits
from dockmend._engine import files, lines, patch

LINE = st.sampled_from(
    ["a", "b", "c", "RUN x \\", "", " ", "\r", "a\r", "\x0c", "\x85", "é", "\u2028", "-", "+", "@@ -1 +1 @@"]
)
TEXT = st.builds(
    lambda rows, end: "\n".join(rows) + end, st.lists(LINE, max_size=30), st.sampled_from(["", "\n"])
)


def apply(before: str, diff: str) -> str:
    """What a unified diff makes of a text, by its own numbers and marks."""
    old = lines.split(before)
    done: list[str] = []
    place = 0
    body = diff.split("\n")[:-1]
    for index, line in enumerate(body):
        if line.startswith("@@ "):
            start, _, length = line.split(" ")[1].removeprefix("-").partition(",")
            begin = int(start) - (length != "0")
            done += old[place:begin]
            place = begin
            continue
        bare = index + 1 < len(body) and body[index + 1].startswith("\\ No newline")
        if line[0] in " -":
            assert old[place] == line[1:] + ("" if bare else "\n")
            place += 1
        if line[0] in " +":
            done.append(line[1:] + ("" if bare else "\n"))
    return "".join(done + old[place:])


@given(TEXT)
def test_split_loses_nothing(text: str) -> None:
    assert "".join(lines.split(text)) == text
    assert all(line.find("\n") in (-1, len(line) - 1) for line in lines.split(text))


@given(TEXT, TEXT)
@example("a\nb\n", "a\nb")
@example("", "a")
def test_blocks_are_equal_and_in_order(old_text: str, new_text: str) -> None:
    old, new = lines.split(old_text), lines.split(new_text)
    i = j = 0
    for block in lines.blocks(old, new):
        assert block.length > 0
        assert block.old >= i
        assert block.new >= j
        assert old[block.old : block.old + block.length] == new[block.new : block.new + block.length]
        i, j = block.old + block.length, block.new + block.length
        assert (i, j) != (0, 0)


@given(TEXT, TEXT, st.integers(0, 3))
def test_hunks_make_the_new_text_of_the_old(before: str, after: str, context: int) -> None:
    assert apply(before, "".join(patch.hunks(before, after, context))) == after


@given(TEXT, TEXT)
def test_diffs_are_no_longer_than_difflibs(before: str, after: str) -> None:
    ours = "".join(patch.hunks(before, after, 0)).count("\n")
    theirs = len(list(unified_diff(lines.split(before), lines.split(after), n=0)))
    assert ours <= theirs + 12


def test_nothing_changed_is_no_patch() -> None:
    assert patch.unified("Dockerfile", "a\n", "a\n") == ""


def test_a_change_on_both_sides_of_lines_that_repeat() -> None:
    assert lines.blocks(list("xaabba"), list("yaabbaz")) == [lines.Block(1, 1, 5)]
    assert lines.blocks(list("aUaVa"), list("aVaUa"))


def test_between_the_changes_of_a_huge_text_all_lines_are_changed() -> None:
    rows = [f"RUN {i}\n" for i in range(5_000)]
    assert lines.blocks(["a\n", *rows, "b\n"], ["x\n", *rows, "y\n"]) == []
    assert lines.blocks(["a\n", *rows], ["x\n", *rows]) == [lines.Block(1, 1, 5_000)]


@pytest.mark.parametrize("kind", ["equal", "repeated", "all new", "interleaved"])
def test_time_grows_with_the_length(kind: str) -> None:
    count = 100_000
    old = ["RUN a\n"] * count
    new = {
        "equal": old,
        "repeated": ["RUN b\n", *old, "RUN c\n"],
        "all new": [f"RUN {i}\n" for i in range(count)],
        "interleaved": ["RUN a\n" if i % 3 else "RUN b\n" for i in range(count)],
    }[kind]
    start = process_time()
    lines.blocks(old, new)
    assert process_time() - start < 5


NAMES = [
    "Dockerfile",
    "a b/Dockerfile",
    "café/Dockerfile",
    'quo"te/Dockerfile',
    "back\\slash",
    "tab\there",
    "b\udcff",
    " lead",
    "new\nline",
]
CHANGES = {
    "middle": ("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"),
    "two hunks": ("".join(f"{i}\n" for i in range(30)), "".join(f"{i}\n" for i in range(30) if i not in (3, 25))),
    "no final newline": ("a\nb", "a\nc"),
    "a final newline comes": ("a\nb", "a\nb\n"),
    "a final newline goes": ("a\nb\n", "a\nb"),
    "CRLF": ("a\r\nb\r\nc\r\n", "a\r\nB\r\nc\r\n"),
    "form feed and next line": ("a\x0cb\x85c\nd\n", "a\x0cb\x85c\ne\n"),
    "byte order mark": ("\ufeffa\n", "\ufeffb\n"),
    "no UTF-8": ("a\udcff\n", "b\udcff\n"),
    "new file": (None, "a\nb\n"),
    "new file without newline": (None, "a"),
    "emptied": ("a\n", ""),
    "of an empty one": ("", "a\n"),
}  # fmt: skip


TOOLS = {
    "git apply": ["git", "apply", "-"],
    "git apply --index": ["git", "apply", "--index", "-"],
    "patch": ["patch", "-p1", "--no-backup-if-mismatch", "-s"],
}


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("change", CHANGES)
def test_tools_take_the_patch(tmp_path: Path, tool: str, change: str) -> None:
    before, after = CHANGES[change]
    apply_with_tool(tmp_path, tool, "sub/Dockerfile", before, after, tmp_path)


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("name", NAMES)
def test_tools_take_the_name(tmp_path: Path, tool: str, name: str) -> None:
    if tool == "patch" and "\n" in name:
        pytest.skip("patch refuses names with a newline")
    apply_with_tool(tmp_path, tool, name, "a\nb\n", "a\nc\n", tmp_path)


@pytest.mark.parametrize("tool", TOOLS)
def test_the_patch_is_taken_in_the_folder_it_was_made_in(tmp_path: Path, tool: str) -> None:
    below = tmp_path / "below"
    apply_with_tool(below, tool, "sub/Dockerfile", "a\nb\n", "a\nc\n", tmp_path)


def apply_with_tool(folder: Path, tool: str, name: str, before: str | None, after: str, top: Path) -> None:
    if shutil.which(TOOLS[tool][0]) is None:
        pytest.skip(f"{TOOLS[tool][0]} is not installed")
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if before is not None:
        path.write_bytes(files.encode(before))
    git = ["git", "-c", "core.autocrlf=false"]
    subprocess.run([*git, "init", "-q", top], check=True)
    subprocess.run([*git, "add", "-A"], cwd=top, check=True)
    diff = files.encode(patch.unified(name, before, after))
    done = subprocess.run(TOOLS[tool], input=diff, cwd=folder, capture_output=True)
    assert done.returncode == 0, done.stderr + diff
    made = path.read_bytes() if path.exists() else b""  # patch takes an emptied file away
    assert made == files.encode(after)


@given(TEXT, TEXT)
def test_unidiff_takes_the_patch(before: str, after: str) -> None:
    diff = patch.unified("Dockerfile", before, after)
    found = PatchSet(StringIO(diff, newline="\n"))
    assert len(found) == (before != after)
    # It writes `+1,1` for `+1`.
    assert re.sub(r"@@.*@@", "@@", str(found)) == re.sub(r"@@.*@@", "@@", diff)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("change", CHANGES)
def test_unidiff_takes_every_name_and_change(name: str, change: str) -> None:
    before, after = CHANGES[change]
    diff = patch.unified(name, before, after)
    (file,) = PatchSet(StringIO(diff, newline="\n"))
    assert file.is_added_file == (not before)
    assert (file.added, file.removed) == (
        sum(line.startswith("+") for line in diff.split("\n")[2:]),
        sum(line.startswith("-") for line in diff.split("\n")[2:]),
    )


@given(TEXT, TEXT)
def test_edits_make_the_one_of_the_other(before: str, after: str) -> None:
    made = list(lines.edits(before, after))
    assert Edits(made).apply(before) == after
    assert (made == []) == (before == after)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("CMD a b\n", 'CMD ["a", "b"]\n', [(4, 7, '["a", "b"]')]),
        ("a\nRUN b\nRUN c\nd\n", "a\nRUN b \\\n    && c\nd\n", [(7, 7, " \\"), (8, 11, "    &&")]),
        ("a\nb\nc\n", "a\nc\n", [(2, 4, "")]),
        ("a\nc\n", "a\nb\nc\n", [(2, 2, "b\n")]),
        ("a\r\nb", "c\r\nb", [(0, 1, "c")]),
    ],
)
def test_edits_are_small(before: str, after: str, expected: list[tuple[int, int, str]]) -> None:
    assert [(*edit.span, edit.text) for edit in lines.edits(before, after)] == expected
