"""A build context with all that is known of it: its paths, its kinds, and what the builds from it use."""

from __future__ import annotations

import os
import posixpath
import re

from dockmend._dockerfile.parser import parse
from dockmend._project import kind as kinds
from dockmend._project import needs
from dockmend._project.context import FILE, FOLDER, BuildContext
from dockmend._project.find import compose_files, find_context
from dockmend._project.git import tracked
from dockmend._project.kind import Line, line
from dockmend._project.pattern import has_wildcard
from dockmend._project.sources import Source, context_sources, destination
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dockmend._dockerfile.document import Document, Instruction

_DOCKERFILE = regex(
    r"(?:(?:Docker|Container)file(?:[.-].*)?|dockerfile|.*\.[Dd]ockerfile)(?<!\.dockerignore)\Z"
)
_DOCKERFILES = 40
_SCRIPTS = 20
_SCRIPT_SIZE = 1 << 16
_SCRIPT_NAME = regex(
    r"(?:.*/)?(?:[^./]*|[^/]*\.(?:sh|bash|zsh|ksh|mk|conf|ini|ya?ml|toml|json|js|cjs|mjs))\Z"
)
_SUFFIXES = 12
_MANIFESTS = 50
_MANIFEST_DEPTH = 2
_PASSED_OVER = frozenset({
    ".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", "venv", ".tox", ".nox", ".mypy_cache",
    ".pytest_cache", ".ruff_cache", ".gradle", ".terraform", ".next", ".nuxt",
})  # fmt: skip


class Build(NamedTuple):
    """A Dockerfile that is built from the context, and what it uses of it.

    `words` are the paths of the context that its commands, and the scripts these run, may name; `scripts`
    is the text of both; `images` are the base images of its stages, as written.
    """

    sources: tuple[Source, ...]
    words: frozenset[str]
    scripts: str
    images: tuple[str, ...]


class Project:
    """What is known of a build context.

    `paths` are those of its files, relative to the root, folders such as .git and node_modules given
    themselves; `complete` says whether they are all. `kinds` are the kinds of project in it, `rooted` the
    names of those at its root. `manifests` are the texts of the files that say what the project's own
    build needs, `words` the paths that they may name, `node` the names of what package.json depends on.
    """

    def __init__(self, context: BuildContext, doc: Document, path: str | None) -> None:
        """`doc` is the Dockerfile at `path`; the context, whose root is known, may serve others too."""
        assert context.root is not None
        self.context = context
        self.paths, self.complete = context.walk(_PASSED_OVER)
        self.tracked = tracked(context.root)
        others = self._other_dockerfiles(path)
        self.builds = tuple(_build(context, one) for one in (doc, *others.values()))
        own = [] if path is None else [os.path.relpath(path, context.root).replace(os.sep, "/")]
        self.dockerfiles = (*own, *others)
        self.at_root = sorted(path for path in self.paths if "/" not in path)
        images = {image for build in self.builds for image in build.images}
        near = {posixpath.basename(path) for path in self._near(1) if not path.endswith(".py")}
        self.kinds = kinds.kinds(near.union(self.at_root), images)
        self.rooted = frozenset(kind.name for kind in kinds.kinds(self.at_root, images))
        self.manifests = self._read_manifests()
        self.words = frozenset(_manifest_words(self.manifests))
        self.node = frozenset(
            name
            for path, text in self.manifests.items()
            if posixpath.basename(path) == "package.json"
            for name in needs.dependencies(text)
        )

    def _near(self, depth: int) -> Iterator[str]:
        return (path for path in self.paths if path.count("/") <= depth)

    def _other_dockerfiles(self, path: str | None) -> dict[str, Document]:
        """The other Dockerfiles, by their path, that are built from the context with its ignore file."""
        root = self.context.root or ""
        found: dict[str, Document] = {}
        names = [name for name in self.paths if _DOCKERFILE.match(posixpath.basename(name))]
        for name in names[:_DOCKERFILES]:
            place = os.path.join(root, name)
            if path is not None and os.path.realpath(place) == os.path.realpath(path):
                continue
            text = self.context.read_text(name)
            theirs = find_context(place, None, text).root
            same = theirs is None or os.path.realpath(theirs) == os.path.realpath(root)
            if same and self._ignore_path(place) == self._ignore_path(path):
                doc = parse(text)
                found.update({} if doc.problems else {name: doc})
        return found

    def _ignore_path(self, dockerfile: str | None) -> str:
        ignore = self.context.ignore(dockerfile)
        return ignore.path if ignore else ""

    def _read_manifests(self) -> Mapping[str, str]:
        found = [
            path
            for path in self._near(_MANIFEST_DEPTH)
            if any(kind.manifests.match(posixpath.basename(path)) for kind in self.kinds)
        ]
        return {path: self.context.read_text(path) for path in found[:_MANIFESTS]}

    def wanted(self) -> list[Line]:
        """The lines that this kind of project may want, in the order of the groups."""
        lines = [*kinds.COMMON]
        for kind in self.kinds:
            lines += [one for one in kind.lines if kind.name in self.rooted or one.pattern.startswith("**/")]
        for names, pattern, sample in kinds.NODE_OUTPUT:
            if "Node" in self.rooted and self.node.intersection(names):
                lines.append(line(pattern, kinds.OUTPUT, sample, pattern))
        lines += self._docker_lines()
        lines += self._documentation_lines()
        merged: dict[str, Line] = {}
        for one in lines:
            known = merged.get(one.pattern, one)
            merged[one.pattern] = one._replace(samples=tuple(dict.fromkeys(known.samples + one.samples)))
        return sorted(merged.values(), key=lambda one: kinds.GROUPS.index(one.group))

    def _docker_lines(self) -> Iterator[Line]:
        if self.context.kind(".github") == FOLDER:
            yield line(".github", kinds.VERSION_CONTROL, ".github/workflows/a.yml", ".github", extra=True)
        own = {path for path in self.dockerfiles if not path.startswith("..") and not has_wildcard(path)}
        family = self._named_like("Dockerfile")
        if family and all(name in own or name.endswith(".dockerignore") for name in family):
            yield Line("Dockerfile*", kinds.DOCKER, family, tuple(sorted(own.intersection(family))))
            own -= set(family)
        for path in sorted(own):
            yield line(path, kinds.DOCKER)
        for name in (".dockerignore", *compose_files(self.context.root or "")):
            yield line(name, kinds.DOCKER, extra=True)

    def _named_like(self, start: str) -> tuple[str, ...]:
        """Files and folders at the root whose names start so."""
        names = {path.partition("/")[0] for path in self.paths}
        return tuple(sorted(name for name in names if name.startswith(start)))

    def _documentation_lines(self) -> Iterator[Line]:
        for stem in ("README", "CHANGELOG", "CONTRIBUTING"):
            found = self._named_like(stem)
            if found and all(re.fullmatch(rf"{stem}(?:\.(?:md|rst|txt))?", name) for name in found):
                yield Line(f"{stem}*", kinds.DOCUMENTATION, (*found, stem), found)
        if self.context.kind("docs") == FOLDER:
            yield line("docs", kinds.DOCUMENTATION, "docs/index.md", "docs")


def _manifest_words(manifests: Mapping[str, str]) -> Iterator[str]:
    """The paths that manifests may name, seen from the root and from the folder of each."""
    for path, text in manifests.items():
        for word in needs.manifest_words(posixpath.basename(path), text):
            yield word.lstrip("/")
            yield posixpath.normpath(posixpath.join(posixpath.dirname(path), word.lstrip("/")))


def _build(context: BuildContext, doc: Document) -> Build:
    sources = context_sources(doc)
    folders = _copied_folders(context, doc, sources)
    texts = [text for one in doc.instructions for text in _texts(one)]
    words: set[str] = set()
    seen: set[str] = set()
    scripts = _SCRIPTS
    # Grows while it is read: scripts name scripts.
    for text in texts:
        for word in {*needs.path_words(text), *needs.files_read(text)} - seen:
            seen.add(word)
            for path in _in_context(word, folders):
                if path not in words and scripts and _SCRIPT_NAME.match(path) and context.kind(path) == FILE:
                    scripts -= 1
                    texts.append((context.read(path, _SCRIPT_SIZE) or b"").decode("utf-8", "replace"))
                words.add(path)
    return Build(sources, frozenset(words), "\n".join(texts), tuple(stage.base for stage in doc.stages))


def _texts(outer: Instruction) -> list[str]:
    """The texts of an instruction that may name files: commands, variables, folders, here-documents."""
    one = outer.trigger or outer
    bodies = [heredoc.content for heredoc in one.heredocs]
    if one.name in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"):
        return [" ".join(one.json) if one.json is not None else one.args.text, *bodies]
    if one.name in ("ENV", "WORKDIR") or one.flag("from"):
        return [one.args.text]
    return bodies


def _copied_folders(
    context: BuildContext, doc: Document, sources: Iterable[Source]
) -> list[tuple[str, str]] | None:
    """(folder of the context, where it is copied to) for each; None where one of them is not known."""
    folders = []
    for source in sources:
        folder = source.literal
        if folder is not None and context.kind(folder) == FILE:
            continue
        mount = (source.instruction.trigger or source.instruction).name == "RUN"
        target = None if mount else destination(doc, source.instruction)
        if folder is None or target is None:
            return None
        folders.append((folder, target))
    return folders


def _in_context(word: str, folders: list[tuple[str, str]] | None) -> Iterator[str]:
    """The paths of the context that a word of a command may mean."""
    parts = word.strip("/").split("/")
    if folders is None or not word.startswith("/"):
        # Relative to a working directory that is not followed through the script.
        yield from ("/".join(parts[at:]) for at in range(min(len(parts), _SUFFIXES)))
        return
    for folder, target in folders:
        if word.startswith(target.rstrip("/") + "/"):
            yield posixpath.join(folder, word[len(target.rstrip("/")) + 1 :])
