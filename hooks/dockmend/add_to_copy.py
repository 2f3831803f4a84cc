"""COPY in place of ADD where a file or a folder is copied.

## Why

ADD fetches URLs, clones git repositories and unpacks tar archives. For a file or a folder of the build
context it does what COPY does, and leaves the reader to wonder which was meant.

## Example

```dockerfile
FROM python:3.13-slim
ADD requirements.txt /app/
ADD src/ /app/src/
```

becomes

```dockerfile
FROM python:3.13-slim
COPY requirements.txt /app/
COPY src/ /app/src/
```

## Fix safety

Safe: only the keyword changes, in its case, and only where ADD could do nothing that COPY does not. For
local files BuildKit treats the two alike (dispatchCopy in dockerfile2llb/convert_copy.go: ownership, modes,
links, wildcards, the slash at the end of the target) but for unpacking, which it decides by a file's
content. A file or a match of a pattern that the build context shows is looked into; where there is no
context to look at, or no such file yet, names decide. A folder is never unpacked, nor the archives in it.
The image's history says COPY where it said ADD. In a stage FROM scratch without a WORKDIR, a relative target
becomes the absolute one that it is (`ADD app .` is `COPY app /`).

## Left alone

- URLs, git repositories and tar archives: that is what ADD is for, and nothing is reported.
- A variable that may hold one of these: an ARG may be given anything on the command line, so the text around
  it has to settle that (`src/$MODULE/app.py`).
- A pattern that may match an archive, where the context does not show what it matches (`build/*`).
- A relative target with no WORKDIR to be relative to, unless that is known to be `/`: for a COPY, hadolint
  reports it (DL3045).
- `--checksum`, `--keep-git-dir` and `--unpack`, which COPY lacks.

## References

- https://docs.docker.com/reference/dockerfile/#add
- https://docs.docker.com/build/building/best-practices/#add-or-copy
- https://github.com/hadolint/hadolint/wiki/DL3020
"""

from __future__ import annotations

import re

from dockmend._dockerfile.document import Document, Instruction, Logical, Meaning, Stage
from dockmend._dockerfile.state import state_at
from dockmend._hook import INFO, SAFE, Context, Edit, Finding, Fix, Hook
from dockmend._project.archive import ends_no_archive, may_be_archive, named_archive
from dockmend._project.context import FILE, FOLDER, BuildContext, Entry, relative
from dockmend._project.pattern import has_wildcard
from dockmend._project.sources import Source, copy_sources, is_remote
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMON_FLAGS = frozenset({"chown", "chmod", "exclude", "link"})
RELATIVE = "its target is relative and no WORKDIR says to what, which is reported of a COPY (DL3045)"

_REMOTE_STARTS = ("http://", "https://", "ssh://", "git://", "github.com/")
_ANY_SCHEME = regex(r"[A-Za-z][A-Za-z0-9+.-]*://")
_ABSOLUTE = regex(r"[\"']?(?:[/$]|[A-Za-z]:)")
_PLAIN = regex(r"[A-Za-z0-9._/-]+\Z")


class Verdict(NamedTuple):
    """What ADD does with a source: fetch or unpack it (`special`), not told for a `reason`, or copy it."""

    special: bool = False
    reason: str = ""


COPIED = Verdict()
SPECIAL = Verdict(special=True)


def check(doc: Document, ctx: Context) -> Iterator[Finding]:
    """A finding for each ADD that does no more than COPY, or may."""
    workdirs = _first_workdirs(doc)
    for outer in doc.instructions:
        inner = outer.trigger or outer
        if inner.name != "ADD":
            continue
        # A trigger's sources are in the context of another build.
        context = BuildContext() if outer.trigger else ctx.build
        sources = copy_sources(doc, outer)
        verdicts = [_verdict(source, context) for source in sources]
        reason = next((verdict.reason for verdict in verdicts if verdict.reason), "")
        special = sum(verdict.special for verdict in verdicts)
        if special and special == len(verdicts):
            if not all(_shows_it(doc, source) for source in sources):
                reason = "a variable holds a URL, a git repository or an archive"
                yield Finding("ADD of what its words do not show", inner.keyword, None, reason, INFO)
            continue
        if special and not reason:
            reason = "one of its sources is a URL, a git repository or an archive"
        if not reason:
            reason = next(
                (f"COPY has no --{flag.name}" for flag in inner.flags if flag.name not in COMMON_FLAGS), ""
            )
        target = None
        if not reason and _is_relative_to_nothing(doc, outer, workdirs):
            target = _absolute_target(doc, outer)
            reason = "" if target else RELATIVE
        fix = None if reason else _fix(doc, outer, inner, target)
        yield Finding("ADD where COPY does the same", inner.keyword, fix, reason)


def _shows_it(doc: Document, source: Source) -> bool:
    """Whether a source that ADD fetches or unpacks looks like that, or is fixed text."""
    written = doc.text[source.span.start : source.span.end].strip("\"'")
    return "$" not in written or is_remote(written) or named_archive(written)


def _first_workdirs(doc: Document) -> dict[int, int]:
    """The index of the first WORKDIR of each stage that has one."""
    first: dict[int, int] = {}
    for one in doc.instructions:
        if one.name == "WORKDIR" and one.stage is not None:
            first.setdefault(one.stage, one.index)
    return first


def _is_relative_to_nothing(doc: Document, outer: Instruction, workdirs: dict[int, int]) -> bool:
    """Whether the target is relative, and no WORKDIR of the file comes before."""
    if outer.trigger is not None or outer.stage is None or _ABSOLUTE.match(_target(outer).text):
        return False
    stage: Stage | None = doc.stages[outer.stage]
    while stage is not None:
        if workdirs.get(stage.index, outer.index) < outer.index:
            return False
        stage = stage.parent
    return True


def _target(inner: Instruction) -> Logical:
    return inner.words[-1]


def _absolute_target(doc: Document, outer: Instruction) -> Edit | None:
    """The target as an absolute path where the working directory is known to be the root."""
    word = _target(outer)
    if outer.json is not None or state_at(doc, outer).workdir != "/" or not _PLAIN.match(word.text):
        return None
    path = "/" + word.text.removeprefix("./").removeprefix(".")
    return Edit(word.span(0, len(word.text)), path) if not path.startswith(("/.", "//")) else None


def _fix(doc: Document, outer: Instruction, inner: Instruction, target: Edit | None) -> Fix:
    written = doc.text[inner.keyword.start : inner.keyword.end]
    edit = Edit(inner.keyword, {"add": "copy", "Add": "Copy"}.get(written, "COPY"))
    meaning = outer.meaning
    if isinstance(meaning.value, Meaning):
        meaning = meaning._replace(value=meaning.value._replace(name="COPY"))
    else:
        meaning = meaning._replace(name="COPY")
    if target is None:
        return Fix(SAFE, (edit,), {outer.index: (meaning,)})
    value = outer.args.text.removesuffix(_target(outer).text) + target.text
    return Fix(SAFE, (edit, target), {outer.index: (meaning._replace(value=value),)})


def _verdict(source: Source, context: BuildContext) -> Verdict:
    if source.text is not None:
        return _of_text(source.text, context)
    if source.defaults is not None and _of_text(source.defaults, context).special:
        return SPECIAL
    return _of_pieces(source)


def _of_text(text: str, context: BuildContext) -> Verdict:
    if is_remote(text):
        return SPECIAL
    if text.startswith("github.com/"):
        return Verdict(reason=f"{text} may be meant as a git repository")
    if "://" in text and _ANY_SCHEME.match(text):
        return Verdict(reason=f"{text} looks like a URL, and Docker fetches none like it")
    path = relative(text)
    entries = context.entries(path) if path else (Entry("", FOLDER),)
    if not entries:
        return _of_name(path)
    for entry in entries:
        verdict = COPIED if entry.kind == FOLDER else _of_entry(entry, context)
        if verdict != COPIED:
            return verdict
    return COPIED


def _of_entry(entry: Entry, context: BuildContext) -> Verdict:
    unpacked = context.is_archive(entry.path) if entry.kind == FILE else False
    if unpacked is None:
        return SPECIAL if named_archive(entry.path) else Verdict(reason=f"{entry.path} may be an archive")
    # A name may promise what the content does not hold yet: a placeholder, a pointer to large storage.
    return SPECIAL if unpacked else _of_name(entry.path)


def _of_name(path: str) -> Verdict:
    """What the name of a file that is not there to look into tells."""
    if named_archive(path):
        return SPECIAL
    name = path.rpartition("/")[2]
    if may_be_archive(name):
        return Verdict(reason=f"{name} may be a tar archive, which ADD unpacks")
    if has_wildcard(name) and not ends_no_archive(re.split(r"[*?\]]", name)[-1]):
        return Verdict(reason=f"{name} may match an archive, which ADD unpacks")
    return COPIED


def _of_pieces(source: Source) -> Verdict:
    """What the text around variables tells."""
    start, end = source.pieces[0] or "", source.pieces[-1] or ""
    if named_archive(end):
        return SPECIAL
    if not start or any(each.startswith(start) or start.startswith(each) for each in _REMOTE_STARTS):
        return SPECIAL if is_remote(start) else Verdict(reason="a variable may hold a URL or an archive")
    if "@" in start or _ANY_SCHEME.match(start):
        return Verdict(reason="a variable may make it a URL or a git repository")
    name = end.rpartition("/")[2]
    if "." in name and ends_no_archive(re.split(r"[*?\]]", name)[-1]):
        return _of_name(end)
    return Verdict(reason="a variable may make it an archive, which ADD unpacks")


HOOK = Hook(
    name="add-to-copy",
    practice=6,
    summary="COPY in place of ADD for files and folders",
    check=check,
    aliases=("DL3020",),
    keywords=frozenset({"ADD", "ONBUILD"}),
)


def main() -> int:
    """The command of this hook."""
    from dockmend._cli import hook_main

    return hook_main(HOOK)
