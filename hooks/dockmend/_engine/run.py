"""Many files, one by one: each read, checked or mended under its own configuration, and written."""

from __future__ import annotations

import os

from dockmend import _registry
from dockmend._edit import Edits
from dockmend._engine import files, ignores, kinds
from dockmend._engine.codes import NEVER
from dockmend._engine.errors import Failure, nearest
from dockmend._engine.mend import Lack, Reported, Result, check_text, mend_text, options_of
from dockmend._engine.select import settings
from dockmend._hook import ERROR, SEVERITIES, WARNING, Context, Edit, FileEdit, Finding, Hook, Unavailable
from dockmend._project.find import find_context
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from dockmend._dockerfile.document import Problem
    from dockmend._engine import changes
    from dockmend._engine.config import Configs
    from dockmend._engine.kinds import Parsed
    from dockmend._engine.mend import Only
    from dockmend._project.context import BuildContext

CHECK = "check"
MEND = "mend"
DIFF = "diff"

# How often a file is mended anew because another process wrote a file beside it meanwhile.
_TRIES = 3


class Job(NamedTuple):
    """What to do with every file; None and empty leave it to the configuration.

    `select`, `extend` (on top of what is selected else) and `ignore` are names of hooks, codes of one hook
    among others (`_registry.meaning`), or ALL; `context` is the folder of the build context; only findings
    that `changed` lines concern count, where it is given. `options` are settings of hooks, by name, that go
    before those of the configuration. With `ignoring`, all that is found is silenced by comments in place
    of being mended.
    """

    mode: str
    configs: Configs
    select: tuple[str, ...] | None = None
    extend: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    unsafe: bool | None = None
    context: str | None = None
    fail_on: str | None = None
    changed: changes.Changes | None = None
    options: Mapping[str, Mapping[str, object]] = {}
    ignoring: bool = False


class Outcome(NamedTuple):
    """What became of one file, `path` as it was named.

    `findings` are left to report, in the coordinates of `text`; `failing` says that one of them is
    severe enough for the exit status. `errors` make it 2, `notes` are lines for standard error that do not;
    `refused` says where and why BuildKit refuses the text, of which `errors` tell too.
    `patches` are diffs by the path of the file that they change; `made` are new files,
    relative to the current folder.
    """

    path: str
    text: str = ""
    findings: tuple[Reported, ...] = ()
    mended: tuple[Reported, ...] = ()
    failing: bool = False
    errors: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()
    patches: tuple[tuple[str, str], ...] = ()
    made: tuple[str, ...] = ()
    refused: tuple[Problem, ...] = ()


def prepare(paths: Sequence[str], job: Job) -> Iterator[tuple[int, int]]:
    """What hooks selected by name do once for all files; yields how many of how many steps are done."""
    ahead: dict[str, list[Any]] = {}
    for path in paths:
        try:
            _File(path, os.path.abspath(path), job).look_ahead(ahead)
        except Exception:
            continue  # said when the file is checked
    for name, noted in ahead.items():
        hook = _registry.load(name)
        if hook.prepare is not None:
            yield from hook.prepare(noted)


def outcomes(paths: Sequence[str], job: Job, jobs: int) -> Iterator[Outcome]:
    """The outcome of each file, in order, by that many processes. Raises Failure where one of them dies."""
    jobs = min(jobs, len(paths))
    if jobs <= 1:
        for path in paths:
            yield process(path, job)
        return
    from dockmend._engine import pool

    yield from pool.outcomes(paths, job, jobs)


def process(path: str, job: Job) -> Outcome:
    """Check or mend the file at `path`; whatever goes wrong is in the outcome."""
    try:
        return _File(path, os.path.abspath(path), job).process()
    except Exception as error:
        return Outcome(path, errors=(_described(path, error),))


def process_text(text: str, name: str, path: str | None, job: Job, finding: Finding | None = None) -> Outcome:
    """Check or mend `text` as if it were the file at the absolute `path`, writing nothing.

    Where `finding` is given, nothing else is mended. The outcome's `text` is the mended text, or `text`
    itself where anything went wrong.
    """
    try:
        return _File(name, path, job, finding).process_text(text)
    except Exception as error:
        return Outcome(name, text, errors=(_described(name, error),))


def misnamed(text: str, path: str | None) -> Iterator[tuple[int, str]]:
    """Each line (from 1) of the file's `text` whose ignore comment names no hook, and what to say of it."""
    if "dockmend:" in text:
        kind = kinds.kind_of(path)
        doc = kind.parse(text)
        for line, code in ignores.unknown(
            doc, kind.asking(doc), lambda code: _registry.resolve(code) is not None
        ):
            yield line, f'the ignore comment names no hook: "{code}"{nearest(code, _registry.HOOKS)}'


def ignoring(text: str, path: str | None, found: Reported) -> Edit | None:
    """The edit of the file's `text` that silences its finding by a comment; None where no comment can."""
    from dockmend._engine.add_ignores import silencing

    kind = kinds.kind_of(path)
    return silencing(kind, kind.parse(text), found.name, found.finding.span)


def explain(name: str, subject: str, hook: Hook, job: Job) -> Iterator[str]:
    """What the hook answers about the absolute path `subject`, for the file called `name`. Raises Failure."""
    file = _File(name, os.path.abspath(name), job)
    try:
        if hook.explain is not None:
            yield from hook.explain(subject, Context(file.path, file.context(files.read(name).text), {}))
    except Unavailable as error:
        raise Failure.at(name, str(error)) from error


class _File:
    """One file under its configuration."""

    def __init__(self, name: str, path: str | None, job: Job, chosen: Finding | None = None) -> None:
        """Where `chosen` is given, only that finding is mended."""
        self.name = name
        self.path = path
        self.job = job
        self.chosen = chosen
        self.config = job.configs.of(os.path.dirname(path) if path else os.getcwd())
        self.settings = settings(job, self.config, path)
        self.lines: list[int] | None = None
        self.left_out = False
        # Whether fixes are left out because no patch may show the lines that they change.
        self.cut = False
        if job.changed is not None and path is not None:
            key = os.path.realpath(path)
            self.lines = job.changed.get(key)
            self.left_out = key not in job.changed

    def process(self) -> Outcome:
        if self.left_out:
            return Outcome(self.name)
        source = files.read(self.name)
        if self.job.mode != MEND:
            return self.outcome(source.text, self.judge(source.text))
        for left in reversed(range(_TRIES)):
            result = self.judge(source.text)
            try:
                for edit in result.files:
                    _write(edit)
            except files.Changed as error:
                if left:
                    continue
                return self.mend_alone(source, error)
            except Failure as error:
                return self.mend_alone(source, error)
            break
        return self.finish(source, result)

    def look_ahead(self, ahead: dict[str, list[Any]]) -> None:
        """Have each hook that prepares what takes long note what that is, by its name."""
        hooks = [one for one in self.settings.hooks if one.prepare and one.name in self.settings.asked]
        if not hooks or self.left_out:
            return
        text = files.read(self.name).text
        kind = kinds.kind_of(self.path)
        doc, build = kind.parse(text), self.context(text)
        for hook in hooks if not doc.problems else ():
            noted = ahead.setdefault(hook.name, [])
            context = Context(self.path, build, options_of(hook, self.settings), asked=True, ahead=noted)
            for _ in kind.find(hook, doc, context, self.settings.codes):
                pass

    def process_text(self, text: str) -> Outcome:
        result = self.judge(text, beside=self.job.mode == DIFF)
        return self.outcome(text, result)._replace(text=result.text)

    def mend_alone(self, source: files.Source, error: Failure) -> Outcome:
        """Mend the file itself where one beside it could not be written: what needs that one is left."""
        outcome = self.finish(source, self.judge(source.text, beside=False))
        return outcome._replace(errors=(error, *outcome.errors))

    def finish(self, source: files.Source, result: Result) -> Outcome:
        if result.text != source.text:
            files.replace(self.name, source, result.text)
        made = tuple(_relative(edit.path) for edit in result.files if edit.before is None)
        return self.outcome(source.text, result)._replace(made=made)

    def judge(self, text: str, *, beside: bool = True) -> Result:
        """Check or mend; with `beside`, what is mended by writing other files too."""
        build = self.context(text)
        if self.job.mode == CHECK:
            result = check_text(text, self.settings, self.path, build)
        elif self.job.ignoring:
            from dockmend._engine.add_ignores import ignored_text

            result = ignored_text(text, self.settings, self.path, build, self.only(text, beside=True))
        else:
            result = mend_text(text, self.settings, self.path, build, self.only(text, beside=beside))
            if self.job.mode == DIFF and _withheld(self.name, text, result.text):
                self.cut = True
                result = mend_text(text, self.settings, self.path, build, self.only(text, beside=beside))
        if self.lines is not None and result.findings:
            result = result._replace(findings=tuple(self.concerned(self.lines, text, result)))
        return result

    def context(self, text: str) -> BuildContext:
        """The build context of the file with that text."""
        return find_context(self.path, self.job.context or self.config.context, text)

    def concerned(self, lines: list[int], text: str, result: Result) -> Iterator[Reported]:
        """The findings that the changed `lines` of `text` concern; a fix that must reach beyond says so."""
        from dockmend._engine import changes

        doc = kinds.kind_of(self.path).parse(result.text)
        touched = changes.Touched(lines, text)
        for found in result.findings:
            finding = found.finding
            if touched.concerns(doc, finding):
                beyond = touched.beyond(doc, changes.edited(doc, finding.fix)) if finding.fix else []
                if beyond:
                    reason = "; ".join(filter(None, (finding.reason, changes.reach(beyond))))
                    found = found._replace(finding=finding._replace(reason=reason))  # noqa: PLW2901
                yield found

    def only(self, text: str, *, beside: bool) -> Only | None:
        if self.lines is None and self.chosen is None and beside and not self.cut:
            return None
        touched: changes.Touched | None = None
        if self.lines is not None:
            from dockmend._engine.changes import Touched

            touched = Touched(self.lines, text)

        def wanted(doc: Parsed, finding: Finding) -> bool:
            if not beside and finding.fix is not None and finding.fix.files:
                return False
            if self.chosen is not None and (doc.text != text or finding != self.chosen):
                return False
            if self.cut and finding.fix is not None:
                after = Edits(finding.fix.edits).apply(doc.text)
                if _withheld(self.name, doc.text, after):
                    return False
            return touched is None or touched.concerns(doc, finding)

        return wanted

    def outcome(self, text: str, result: Result) -> Outcome:
        problems = tuple(_said(text, result.problems))
        return Outcome(
            self.name,
            result.text if result.findings else "",
            result.findings,
            result.mended,
            failing=any(map(self.fails, result.findings)),
            errors=(
                *(Failure.at(self.name, one.message, one.line, one.column) for one in problems),
                *map(self.lacks, result.lacking),
            ),
            notes=(
                *(f"{self.name}:{line}: warning: {said}" for line, said in misnamed(text, self.path)),
                *self.withheld(text, result),
                *self.reached(text, result),
                *self.still_there(result),
                *filter(None, [self.job.configs.hadolint.problem]),
            ),
            patches=self.patches(text, result) if self.job.mode == DIFF else (),
            refused=() if result.broken else problems,
        )

    def fails(self, found: Reported) -> bool:
        """Whether the finding is severe enough for the exit status."""
        said = self.job.fail_on or self.config.fail_on
        least = said or self.settings.codes.fail_on(found.hook, found.finding) or WARNING
        return least != NEVER and SEVERITIES.index(found.severity) >= SEVERITIES.index(least)

    def lacks(self, lack: Lack) -> Failure:
        """What a hook lacks, in the same line for every file where it is the same."""
        failure = Failure.at(self.name, f"{lack.hook}: {lack.message}")
        return failure.for_all() if lack.everywhere else failure

    def withheld(self, text: str, result: Result) -> tuple[str, ...]:
        if self.job.mode != DIFF or not (self.cut or _withheld(self.name, text, result.text)):
            return ()
        return (f"{self.name}: warning: the patch leaves out what changes lines with a secret; use --fix",)

    def reached(self, text: str, result: Result) -> tuple[str, ...]:
        if self.lines is None or result.text == text:
            return ()
        from dockmend._engine import changes

        doc = kinds.kind_of(self.path).parse(text)
        lines = changes.Touched(self.lines, text).beyond(doc, changes.gone(text, result.text))
        return (f"{self.name}: note: {changes.reach(lines)}",) if lines else ()

    def still_there(self, result: Result) -> Iterator[str]:
        for found in result.mended if self.job.ignoring else ():
            if found.severity == ERROR:
                said = f"{found.name} is ignored now, and as true as before: {found.finding.message}"
                yield f"{self.name}:{found.line}: warning: {said}"

    def patches(self, text: str, result: Result) -> tuple[tuple[str, str], ...]:
        from dockmend._engine import patch

        changed = [FileEdit(edit.path, edit.before, edit.text) for edit in result.files]
        if result.text != text or self.cut:
            path = os.path.realpath(self.name) if os.path.islink(self.name) else self.name
            shown = not (self.cut and _withheld(self.name, text, result.text))
            changed.insert(0, FileEdit(path, text, result.text if shown else text))
        return tuple(
            (os.path.abspath(edit.path), patch.unified(_relative(edit.path), edit.before, edit.text))
            for edit in changed
        )


def _said(text: str, problems: Iterable[Problem]) -> Iterator[Problem]:
    """The problems, each message without a secret."""
    for problem in problems:
        from dockmend._project.secrets import discreet

        yield problem._replace(message=discreet(text, problem))


def _write(edit: FileEdit) -> None:
    if edit.before is None:
        files.create(edit.path, edit.text)
        return
    source = files.read(edit.path)
    if source.text != edit.before:
        raise files.Changed.at(edit.path, "changed on disk meanwhile and was left alone; run again")
    files.replace(edit.path, source, edit.text)


def _relative(path: str) -> str:
    return os.path.relpath(path).replace(os.sep, "/")


def _withheld(name: str, before: str, after: str) -> bool:
    from dockmend._engine.patch import withheld

    return withheld(name, before, after)


def _described(path: str, error: Exception) -> Failure:
    if isinstance(error, Failure):
        return error
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{os.path.basename(place.tb_frame.f_code.co_filename)}:{place.tb_lineno}" if place else "?"
    said = f"{type(error).__name__} at {where}"
    return Failure.at(path, f"internal error, the file was left alone ({said}); please report it")
