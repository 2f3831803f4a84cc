"""The images that a file takes, each with what puts a digest behind it."""

from __future__ import annotations

from dockmend._dockerfile.document import Document
from dockmend._project.image_uses import Place, deciding, image_uses, service_images
from dockmend._project.reference import SCRATCH, Image, base_reference, parse, written
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any, TypeAlias

    from dockmend._compose.document import ComposeFile
    from dockmend._compose.yaml import Node
    from dockmend._dockerfile.span import Edit, Span
    from dockmend._project.scripts import ScriptFile

# What puts a text in place of the end of a reference, from an index on: the edit, and what becomes of what.
Replace: TypeAlias = "Callable[[int, str], tuple[Edit, Mapping[Any, Any]] | None]"


class Pin(NamedTuple):
    """An image at `span`, whose tag is known.

    `image` is the image itself, whichever way it is named, `source` what is asked for it. `end` is what
    stands where the end of the reference is decided, and is changed by `replace`; `reason` says in a clause
    why that must not be, or is "".
    """

    reference: str
    image: Image
    source: Image
    span: Span
    end: str
    replace: Replace
    reason: str = ""

    @property
    def name(self) -> str:
        """The reference without its digest."""
        return self.reference.partition("@")[0]


def dockerfile_pins(doc: Document) -> Iterator[Pin]:
    """Those of FROM, `COPY --from` and mounts; a build argument without a default decides none of them."""
    for use in image_uses(doc):
        source = written(use.reference)
        if source is not None and "$" not in use.reference:
            place = deciding(doc, use.place)
            known = use.place if isinstance(place, str) else place
            replace = _in_dockerfile(doc, known)
            reason = place if isinstance(place, str) else ""
            yield Pin(use.reference, use.image, source, use.place.span, known.reference, replace, reason)


def compose_pins(doc: ComposeFile) -> Iterator[Pin]:
    """Those that services run; none that a variable decides."""
    for node in service_images(doc):
        image, source = parse(node.text), written(node.text)
        if image is not None and source is not None and image.name != SCRATCH and "$" not in node.text:
            yield Pin(node.text, image, source, node.span, node.text, _in_compose(doc, node))


def references(doc: Document | ComposeFile | ScriptFile) -> Iterator[tuple[Span, str]]:
    """All images that the file takes, and where; what is not known of a reference keeps its `$`."""
    from dockmend._project.scripts import ScriptFile

    if isinstance(doc, ScriptFile):
        return
    if not isinstance(doc, Document):
        from dockmend._compose.inline import inlines

        yield from ((node.span, node.text) for node in service_images(doc))
        for inline in inlines(doc):
            yield from ((inline.span(span), text) for span, text in references(inline.doc))
        return
    known = set()
    for use in image_uses(doc):
        known.add(use.place.instruction.index)
        yield use.place.span, use.reference
    for stage in doc.stages:
        reference = base_reference(doc, stage)
        if stage.parent is None and stage.instruction.index not in known and "$" in reference:
            word = stage.instruction.words[0]
            yield word.span(0, len(word.text)), reference


def _in_dockerfile(doc: Document, place: Place) -> Replace:
    def replace(start: int, new: str) -> tuple[Edit, Mapping[Any, Any]] | None:
        changed = place.replaced(doc, start, len(place.reference), new)
        return changed and (changed[0], {place.instruction.index: (changed[1],)})

    return replace


def _in_compose(doc: ComposeFile, node: Node) -> Replace:
    def replace(start: int, new: str) -> tuple[Edit, Mapping[Any, Any]] | None:
        from dockmend._compose.edit import replaced

        return replaced(doc, node, start, len(node.text), new)

    return replace
