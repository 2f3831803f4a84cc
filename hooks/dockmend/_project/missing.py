"""What a Dockerfile uses that a small image lacks, as far as the file and its build context show."""

from __future__ import annotations

import re

from dockmend._project.small_images import BRING, BUILD, JDK, PYTHON_NEEDS, Small
from dockmend._regex import regex
from dockmend._shell.code import Code, code_of
from dockmend._shell.installed import package_name, packages, pip_install, requirement_files, requirements
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockmend._dockerfile.document import Document, Stage
    from dockmend._project.context import BuildContext
    from dockmend._shell.commands import Command

# Their installation fails without the folder: https://github.com/debuerreotype/debuerreotype/issues/10
# Java's packages are among them, and so is what depends on one.
_MAN_PAGES = regex(
    r"openjdk-|default-j(?:re|dk)|postgresql|(?:maven|ant|gradle|scala|groovy|fop|jmeter|plantuml|pdftk|jython)\Z"
    r"|ca-certificates-java|tomcat[0-9]|jetty|zookeeper|leiningen|clojure|icedtea"
)
_UNPACKS = {"-i", "--install"}
_JAVA_PLACES = regex(r"/usr/local/openjdk|/usr/lib/jvm|/docker-java-home|JAVA_VERSION")
_MANAGER = regex(r"apt(?:-.*|itude)?\Z|apk\Z|yum\Z|(?:micro)?dnf\Z|dpkg|rpm\Z")
# Programs that call a tool, by what shows it in their words.
_CALLERS = (
    ("git", regex(r"\bgit\+|\Abower\b")),
    ("gcc", regex(r"\A(?:[./\w-]*/)?config(?:ure)?\b")),
    ("bzip2", regex(r"\Atar(?: -?[a-zA-Z]*j|\b.*(?: -[a-zA-Z]*j|--bzip2|\.t?bz2?\b))")),
    ("xz", regex(r"\Atar(?: -?[a-zA-Z]*J|\b.*(?: -[a-zA-Z]*J|--xz|\.t?xz\b))")),
)
# Settings of a tool that COPY or ADD puts in its place.
_SETTINGS = (("ssh", regex(r"/\.ssh(?![\w.])")), ("git", regex(r"/\.gitconfig\b")))
_PROJECT_FILES = {
    "uv": ("pyproject.toml", "uv.lock"), "poetry": ("pyproject.toml", "poetry.lock"),
    "pdm": ("pyproject.toml", "pdm.lock"), "pipenv": ("Pipfile", "Pipfile.lock"),
}  # fmt: skip
# The name that starts a requirement, or is quoted in TOML and JSON, and its extras.
_REQUIREMENT = regex(r"(?m)(?:^|[\"'])[ \t]*([A-Za-z0-9][A-Za-z0-9._-]*)[ \t]*(\[[^\]\n]*\])?")
_NATIVE = {
    "bundle": "gems",
    "bundler": "gems",
    "gem": "gems",
    "cpanm": "Perl modules",
    "cpan": "Perl modules",
}
_PURE_GEMS = frozenset({"bundler", "rake", "rack", "foreman"})
_RUN_OTHERS = frozenset({"xargs", "find", "sh", "bash", "su", "eval", "chroot", "watch"})


def missing(doc: Document, root: Stage, image: str, small: Small, build: BuildContext) -> list[str]:
    """What `root` and the stages built FROM it use and `small` lacks, named for a message, each once.

    `image` is the name of the image that `root` is built on now.
    """
    uses = _Uses(doc, small, other_system=small.name != image)
    for stage in _built_on(doc, root):
        uses.stage(stage)
    if small.kind == BUILD:
        uses.headers()
        uses.distributions(build)
    return list(uses.found)


def _built_on(doc: Document, root: Stage) -> Iterator[Stage]:
    """`root` and the stages built FROM it, in the order of the file."""
    found = {root.index}
    for stage in doc.stages:
        if stage is root or (stage.parent is not None and stage.parent.index in found):
            found.add(stage.index)
            yield stage


class _Uses:
    def __init__(self, doc: Document, small: Small, *, other_system: bool) -> None:
        self.doc = doc
        self.small = small
        self.other_system = other_system
        self.found: dict[str, None] = {}
        self.installed: dict[int, set[str]] = {}
        names = "|".join(map(re.escape, sorted(small.lacks, key=len, reverse=True))) or r"\b\B"
        self.mention = regex(rf"(?<![\w./+-])(?:{names})(?![\w.=+:/-])")

    def stage(self, stage: Stage) -> None:
        """Look at one stage, those it is built FROM looked at before."""
        here = set(self.installed.get(stage.parent.index, ())) if stage.parent else set()
        self.installed[stage.index] = here
        for instruction in stage.instructions:
            holder = instruction.trigger or instruction
            if holder.name == "RUN":
                self.run(code_of(self.doc, instruction), here)
            elif holder.name in ("CMD", "ENTRYPOINT", "HEALTHCHECK"):
                self.text(holder.args.text, here)
            elif holder.name in ("COPY", "ADD"):
                for tool, settings in _SETTINGS:
                    if tool in self.small.lacks and settings.search(holder.args.text):
                        self.tool(tool, here)
            if self.other_system and (place := _JAVA_PLACES.search(holder.args.text)):
                self.found[place[0]] = None

    def run(self, code: Code, here: set[str]) -> None:
        if code.reason:
            for text in (code.run.args.text, *(one.content for one in code.run.heredocs)):
                self.text(text, here)
        for command in code.program.commands:
            names = [package_name(word) for word in packages(command)]
            for name in names:
                here |= {name, *BRING.get(name, ())}
                if self.small.kind != JDK and _MAN_PAGES.match(name) and "/usr/share/man" not in code.text:
                    self.found[f"/usr/share/man (for {name})"] = None
            if not names:
                self.command(command, here)

    def command(self, command: Command, here: set[str]) -> None:
        name = command.name or ""
        if name in self.small.lacks:
            self.tool(name, here)
        if name in _RUN_OTHERS:
            self.text(" ".join(word.source for word in command.words[1:]), here)
        if self.other_system and _MANAGER.match(name):
            self.found["packages of another system"] = None
        if self.small.kind != BUILD:
            return
        if name == "dpkg" and _UNPACKS & {word.text for word in command.words}:
            self.found["the dependencies of what dpkg installs"] = None
        whole = " ".join(word.source for word in command.words)
        for tool, caller in _CALLERS:
            if caller.search(whole):
                self.tool(tool, here)
        texts = [word.text or "" for word in command.words[1:]]
        if name in _NATIVE and (texts[:1] == ["install"] or name.startswith("cpan")):
            named = {text.partition(":")[0] for text in texts[1:] if text[:1] != "-"}
            if not {"gcc", "make"} <= here and not (name == "gem" and named and named <= _PURE_GEMS):
                self.found[f"a compiler (for {_NATIVE[name]})"] = None

    def text(self, text: str, here: set[str]) -> None:
        """Look for the tools in a text that is not, or need not be, understood."""
        for match in self.mention.finditer(text):
            self.tool(match[0], here)

    def tool(self, name: str, here: set[str]) -> None:
        if self.small.lacks[name] not in here:
            self.found[name] = None

    def headers(self) -> None:
        """Look for packages of headers without a compiler: the image's own is what they are for."""
        here = set().union(*self.installed.values())
        headers = sorted(name for name in here if name.endswith("-dev"))
        if headers and not here & {"gcc", "clang"}:
            self.found[f"a compiler (for {headers[0]})"] = None

    def distributions(self, build: BuildContext) -> None:
        """Look for Python distributions that take a compiler or a library, in every stage of the file."""
        here = set().union(*self.installed.values())
        for stage in self.doc.stages:
            for instruction in stage.instructions:
                if (instruction.trigger or instruction).name == "RUN":
                    for command in code_of(self.doc, instruction).program.commands:
                        for name in _distributions(command, build):
                            lacking = [one for one in PYTHON_NEEDS[name] if one not in here]
                            if lacking:
                                self.found[f"{' and '.join(lacking)} (for {name})"] = None


def _distributions(command: Command, build: BuildContext) -> Iterator[str]:
    """The distributions of PYTHON_NEEDS that a command installs."""
    texts: list[str] = []
    words = pip_install(command)
    if words is not None:
        texts += (word.text or "" for word in requirements(words))
        texts += (build.read_text(name.rpartition("/")[2]) for name in requirement_files(words))
    elif command.name in _PROJECT_FILES:
        texts += map(build.read_text, _PROJECT_FILES[command.name])
    for text in texts:
        for match in _REQUIREMENT.finditer(text):
            name = re.sub(r"[-_.]+", "-", match[1]).lower()
            binary = name == "psycopg" and "binary" in (match[2] or "")
            if name in PYTHON_NEEDS and not binary:
                yield name
