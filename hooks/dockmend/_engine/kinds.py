"""The kinds of text that hooks judge, by the names of files.

A kind is a module of this package: how its text is read, what hooks find in it, what its author asked not to
hear of, and what tells a fix that keeps its word.
"""

from __future__ import annotations

import importlib
import os

from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any, TypeAlias

    from dockmend._compose.document import ComposeFile
    from dockmend._dockerfile.document import Comment, Document
    from dockmend._dockerfile.span import Span
    from dockmend._engine.codes import Codes, Unit
    from dockmend._engine.ignores import Ignores
    from dockmend._hook import Context, Finding, Hook
    from dockmend._project.scripts import ScriptFile

    Parsed: TypeAlias = Document | ComposeFile | ScriptFile


DOCKERFILE = "dockerfile"
COMPOSE = "compose"
SCRIPT = "script"

_COMPOSE = regex(r"(?:.*[-._])?compose(?:[-._].*)?\.ya?ml")
_SCRIPT = regex(
    r"(?:.*/)?(?:[^/]*\.(?:sh|bash|mk)|GNUmakefile|[Mm]akefile|Jenkinsfile"
    r"|\.github/workflows/[^/]*\.ya?ml|\.circleci/config\.yml"
    r"|\.(?:gitlab-ci|travis|drone|woodpecker)\.ya?ml|(?:azure|bitbucket)-pipelines\.yml)"
)


class Kind(Protocol):
    """What the module of a kind has."""

    def parse(self, text: str) -> Parsed:
        """The text, read: decoded as UTF-8 with surrogateescape. Never raises."""

    def find(self, hook: Hook, doc: Parsed, ctx: Context, codes: Codes) -> Iterable[Finding]:
        """What the hook finds in it."""

    def silenced(self, doc: Parsed, codes: Codes) -> Ignores:
        """What its author asked not to hear of."""

    def units(self, doc: Parsed) -> list[Unit]:
        """The instructions, by place."""

    def asking(self, doc: Parsed) -> Iterator[Comment]:
        """The comments in which the author may ask so, in the order of the text."""

    def places(self, doc: Parsed) -> list[int]:
        """Where what such a comment speaks of begins, in the order of the text."""

    def comments(self, doc: Parsed) -> Iterator[Comment]:
        """All comments: none may be lost."""

    def difference(self, before: Parsed, after: Parsed, becomes: Mapping[Any, Any]) -> str | None:
        """How `after` differs from `before` with what becomes of it, as a verb phrase, or None."""

    def secrets(self, doc: Parsed) -> Iterator[Span]:
        """The places of secrets, in the order of the text, none twice."""


def is_dockerfile(name: str) -> bool:
    """Whether a file of that name, without its folder, is taken for a Dockerfile."""
    if name.endswith(".dockerignore"):
        return False
    return (
        name == "Dockerfile"
        or name.startswith(("Dockerfile.", "Dockerfile-", "Containerfile"))
        or name.endswith((".Dockerfile", ".dockerfile"))
    )


def is_named(path: str) -> bool:
    """Whether the file at `path`, by its name, is one to look at in a search."""
    return _by_name(path) is not None


def kind_of(path: str | None) -> Kind:
    """The kind of the file at `path`, by its name: a Dockerfile where it tells nothing, or is None."""
    kind = _by_name(path or "")
    if kind is None:
        kind = COMPOSE if path and path.endswith((".yml", ".yaml")) else DOCKERFILE
    return cast("Kind", importlib.import_module(f"dockmend._engine.{kind}"))


def _by_name(path: str) -> str | None:
    name = os.path.basename(path)
    if is_dockerfile(name):
        return DOCKERFILE
    if name.endswith(("yml", "yaml")) and _COMPOSE.fullmatch(name):
        return COMPOSE
    return SCRIPT if _SCRIPT.fullmatch(path.replace(os.sep, "/")) else None


def masked(text: str, path: str | None) -> str:
    """The text of the file at `path` with each character of a secret replaced by one as long in UTF-8.

    Lines, columns and byte offsets stay what they are. Never raises; a text that is refused is masked as far
    as it can be read.
    """
    kind = kind_of(path)
    parts: list[str] = []
    done = 0
    for start, end in kind.secrets(kind.parse(text)):
        parts += text[done:start], "".join(map(_mask, text[start:end]))
        done = end
    return "".join((*parts, text[done:])) if parts else text


def _mask(char: str) -> str:
    if char in "\r\n":
        return char
    return "*\u00b7\u2022\U0001f784"[len(char.encode("utf-8", "replace")) - 1]
