"""What a container starts: its ENTRYPOINT and CMD, and the scripts behind them as far as they can be seen.

https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact
"""

from __future__ import annotations

import posixpath

from dockmend._dockerfile.document import Document, Instruction, Stage, derived
from dockmend._dockerfile.state import state_after
from dockmend._project.entrypoint import image_file
from dockmend._regex import regex
from dockmend._shell import commands, tools
from dockmend._shell.command_words import unversioned
from dockmend._shell.words import SHELLS
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockmend._project.context import BuildContext

_DEEPEST = 5
_MOST = 500
_FOLDERS = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin")
_ARGUMENTS = frozenset({'"$@"', "$@", "$*", '"$*"', '"${@}"', "${@}"})
_SHEBANG = regex(r"#![ \t]*(?:/usr/bin/env[ \t]+)?[\w/.-]*?(?:ba|da|a|k)?sh\b")
_SCRIPTS = frozenset(
    {"entrypoint", "entry", "start", "startup", "run", "init", "boot", "bootstrap", "launch"}
)
# Programs that run the rest of their words once the words given here have passed, and options after those.
_RUNNERS = {
    "poetry": "run", "pipenv": "run", "pdm": "run", "uv": "run", "hatch": "run", "rye": "run", "conda": "run",
    "micromamba": "run", "bundle": "exec", "pnpm": "exec", "newrelic-admin": "run-program",
    **dict.fromkeys(("bunx", "catatonit", "ddtrace-run", "docker-php-entrypoint", "my_init", "nodemon"), ""),
    **dict.fromkeys(("npx", "opentelemetry-instrument", "pm2-docker", "pm2-runtime", "xvfb-run"), ""),
}  # fmt: skip
_VALUED = frozenset({"-n", "-p", "--name", "--prefix", "-e", "--env", "--with", "--group", "--extra"})


class Script(NamedTuple):
    """Shell text that the container runs: of `instruction`, or of the file `path` in the image."""

    instruction: Instruction
    path: str | None
    program: commands.Program

    @property
    def name(self) -> str:
        """What a message calls it."""
        return self.path or self.instruction.name


class Run(NamedTuple):
    """A command that the container runs, without the programs that only start another.

    A word that only a shell can tell is as it is written (`0.0.0.0:$PORT`). `script` is where it stands and
    `command` what it is there, both None for the exec form.
    """

    words: tuple[str, ...]
    instruction: Instruction
    script: Script | None = None
    command: commands.Command | None = None

    @property
    def name(self) -> str:
        """The program without its folder."""
        return posixpath.basename(self.words[0])


class Start(NamedTuple):
    """What a container of a stage starts.

    `entrypoint` and `cmd` are the instructions in force, None for the base image's. `mentions` are all
    words, without folders, of what is started and of the scripts. `unseen` names the first script that
    cannot be seen, None where all can.
    """

    entrypoint: Instruction | None
    cmd: Instruction | None
    runs: tuple[Run, ...]
    scripts: tuple[Script, ...]
    mentions: frozenset[str]
    unseen: str | None


@derived
def read(doc: Document, stage: Stage, build: BuildContext) -> Start:
    """What a container of `stage` starts; nothing where its base image decides."""
    state = state_after(doc, stage)
    reader = _Reader(doc, stage, build)
    entry, cmd = state.entrypoint, state.cmd
    if entry is not None and entry.json is None:
        reader.script(Script(entry, None, commands.read(entry.args.text)), (), 0)
    elif entry is not None or cmd is not None:
        instruction = entry if entry is not None and entry.json else cmd or entry
        assert instruction is not None
        command = _argv(cmd) if cmd else ()
        reader.handed = command if entry and entry.json else ()
        reader.run((*(_argv(entry) if entry else ()), *command), Run((), instruction), 0)
    return Start(
        entry, cmd, tuple(reader.runs), tuple(reader.scripts), frozenset(reader.mentions), reader.unseen
    )


def _argv(instruction: Instruction) -> tuple[str, ...]:
    if instruction.json is not None:
        return instruction.json
    return ("/bin/sh", "-c", instruction.args.text) if instruction.args.text else ()


class _Reader:
    def __init__(self, doc: Document, stage: Stage, build: BuildContext) -> None:
        self.doc, self.stage, self.build = doc, stage, build
        self.runs: list[Run] = []
        self.scripts: list[Script] = []
        self.mentions: set[str] = set()
        self.unseen: str | None = None
        # What an ENTRYPOINT that cannot be seen is given to run.
        self.handed: Sequence[str] = ()

    def run(self, argv: Sequence[str], place: Run, depth: int) -> None:
        """Note what the command `argv`, which stands at `place`, runs in the end, and read a script."""
        self.mentions.update(posixpath.basename(word) for word in argv)
        words = _unwrapped(argv)
        if not words or depth > _DEEPEST or len(self.runs) > _MOST:
            return
        text = tools.script_of(words)
        if text is not None:
            rest = words[words.index(text) + 1 :]
            path = place.script.path if place.script else None
            self.script(Script(place.instruction, path, commands.read(text)), rest[1:], depth)
            return
        at = 0
        if posixpath.basename(words[0]) in SHELLS:
            at = next((n for n, word in enumerate(words[1:], 1) if not word.startswith(("-", "+"))), 0)
        path, rest = words[at], words[at + 1 :]
        found = self._file(path)
        if found is not None:
            self.script(Script(place.instruction, path, commands.read(found)), rest, depth)
        elif at or _seems_script(posixpath.basename(path)) or self._is_copied_script(path):
            self.unseen = self.unseen or path
            self.runs.append(place._replace(words=words))
            # Where ENTRYPOINT is but `tini --`, the script is CMD's own.
            given = rest if words == tuple(self.handed) else self.handed
            handed = rest[rest.index("--") + 1 :] if "--" in rest else () if depth else given
            self.run(handed, place, depth + 1)
        else:
            self.runs.append(place._replace(words=words))

    def script(self, script: Script, arguments: Sequence[str], depth: int) -> None:
        """Note the commands of `script`, and what it gets as `arguments` where it runs them."""
        self.scripts.append(script)
        if script.program.doubt:
            self.unseen = self.unseen or script.name
        for command in script.program.commands:
            self.mentions.update(posixpath.basename(word.source) for word in command.prefix)
            words = [word.source.strip("\"'") if word.text is None else word.text for word in command.words]
            for at, word in enumerate(command.words):
                if word.source in _ARGUMENTS:
                    words[at : at + 1] = arguments
                    break
            self.run(words, Run((), script.instruction, script, command), depth + 1)

    def _file(self, path: str) -> str | None:
        """The shell script at `path` of the image, where the build context shows it."""
        if "$" in path or len(self.scripts) > _MOST:
            return None
        places = [path] if "/" in path else [f"{folder}/{path}" for folder in _FOLDERS] if "." in path else []
        for place in places:
            text = image_file(self.doc, self.build, self.stage, place)
            if text is not None and (_SHEBANG.match(text) or path.endswith(".sh")):
                return text
        return None

    def _is_copied_script(self, path: str) -> bool:
        """Whether ADD or COPY puts a script there, under a name that does not tell."""
        stage: Stage | None = self.stage
        while stage is not None:
            for one in stage.instructions:
                if one.name in ("ADD", "COPY"):
                    texts = [text.strip("\"'") for text in one.json or [word.text for word in one.words]]
                    source, target = map(posixpath.basename, texts) if len(texts) == 2 else ("", "")
                    if target and target == posixpath.basename(path) and _seems_script(source):
                        return True
            stage = stage.parent
        return False


def _seems_script(name: str) -> bool:
    return name.endswith((".sh", ".bash")) or not _SCRIPTS.isdisjoint(tools.parts(name))


def _unwrapped(words: Sequence[str]) -> tuple[str, ...]:
    """`words` without `env`, `tini`, `poetry run`, `python -m` and their like before the program."""
    while True:
        words = tools.unwrapped(words)[0]
        name = posixpath.basename(words[0]) if words else ""
        if unversioned(name) == "python" and "-m" in words[1:3] and len(words) > words.index("-m") + 1:
            return tuple(words[words.index("-m") + 1 :])
        if name not in _RUNNERS:
            return tuple(words)
        at = 1
        if _RUNNERS[name]:
            if words[1:2] != (_RUNNERS[name],):
                return tuple(words)
            at = 2
        while at < len(words) and words[at].startswith("-"):
            at += 2 if words[at] in _VALUED else 1
        if at >= len(words):
            return tuple(words)
        words = words[at:]
