"""How a stage installs Python distributions, and how that can be done in a stage of its own."""

from __future__ import annotations

import posixpath
import re

from dockmend._dockerfile.assignments import assignments
from dockmend._dockerfile.state import state_at
from dockmend._regex import regex
from dockmend._shell.code import code_of
from dockmend._shell.command_words import unversioned
from dockmend._shell.installed import pip_install, requirements
from dockmend._shell.trim import chain
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dockmend._dockerfile.document import Document, Instruction, Stage
    from dockmend._shell.commands import Command

WHEELS = "/wheels"

_MANY = 50

_LOCAL = regex(r"\.|(?!.*://).*(?:/|\.(?:whl|tar\.gz|zip)\Z)")

PIP, UV, POETRY = "pip", "uv", "poetry"

# Tools that install others, or are there to be called; none of them is compiled.
_TOOLS = frozenset(
    """
    pip setuptools wheel uv poetry poetry-core poetry-plugin-export pipenv pdm hatch virtualenv pip-tools
    flit build certifi
    """.split()  # noqa: SIM905
)
# https://pip.pypa.io/en/stable/cli/pip_wheel/: what `pip wheel` takes as `pip install` does, with a value and
# without, and what only the latter knows.
_BOTH_VALUED = frozenset(
    """
    -r --requirement -c --constraint -i --index-url --extra-index-url --trusted-host -f --find-links
    --timeout --default-timeout --retries --proxy --cert --no-binary --only-binary
    """.split()  # noqa: SIM905
)
_BOTH = frozenset(
    """
    --pre --prefer-binary --isolated --no-input --no-build-isolation --require-hashes
    """.split()  # noqa: SIM905
)
_EITHER = frozenset("--no-cache-dir --no-deps -q --quiet --disable-pip-version-check".split())  # noqa: SIM905
_INSTALL_ONLY = frozenset(
    """
    -U --upgrade --root-user-action --break-system-packages --no-compile --compile -I
    --ignore-installed --force-reinstall --no-warn-script-location
    """.split()  # noqa: SIM905
)


class Step(NamedTuple):
    """A command that installs distributions, the `place`th of the RUN `instruction`."""

    instruction: Instruction
    place: int
    command: Command
    tool: str


class Plan(NamedTuple):
    """How to install in a builder: `folder` is what is copied from it.

    `last` is the RUN that the builder ends with. `builder` and `final` are, by the RUN's index and the
    command's place in it, the commands that change in each stage: another text, or "" for one that goes.
    """

    folder: str
    last: Instruction
    builder: Mapping[tuple[int, int], str]
    final: Mapping[tuple[int, int], str]


def steps(doc: Document, stage: Stage) -> Iterator[Step]:
    """The commands that install distributions for the program itself, in the order of the file."""
    for instruction in stage.instructions:
        if instruction.name == "RUN":
            code = code_of(doc, instruction)
            for place, command in enumerate(chain(code) or code.program.commands):
                tool = _tool(command)
                if tool:
                    yield Step(instruction, place, command, tool)


def _tool(command: Command) -> str:
    texts = [word.text or "" for word in command.words]
    if pip_install(command) is not None:
        return "" if _is_tool_alone(command) else PIP
    if texts[1:2] == ["sync"] and command.name == "uv":
        return UV
    return POETRY if command.name == "poetry" and "install" in texts[1:3] else ""


def _is_tool_alone(command: Command) -> bool:
    """Whether `pip install` installs nothing but other installers."""
    words = pip_install(command) or ()
    names = {
        re.split(r"[\[<>=~!; ]", word.text or "?", maxsplit=1)[0].lower() for word in requirements(words)
    }
    files = any((word.text or "").startswith(("-r", "--requirement")) for word in words)
    return bool(names) and names <= _TOOLS and not files


def plan(doc: Document, stage: Stage, found: list[Step]) -> Plan | str:
    """How the steps are done in a builder; or why they cannot be, in a clause."""
    if len(found) > _MANY:
        return "distributions are installed in too many steps"
    if len({step.tool for step in found}) > 1:
        return "more than one tool installs distributions"
    environment = _environment(doc, stage)
    if isinstance(environment, str):
        return environment
    last = found[-1].instruction
    if environment is not None:
        folder, made = environment
        if found[0].tool != PIP or not all(_is_into(doc, step, folder) for step in found):
            return f"not every installation goes into {folder}"
        return Plan(folder, last, {}, dict.fromkeys([made, *_pips(doc, stage, made, last)], ""))
    if len(found) > 1:
        return "distributions are installed in more than one step"
    [step] = found
    key = last.index, step.place
    if step.tool == PIP:
        built = _as_wheels(step.command)
        return built if isinstance(built, str) else Plan(WHEELS, last, {key: built[0]}, {key: built[1]})
    folder = _project_environment(doc, stage, step)
    return folder if not folder.startswith("/") else Plan(folder, last, {}, {key: ""})


def _environment(doc: Document, stage: Stage) -> tuple[str, tuple[int, int]] | str | None:
    """The virtual environment that a RUN makes, and the command that does; None for none."""
    for instruction in stage.instructions:
        commands = chain(code_of(doc, instruction)) if instruction.name == "RUN" else None
        for place, command in enumerate(commands or ()):
            texts = [word.text for word in command.words]
            makes = command.name == "virtualenv" or (command.name == "uv" and texts[1:2] == ["venv"])
            if makes or (texts[1:3] == ["-m", "venv"] and unversioned(command.name or "") == "python"):
                workdir = state_at(doc, instruction).workdir
                target = texts[-1]
                if target is None or target.startswith("-") or target == "venv":
                    return "where the virtual environment is made is not plain"
                if not target.startswith("/") and workdir is None:
                    return "the working directory is not known"
                return posixpath.normpath(posixpath.join(workdir or "/", target)), (instruction.index, place)
    return None


def _is_into(doc: Document, step: Step, folder: str) -> bool:
    """Whether pip, or uv, is that of the virtual environment `folder`."""
    program = step.command.words[0].text or ""
    if program.startswith(f"{folder}/bin/"):
        return True
    found: dict[str, str] = {}
    assert step.instruction.stage is not None
    for instruction in doc.stages[step.instruction.stage].instructions:
        if instruction.name == "ENV" and instruction.index < step.instruction.index:
            for one in assignments(instruction, doc.escape):
                value = re.sub(r"\$\{?VIRTUAL_ENV\}?", lambda _: found.get("VIRTUAL_ENV", "$"), one.plain)
                found[one.name] = value
    if step.command.name == "uv":
        return found.get("VIRTUAL_ENV") == folder
    return program in ("pip", "pip3", "python", "python3") and found.get("PATH", "").startswith(
        f"{folder}/bin:"
    )


def _pips(doc: Document, stage: Stage, made: tuple[int, int], last: Instruction) -> Iterator[tuple[int, int]]:
    """Every `pip install` behind the making of a virtual environment, up to the last RUN that installs."""
    for instruction in stage.instructions:
        if instruction.name == "RUN" and instruction.index <= last.index:
            for place, command in enumerate(chain(code_of(doc, instruction)) or ()):
                if (instruction.index, place) > made and pip_install(command) is not None:
                    yield instruction.index, place


def _project_environment(doc: Document, stage: Stage, step: Step) -> str:
    """The virtual environment that uv or Poetry makes, an absolute path; or why it is not known."""
    state = state_at(doc, step.instruction)
    if state.workdir is None:
        return "the working directory is not known"
    if step.tool == UV:
        if "UV_PROJECT_ENVIRONMENT" in state.env:
            return state.env["UV_PROJECT_ENVIRONMENT"] or "where uv makes its environment is not known"
        return posixpath.join(state.workdir, ".venv")
    configured = any(
        instruction.name == "RUN"
        and re.search(r"\bconfig\b[^&;|]*\bvirtualenvs\.in-project[ \t]+true\b", instruction.args.text)
        for instruction in stage.instructions
    )
    in_project = (state.env.get("POETRY_VIRTUALENVS_IN_PROJECT") or "").lower() in ("1", "true")
    if configured or in_project:
        return posixpath.join(state.workdir, ".venv")
    return "Poetry installs into an environment whose place is not known (set virtualenvs.in-project)"


def _as_wheels(command: Command) -> tuple[str, str] | str:
    """The commands that build wheels and that install them; or why there are none."""
    words = pip_install(command)
    if words is None or command.name == "uv" or command.prefix or command.assignments:
        return "only pip builds wheels"
    program = " ".join(word.source for word in command.words[: len(command.words) - len(words) - 1])
    build, install = [], []
    value = False
    for word in words:
        if word.text is None:
            return "what pip installs only the shell can tell"
        option = word.text.partition("=")[0]
        if value or not word.text.startswith("-"):
            if not value and _LOCAL.match(word.text):
                return "pip installs the project itself"
            build.append(word.source)
            value = False
        elif option in _BOTH_VALUED:
            build.append(word.source)
            value = "=" not in word.text
        elif option in _BOTH or word.text.startswith("-r"):
            build.append(word.source)
        elif option in _EITHER:
            build.append(word.source)
            install.append(word.source)
        elif option in _INSTALL_ONLY:
            install.append(word.source)
        else:
            return f"what {option} means for wheels is not known"
    return (
        " ".join([program, "wheel", "--wheel-dir", WHEELS, *build]),
        " ".join([program, "install", *install, "--no-index", f"{WHEELS}/*.whl"]),
    )
