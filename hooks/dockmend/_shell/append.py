"""Where a command may be added behind another, so that the script does and fails as before.

The command added must always succeed. What matters is the exit status of the script, and errexit, which
the shell ignores in all but the last command of an `&&` list.
https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_26_03
"""

from __future__ import annotations

from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dockmend._dockerfile.document import Document
    from dockmend._shell.code import Code
    from dockmend._shell.commands import Command, Link

_SIMPLE = frozenset({"command", "assignment", "redirect"})
_LISTS = frozenset({"script", "subshell", "group"})


class Place(NamedTuple):
    """Behind `link`, by `joiner`: `&&`, `;`, or a new line."""

    link: Link
    joiner: str


class Added(NamedTuple):
    """`text` to put in: at `offset` of the document, at `at` of the script."""

    offset: int
    at: int
    text: str


def behind(code: Code, command: Command) -> Place | str:
    """Where a command that always succeeds may follow `command`; or why nowhere, in a clause."""
    names = {one.name for one in code.program.commands}
    if "trap" in names:
        return "its script sets a trap"
    if any(word.text == "exec" for word in command.prefix):
        return "nothing runs behind exec"
    if "function" in command.link.path:
        return "it is in a function"
    if any(one.chain.after == "&" for one in command.link.outwards()):
        return "it runs in the background"
    for link in command.link.outwards():
        if link.negated:
            return "its outcome is negated"
        if link.chain.block.kind in _LISTS:
            return _in_list(code, link)
    raise AssertionError("the script itself is a list")


def _in_list(code: Code, link: Link) -> Place | str:
    chain = link.chain
    if link is not chain.links[-1]:
        return Place(link, "&&")
    if chain is not chain.block.chains[-1]:
        if "$?" in code.text:
            return "its script asks for $?"
        if chain.after != "\n":
            return Place(link, ";")
        return Place(link, "\n") if not code.program.here_documents else "its script has a here-document"
    if code.errexit and not _ends_alike(link):
        return "under set -e what fails in it would no longer end the script"
    return Place(link, "&&")


def _ends_alike(link: Link) -> bool:
    """Whether `link && added` ends the script as `link` does, errexit in force."""
    if link.kind not in _SIMPLE:
        return False
    block = link.chain.block
    while block.kind == "group":
        assert block.link is not None
        chain = block.link.chain
        if chain.after == "&" or block.link.negated or chain is not chain.block.chains[-1]:
            return block.link is not chain.links[-1]
        block = chain.block
    return block.kind in ("script", "subshell")


def add(doc: Document, code: Code, place: Place, what: str, like: bool) -> Added:
    """`what` at its place, written as the lines around it are.

    `like` says that what stands before the link is of one piece with it, so that its layout is the one to
    follow; otherwise the link's own lines are.
    """
    link = place.link
    index = link.end
    if place.joiner == "\n":
        first = doc.line_start(code.offset(link.chain.links[0].start))
        end = code.text.find("\n", index)
        index = len(code.text) if end < 0 else end
        joint = "\n" + _indent(doc, first)
    else:
        joint = _joint(doc, code, place, like)
    return Added(code.span(index - 1, index).end, index, joint + what)


def _joint(doc: Document, code: Code, place: Place, like: bool) -> str:
    link = place.link
    flat = "; " if place.joiner == ";" else f" {place.joiner} "
    before, trailing = "", False
    if link.previous is not None:
        gap = code.span(link.previous.end, link.start)
        before = doc.text[gap.start : gap.end]
        trailing = _has_operator(before.partition("\n")[0])
    following = link.following
    if like and "\n" in before and _has_operator(before):
        last = before.rpartition("\n")[2]
        indent = last[: len(last) - len(last.lstrip(" \t"))]
    elif following is not None and _ends_line(doc, code, link, following):
        before, trailing = "\n", True
        indent = _indent(doc, doc.line_start(code.offset(following.start)))
    else:
        written = code.span(link.start, link.end)
        last_line = doc.line_start(written.end - 1)
        if last_line <= written.start:
            return flat
        indent = _indent(doc, last_line)
    newline, escape = ("\n", "\\") if code.heredoc else (doc.newline, doc.escape)
    if (trailing and "\n" in before) or place.joiner == ";":
        return f"{flat.rstrip(' ')} {escape}{newline}{indent}"
    return f" {escape}{newline}{indent}{place.joiner} "


def _ends_line(doc: Document, code: Code, link: Link, following: Link) -> bool:
    """Whether the operator behind the link ends its line."""
    gap = code.span(link.end, following.start)
    first, newline, _ = doc.text[gap.start : gap.end].partition("\n")
    return bool(newline) and _has_operator(first)


def _has_operator(text: str) -> bool:
    return any(operator in text for operator in ("&&", "||", ";"))


def _indent(doc: Document, line: int) -> str:
    """The blanks at the start of the line that begins at offset `line`."""
    at = line
    while at < len(doc.text) and doc.text[at] in " \t":
        at += 1
    return doc.text[line:at]
