"""Whatever the text: no hook breaks its word, what BuildKit takes it still takes, and mending settles.

Texts are cut and put together from those of all tables and projects, from pieces that are hard to read, and
from generated scripts. A find becomes a row of a table, or a line of FOUND.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import buildkit
import harness
import nasty
from boxed import boxed
from dockmend import _registry
from dockmend._dockerfile.parser import parse
from dockmend._engine.mend import Settings, check_text, mend_text
from dockmend._project.context import BuildContext
from scripts import SCRIPT

TESTS = Path(__file__).parent
CONTEXT = {
    "requirements.txt": "flask\n-r more.txt\n",
    "more.txt": "gunicorn\n",
    "package.json": '{"name": "a", "dependencies": {"b": "1"}}\n',
    "package-lock.json": "{}\n",
    "app.py": "import flask\n\napp = flask.Flask(__name__)\n",
    "src/main.py": "print(1)\n",
    "start.sh": '#!/bin/sh\nexec "$@"\n',
    ".python-version": "3.12\n",
    ".env": "A=b\n",
    "archive.tar.gz": "no archive\n",
}


def seeds() -> Iterator[str]:
    """The texts of all tables and projects."""
    for path in [*sorted((TESTS / "hooks").glob("test_*.py")), TESTS / "shapes.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" in node.value:
                yield node.value
    for path in sorted((TESTS / "builds").glob("*/*/Dockerfile")):
        yield path.read_bytes().decode()


SEEDS = tuple(dict.fromkeys(text for text in seeds() if len(text) < 2000))
BLOCK = st.one_of(
    st.sampled_from(SEEDS),
    SCRIPT.map(lambda script: f"RUN {script}\n"),
    SCRIPT.map(lambda script: f"CMD {script}\n"),
    nasty.TEXTS,
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Blocks behind one another, cut and pierced at a few places."""
    text = draw(st.sampled_from(["FROM python:3.12-slim\n", "FROM a\n", "FROM debian\n", ""]))
    text += "".join(draw(st.lists(BLOCK, min_size=1, max_size=4)))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.sampled_from([start, start, start + 1, start + 5, start + 30]))
        text = (
            text[:start]
            + draw(st.one_of(st.just(""), st.sampled_from(nasty.PIECES), st.text(max_size=3)))
            + text[end:]
        )
    return text


@cache
def context(folder: Path) -> BuildContext:
    for name, content in CONTEXT.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    return BuildContext(str(folder))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("context")


EVERY = tuple(_registry.load(name) for name in _registry.HOOKS)
HOOKS = {"all": EVERY, **{hook.name: (hook,) for hook in EVERY}}


def assert_sound(text: str, name: str, unsafe: bool, folder: Path | None) -> None:
    """What holds for any text, mended by that hook or by all of them."""
    settings = Settings(HOOKS[name], unsafe=unsafe)
    build = BuildContext(None) if folder is None else context(folder)
    path = None if folder is None else str(folder / "Dockerfile")
    result = mend_text(text, settings, path, build)
    refused = parse(text).problems
    assert result.problems == refused, "a hook broke its word"
    if refused:
        assert result.text == text
        return
    assert check_text(text, settings, path, build).problems == ()
    again = mend_text(result.text, settings, path, build)
    assert again.text == result.text, "mending twice is not mending once"
    assert all(found.finding.fix is not None and found.finding.fix.files for found in again.mended)
    if not result.files:
        assert again.findings == result.findings, "what was mended is reported again"
    said = buildkit.parse(text)
    if said is not None and not buildkit.unknown(said):
        harness.assert_kept(text, result.text)


@pytest.mark.fuzz
@pytest.mark.parametrize("name", HOOKS)
@boxed
@given(text=texts(), unsafe=st.booleans(), known=st.booleans())
def test_no_text_breaks_a_hook(name: str, text: str, unsafe: bool, known: bool, folder: Path) -> None:
    assert_sound(text, name, unsafe, folder if known else None)


@pytest.mark.fuzz
@boxed
@given(st.one_of(texts().map(lambda text: text.encode("utf-8", "surrogatepass")), st.binary()))
def test_any_bytes_are_read(content: bytes) -> None:
    text = content.decode("utf-8", "surrogateescape")
    doc = parse(text)
    assert doc.text.encode("utf-8", "surrogateescape") == content
    end = 0
    for one in doc.instructions:
        assert end <= one.span.start <= one.span.end <= len(text)
        end = one.span.end
