"""RUN instructions that install what a manifest of the project names."""

from __future__ import annotations

from dockmend._regex import regex
from dockmend._shell import pip_words
from dockmend._shell.standalone import Outside, is_standalone, opens_nothing
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dockmend._shell.code import Code


class Tool(NamedTuple):
    """An installer of what a manifest names.

    `manifest` is what it reads, `lock` what it reads where it is there, `extras` its settings, `outputs`
    what it makes: all in its working directory. `subcommands` install; `fixed` are words with which it
    leaves the lock as it is.
    """

    name: str
    manifest: str
    lock: str
    subcommands: frozenset[str]
    fixed: frozenset[str] = frozenset()
    extras: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


def _tools() -> Iterator[Tool]:
    for row in _ROWS.strip().split("\n"):
        name, manifest, lock, subcommands, fixed, extras, outputs = (cell.strip() for cell in row.split("|"))
        yield Tool(
            name, manifest, lock, frozenset(subcommands.split(",")), frozenset(fixed.split()),
            tuple(extras.split()), tuple(outputs.split()),
        )  # fmt: skip


PIP = Tool("pip", "", "", frozenset())
_ROWS = """
uv       | pyproject.toml | uv.lock           | sync           | --frozen --locked     | uv.toml .python-version | .venv
poetry   | pyproject.toml | poetry.lock       | install,sync   | install sync          | poetry.toml             | .venv
pdm      | pyproject.toml | pdm.lock          | install,sync   | sync --frozen-lockfile --check | pdm.toml .pdm-python | .venv __pypackages__
pipenv   | Pipfile        | Pipfile.lock      | install,sync   | sync --deploy --ignore-pipfile |                | .venv
npm      | package.json   | package-lock.json | install,i,ci,clean-install | ci clean-install | .npmrc npm-shrinkwrap.json | node_modules
yarn     | package.json   | yarn.lock         | ,install       | --frozen-lockfile --pure-lockfile --immutable | .npmrc .yarnrc | node_modules
pnpm     | package.json   | pnpm-lock.yaml    | install,i      | --frozen-lockfile     | .npmrc                  | node_modules
go       | go.mod         | go.sum            | mod download   | download              |                         |
cargo    | Cargo.toml     | Cargo.lock        | fetch          | --locked --frozen     |                         |
bundle   | Gemfile        | Gemfile.lock      | ,install       | --frozen --deployment | .ruby-version .tool-versions | vendor .bundle
composer | composer.json  | composer.lock     | install        | install               | auth.json               | vendor
"""  # noqa: E501
# Options that have the tool work somewhere else, or on something else.
_ELSEWHERE = regex(
    r"--(?:prefix|cwd|dir|directory|project|package|filter|workspaces?|workspace-root|recursive|modules-folder"
    r"|global|working-dir|gemfile|requirements|manifest-path|modfile|version|help)\b|-[gCwrFdpPh]\Z"
)
_TOOLS = {tool.name: tool for tool in _tools()}
_TOOLS["bundler"] = _TOOLS["bundle"]
_VALUED = frozenset(
    """
    --registry --loglevel --only --omit --include --cache --network-timeout --network-concurrency --mutex
    --cache-folder --fetch-retries --fetch-timeout --reporter --jobs -j --retry --without --with --path
    --extra -E --group -G --python
    """.split()  # noqa: SIM905
)


class Install(NamedTuple):
    """A command that installs what `files` name, as written in it; `words` are all of its words."""

    tool: Tool
    files: tuple[str, ...]
    words: frozenset[str]


class Installs(NamedTuple):
    """What a RUN installs by manifests; `reason` says in a clause why the RUN may need more than them."""

    found: tuple[Install, ...]
    reason: str


def installs(code: Code, outside: Outside) -> Installs:
    """What `code` installs; `outside` says of an absolute path that it is none of the project's."""
    if code.run.json is not None:
        install = _install(list(code.run.json))
        return Installs((install,), "") if install is not None else Installs((), code.reason)
    if code.reason:
        return Installs((), code.reason)
    found: list[Install] = []
    reason = ""
    if any(flag.name == "mount" and _brings(flag.value or "") for flag in code.run.flags):
        reason = "a mount brings files"
    for command in code.program.commands:
        install = _install([word.text for word in command.words])
        if install is not None:
            found.append(install)
        elif not is_standalone(command, outside):
            reason = reason or "it does more than install"
        if set(command.link.path) - {"subshell", "group"} or not opens_nothing(command.link):
            reason = reason or "its script may read or write other files"
    return Installs(tuple(found), reason)


def _brings(value: str) -> bool:
    """Whether a mount brings files of the build context."""
    fields = value.lower().split(",")
    if any(field.startswith("from=") for field in fields):
        return False
    return "type=bind" in fields or not any(field.startswith("type=") for field in fields)


def _install(texts: Sequence[str | None]) -> Install | None:
    """What the command of those words installs; None is one that only the shell can tell."""
    known = [text for text in texts if text is not None]
    if not known or len(known) < len(texts):
        return None
    known[0] = known[0].rpartition("/")[2]
    if known[:3] == ["uv", "pip", "sync"]:
        files = tuple(text for text in known[3:] if not text.startswith("-"))
        plain = all(text.endswith((".txt", ".toml")) for text in files)
        return Install(PIP, files, frozenset(known)) if files and plain else None
    installed = pip_words.of_command(known)
    if installed is not None:
        found = pip_words.read(installed)
        return Install(PIP, found.files, frozenset(known)) if found is not None and found.files else None
    tool = _TOOLS.get(known[0])
    if tool is None or any(_ELSEWHERE.match(text) for text in known[1:]):
        return None
    words: list[str] = []
    rest = iter(known[1:])
    for text in rest:
        if text in _VALUED:
            next(rest, "")
        elif not text.startswith("-"):
            words.append(text)
    return Install(tool, (tool.manifest,), frozenset(known)) if " ".join(words) in tool.subcommands else None
