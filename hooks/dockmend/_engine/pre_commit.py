"""dockmend's entry in a `.pre-commit-config.yaml`, put into the text; nothing else of it changes.

https://pre-commit.com/#adding-pre-commit-plugins-to-your-project
"""

from __future__ import annotations

from dockmend._compose import yaml
from dockmend._compose.yaml import ALIAS, MAPPING, SEQUENCE, Node
from dockmend._dockerfile.span import Edit, Span
from dockmend._edit import Edits

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
    roots = yaml.documents(text)
    if not roots:
        return (text if not text or text.endswith("\n") else text + "\n") + "repos:\n" + entry(revision)
    found = roots[0].entry("repos")
    if len(roots) > 1 or found is None or not (found.value.kind == SEQUENCE or found.value.is_null):
        raise Unclear("it has no list of `repos`")
    key, repos = found
    if any(map(_is_own, repos.items)):
        return None
    after = Edits(_edits(text, key, repos, revision)).apply(text)
    try:
        right = [_plain(root) for root in yaml.documents(after)] == [_extended(roots[0], entry(revision))]
    except yaml.NotYaml:
        right = False
    if not right:
        raise Unclear("its list of `repos` is written in a way that leaves no plain place for it")
    return after


def _plain(node: Node) -> object:
    """What a node says, to be compared: keys with their values, items, or a scalar."""
    if node.kind == MAPPING:
        return {key.text: _plain(value) for key, value in node.entries}
    if node.kind == SEQUENCE:
        return [_plain(item) for item in node.items]
    return (node.kind, node.anchor if node.kind == ALIAS else node.tag, node.text)


def _extended(root: Node, added: str) -> object:
    """What the root says, with the item that `added` says as the last one of `repos`."""
    plain = {key.text: _plain(value) for key, value in root.entries}
    repos = root.entry("repos")
    plain["repos"] = [
        _plain(item) for item in (*(repos.value.items if repos else ()), *yaml.documents(added)[0].items)
    ]
    return plain


def _is_own(repo: Node) -> bool:
    address = repo.entry("repo")
    name = address.value.text.rstrip("/").removesuffix(".git").rpartition("/")[2] if address else ""
    hooks = repo.entry("hooks")
    ids = [hook.entry("id") for hook in hooks.value.items] if hooks else []
    return name == "dockmend" or any(found and found.value.text == "dockmend" for found in ids)


def _edits(text: str, key: Node, repos: Node, revision: str) -> list[Edit]:
    if not repos.items:
        indent = " " * (_column(text, key) + 2)
        behind = _below(text, max(repos.span.end, key.span.end), entry(revision, indent))
        return [Edit(repos.span, ""), behind] if repos.span.start < repos.span.end else [behind]
    if repos.flow:
        place = repos.span.end - 1
        comma = "" if text[:place].rstrip().endswith(",") else ", "
        flow = f"{comma}{{repo: {REPOSITORY}, rev: {revision}, hooks: [{{id: dockmend}}]}}"
        return [Edit(Span(place, place), flow)]
    column = _column(text, repos)
    gap = max(_column(text, repos.items[0]) - column, 2)
    lines = entry(revision, " " * column, gap, _inner(text, repos.items[-1]))
    return [_below(text, repos.span.end, "\n" * _stand_apart(text, repos) + lines)]


def _column(text: str, node: Node) -> int:
    return node.span.start - text.rfind("\n", 0, node.span.start) - 1


def _inner(text: str, repo: Node) -> int:
    """How far the dash of its hooks stands behind the key `hooks`."""
    hooks = repo.entry("hooks")
    if hooks is None or hooks.value.kind != SEQUENCE or hooks.value.flow:
        return 2
    return _column(text, hooks.value) - _column(text, hooks.key)


def _stand_apart(text: str, repos: Node) -> bool:
    """Whether an empty line stands between the last two."""
    ends = [item.span.end for item in repos.items[-2:-1]]
    between = text[ends[0] : repos.items[-1].span.start].split("\n")[1:-1] if ends else []
    return any(not line.strip() for line in between)


def _below(text: str, place: int, lines: str) -> Edit:
    """Put `lines` below the line of `place`."""
    newline = "\r\n" if "\r\n" in text else "\n"
    end = text.find("\n", place) + 1
    begun = "" if end else newline
    end = end or len(text)
    return Edit(Span(end, end), begun + lines.replace("\n", newline))
