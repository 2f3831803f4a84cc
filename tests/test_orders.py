"""All hooks settle in the same file, in any order, together or one by one: on every unsafe row of their tables."""

from __future__ import annotations

import itertools
import random
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockmend._engine.mend import Settings, mend_text
from dockmend._hook import Hook
from dockmend._registry import HOOKS, load
from harness import Case, Row, place, whole

PASSES = 8
TABLES = Path(__file__).parent / "hooks"


def cases() -> Iterator[Case]:
    for name in HOOKS:
        table = runpy.run_path(str(TABLES / f"test_{name.replace('-', '_')}.py"))
        for row in (Row(*row) for row in table.get("UNSAFE", ())):
            yield Case(load(name), row, whole(row.before), "")


@pytest.mark.slow
@pytest.mark.parametrize("case", list(cases()), ids=lambda case: f"{case.hook.name}: {case.row.reason}")
def test_any_order(case: Case, tmp_path: Path) -> None:
    spot = place(case, case.before, tmp_path)
    options = {case.hook.name: case.row.options}

    def mended(text: str, *hooks: Hook) -> str:
        return mend_text(text, Settings(hooks, unsafe=True, options=options), *spot).text

    hooks = [load(name) for name in HOOKS]
    together = mended(case.before, *hooks)
    mixed = random.Random(case.row.reason).sample(hooks, len(hooks))
    for order in (hooks, hooks[::-1], mixed):
        text, quiet = case.before, 0
        for hook in itertools.chain.from_iterable([order] * PASSES):
            after = mended(text, hook)
            quiet = quiet + 1 if after == text else 0
            text = after
            if quiet == len(order):
                break
        assert text == together, [hook.name for hook in order]
