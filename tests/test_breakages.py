"""The breakages are of dockmend as it is, in ten ways at least; `breakages.py` makes them."""

from __future__ import annotations

import pytest

from breakages import BREAKAGES, PACKAGE, TOP, Breakage, broken


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda one: one.name)
def test_a_breakage_can_be_made(breakage: Breakage) -> None:
    whole = (TOP / PACKAGE / breakage.file).read_text(encoding="utf-8")
    compile(broken(breakage, whole), breakage.file, "exec")


def test_there_are_ten() -> None:
    assert len({one.name for one in BREAKAGES}) >= 10
