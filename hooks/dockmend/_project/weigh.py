"""How large a build context is, and what each line of its ignore file keeps out of it."""

from __future__ import annotations

import os

from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from dockmend._project.ignore import IgnoreFile


class Weight(NamedTuple):
    """Files, links among them, and the bytes in them."""

    files: int = 0
    bytes: int = 0

    def with_file(self, size: int) -> Weight:
        """The weight with one file more."""
        return Weight(self.files + 1, self.bytes + size)


class Savings(NamedTuple):
    """A build context before and after a change of its ignore file.

    `lines` is what each line keeps out that was in before, by its number (from 1). Where the context is not
    `complete`, a folder in it could not be read.
    """

    before: Weight
    after: Weight
    lines: Mapping[int, Weight]
    complete: bool = True


def savings(root: str, before: IgnoreFile, after: IgnoreFile, new: str = "") -> Generator[int, None, Savings]:
    """Weigh the context at the absolute path `root` under two ignore files; links are not followed.

    A `new` ignore file, by its absolute path, does not count. Yields, folder by folder, how many files were
    seen so far.
    """
    kept: dict[int, Weight] = {}
    left = Weight()
    complete = True
    # Without exceptions a folder is decided on as a whole: by no line yet, or by that one.
    plain = not (before.has_exceptions or after.has_exceptions)
    folders: list[tuple[str, int | None]] = [("", None)]
    while folders:
        folder, decided = folders.pop()
        try:
            with os.scandir(os.path.join(root, folder)) as entries:
                listed = list(entries)
        except OSError:
            complete = False
            continue
        for entry in listed:
            path = f"{folder}/{entry.name}" if folder else entry.name
            line = decided
            is_folder = entry.is_dir(follow_symlinks=False)
            if os.path.join(root, path) == new or (before.excludes(path) and (plain or not is_folder)):
                continue
            if line is None:
                line, excluded = after.decision(path)
                line = line if excluded else None
            if is_folder:
                folders.append((path, line if plain else None))
            elif line is None:
                left = left.with_file(_size(entry))
            else:
                kept[line] = kept.get(line, Weight()).with_file(_size(entry))
        yield left.files + sum(weight.files for weight in kept.values())
    whole = (left, *kept.values())
    before_it = Weight(sum(weight.files for weight in whole), sum(weight.bytes for weight in whole))
    return Savings(before_it, left, kept, complete)


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return 0 if entry.is_symlink() else entry.stat(follow_symlinks=False).st_size
    except OSError:
        return 0
