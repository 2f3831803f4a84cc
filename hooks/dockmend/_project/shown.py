"""What its RUNs show of an image where its name does not tell: the system, and interpreters."""

from __future__ import annotations

from dockmend._project.images import ALPINE, DEBIAN, RHEL, Facts, with_family
from dockmend._regex import regex
from dockmend._shell.code import code_of
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dockmend._dockerfile.document import Document, Instruction
    from dockmend._project.reference import Image
    from dockmend._shell.commands import Command

_SYSTEMS = {
    "apk": ALPINE,
    **dict.fromkeys(("apt", "apt-get", "aptitude"), DEBIAN),
    **dict.fromkeys(("dnf", "microdnf", "yum"), RHEL),
}
# Wolfi has apk, and not all of Alpine's applets.
_WOLFI = regex(r"(?:.*[/-])?(?:chainguard|wolfi)\b.*|cgr\.dev/.*")
_INTERPRETERS = frozenset({"node", "php", "python", "python3", "ruby"})
_REMOVE = frozenset({"autoremove", "del", "erase", "purge", "remove", "uninstall"})
# What may change where programs are found.
_SETTING = frozenset({".", "conda", "eval", "export", "source"})


def system(doc: Document, instructions: Iterable[Instruction], image: Image | None, known: Facts) -> Facts:
    """`known`, with the system that the package managers of the RUNs among `instructions` belong to.

    Unchanged where the name of `image` tells the system, or they are of none or several.
    """
    if known.family is not None or (image is not None and _WOLFI.fullmatch(image.name)):
        return known
    names = (command.name for command in _certain(doc, instructions))
    found = {_SYSTEMS[name] for name in names if name in _SYSTEMS}
    return with_family(known, found.pop()) if len(found) == 1 else known


def interpreters(doc: Document, instructions: Iterable[Instruction]) -> frozenset[str]:
    """The interpreters that a RUN among `instructions` runs; none where one removes packages."""
    found = set()
    for command in _certain(doc, instructions):
        texts = {word.text for word in command.words}
        if command.name in _SYSTEMS and not _REMOVE.isdisjoint(texts):
            return frozenset()
        if command.words[0].text in _INTERPRETERS:
            found.add(str(command.name))
    return frozenset(found)


def _certain(doc: Document, instructions: Iterable[Instruction]) -> Iterator[Command]:
    """The commands that run in any case, of RUNs that do not change where programs are found."""
    for instruction in instructions:
        if instruction.name != "RUN":
            continue
        found = code_of(doc, instruction).program.commands
        if any(one.name in _SETTING or any(name == "PATH" for name, _ in one.assignments) for one in found):
            found = tuple(one for one in found if one.name in _SYSTEMS)
        for command in found:
            links = list(command.link.outwards())
            if command.words and all(
                link.operator != "||" and link.chain.block.kind in ("script", "group", "subshell")
                for link in links
            ):
                yield command
