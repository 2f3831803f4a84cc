"""Tables into tests, for what hooks say of Compose files: each row as it stands and in every disguise.

    LEFT_ALONE = [("limits are there", "services:\\n  a: …\\n"), ...]
    MENDED = [("no limits", before, after), ...]

    test_left_alone, test_mended, test_unsafe = suite(HOOK, LEFT_ALONE, MENDED, UNSAFE)

Rows are as in harness.py; `context` are files beside the Compose file. Every run checks that mending once more
changes nothing and finds nothing to mend; that another loader, PyYAML, reads of the result what it read before,
but for what the hook is about, which `aside` takes away; that no comment is lost.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from dockmend._compose.document import parse
from dockmend._engine.mend import Result, mend_text
from dockmend._hook import Hook
from dockmend._project.context import BuildContext
from harness import Row, settings_for

NAME = "compose.yaml"


def crlf(text: str) -> str | None:
    return None if "\r" in text else text.replace("\n", "\r\n")


def bom(text: str) -> str | None:
    return None if text.startswith("\ufeff") else "\ufeff" + text


def no_final_newline(text: str) -> str | None:
    return (
        None
        if text.endswith("\r\n") or re.search(r"[|>][-+]?\n[^\n]*\n\Z", text)
        else text.removesuffix("\n")
    )


def marked(text: str) -> str | None:
    """As the one document of a stream."""
    return f"---\n{text}"


Test = Callable[..., None]

DISGUISES: dict[str, Callable[[str], str | None]] = {
    "plain": lambda text: text,
    "crlf": crlf,
    "bom": bom,
    "no-final-newline": no_final_newline,
    "marked": marked,
}


def suite(
    hook: Hook,
    left_alone: Sequence[Row | Sequence[Any]] = (),
    mended: Sequence[Row | Sequence[Any]] = (),
    unsafe: Sequence[Row | Sequence[Any]] = (),
    aside: Callable[[list[Any]], list[Any]] = list,
) -> tuple[Test, Test, Test]:
    """Three tests for pytest to collect: left alone, mended, mended in unsafe mode alone."""

    def cases(rows: Sequence[Row | Sequence[Any]]) -> Callable[[Test], Test]:
        params = []
        for given in rows:
            row = Row(*given)
            for name, wear in DISGUISES.items():
                before, after = wear(row.before), wear(row.after if row.after is not None else row.before)
                if before is not None and after is not None and name not in row.without:
                    params.append(pytest.param(row, before, after, id=f"{row.reason}-{name}"))
        return pytest.mark.parametrize(("row", "before", "after"), params)

    @cases(left_alone)
    def test_left_alone(row: Row, before: str, after: str, tmp_path: Path) -> None:
        for risky in (False, True):
            result = _mend(hook, row, before, tmp_path, risky)
            assert (result.text, result.mended) == (before, ())
            _says(hook, row, result)

    @cases(mended)
    def test_mended(row: Row, before: str, after: str, tmp_path: Path) -> None:
        _mends(hook, row, before, after, tmp_path, aside, risky=False)

    @cases(unsafe)
    def test_unsafe(row: Row, before: str, after: str, tmp_path: Path) -> None:
        safe = _mend(hook, row, before, tmp_path, False)
        assert (safe.text, safe.mended) == (before, ())
        assert safe.findings
        _mends(hook, row, before, after, tmp_path, aside, risky=True)

    return test_left_alone, test_mended, test_unsafe


def _mend(hook: Hook, row: Row, text: str, folder: Path, risky: bool) -> Result:
    for name, content in (row.context or {}).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    path = folder / NAME
    path.write_text(text, newline="")
    settings = settings_for(hook, unsafe=risky, options={hook.name: row.options})
    result = mend_text(text, settings, str(path), BuildContext(str(folder)))
    assert not result.problems, result.problems
    return result


def _mends(
    hook: Hook,
    row: Row,
    before: str,
    after: str,
    folder: Path,
    aside: Callable[[list[Any]], list[Any]],
    *,
    risky: bool,
) -> None:
    result = _mend(hook, row, before, folder, risky)
    assert result.text == after
    assert result.mended
    _says(hook, row, result)
    again = _mend(hook, row, after, folder, risky)
    assert (again.text, again.mended) == (after, ())
    assert not any(found.fixable for found in again.findings)
    kept = [Counter(one.text for one in parse(text).comments) for text in (before, after)]
    assert kept[0] == kept[1]
    assert aside(load(before)) == aside(load(after))
    assert load(before) != load(after)


def without(*names: str) -> Callable[[list[Any]], list[Any]]:
    """What takes away all entries of these names, wherever they are."""

    def aside(value: Any) -> Any:
        if isinstance(value, list):
            return [aside(item) for item in value]
        if isinstance(value, dict):
            return {key: aside(inner) for key, inner in value.items() if key not in names}
        return value

    return aside


def load(text: str) -> list[Any]:
    """What PyYAML makes of the documents of the text."""
    return list(yaml.safe_load_all(text))


def _says(hook: Hook, row: Row, result: Result) -> None:
    found = [*result.mended, *result.findings]
    assert all(one.hook.name == hook.name for one in found)
    for one in result.findings:
        assert one.finding.fix is not None or one.finding.reason
    if row.says == "":
        assert not found
    elif row.says is not None:
        assert any(row.says in f"{one.finding.message}: {one.finding.reason}" for one in found)
