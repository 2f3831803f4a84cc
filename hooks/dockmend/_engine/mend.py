"""Check and mend one text: rounds of fixes until nothing changes, each proved before it counts.

Nothing here reads, writes or prints; every front door calls these two functions.
"""

from __future__ import annotations

from dockmend._dockerfile.document import Problem
from dockmend._edit import Edits, Overlap
from dockmend._engine.codes import Codes, is_foreign
from dockmend._engine.kinds import Kind, kind_of
from dockmend._hook import SAFE, Context, FileEdit, Finding, Fix, Hook, Unavailable
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any, TypeAlias

    from dockmend._dockerfile.span import Span
    from dockmend._engine.kinds import Parsed
    from dockmend._project.context import BuildContext

    Only: TypeAlias = Callable[[Parsed, Finding], bool]
    _Found: TypeAlias = tuple[Hook, Finding]
    _Wanted: TypeAlias = tuple[Hook, Finding, Fix]

ROUNDS = 10


class Settings(NamedTuple):
    """What to do with one text.

    `severities` are by hook name or code and `options` by hook name, for the hooks that differ from their
    own defaults; `unsafe` lets unsafe fixes be made too. `asked` are the hooks that were selected by name.
    """

    hooks: tuple[Hook, ...]
    severities: Mapping[str, str] = {}
    options: Mapping[str, Mapping[str, object]] = {}
    unsafe: bool = False
    asked: frozenset[str] = frozenset()
    codes: Codes = Codes()


class Reported(NamedTuple):
    """A finding as reports show it; lines and columns from 1, columns in code points.

    `fixable` says that its fix would be made with the settings in force.
    """

    hook: Hook
    finding: Finding
    severity: str
    line: int
    column: int
    end_line: int
    end_column: int
    fixable: bool

    @property
    def name(self) -> str:
        """What it is called: by its hook or, where that speaks for another linter, by the linter's code."""
        return self.finding.code if is_foreign(self.hook, self.finding) else self.hook.name


class Result(NamedTuple):
    """What became of one text.

    `findings` are left to report, by place in `text`; `mended` were mended, each with its place in
    the text of its round. Where `problems` are given, BuildKit refuses the text or, with `broken`, a
    hook broke its word: nothing was mended, and `text` is the one that was given. `lacking`
    says which hooks could not do all that they were asked for, and why.
    """

    text: str
    findings: tuple[Reported, ...] = ()
    mended: tuple[Reported, ...] = ()
    files: tuple[FileEdit, ...] = ()
    problems: tuple[Problem, ...] = ()
    broken: bool = False
    lacking: tuple[Lack, ...] = ()


class Lack(NamedTuple):
    """What a hook lacks, as a clause with a remedy; `everywhere` where it is the same for every text."""

    hook: str
    message: str
    everywhere: bool


class _Broken(Exception):
    """A hook broke its word; the message names it."""

    def __init__(self, line: int, message: str) -> None:
        self.problem = Problem(line, f"{message}; the file is left alone: please report this")


def check_text(text: str, settings: Settings, path: str | None, build: BuildContext) -> Result:
    """What the hooks find in `text`, decoded as UTF-8 with surrogateescape; never raises for any text.

    `path` is the file's absolute path, where it has one; its name tells what kind of text it is.
    """
    kind = kind_of(path)
    doc = kind.parse(text)
    if doc.problems:
        return Result(text, problems=doc.problems)
    try:
        search = _Search(kind, doc, settings, path, build)
        found = search.all()
        return Result(text, tuple(_reported(doc, one, settings) for one in found), lacking=search.lacking())
    except _Broken as broken:
        return Result(text, problems=(broken.problem,), broken=True)


def mend_text(
    text: str, settings: Settings, path: str | None, build: BuildContext, only: Only | None = None
) -> Result:
    """`text` with every fix made that the settings allow; takes what `check_text` takes.

    `only` picks the findings that may be mended. Files beside the Dockerfile are not written but
    returned. The text comes back as it was, with `problems`, where BuildKit or Compose refuses it, a
    fix changed more than it declared, or the fixes do not settle.
    """
    kind = kind_of(path)
    doc = kind.parse(text)
    if doc.problems:
        return Result(text, problems=doc.problems)
    menders = [hook for hook in settings.hooks if _mends_text(hook, settings)]
    mended: list[Reported] = []

    def pick(found: list[_Found]) -> tuple[list[_Wanted], list[_Wanted], Edits]:
        wanted = [
            (hook, finding, finding.fix)
            for hook, finding in found
            if finding.fix is not None
            and _allowed(finding.fix, settings)
            and (only is None or only(doc, finding))
        ]
        return wanted, *_compatible(wanted)

    try:
        for _ in range(ROUNDS):
            search = _Search(kind, doc, settings, path, build)
            # What only reports is asked about the settled text alone: a ninth of the time of many files.
            wanted, chosen, edits = pick(search.by(menders))
            if not chosen:
                found = search.all()
                wanted, chosen, edits = pick(found)
                if not chosen:
                    return _settled(doc, found, wanted, mended, settings)._replace(lacking=search.lacking())
            mended += [_reported(doc, (hook, finding), settings) for hook, finding, _ in chosen]
            doc = _applied(kind, doc, chosen, edits)
        names = ", ".join(sorted({hook.name for hook, _, _ in chosen}))
        raise _Broken(1, f"{names}: the fixes do not settle after {ROUNDS} rounds")
    except _Broken as broken:
        return Result(text, problems=(broken.problem,), broken=True)


class _Search:
    """What the hooks find in one text, each asked once."""

    def __init__(
        self, kind: Kind, doc: Parsed, settings: Settings, path: str | None, build: BuildContext
    ) -> None:
        self.kind = kind
        self.doc = doc
        self.settings = settings
        self.path = path
        self.build = build
        self.silenced = kind.silenced(doc, settings.codes)
        self.found: dict[str, list[_Found]] = {}
        self.lacks: dict[str, Lack] = {}

    def by(self, hooks: Iterable[Hook]) -> list[_Found]:
        """What they find, by place, then in the order of the hooks. Raises _Broken."""
        return sorted((one for hook in hooks for one in self._of(hook)), key=_place)

    def all(self) -> list[_Found]:
        """What there is to report: what several linters say, once. Raises _Broken."""
        hooks, codes = self.settings.hooks, self.settings.codes
        found = [one for hook in hooks for one in self._of(hook)]
        if any(codes.owner(*one) for one in found):
            found = list(codes.once(self.kind.units(self.doc), found, hooks, self._of))
        return sorted(found, key=_place)

    def lacking(self) -> tuple[Lack, ...]:
        """What the hooks lack that were asked, in their order."""
        names = dict.fromkeys((*(hook.name for hook in self.settings.hooks), *self.lacks))
        return tuple(self.lacks[name] for name in names if name in self.lacks)

    def _of(self, hook: Hook) -> list[_Found]:
        if hook.name not in self.found:
            self.found[hook.name] = list(self._check(hook))
        return self.found[hook.name]

    def _check(self, hook: Hook) -> Iterator[_Found]:
        codes = self.settings.codes
        context = Context(
            self.path, self.build, options_of(hook, self.settings), hook.name in self.settings.asked
        )
        try:
            for finding in self.kind.find(hook, self.doc, context, codes):
                names = codes.names(hook, finding)
                if codes.keeps(hook, finding) and not self.silenced.covers(names, finding):
                    yield hook, finding
        except Unavailable as error:
            self.lacks[hook.name] = Lack(hook.name, str(error), error.everywhere)
        except Exception as error:
            raise _Broken(1, f"{hook.name}: internal error ({type(error).__name__}: {error})") from error


def _place(one: _Found) -> Span:
    return one[1].span


def options_of(hook: Hook, settings: Settings) -> dict[str, object]:
    """The settings of the hook, defaults filled in."""
    given = settings.options.get(hook.name, {})
    if not hook.options:
        return dict(given)
    defaults = {name: value[0] if isinstance(value, tuple) else value for name, value in hook.options.items()}
    return {**defaults, **given}


def _allowed(fix: Fix | None, settings: Settings) -> bool:
    return fix is not None and (fix.safety == SAFE or settings.unsafe)


def _mends_text(hook: Hook, settings: Settings) -> bool:
    """Whether the hook's fixes, as it declares them, change the text itself, and may."""
    return not hook.beside and (hook.safety == SAFE or (settings.unsafe and hook.safety is not None))


def _compatible(wanted: Iterable[_Wanted]) -> tuple[list[_Wanted], Edits]:
    """In one sweep, the fixes of the text that touch neither an instruction nor a place twice."""
    chosen: list[_Wanted] = []
    touched: set[int] = set()
    edits = Edits()
    for hook, finding, fix in wanted:
        if bool(fix.edits) == bool(fix.files):
            both = "changes the text and a file beside it at once" if fix.edits else "changes nothing"
            raise _Broken(1, f"{hook.name}: its fix {both}")
        if hook.safety not in (SAFE, fix.safety) or (hook.beside and fix.edits):
            raise _Broken(1, f"{hook.name}: its fix is of a kind that the hook does not declare")
        if not fix.edits or touched & fix.becomes.keys():
            continue
        try:
            Edits(fix.edits)
        except Overlap as error:
            raise _Broken(1, f"{hook.name}: its fix contradicts itself ({error})") from error
        try:
            edits.add(fix.edits)
        except Overlap:
            continue
        chosen.append((hook, finding, fix))
        touched |= fix.becomes.keys()
    return chosen, edits


def _applied(kind: Kind, doc: Parsed, chosen: list[_Wanted], edits: Edits) -> Parsed:
    """The document after the fixes; raises _Broken where it is not what they declared."""
    after = kind.parse(edits.apply(doc.text))
    wrong = _difference(kind, doc, after, [fix for _, _, fix in chosen])
    if wrong is None:
        return after
    for hook, finding, fix in chosen:
        alone = _difference(kind, doc, kind.parse(Edits(fix.edits).apply(doc.text)), [fix])
        if alone is not None:
            raise _Broken(doc.position(finding.span.start)[0], f"{hook.name}: its fix {alone}")
    names = ", ".join(sorted({hook.name for hook, _, _ in chosen}))
    raise _Broken(1, f"{names}: their fixes together {wrong}")


def _difference(kind: Kind, before: Parsed, after: Parsed, fixes: list[Fix]) -> str | None:
    """How `after` differs from what the fixes declared of `before`: a verb phrase, None where it does not."""
    if after.text == before.text:
        return "changes nothing"
    if after.problems:
        return f"makes a file that is refused ({after.problems[0].message})"
    becomes: dict[Any, Any] = {}
    kept = [one.text for one in kind.comments(before)]
    for fix in fixes:
        becomes.update(fix.becomes)
        kept += fix.comments
    wrong = kind.difference(before, after, becomes)
    if wrong is not None:
        return wrong
    if sorted(one.text for one in kind.comments(after)) != sorted(kept):
        return "loses or changes a comment"
    if (after.bom, after.text.endswith("\n")) != (before.bom, before.text.endswith("\n")):
        return "changes the start or the end of the file"
    if _line_ends(before.text) not in ("mixed", _line_ends(after.text)):
        return "changes the line ends"
    return None


def _line_ends(text: str) -> str:
    carriage, line = text.count("\r\n"), text.count("\n")
    if carriage in (0, line):
        return "CRLF" if carriage else "LF"
    return "mixed"


def _settled(
    doc: Parsed, found: list[_Found], wanted: list[_Wanted], mended: list[Reported], settings: Settings
) -> Result:
    """The result once no fix of the text is left: now the files beside it, each once."""
    files: dict[str, FileEdit] = {}
    made: set[int] = set()
    for hook, finding, fix in wanted:
        if any(edit.path in files for edit in fix.files):
            continue
        files.update((edit.path, edit) for edit in fix.files)
        made.add(id(finding))
        mended.append(_reported(doc, (hook, finding), settings))
    left = tuple(_reported(doc, one, settings) for one in found if id(one[1]) not in made)
    return Result(doc.text, left, tuple(mended), tuple(files.values()))


def _reported(doc: Parsed, one: _Found, settings: Settings) -> Reported:
    hook, finding = one
    owner = settings.codes.owner(hook, finding)
    names = (finding.code, owner.name if owner else "", hook.name)
    configured = next((settings.severities[name] for name in names if name in settings.severities), None)
    severity = configured or settings.codes.severity(hook, finding) or finding.severity or hook.severity
    start, end = doc.position(finding.span.start), doc.position(finding.span.end)
    return Reported(hook, finding, severity, *start, *end, _allowed(finding.fix, settings))
