r"""CMD and ENTRYPOINT as JSON arrays.

## Why

In shell form the command is an argument of `/bin/sh -c`. Where that shell stays in between, it is the
container's first process: `docker stop` signals the shell, which passes nothing on, and the program is killed
ten seconds later without a chance to finish. In exec form the program is started itself, with exactly the
words that stand there.

## Example

```dockerfile
FROM python:3.13-slim
ENTRYPOINT exec gunicorn --bind "0.0.0.0:$PORT" app:app
HEALTHCHECK CMD curl --fail http://localhost:8000/
```

```dockerfile
FROM python:3.13-slim
ENTRYPOINT ["/bin/sh", "-c", "exec gunicorn --bind \"0.0.0.0:$PORT\" app:app"]
HEALTHCHECK CMD ["curl", "--fail", "http://localhost:8000/"]
```

## Fix safety

A single command of literal words becomes an array of exactly the words that dash, bash and busybox's ash
would all pass. A command that takes a shell (variables, lists, pipes, redirects, globs, builtins, …) becomes
the array that shell form is, `["/bin/sh", "-c", "…"]` or SHELL's own, with `exec` before a single command, so
that signals reach it. Lines, and comments between them, stay.

Where words would change what runs, the shell stays: an ENTRYPOINT beside a CMD, which the shell hides; a CMD
that the base image's own entrypoint would act on (`nginx`, `postgres`); a script in the build context without
a `#!` line, which only a shell can run.

Unsafe, each with what it changes in its message: a command that is one quoted string is split into words;
what only looks like a JSON array becomes one; a shell's comment becomes a comment line; a CMD becomes the
arguments of an ENTRYPOINT that is not known to pass them on; in a Compose file, a `command` string with
operators in it (`a && b`), of which Compose drops what follows them, becomes the command of a shell.

Hooks that look at what is started wait for this one where that is not what it looks like.

## Left alone

Windows images and shells other than sh, bash, dash and ash; shell text that cannot be read with certainty;
bytes that are not UTF-8; HEALTHCHECK commands that take a shell, for which the shell form is right.

## References

- https://docs.docker.com/reference/dockerfile/#shell-and-exec-form
- https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact
- https://docs.docker.com/reference/build-checks/json-args-recommended/
- https://github.com/hadolint/hadolint/wiki/DL3025
"""

from __future__ import annotations

import posixpath

from dockmend._dockerfile import array
from dockmend._dockerfile.lexer import split_kind
from dockmend._dockerfile.span import Span
from dockmend._dockerfile.state import DEFAULT_SHELL, is_windows, state_after, state_at
from dockmend._hook import INFO, SAFE, UNSAFE, Context, Edit, Finding, Fix, Hook
from dockmend._project import entrypoint
from dockmend._project.entrypoint import ACTED_ON, HANDED_ON, TAKEN, UNREAD
from dockmend._project.reference import base_image
from dockmend._regex import regex
from dockmend._shell import words
from dockmend._shell.words import BUILTINS, Command, Word
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import TypeAlias

    from dockmend._compose.document import ComposeFile
    from dockmend._dockerfile.document import Document, Instruction, Logical, Meaning, Stage

_STARTS = ("entrypoint", "command")
_BYTES = "it has bytes that JSON cannot hold"
_UNDECODABLE = regex("[\0\ud800-\udfff]")


_Kind: TypeAlias = "tuple[int | None, str, str]"


class _Shell(NamedTuple):
    """The shell of the shell form, none where the base image sets one; `plain` as of `words.is_plain`."""

    words: tuple[str, ...]
    plain: bool


class _Place(NamedTuple):
    """An instruction in shell form: `target` is ONBUILD's trigger or itself, `args` its command.

    `hides` where it is an ENTRYPOINT whose shell keeps a CMD from it.
    `last` is the last instruction of each stage and kind, as of `_kind`.
    """

    doc: Document
    ctx: Context
    stage: Stage
    instruction: Instruction
    target: Instruction
    args: Logical
    hides: bool
    last: Mapping[_Kind, int]


def check(doc: Document, ctx: Context) -> Iterator[Finding]:
    """Each CMD, ENTRYPOINT and HEALTHCHECK in shell form, ONBUILD's too, with its fix or why it has none."""
    commanded = _commanded(doc)
    last = {_kind(instruction): instruction.index for instruction in doc.instructions}
    for instruction in doc.instructions:
        target = instruction.trigger or instruction
        if instruction.stage is None or target.json is not None:
            continue
        stage = doc.stages[instruction.stage]
        hides = target.name == "ENTRYPOINT" and stage.index in commanded
        place = _Place(doc, ctx, stage, instruction, target, target.args, hides, last)
        if target.name == "HEALTHCHECK":
            kind, start = split_kind(target.args.text)
            if kind == "CMD" and start < len(target.args.text):
                args = target.args.slice(start, len(target.args.text))
                yield _healthcheck(place._replace(args=args))
        elif target.name in ("CMD", "ENTRYPOINT"):
            found = _start(place)
            if found is not None:
                yield found


def compose(doc: ComposeFile, ctx: Context) -> Iterator[Finding]:
    """Yield a finding for each command of a Compose file that takes a shell and does not get one."""
    from dockmend._compose.document import plain
    from dockmend._project.compose_start import argv

    del ctx
    entries = (one.fields[name] for one in doc.services for name in _STARTS if name in one.fields)
    for node in {id(entry.value.resolved): entry.value.resolved for entry in entries}.values():
        dropped = argv(node).dropped
        if not dropped:
            continue
        message = f"Compose runs this without a shell, and drops it from `{dropped[:2].strip()}` on"
        if "\n" in doc.text[node.span.start : node.span.end]:
            yield Finding(message, node.span, reason="it is written over several lines")
            continue
        words = [*DEFAULT_SHELL, node.text]
        path = doc.path(node)
        edit = Edit(node.span, f"[{array.spelled(words)}]")
        fix = Fix(UNSAFE, (edit,), {path: dict(plain(words, path))})
        yield Finding(message, node.span, fix, "the fix makes it the command of a shell")


def _kind(instruction: Instruction) -> _Kind:
    """The stage, and what of it the instruction sets: the last one holds."""
    return instruction.stage, instruction.name, instruction.trigger.name if instruction.trigger else ""


def _commanded(doc: Document) -> set[int]:
    """The stages with a CMD, and those they are built FROM: what an ENTRYPOINT there may get as arguments."""
    found: set[int] = set()
    for instruction in doc.instructions:
        target = instruction.trigger or instruction
        command = target.args.text if target.json is None else target.json
        if target.name != "CMD" or instruction.stage is None or not command:
            continue
        stage: Stage | None = doc.stages[instruction.stage]
        while stage is not None and stage.index not in found:
            found.add(stage.index)
            stage = stage.parent
    return found


def _healthcheck(place: _Place) -> Finding:
    """A HEALTHCHECK becomes words or stays: no signal has to reach it, so that a shell does no harm."""
    message = "HEALTHCHECK in shell form: a shell starts the command"
    text = place.args.text
    shell = _shell(place)
    command = words.read(text)
    literal = words.program(command)
    if isinstance(shell, str):
        reason = shell
    elif _UNDECODABLE.search(text):
        reason = _BYTES
    elif entrypoint.is_array_like(text):
        return _array(place)
    elif command.kind != words.LITERAL or command.comment is not None:
        reason = f"it takes a shell, as the shell form gives it, for {command.why or 'a comment'}"
    elif not literal:
        reason = f"the shell itself runs `{command.name}`"
    elif not shell.plain:
        reason = "its shell is set up before the command runs"
    elif entrypoint.is_one_string(command):
        reason = "it is one quoted string, and no shell finds a program of that name"
    elif _without_shebang(place, literal[0].text):
        reason = f"`{literal[0].text}` has no `#!` line, so that only a shell can run it"
    else:
        return Finding(message, _span(place), _fix(place, SAFE, _items(place.args, literal)))
    return Finding(message, _span(place), reason=reason, severity=INFO)


def _start(place: _Place) -> Finding | None:
    """What to say of a CMD or ENTRYPOINT."""
    text = place.args.text
    shell = _shell(place)
    message = (
        f"{place.target.name} in shell form: a shell starts the program, and may keep the stop signal from it"
    )
    if place.hides:
        message += "; CMD is ignored"
    command = words.read(text)
    if command.kind == words.EMPTY:
        return None
    if isinstance(shell, str):
        return _left(place, message, shell)
    if not (text.isascii() and text.isprintable()) and _UNDECODABLE.search(text):
        return _left(place, message, _BYTES)
    if entrypoint.is_array_like(text):
        return _array(place)
    if command.kind == words.UNREADABLE:
        return _left(place, message, "its shell text cannot be read with certainty")
    if entrypoint.is_one_string(command):
        return _one_string(place, shell, command)
    literal = words.program(command)
    fate, program = _fate(place, literal[0].text if literal else "")
    option = bool(literal) and (command.kind == words.OPTION or literal[0].text.startswith("-"))
    shelled = not shell.plain or fate == ACTED_ON
    if literal and not shelled and fate != TAKEN:
        shelled = _without_shebang(place, literal[0].text)
    if literal and (option or not shelled):
        reason = ""
        if option and fate != UNREAD:
            reason = "the shell takes it for an option; the fix makes it arguments of the ENTRYPOINT"
        elif fate == TAKEN:
            reason = f"the words become arguments of {program}, which now gets a shell and a script"
        items = _items(place.args, literal)
        if command.comment is not None:
            return _noted(place, message, items, command.comment, reason)
        return Finding(message, _span(place), _fix(place, UNSAFE if reason else SAFE, items), reason)
    if not shell.words:
        return _left(place, message, "it takes a shell, and the base image sets its own with SHELL")
    replaceable = command.name is not None and command.name not in BUILTINS
    at = command.at if replaceable and shell.plain and fate != TAKEN else None
    return Finding(message, _span(place), _fix(place, SAFE, (_script(text, at),), shell.words))


def _shell(place: _Place) -> _Shell | str:
    """The shell of the shell form at `place`, or why it is not one whose words are known.

    ONBUILD's triggers run before anything else in the child's file, with the SHELL that this image ends with.
    The shell form of HEALTHCHECK is kept as text, for the container's shell.
    """
    doc, stage, trigger = place.doc, place.stage, place.instruction.trigger
    if is_windows(doc, stage):
        return "a Windows image starts commands in its own way"
    late = trigger is not None or place.target.name == "HEALTHCHECK"
    if trigger is not None and (stage.index, "ONBUILD", "SHELL") in place.last:
        return "ONBUILD SHELL decides on the shell"
    state = state_after(doc, stage) if late else state_at(doc, place.instruction)
    plain = words.is_plain(state.shell)
    if plain is None:
        return f"its shell, `{' '.join(state.shell)}`, is none that is known here"
    image = None if state.shell_set else base_image(doc, stage)
    if image is not None and image.sets_shell:
        return _Shell((), plain)
    # bash reads $BASH_ENV before a script; sh does not.
    sourced = posixpath.basename(state.shell[0]) == "bash" and "BASH_ENV" in state.env
    return _Shell(state.shell, plain and not sourced)


def _fate(place: _Place, first: str) -> tuple[str, str]:
    """What would become of words that start with `first`, and the name of what would get them."""
    if place.target.name == "CMD":
        return entrypoint.fate(place.doc, place.ctx.build, place.stage, first)
    return (ACTED_ON if place.hides else HANDED_ON), ""


def _without_shebang(place: _Place, program: str) -> bool:
    """Whether the program is a text file of the build context that only a shell can start."""
    if "/" not in program or place.last[_kind(place.instruction)] != place.instruction.index:
        return False
    text = entrypoint.image_file(place.doc, place.ctx.build, place.stage, program)
    return bool(text) and not str(text).startswith(("#!", "\x7fELF"))


def _array(place: _Place) -> Finding:
    message = f"{place.target.name} is not the JSON array that it looks like: a shell runs it as it stands"
    reason = "the fix makes it the array that it looks like" + _reached(place)
    found = array.lookalike(place.args.text)
    if found is None:
        return _left(place, message, "it does not say with certainty which array is meant")
    if found.note is None:
        return Finding(message, _span(place), _fix(place, UNSAFE, found.items), reason)
    return _noted(place, message, found.items, found.note, reason)


def _reached(place: _Place) -> str:
    return ", and CMD its arguments" if place.hides else ""


def _one_string(place: _Place, shell: _Shell, command: Command) -> Finding:
    """CMD "node app.js": the shell looks for a program of that whole name."""
    message = f"{place.target.name} is one quoted string, and no shell finds a program of that name"
    word = command.words[0]
    inner = words.read(word.text)
    literal = words.program(inner) if inner.comment is None else ()
    items = [_moved(place.args, word, one) for one in literal]
    reason = "the fix splits it into words" + _reached(place)
    if items and command.comment is not None:
        return _noted(place, message, items, command.comment, reason)
    if items:
        return Finding(message, _span(place), _fix(place, UNSAFE, items), reason)
    if inner.kind not in (words.COMPOUND, words.LITERAL, words.SIMPLE) or command.comment or not shell.words:
        return _left(place, message, "what it means as a command cannot be read with certainty")
    script = array.item(place.args.text, word.places[0], word.places[-1] + 1, word.places)
    fix = _fix(place, UNSAFE, (script,), shell.words)
    return Finding(message, _span(place), fix, "the fix makes it the command of the shell")


def _noted(place: _Place, message: str, items: Sequence[array.Item], note: int, reason: str) -> Finding:
    """An unsafe fix that makes a comment line of the comment at `note`, which only a shell would skip."""
    reason += "; " if reason else ""
    reason += "the comment at the end becomes a line above"
    doc, args = place.doc, place.args
    low, high = args.offset(items[-1].end - 1 if items else 0), args.offset(len(args.text))
    if "\n" in doc.text[low:high]:
        return _left(place, message, "its comment runs over several lines")
    start = place.instruction.span.start
    indent = doc.text[start : place.instruction.keyword.start]
    text = args.text[note:]
    fix = _fix(place, UNSAFE, items)
    moved = Edit(Span(start, start), f"{indent}{text}{doc.newline}")
    return Finding(message, _span(place), fix._replace(edits=(moved, *fix.edits), comments=(text,)), reason)


def _items(args: Logical, found: Sequence[Word]) -> list[array.Item]:
    return [array.item(args.text, word.start, word.end, word.places) for word in found]


def _moved(args: Logical, outer: Word, inner: Word) -> array.Item:
    """A word of the command that `outer` quotes, where it stands in the file."""
    start, end = outer.places[inner.start], outer.places[inner.end - 1] + 1
    return array.item(args.text, start, end, [outer.places[place] for place in inner.places])


def _script(text: str, at: int | None) -> array.Item:
    """The whole text as one string, with `exec` before the command at `at`."""
    found = array.item(text, 0, len(text), range(len(text)))
    if at is None:
        return found
    return found._replace(parts=(*found.parts[:at], (at, "exec "), *found.parts[at:]))


def _fix(place: _Place, safety: str, items: Sequence[array.Item], first: tuple[str, ...] = ()) -> Fix:
    """The array of `first` and `items` in the place of the command."""
    instruction, target = place.instruction, place.target
    values = (*first, *(one.value for one in items))
    meaning: Meaning = target.meaning._replace(
        value=("CMD", *values) if target.name == "HEALTHCHECK" else values
    )
    if instruction.trigger is not None:
        meaning = instruction.meaning._replace(value=meaning)
    return Fix(safety, array.edits(place.doc, place.args, items, first), {instruction.index: (meaning,)})


def _left(place: _Place, message: str, reason: str) -> Finding:
    return Finding(message, _span(place), reason=reason)


def _span(place: _Place) -> Span:
    return Span(place.instruction.keyword.start, place.target.head.end)


HOOK = Hook(
    name="exec-form",
    practice=9,
    summary="CMD and ENTRYPOINT as JSON arrays",
    check=check,
    aliases=("DL3025", "JSONArgsRecommended"),
    keywords=frozenset({"CMD", "ENTRYPOINT", "HEALTHCHECK"}),
    compose=compose,
)


def main() -> int:
    """Run this hook as a command of its own; the exit status."""
    from dockmend._cli import hook_main

    return hook_main(HOOK)
