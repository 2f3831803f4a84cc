r"""ENTRYPOINT for what is fixed, CMD for the defaults; the last of each counts.

## Why

A container starts ENTRYPOINT's words and then CMD's. What follows the image's name in `docker run` takes the
place of CMD alone, so ENTRYPOINT is for the program and CMD for arguments that a user may want to change. Of
several CMD, ENTRYPOINT or HEALTHCHECK in a stage only the last counts: the others mislead who reads them. And
where one of the two is in shell form, they do not fit together: a shell takes CMD's words for its own and
drops them, and the shell form of CMD gives ENTRYPOINT's program the words `/bin/sh -c …`.

## Example

```dockerfile
FROM python:3.13-slim
CMD ["python", "app.py"]
ENTRYPOINT ["gunicorn", "config.wsgi", "--workers", "4"]
ENTRYPOINT ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "4"]
CMD python debug.py
CMD ["--reload"]
```

```dockerfile
FROM python:3.13-slim
ENTRYPOINT ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "4"]
CMD ["--reload"]
```

## Fix safety

Safe: a CMD, ENTRYPOINT or HEALTHCHECK goes when a later one of the same stage overrides it. It sets nothing
else: an ENTRYPOINT drops the CMD of the base image alone, and the last one does that too. Comment lines in it
stay, as lines of their own.

Unsafe, since the container then starts something else:

- an ENTRYPOINT in a shell that hides CMD becomes the exec form, where it is one plain command and CMD holds
  options, which become words where they are in shell form too, or it is a script of its own;
- a CMD in shell form becomes words, where ENTRYPOINT's program is known to take arguments and no command;
- an ENTRYPOINT that ends in options such as `--port 8000`, without any CMD, leaves them to a CMD. What starts
  by default stays the same; what `docker run` adds then replaces them.

`exec-form` writes the same words in unsafe mode, so it does not matter which of the two goes first; a shell
that `exec-form` has kept as `["/bin/sh", "-c", "exec …"]` is seen through.

## Left alone

What a stage overrides of the stage that it is built FROM, which can be a target of its own; ONBUILD's
triggers; an instruction under a comment that tells a linter to ignore it, which would then speak of the next
one; entrypoint scripts, which may do anything with CMD; Windows images.

## References

- https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact
- https://docs.docker.com/reference/build-checks/multiple-instructions-disallowed/
- https://github.com/hadolint/hadolint/wiki/DL4003
- https://github.com/hadolint/hadolint/wiki/DL4004
"""

from __future__ import annotations

import posixpath
import re

from dockmend._dockerfile import array
from dockmend._dockerfile.span import Span
from dockmend._dockerfile.state import is_windows, state_after, state_at
from dockmend._edit import cased
from dockmend._hook import INFO, SAFE, UNSAFE, Context, Edit, Finding, Fix, Hook, Place
from dockmend._project import entrypoint
from dockmend._regex import regex
from dockmend._shell import words
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dockmend._dockerfile.document import Document, Instruction, Stage

# With hadolint's codes for more of them.
_ONE_EACH = {"CMD": "DL4003", "ENTRYPOINT": "DL4004", "HEALTHCHECK": "DL3012"}
_PRAGMA = regex(
    r"#[ \t]*(?:hadolint|dockmend:|check=|checkov:|kics-scan|trivy:|nosec|nosemgrep|snyk)", re.IGNORECASE
)
_SCRIPT = regex(r"[^ \t]*(?:\.sh|entrypoint)\Z")
# Programs whose arguments are a script, a module or options, never a command to start as it stands.
_PROGRAMS = frozenset(
    """
    ansible-playbook bun celery curl daphne deno django-admin dotnet flask git gunicorn hypercorn java mongod
    nginx node npm perl php pip python redis-server ruby rscript streamlit terraform uvicorn uwsgi yarn
    """.split()  # noqa: SIM905
)
# Options that say how a server is to run, not what it is to run, with a value; and some that have none.
_DEFAULTS = frozenset(
    """
    --address --bind --concurrency --host --hostname --log-level --loglevel --port --threads --timeout
    --workers -b -p -w
    """.split()  # noqa: SIM905
)
_SWITCHES = frozenset({"--debug", "--reload", "--verbose"})


def check(doc: Document, ctx: Context) -> Iterator[Finding]:
    """Yield a finding for each overridden instruction, and where a stage's ENTRYPOINT and CMD do not fit."""
    for stage in doc.stages:
        last: dict[str, Instruction] = {}
        for instruction in reversed(stage.instructions):
            if instruction.name in last:
                code = _ONE_EACH[instruction.name]
                yield _overridden(doc, instruction, last[instruction.name])._replace(code=code)
            elif instruction.name in _ONE_EACH:
                last[instruction.name] = instruction
        if ("ENTRYPOINT" in last or "CMD" in last) and not is_windows(doc, stage):
            found = _pair(doc, ctx, stage)
            if found is not None:
                yield found


def _overridden(doc: Document, instruction: Instruction, by: Instruction) -> Finding:
    message = f"{instruction.name} has no effect: line {by.line} overrides it"
    related = (Place(by.head, "this one holds"),)
    inner = [_line(doc, comment.span.start) for comment in instruction.comments]
    if any(_PRAGMA.match(line.lstrip()) for line in (*_comment_lines_above(doc, instruction), *inner)):
        reason = "the comment that tells a linter to ignore it would speak of what follows"
        return Finding(message, instruction.head, reason=reason, related=related)
    fix = Fix(SAFE, (Edit(instruction.span, "".join(inner)),), {instruction.index: ()})
    return Finding(message, instruction.head, fix, related=related)


def _comment_lines_above(doc: Document, instruction: Instruction) -> Iterator[str]:
    at = instruction.span.start
    while at > 0:
        line = _line(doc, at - 1)
        if not line.lstrip().startswith("#"):
            return
        yield line
        at -= len(line)


def _line(doc: Document, offset: int) -> str:
    """The line of `offset`, which is not the file's last, with its line end."""
    return doc.text[doc.line_start(offset) : doc.text.index("\n", offset) + 1]


def _pair(doc: Document, ctx: Context, stage: Stage) -> Finding | None:
    """What to say of the ENTRYPOINT and the CMD that a stage ends with, where one of them is its own."""
    state = state_after(doc, stage)
    entry, cmd = state.entrypoint, state.cmd
    if entry is None or entrypoint.is_misread(entry, cmd):
        return None
    if cmd is None:
        return _fixed_defaults(doc, entry) if entry.stage == stage.index else None
    shell_text = _shell_text(cmd)
    argument = "/bin/sh" if shell_text is not None else (cmd.json or ("",))[0]
    if not argument:
        return None
    fate, _ = entrypoint.fate(doc, ctx.build, stage, argument)
    if fate == entrypoint.UNREAD:
        return _hidden(doc, stage, entry, cmd)
    program = posixpath.basename((entry.json or ("",))[0]).lower().rstrip("0123456789.")
    if fate != entrypoint.TAKEN or shell_text is None or program not in _PROGRAMS or cmd.stage != stage.index:
        return None
    message = f"CMD in shell form: `{(entry.json or ('',))[0]}` gets `/bin/sh -c …` as its arguments"
    items = _plain_items(doc, cmd)
    if items is None:
        return Finding(message, cmd.head, reason="what it means as arguments cannot be told")
    fix = Fix(
        UNSAFE,
        array.edits(doc, cmd.args, items),
        {cmd.index: (cmd.meaning._replace(value=tuple(item.value for item in items)),)},
    )
    return Finding(message, cmd.head, fix, "the fix hands on the words that stand there")


def _shell_text(instruction: Instruction) -> str | None:
    """The script of a CMD or ENTRYPOINT that starts a shell with it, in either form."""
    return instruction.args.text if instruction.json is None else entrypoint.script_of(instruction.json)


def _plain_items(doc: Document, instruction: Instruction) -> list[array.Item] | None:
    """The words of a shell form on one line that is one plain command; None for any other."""
    if instruction.json is not None or "\n" in doc.text[instruction.head.start : instruction.head.end]:
        return None
    text = instruction.args.text
    command = words.read(text)
    if command.comment is not None or not words.is_plain(state_at(doc, instruction).shell):
        return None
    return [array.item(text, word.start, word.end, word.places) for word in words.program(command)] or None


def _hidden(doc: Document, stage: Stage, entry: Instruction, cmd: Instruction) -> Finding:
    """An ENTRYPOINT in a shell that never looks at CMD."""
    own = entry if entry.stage == stage.index else cmd
    other = Place(cmd.head, "this has no effect") if own is entry else Place(entry.head, "this drops it")
    message = f"CMD in line {cmd.line} has no effect: the shell of ENTRYPOINT drops it"
    found = Finding(message, own.head, related=(other,))
    if own is cmd:
        return found._replace(reason="the ENTRYPOINT is another stage's")
    values = _program_of(doc, entry)
    items = _plain_items(doc, cmd) if cmd.json is None and cmd.stage == stage.index else None
    words = tuple(item.value for item in items or ()) if cmd.json is None else cmd.json
    if not values or not words:
        return found._replace(reason="which of the two is meant to start cannot be told")
    script = len(values) == 1 and _SCRIPT.match(values[0])
    if not words[0].startswith("-") and not (script and cmd.json):
        return found._replace(reason="CMD may be meant as a command of its own")
    edits = [Edit(entry.args.span(0, len(entry.args.text)), f"[{array.spelled(values)}]")]
    becomes = {entry.index: (entry.meaning._replace(value=values),)}
    if items:
        edits += array.edits(doc, cmd.args, items)
        becomes[cmd.index] = (cmd.meaning._replace(value=words),)
    fix = Fix(UNSAFE, tuple(edits), becomes)
    return found._replace(fix=fix, reason=f"the fix gives `{values[0]}` the words of CMD as arguments")


def _program_of(doc: Document, entry: Instruction) -> tuple[str, ...] | None:
    """The words of the one plain command that a shell's ENTRYPOINT is, on one line, without its `exec`."""
    text = _shell_text(entry)
    if text is None or "\n" in doc.text[entry.head.start : entry.head.end]:
        return None
    if not words.is_plain(state_at(doc, entry).shell if entry.json is None else entry.json[:-1]):
        return None
    command = words.read(text)
    return tuple(word.text for word in words.program(command)) if command.comment is None else None


def _fixed_defaults(doc: Document, entry: Instruction) -> Finding | None:
    """An ENTRYPOINT, without a CMD, that ends in options of a server's."""
    values = entry.json or ()
    at = _defaults_from(values)
    if at is None or entrypoint.script_of(values) is not None:
        return None
    message = f"ENTRYPOINT fixes what look like defaults, `{' '.join(values[at:])}`: CMD is for those"
    low, high = entry.words[at - 1].offset(len(entry.words[at - 1].text)), entry.head.end
    if "\n" in doc.text[entry.head.start : high]:
        return Finding(message, entry.head, reason="it runs over several lines", severity=INFO)
    indent = doc.text[entry.span.start : entry.keyword.start]
    cmd = f"{indent}{cased(doc, entry, 'CMD')} [{array.spelled(values[at:])}]"
    meaning = entry.meaning._replace(value=values[:at])
    fix = Fix(
        UNSAFE,
        (Edit(Span(low, high), f"]{doc.newline}{cmd}"),),
        {entry.index: (meaning, entry.meaning._replace(name="CMD", flags=(), value=values[at:]))},
    )
    reason = "what `docker run` adds then takes their place, instead of following them"
    return Finding(message, entry.head, fix, reason, INFO)


def _defaults_from(values: Sequence[str]) -> int | None:
    """Where the options that end a server's words start; None where there are none, or others among them."""
    if len(values) < 3 or posixpath.basename(values[0]).lower().rstrip("0123456789.") not in _PROGRAMS:
        return None
    at = next((n for n, word in enumerate(values) if n and word.startswith("-")), len(values))
    if at < 2 or at == len(values):
        return None
    n = at
    while n < len(values):
        name, equals, _ = values[n].partition("=")
        if name in _DEFAULTS and (equals or n + 1 < len(values)):
            n += 1 if equals else 2
        elif values[n] in _SWITCHES:
            n += 1
        else:
            return None
    return at


HOOK = Hook(
    name="entrypoint-cmd",
    practice=10,
    summary="ENTRYPOINT for what is fixed, CMD for defaults; the last one only",
    check=check,
    aliases=("DL4003", "DL4004", "MultipleInstructionsDisallowed"),
    keywords=frozenset(_ONE_EACH),
)


def main() -> int:
    """Run this hook as a command of its own; the exit status."""
    from dockmend._cli import hook_main

    return hook_main(HOOK)
