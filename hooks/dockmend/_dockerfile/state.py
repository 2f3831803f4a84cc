"""What is in force at an instruction: shell, user, working directory, variables, what starts.

https://docs.docker.com/reference/dockerfile/ and BuildKit's frontend/dockerfile/dockerfile2llb/convert.go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from dockmend._dockerfile import lexer
from dockmend._dockerfile.document import Document, Instruction, Stage

DEFAULT_SHELL = ("/bin/sh", "-c")

_WINDOWS = re.compile(r"(?i)(?:mcr\.microsoft\.com/|\A)(?:[^/]+/)*(?:windows|nanoserver|servercore|windowsservercore)")
_WINDOWS_TAG = re.compile(r"(?i):[^/]*(?:nanoserver|windowsservercore|windows)")
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))")


class State(NamedTuple):
    """What holds just before an instruction, as far as the file tells.

    `user` and `workdir` are None where the base image or a build argument decides; `workdir` is an
    absolute path. `env` maps each variable set in the file to its value, None where it may be
    anything (an ARG, which the command line can set, or a value made of one). `cmd` and
    `entrypoint` are the instructions in force, None where the base image's are.
    `shell` is the shell form's command; `shell_set` whether a SHELL instruction chose it.
    """

    shell: tuple[str, ...]
    shell_set: bool
    user: str | None
    workdir: str | None
    env: Mapping[str, str | None]
    entrypoint: Instruction | None
    cmd: Instruction | None


def state_at(doc: Document, instruction: Instruction) -> State:
    """What is in force at `instruction`, which must be in a stage of `doc`."""
    if instruction.stage is None:
        raise ValueError("an instruction before the first FROM has no state")
    return _state(doc, doc.stages[instruction.stage], instruction.index)


def state_after(doc: Document, stage: Stage) -> State:
    """What is in force at the end of `stage`: what its image's configuration holds."""
    return _state(doc, stage, len(doc.instructions))


def shipping(doc: Document) -> tuple[Stage, ...]:
    """The last stage and those it is built FROM, in the order of the file."""
    chain: list[Stage] = []
    stage = doc.stages[-1] if doc.stages else None
    while stage is not None:
        chain.append(stage)
        stage = stage.parent
    return tuple(reversed(chain))


def root_base(stage: Stage) -> str:
    """The image that the chain of stages under `stage` starts from, as written."""
    while stage.parent is not None:
        stage = stage.parent
    return stage.base


def is_windows(doc: Document, stage: Stage) -> bool:
    """Whether the stage's image is a Windows image, by its name, platform or the file's escape character."""
    while True:
        platform = stage.instruction.flag("platform")
        if platform is not None and (platform.value or "").lower().startswith("windows"):
            return True
        if stage.parent is None:
            break
        stage = stage.parent
    return doc.escape == "`" or bool(_WINDOWS.search(stage.base) or _WINDOWS_TAG.search(stage.base))


def expand(text: str, env: Mapping[str, str | None]) -> str | None:
    """`text` unquoted, its variables replaced, as BuildKit does for ENV, COPY, WORKDIR and others.

    None where a variable is unknown or the substitution is not a plain $NAME or ${NAME}.
    """
    if not any(char in text for char in "$\"'\\"):
        return text
    if "\\" in text:
        return None
    names = [match[1] or match[2] for match in _VARIABLE.finditer(text)]
    if text.count("$") != len(names) or any(env.get(name) is None for name in names):
        return None
    from dockerfile_parse.util import WordSplitter

    return str(WordSplitter(text, envs=dict(env)).dequote())


def _state(doc: Document, stage: Stage, end: int) -> State:
    chain = [stage]
    while chain[-1].parent is not None:
        chain.append(chain[-1].parent)
    shell, shell_set = DEFAULT_SHELL, False
    user: str | None = None
    workdir: str | None = None
    env: dict[str, str | None] = {}
    entrypoint: Instruction | None = None
    cmd: Instruction | None = None
    if chain[-1].base.lower() == "scratch":
        user, workdir = "root", "/"
    for current in reversed(chain):
        cmd_set = False
        arguments: set[str] = set()
        for instruction in current.instructions:
            if instruction.index >= end:
                break
            name = instruction.name
            if name == "SHELL" and instruction.json:
                shell, shell_set = instruction.json, True
            elif name == "USER":
                user = expand(instruction.args.text, env)
            elif name == "WORKDIR":
                workdir = _joined(workdir, expand(instruction.args.text, env))
            elif name == "ENV":
                before = dict(env)
                for key, value in _pairs(instruction, doc.escape):
                    env[key] = expand(value, before)
                    arguments.discard(key)
            elif name == "ARG":
                for word in lexer.quoted_words(instruction.args.text, doc.escape):
                    key = word.partition("=")[0]
                    # An ENV always overrides an ARG of its name.
                    if key not in env:
                        env[key] = None
                        arguments.add(key)
            elif name == "ENTRYPOINT":
                entrypoint = instruction
                if not cmd_set:
                    cmd = None
            elif name == "CMD":
                cmd, cmd_set = instruction, True
        if current is not stage:
            # An ARG ends with its stage; an ENV goes on.
            for key in arguments:
                del env[key]
    return State(shell, shell_set, user, workdir, env, entrypoint, cmd)


def _pairs(instruction: Instruction, escape: str) -> list[tuple[str, str]]:
    try:
        return lexer.name_values(instruction.args.text, escape)
    except ValueError:
        return []


def _joined(workdir: str | None, path: str | None) -> str | None:
    import posixpath

    if path is None:
        return None
    if path.startswith("/"):
        return posixpath.normpath(path)
    return None if workdir is None else posixpath.normpath(posixpath.join(workdir, path))
