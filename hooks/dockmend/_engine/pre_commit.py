"""dockmend's entry in a `.pre-commit-config.yaml`, put into the text; nothing else of it changes.

https://pre-commit.com/#adding-pre-commit-plugins-to-your-project
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockmend._dockerfile.span import Edit, Span
from dockmend._edit import Edits
from dockmend._project import yaml

if TYPE_CHECKING:
    from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

REPOSITORY = "https://github.com/dockmend/dockmend"


class Unclear(ValueError):
    """A text that has no one place for the entry; says why in a clause."""


def entry(revision: str, indent: str = "  ", gap: int = 2, inner: int = 2) -> str:
    """The lines of the entry. `gap` is from a dash to what it is before, `inner` from `hooks` to its dash."""
    dash = "-" + " " * (gap - 1)
    deep = indent + " " * gap
    return (
        f"{indent}{dash}repo: {REPOSITORY}\n"
        f"{deep}rev: {revision}\n"
        f"{deep}hooks:\n"
        f"{deep}{' ' * inner}{dash}id: dockmend\n"
    )


def with_entry(text: str, revision: str) -> str | None:
    """`text` with the entry as the last of its repositories, set as they are; None where it has one already.

    Raises Unclear, and yaml.NotYaml.
    """
    before = yaml.parse(text)
    if before is None:
        return _ended(text) + "repos:\n" + entry(revision)
    repos = before.get("repos") if isinstance(before, dict) else None
    if not isinstance(before, dict) or "repos" not in before or not isinstance(repos, (list, type(None))):
        raise Unclear("it has no list of `repos`")
    if any(_is_own(repo) for repo in repos or ()):
        return None
    after = Edits(_edits(text, yaml.compose(text), revision)).apply(text)  # type: ignore[arg-type]
    try:
        expected = {**before, "repos": [*(repos or ()), yaml.parse(entry(revision))[0]]}  # type: ignore[index]
        right = yaml.parse(after) == expected
    except yaml.NotYaml:
        right = False
    if not right:
        raise Unclear("its list of `repos` is written in a way that leaves no plain place for it")
    return after


def _is_own(repo: object) -> bool:
    if not isinstance(repo, dict):
        return False
    name = str(repo.get("repo")).rstrip("/").removesuffix(".git").rpartition("/")[2]
    hooks = repo.get("hooks")
    ids = [hook.get("id") for hook in hooks if isinstance(hook, dict)] if isinstance(hooks, list) else []
    return name == "dockmend" or "dockmend" in ids


def _edits(text: str, root: MappingNode, revision: str) -> list[Edit]:
    key, repos = next((key, value) for key, value in root.value if key.value == "repos")
    listed = repos.value if isinstance(repos.value, list) else []
    if listed and repos.flow_style:
        place = repos.end_mark.index - 1
        comma = "" if text[:place].rstrip().endswith(",") else ", "
        flow = f"{comma}{{repo: {REPOSITORY}, rev: {revision}, hooks: [{{id: dockmend}}]}}"
        return [Edit(Span(place, place), flow)]
    if not listed:
        place = _line_end(text, repos.end_mark.index)
        shown = Span(repos.start_mark.index, repos.end_mark.index)
        edits = [Edit(shown, "")] if shown.start < shown.end else []
        return [*edits, _lines(text, place, entry(revision, " " * (key.start_mark.column + 2)))]
    place = _line_end(text, _end(repos))
    indent, first = repos.start_mark.column, repos.value[0]
    gap = first.start_mark.column - indent
    inner = _inner(repos.value[-1])
    apart = "\n" if _stand_apart(text, repos) else ""
    return [_lines(text, place, apart + entry(revision, " " * indent, gap, inner))]


def _end(node: Node) -> int:
    """Where the last scalar in the node ends: a block's own end is where the next thing begins."""
    while node.value and not isinstance(node.value, str):
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return int(node.end_mark.index)


def _inner(repo: Node) -> int:
    """How far the dash of its hooks stands behind the key `hooks`."""
    for key, value in repo.value:
        if key.value == "hooks" and value.value and not value.flow_style:
            return int(value.start_mark.column - key.start_mark.column)
    return 2


def _stand_apart(text: str, repos: SequenceNode) -> bool:
    """Whether an empty line stands between the last two."""
    if len(repos.value) < 2:
        return False
    between = text[_end(repos.value[-2]) : repos.value[-1].start_mark.index]
    return any(not line.strip() for line in between.split("\n")[1:-1])


def _line_end(text: str, place: int) -> int:
    """The start of the line after that of `place`; `place` itself where a line starts there."""
    if place and text[place - 1] == "\n":
        return place
    found = text.find("\n", place)
    return found + 1 if found >= 0 else len(text)


def _lines(text: str, place: int, lines: str) -> Edit:
    newline = "\r\n" if "\r\n" in text else "\n"
    begun = place and text[place - 1] != "\n"
    return Edit(Span(place, place), (newline if begun else "") + lines.replace("\n", newline))


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"
