"""XML, written by the standard library."""

from __future__ import annotations

from xml.etree import ElementTree

from dockmend._report.shared import in_repository
from dockmend._report.style import printable

Element = ElementTree.Element


def add(parent: Element, tag: str, **attributes: object) -> Element:
    """A new element in `parent`, its attributes made printable: XML has no place for control characters."""
    return ElementTree.SubElement(parent, tag, {name: printable(str(v)) for name, v in attributes.items()})


def name_of(path: str) -> str:
    """The path as the reports name a file."""
    return printable(in_repository(path))


def document(root: Element) -> str:
    """The whole document, in ASCII whatever encoding it is written in."""
    ElementTree.indent(root)
    data: bytes = ElementTree.tostring(root, encoding="us-ascii", xml_declaration=True)
    return data.decode("ascii") + "\n"
