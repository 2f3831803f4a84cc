"""The contract of a hook: what the engine hands to it and what it gives back."""

from __future__ import annotations

from dockmend._dockerfile.span import Edit as Edit  # noqa: PLC0414, TC001 - hooks take it from here
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from dockmend._compose.document import ComposeFile
    from dockmend._dockerfile.document import Document
    from dockmend._dockerfile.span import Span
    from dockmend._project.context import BuildContext
    from dockmend._project.scripts import ScriptFile

SAFE = "safe"
UNSAFE = "unsafe"

INFO = "info"
WARNING = "warning"
ERROR = "error"
SEVERITIES = (INFO, WARNING, ERROR)


class FileEdit(NamedTuple):
    """Write `text` to a file other than the Dockerfile; `before` is None where the file is new.

    `path` is absolute. `before` is what was read: a file that changed meanwhile is left alone. `context` is
    the folder of the build context whose ignore file it is, None for another file.
    """

    path: str
    before: str | None
    text: str
    context: str | None = None


class Fix(NamedTuple):
    """One atomic change: all of its edits are made, or none.

    `becomes` declares what the change means. In a Dockerfile it has, for each touched instruction, by
    its index in the document, the meanings that stand in its place (none where it goes, several where
    it is split; where instructions are joined, the first becomes the whole and the others become
    nothing); in a Compose file, by the path where something is put, what is then written there.
    The engine parses the mended text and throws the change away where anything else differs.
    `comments` are comment lines that the fix adds, stripped, each with its `#`.
    """

    safety: str
    edits: tuple[Edit, ...]
    becomes: Mapping[Any, Any]
    comments: tuple[str, ...] = ()
    files: tuple[FileEdit, ...] = ()


class Place(NamedTuple):
    """Another place that a finding speaks of, and a clause that says what it is there."""

    span: Span
    message: str


class Finding(NamedTuple):
    """What a hook has to say about one place.

    Either `fix` is given, or `reason` says in a clause why there is none ("the build context is
    not known"). A finding with an unsafe fix gives both: `reason` says what the fix may change.
    `severity` None takes the hook's own. `related` are other places that it speaks of. `code` is that of
    another linter for what the finding is about, given where the hook has to do with more than one, or
    speaks for that linter (lint). `link` is where it is explained, the hook's own page where it is empty.
    """

    message: str
    span: Span
    fix: Fix | None = None
    reason: str = ""
    severity: str | None = None
    related: tuple[Place, ...] = ()
    code: str = ""
    link: str = ""


class Unavailable(Exception):
    """What a hook needs is not there, such as another program; the message is a clause with a remedy.

    Raised by `check`, after the findings that can be made without it. `everywhere` says that it is the
    same for every text.
    """

    def __init__(self, message: str, *, everywhere: bool = False) -> None:
        super().__init__(message)
        self.everywhere = everywhere


class Context(NamedTuple):
    """What a hook may know beyond the text.

    `path` is the file's absolute path, None for text without a name. `options` are the hook's own
    settings from the configuration, defaults filled in. `asked` says that the hook was selected by
    its name: without it, no network is used and no other program is run. With `ahead`, the check of a
    hook that has `prepare` adds there what is to be prepared, and what it finds does not count yet.
    """

    path: str | None
    build: BuildContext
    options: Mapping[str, object]
    asked: bool = False
    ahead: list[Any] | None = None


def nothing(doc: object, ctx: Context) -> Iterable[Finding]:
    """The check of a hook that has nothing to say of such a file."""
    del doc, ctx
    return ()


class Hook(NamedTuple):
    """One hook.

    `check`, `compose` and `script` are pure and yield findings, in any order, of a Dockerfile, of a
    Compose file, and of a script, Makefile or CI file. `aliases` are the codes of other linters for
    the same thing (DL3025); one that ends with `*` stands for all that begin so, have four digits, and
    are no other hook's. `safety` is that of its safest fix, None where it has none; with `beside`, its
    fixes write files beside the Dockerfile and change no text. `options` maps each setting to its default;
    a string setting with a closed set of values gives them as a tuple, the default first. `keywords` are
    the instructions it looks at: a Dockerfile with none of them is not handed to it (empty: every one is).

    `prepare` is for what takes long, and called where the hook was selected by its name: before the first
    file is judged it gets what the checks of all of them noted in `ahead`, does it once, and yields how
    many of how many steps are done. The checks do by themselves what was not prepared.

    `explain` is for a hook that answers `--explain PATH`: it takes the absolute path, and yields lines; it
    may raise Unavailable.
    """

    name: str
    practice: int
    summary: str
    check: Callable[[Document, Context], Iterable[Finding]]
    aliases: tuple[str, ...] = ()
    severity: str = WARNING
    safety: str | None = SAFE
    beside: bool = False
    keywords: frozenset[str] = frozenset()
    options: Mapping[str, object] = {}
    compose: Callable[[ComposeFile, Context], Iterable[Finding]] = nothing
    script: Callable[[ScriptFile, Context], Iterable[Finding]] = nothing
    prepare: Callable[[list[Any]], Iterator[tuple[int, int]]] | None = None
    explain: Callable[[str, Context], Iterable[str]] | None = None
