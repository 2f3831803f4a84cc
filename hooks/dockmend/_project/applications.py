"""Applications among what a container starts: what any user can run, as far as the file tells."""

from __future__ import annotations

from dockmend._project import servers
from dockmend._project.root import plain
from dockmend._regex import regex
from dockmend._shell.words import SHELLS
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockmend._dockerfile.document import Document, Instruction
    from dockmend._project.start import Run, Start

# Interpreters, and what is written for them.
_KNOWN = frozenset(
    """
    airflow bun bundle catalina.sh celery composer deno django-admin dotnet elixir erl flask forever go
    go-wrapper gulp http-server hugo iex java jekyll julia lua luajit mix mkdocs mono next nodemon node
    npm npx perl php pm2 pm2-runtime pnpm pypy python r rackup rails rake rscript ruby scrapy serve
    streamlit ts-node tsx voila yarn
    """.split()  # noqa: SIM905
)
# What a script says, waits or prepares with.
_ASIDE = frozenset(
    """
    . : [ [[ awk cat cd chmod chown cp curl cut date echo env exec export false find getopts grep head
    hostname ln ls mkdir mv printf pwd read return rm sed set shift sleep sort source tail tee test touch tr
    trap true type ulimit umask unset until wait wget
    """.split()  # noqa: SIM905
)
# What installs or builds applications, not parts of a system.
_INSTALLERS = regex(
    r"\b(?:pip[0-9.]*|npm|yarn|pnpm|gem|bundle|cargo|go|pipx|uv|poetry|conda|mamba|mvnw?|gradlew?|dotnet|composer"
    r"|stack|cabal|lein|luarocks|cpanm?)[ \t][^&|;\n]{0,120}?"
    r"\b(?:install|add|build|get|publish|require|global|i|sync|package|create)\b|\beasy_install\b"
)
_SCRIPT = regex(r".*\.(?:sh|bash)\Z")


def unknown(doc: Document, instructions: Sequence[Instruction], begun: Start) -> str:
    """Why it is not known that the new user can run what is started, in a clause, or empty.

    `instructions` are those of the stages that ship.
    """
    texts = [text for one in doc.instructions if one.name == "RUN" for text in one.texts]
    for run in begun.runs:
        if not run.name or _is_known(run):
            continue
        script = next((word for word in run.words[1:] if _SCRIPT.match(word)), None)
        if script is not None:
            return f"what `{script}` does as root is not known"
        if not _is_own(run, instructions) and not any(map(_INSTALLERS.search, texts)):
            return f"whether `{run.name}` has to be root is not known"
    return ""


def _is_known(run: Run) -> bool:
    name = plain(run.name)
    return name in _KNOWN or run.name in _ASIDE | SHELLS or servers.find(run, {}) is not None


def _is_own(run: Run, instructions: Sequence[Instruction]) -> bool:
    """Whether the program is of the project: in its working directory, or copied by its name or folder."""
    program = run.words[0]
    if "/" in program and not program.startswith("/"):
        return True
    for one in instructions:
        if one.name in ("ADD", "COPY"):
            texts = [text.strip("\"'").rstrip("/") for text in one.json or [word.text for word in one.words]]
            if any(text.rpartition("/")[2] == run.name for text in texts):
                return True
            if texts and texts[-1] and program.startswith(texts[-1] + "/"):
                return True
    return False
