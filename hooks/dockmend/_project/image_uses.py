"""Where files name images: FROM, `COPY --from`, mounts of RUN, the ARGs that decide them, and services."""

from __future__ import annotations

from dockmend._dockerfile.assignments import Assignment, assignments
from dockmend._dockerfile.span import Edit, Span
from dockmend._functools import lru_cache
from dockmend._project.images import Facts, facts
from dockmend._project.reference import SCRATCH, Image, base_reference, parse
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockmend._compose.document import ComposeFile
    from dockmend._compose.yaml import Node
    from dockmend._dockerfile.document import Document, Flag, Instruction, Meaning

_VARIABLE = r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))"
_TAG_VARIABLE = regex(rf"[^@]*:{_VARIABLE}\Z")
_WHOLE_VARIABLE = regex(rf"{_VARIABLE}\Z")
_NAMED = regex(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")
_FROM_FIELD = regex(r"(?:\A|,)from=([^,\"]*)")


class Place(NamedTuple):
    """Where a reference, or the end of one, stands: the text `reference` of `instruction`, at `span`.

    `start` is where it begins in the instruction's arguments or, in a flag, in the flag's text.
    """

    instruction: Instruction
    reference: str
    span: Span
    start: int
    flag: Flag | None = None

    def replaced(self, doc: Document, start: int, end: int, new: str) -> tuple[Edit, Meaning] | None:
        """The edit that puts `new` for `reference[start:end]`, and what the instruction means then.

        None where the reference is written with quotes, escapes or a line continuation.
        """
        holder = self.instruction.trigger or self.instruction
        whole = self.flag.text if self.flag else holder.args.text
        plain = doc.text[self.span.start : self.span.end] == (self.flag.text if self.flag else self.reference)
        if not plain or any(char in self.reference for char in "'\"\\`"):
            return None
        base = self.span.start + (self.start if self.flag else 0)
        text = whole[: self.start + start] + new + whole[self.start + end :]
        return Edit(Span(base + start, base + end), new), _changed(self.instruction, self.flag, text)


class Use(NamedTuple):
    """An image that a stage is built from, or that files are taken from.

    `reference` is what stands at `place`, build arguments at their defaults.
    """

    reference: str
    image: Image
    place: Place


class _Arguments:
    """The build arguments by name: what declares each, and what FROM and other build arguments make of it."""

    def __init__(self, doc: Document) -> None:
        self.declared: dict[str, list[tuple[Instruction, Assignment]]] = {}
        self.uses: dict[str, set[str]] = {}
        texts = {stage.base for stage in doc.stages}
        for instruction in doc.instructions:
            for one in assignments(instruction, doc.escape) if instruction.name == "ARG" else ():
                self.declared.setdefault(one.name, []).append((instruction, one))
                texts.add(f"{one.name}={one.value}")
        for text in texts:
            for match in _NAMED.finditer(text):
                self.uses.setdefault(match[1], set()).add(text)


_arguments = lru_cache(maxsize=2)(_Arguments)


def image_uses(doc: Document) -> Iterator[Use]:
    """Each image that FROM, `COPY --from` or a mount of RUN names; no stages, and not `scratch`.

    A single word in `COPY --from` that is no image known here may be a build context that
    `docker build --build-context` names, and is none.
    """
    names = {stage.name for stage in doc.stages if stage.name}
    for stage in doc.stages:
        if stage.parent is not None:
            continue
        reference = base_reference(doc, stage)
        image = parse(reference)
        if image is not None and image.name != SCRATCH and image.name not in names:
            word = stage.instruction.words[0]
            yield Use(reference, image, Place(stage.instruction, word.text, word.span(0, len(word.text)), 0))
    for instruction in doc.instructions:
        for place in _sources(instruction):
            reference = place.reference
            image = None if "$" in reference or reference.isdigit() else parse(reference)
            if image is None or image.name == SCRATCH or reference.lower() in names:
                continue
            if "/" in reference or ":" in reference or facts(image) != Facts():
                yield Use(reference, image, place)


def _sources(instruction: Instruction) -> Iterator[Place]:
    """The images that COPY and mounts of RUN take files from."""
    holder = instruction.trigger or instruction
    for flag in holder.flags:
        value = flag.value or ""
        if holder.name == "COPY" and flag.name == "from":
            found = 0, value
        elif holder.name == "RUN" and flag.name == "mount" and (field := _FROM_FIELD.search(value)):
            found = field.start(1), field[1]
        else:
            continue
        start = len(flag.text) - len(value) + found[0]
        yield Place(instruction, found[1], flag.span, start, flag)


def service_images(doc: ComposeFile) -> Iterator[Node]:
    """The `image` of each service, once where they share it; one that is built names its own image so.

    https://docs.docker.com/reference/compose-file/services/#image
    """
    seen = set()
    for service in doc.services:
        node = service.text("image")
        if node is not None and "build" not in service.fields and id(node) not in seen:
            seen.add(id(node))
            yield node


def deciding(doc: Document, place: Place) -> Place | str:
    """Where the end of the reference at `place`, its tag and digest, is decided; why that is left alone.

    It is `place` itself, or the value of an ARG before the first FROM that nothing else uses.
    """
    base = place.reference
    if place.flag is not None or "$" not in base[base.rfind("/") + 1 :]:
        return place
    variable = _TAG_VARIABLE.match(base) or _WHOLE_VARIABLE.match(base)
    if variable is None:
        return "a build argument decides a part of it"
    name = variable[1] or variable[2]
    arguments = _arguments(doc)
    declared = arguments.declared.get(name, [])
    if len(declared) != 1 or arguments.uses.get(name, set()) != {base}:
        return f"the build argument {name} is used for more than this"
    [(instruction, one)] = declared
    if not one.plain:
        return f"the build argument {name} is empty"
    if "$" in one.plain:
        return "more than one build argument decides it"
    quoted = one.plain != one.value
    start = one.start + quoted
    return Place(instruction, one.plain, instruction.args.span(start, one.end - quoted), start)


def _changed(instruction: Instruction, flag: Flag | None, text: str) -> Meaning:
    """What the instruction, or its trigger, means with `text` for its arguments or its flag."""
    holder = instruction.trigger or instruction
    meaning = holder.meaning
    if flag is None:
        meaning = meaning._replace(value=text)
    else:
        flags = tuple(text if one is flag else one.text for one in holder.flags)
        meaning = meaning._replace(flags=flags)
    return meaning if instruction.trigger is None else instruction.meaning._replace(value=meaning)
