"""The comparison of two trees sees whatever may differ, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from builds.compare import differences


def tree(folder: Path) -> Path:
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "c").write_text("text")
    (folder / "link").symlink_to("a/b/c")
    (folder / "proc").mkdir()
    return folder


def delete(root: Path) -> None:
    (root / "a" / "b" / "c").unlink()


def another_type(root: Path) -> None:
    delete(root)
    (root / "a" / "b" / "c").mkdir()


def another_target(root: Path) -> None:
    (root / "link").unlink()
    (root / "link").symlink_to("a/b")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda root: None, {}),
        (lambda root: os.utime(root / "a" / "b" / "c", (0, 0)), {}),
        (lambda root: (root / "proc" / "1").touch(), {}),
        (lambda root: (root / "a" / "b" / "c").write_text("TEXT"), {"/a/b/c": "content"}),
        (lambda root: (root / "a" / "b" / "c").chmod(0o4755), {"/a/b/c": "mode 420 is now 2541"}),
        (lambda root: (root / "a" / "b").chmod(0o700), {"/a/b": "mode 493 is now 448"}),
        (lambda root: (root / "a" / "d").touch(), {"/a/d": "new"}),
        (delete, {"/a/b/c": "gone"}),
        (another_type, {"/a/b/c": "type 32768 is now 16384"}),
        (another_target, {"/link": "link to another target"}),
    ],
)
def test_what_differs_is_seen(
    change: Callable[[Path], object], expected: dict[str, str], tmp_path: Path
) -> None:
    old_mask = os.umask(0o022)
    before, after = tree(tmp_path / "before"), tree(tmp_path / "after")
    os.umask(old_mask)
    change(after)
    assert differences(before, after) == expected


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone gives files away")
def test_another_owner_is_seen(tmp_path: Path) -> None:
    before, after = tree(tmp_path / "before"), tree(tmp_path / "after")
    os.chown(after / "link", 1, 2, follow_symlinks=False)
    assert differences(before, after) == {"/link": "owner (0, 0) is now (1, 2)"}
