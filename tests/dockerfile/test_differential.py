"""The model reads each text as BuildKit's own parser does (PyPI `dockerfile`)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import buildkit
import nasty
from dockmend._dockerfile import lexer
from dockmend._dockerfile.document import Document, Instruction
from dockmend._dockerfile.parser import parse
from shapes import SHAPES

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


def healthcheck(text: str) -> tuple[str, str]:
    """The type and the rest of HEALTHCHECK's arguments, parted at ASCII blanks alone (parseHealthConfig)."""
    kind, rest = re.split(r"[\t\n\v\f\r ]+|\Z", text, maxsplit=1)
    return kind, rest


def values(doc: Document, instruction: Instruction) -> tuple[str, ...]:
    """The instruction's values in the shape the package gives."""
    name, text = instruction.name, instruction.args.text
    if name not in buildkit.KNOWN:
        return ("",)
    if name == "HEALTHCHECK":
        kind, rest = healthcheck(text)
        return tuple(w for w in (kind, *(instruction.json if instruction.json is not None else (rest,))) if w)
    if instruction.json is not None:
        return instruction.json
    if name in {"ENV", "LABEL"}:
        return tuple(part for pair in lexer.name_values(text, doc.escape) for part in pair)
    if name == "ARG":
        return tuple(lexer.quoted_words(text, doc.escape))
    if name in {"ADD", "COPY", "EXPOSE", "FROM", "VOLUME"}:
        return tuple(word.text for word in instruction.words)
    return (text,) if text else ()


def said(doc: Document, instruction: Instruction) -> buildkit.Said:
    """The instruction as `buildkit.parse` would give it."""
    trigger = said(doc, instruction.trigger) if instruction.trigger else None
    heredocs = tuple((d.name, d.fd, d.content) for d in instruction.heredocs)
    return buildkit.Said(
        instruction.name,
        instruction.name,
        tuple(flag.text for flag in instruction.flags),
        () if trigger else values(doc, instruction),
        instruction.json is not None or (trigger is not None and trigger.json),
        trigger.heredocs if trigger else heredocs,
        instruction.line,
        instruction.last_line,
        trigger,
    )


def both(text: str) -> tuple[object, object]:
    """Ours and BuildKit's, in one shape; None for a text that is refused."""
    text = buildkit.visible(text)
    doc = parse(text)
    theirs = buildkit.parse(text)
    if theirs is None:
        return None if doc.problems else [said(doc, i).meaning() for i in doc.instructions], None
    ours = [said(doc, i) for i in doc.instructions]
    return (
        [(s.meaning(), s.start, s.end) for s in ours],
        [(s.meaning(), s.start, s.end) for s in theirs],
    )


@pytest.mark.parametrize(
    "file", [pytest.param(p, id=p.parent.name) for p in sorted(CORPUS.glob("*/*/Dockerfile"))]
)
@pytest.mark.slow
def test_corpus(file: Path) -> None:
    text = file.read_bytes().decode("utf-8", "surrogateescape")
    ours, theirs = both(text)
    if (reason := newer(text)) is not None and ours != theirs:
        pytest.skip(reason)
    assert ours == theirs


def newer(text: str) -> str | None:
    """Why the package, an older BuildKit, reads this text otherwise than v0.32 and dockmend; None where not.

    A JSON array with something behind it is shell form now (json.Unmarshal for a json.Decoder), `<< EOF` is a
    heredoc, and `# check=` is a parser directive, so a directive may follow it.
    """
    doc = parse(text)
    if any(directive.name == "check" for directive in doc.directives):
        return "the check directive"
    return next((reason for one in doc.instructions if (reason := _newer(doc, one)) is not None), None)


def _newer(doc: Document, instruction: Instruction) -> str | None:
    lines = doc.text[instruction.span.start : instruction.span.end]
    args = instruction.args.text
    if instruction.name == "ONBUILD":
        if re.match(r"(?i)ONBUILD\b", args):
            return "ONBUILD of ONBUILD, which the build refuses"
        if "--" in doc.text[instruction.keyword.end : instruction.args.offset(0)]:
            return "the package hides what ONBUILD's trigger is behind flags"
        if args.startswith("#"):
            return "ONBUILD of a comment, which is parsed in two ways"
    inner = instruction.trigger or instruction
    args = inner.args.text
    bytewise = [flag.text for flag in inner.flags]
    if inner.name == "HEALTHCHECK":
        kind, args = healthcheck(args)
        bytewise.append(kind)
        if kind.upper() != "CMD" and "[" in args:
            return "HEALTHCHECK of another kind than CMD, which the build refuses"
    if any(byte in b"\x85\xa0" for part in bytewise for byte in part.encode()):
        return "a character that the package cuts in two"
    if args.lstrip(buildkit.BLANK).startswith("[") and _has_tail(args.lstrip(buildkit.BLANK)):
        return "something behind a JSON array"
    if re.search(rf"<<-?[{buildkit.BLANK}]", args):
        return "a blank in a heredoc's word"
    if "<<" in lines and re.search(r"\$\{[^}]*[#%/]", lines):
        return "a modifier of a substitution that the package's lexer does not know"
    return None


def _has_tail(text: str) -> bool:
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return False
    return end < len(text)


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_shapes(text: str) -> None:
    ours, theirs = both(text)
    assert ours == theirs


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("something behind a JSON array", 'FROM a\nCMD ["a"] # c\n'),
        ("something behind a JSON array", "FROM a\nENTRYPOINT [] x\n"),
        ("a blank in a heredoc's word", "FROM a\nRUN cat << EOF\na\nEOF\n"),
        ("a blank in a heredoc's word", "FROM a\nCOPY <<  EOF /f\na\nEOF\n"),
        ("the check directive", "# check=skip=all\n# escape=`\nFROM a\nRUN b `\n c\n"),
        ("a modifier of a substitution", "FROM a\nRUN cat <<EOF && b ${C%.*}\na\nEOF\n"),
    ],
)
def test_newer_than_the_package(reason: str, text: str) -> None:
    assert (newer(text) or "").startswith(reason)
    ours, theirs = both(text)
    assert ours != theirs, "the package has caught up: nothing to put off any more"


@given(nasty.TEXTS)
@settings(max_examples=400)
def test_nasty_texts(text: str) -> None:
    if newer(text) is None:
        ours, theirs = both(text)
        assert ours == theirs


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
@settings(max_examples=200)
def test_any_text(text: str) -> None:
    text = f"FROM a\nRUN {text}\n"
    if newer(text) is None:
        ours, theirs = both(text)
        assert ours == theirs
