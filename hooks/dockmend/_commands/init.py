"""`dockmend init`: an entry in the repository's pre-commit configuration, and settings to start from."""

from __future__ import annotations

import os
import sys

from dockmend import __version__
from dockmend._compose import yaml
from dockmend._engine import config, files, pre_commit
from dockmend._engine.errors import Failure
from dockmend._parser import CommandParser
from dockmend._project.git import repository_top
from dockmend._report.output import Output
from dockmend._report.style import printable_path
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

HOOKS = ".pre-commit-config.yaml"
SETTINGS = ".dockmend.toml"

_TEMPLATE = """\
# How dockmend looks at the Dockerfiles in this folder and below.
# What stands here is the default: take the `#` off what you want to be different.

# The hooks to run, by name or code (`dockmend rules` lists them), in place of the usual ones; hooks to run
# besides those; hooks to leave out.
# select = ["ALL"]
# extend-select = []
# ignore = []

# Files and folders to leave alone, as globs.
# exclude = []

# Make fixes that may change what a build does, too.
# unsafe-fixes = false

# The least severity that fails: "info", "warning" or "error".
# fail-on = "warning"

# How findings are shown: "full", "concise", "json", "sarif", …
# output-format = "full"

# Examples, not defaults: a hook that is more, or less, of a matter here; files that some hooks are not for.
# [severity]
# merge-run = "info"
# [per-file-ignores]
# "examples/**" = ["healthcheck"]
"""

_NEXT = """\
Next: `pre-commit install` and `pre-commit run dockmend --all-files`, or by hand `dockmend --fix`.
To begin with new findings alone: `dockmend --add-ignores`, or `args: [--since=HEAD]` for the hook.
"""


def main(arguments: Sequence[str]) -> int:
    """Write both at the top of the git repository, or here where there is none; nothing is overwritten."""
    more = f""":
the hook as the last one in {HOOKS}, and {SETTINGS} with
every setting in a comment. What is there already stays, byte for byte."""
    CommandParser("init", more=more).parse_args(arguments)
    here = os.getcwd()
    top = repository_top(here) or here
    out = Output(sys.stdout, "standard output")
    for name, write in ((HOOKS, _hooks), (SETTINGS, _settings)):
        path = os.path.join(top, name)
        said = write(path)
        out.text(f"{printable_path(os.path.relpath(path))}: {said}\n")
        out.flush()
    out.text(f"\n{_NEXT}")
    out.flush()
    return 0


def _hooks(path: str) -> str:
    revision = f"v{__version__}"
    if not os.path.lexists(path):
        files.create(path, "repos:\n" + pre_commit.entry(revision))
        return "made, with the hook `dockmend`"
    source = files.read(path)
    try:
        text = pre_commit.with_entry(source.text, revision)
    except yaml.NotYaml as error:
        raise Failure.at(path, f"is no YAML ({error}); mend it and run again", error.line) from error
    except pre_commit.Unclear as error:
        wanted = f"repo: {pre_commit.REPOSITORY}, rev: {revision}, id: dockmend"
        raise Failure.at(path, f"was left alone, since {error}; add by hand {wanted}") from error
    if text is None:
        return "has dockmend already, left as it is"
    files.replace(path, source, text)
    return "the hook `dockmend` added"


def _settings(path: str) -> str:
    folder = os.path.dirname(path)
    for name in config.NAMES:
        if config.load(os.path.join(folder, name)) is not None:
            return f"left out, since {name} has settings already" if name != SETTINGS else "left as it is"
    files.create(path, _TEMPLATE)
    return "made, with every setting in a comment"
