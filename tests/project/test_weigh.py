from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockmend._project.ignore import IgnoreFile
from dockmend._project.weigh import Savings, Weight, savings


def weigh(root: Path, before: str, after: str, new: str = "") -> Savings:
    place = str(root / new) if new else ""
    steps = savings(str(root), IgnoreFile.parse(before), IgnoreFile.parse(after), place)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Savings = end.value
            return found


def naive(root: Path, before: str, after: str) -> Savings:
    """The same, every file looked at by itself, its line that of the outermost folder that has one."""
    old, new = IgnoreFile.parse(before), IgnoreFile.parse(after)
    plain = not (old.has_exceptions or new.has_exceptions)
    left, kept = Weight(), dict[int, Weight]()
    for folder, folders, names in os.walk(root):
        for name in [*names, *(one for one in folders if os.path.islink(os.path.join(folder, one)))]:
            place = os.path.join(folder, name)
            path = os.path.relpath(place, root)
            size = 0 if os.path.islink(place) else os.path.getsize(place)
            if old.excludes(path):
                continue
            parts = path.split("/")
            outer = ["/".join(parts[:end]) for end in range(1 if plain else len(parts), len(parts) + 1)]
            line, excluded = next(filter(lambda one: one[1], map(new.decision, outer)), (None, False))
            if excluded and line is not None:
                kept[line] = kept.get(line, Weight()).with_file(size)
            else:
                left = left.with_file(size)
    files = left.files + sum(one.files for one in kept.values())
    return Savings(Weight(files, left.bytes + sum(one.bytes for one in kept.values())), left, kept)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("context")
    for number, path in enumerate(["a", "b/a", "b/b", "b/c/a", "c/a", "c/b/a", "c/b/b", "d"], 1):
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_text("x" * 10**number if number < 5 else "x" * number)
    (top / "b" / "link").symlink_to(top / "c")
    (top / "c" / "lost").symlink_to("nowhere")
    return top


def test_sizes(root: Path) -> None:
    found = weigh(root, "d\n", "d\nb\n**/a\n")
    assert found == Savings(
        Weight(9, 10 + 100 + 1000 + 10_000 + 5 + 6 + 7), Weight(2, 7),
        {2: Weight(4, 11_100), 3: Weight(3, 10 + 5 + 6)},
    )  # fmt: skip


LINE = st.sampled_from(
    ["a", "b", "c", "d", "*", "**/a", "b/*", "c/b", "**/b", "!a", "!c/b", "!b/c/a", "!**/b"]
)


@given(st.lists(LINE, max_size=4), st.lists(LINE, max_size=4))
def test_it_is_what_looking_at_each_file_gives(root: Path, before: list[str], added: list[str]) -> None:
    old, new = "\n".join(before), "\n".join(before + added)
    assert weigh(root, old, new) == naive(root, old, new)


def test_progress(root: Path) -> None:
    counts = list(savings(str(root), IgnoreFile.parse(""), IgnoreFile.parse("b\n")))
    assert counts == sorted(counts)
    assert counts[-1] == 10


def test_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    assert weigh(tmp_path / "none", "", "") == Savings(Weight(), Weight(), {}, complete=False)


def test_a_file_that_goes_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_text("x")

    def gone(*_: object, **__: object) -> os.stat_result:
        raise FileNotFoundError

    class Entry:
        name = "a"
        is_dir = staticmethod(lambda **_: False)
        is_symlink = staticmethod(lambda: False)
        stat = staticmethod(gone)

    class Entries:
        def __enter__(self) -> list[Entry]:
            return [Entry()]

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(os, "scandir", lambda _: Entries())
    assert weigh(tmp_path, "", "").after == Weight(1, 0)


def test_a_new_ignore_file_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / ".dockerignore").write_text("b\n.dockerignore\n")
    assert weigh(tmp_path, "", "b\n.dockerignore\n", ".dockerignore") == Savings(
        Weight(1, 1), Weight(1, 1), {}
    )
    assert weigh(tmp_path, "", "b\n.dockerignore\n").before == Weight(2, 17)
