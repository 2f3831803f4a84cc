"""The secrets that a Compose file spells out, each with its place."""

from __future__ import annotations

from dockmend._compose.document import ComposeFile, Service, fields, pairs, words
from dockmend._project.secret_names import is_secret
from dockmend._project.secret_tokens import tokens
from dockmend._project.secrets import in_script
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockmend._compose.yaml import Node
    from dockmend._dockerfile.span import Span

# https://docs.docker.com/reference/compose-file/interpolation/
_LINE = regex(
    r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]*)=(?:'([^'$\\]*)'|\"([^\"$\\]*)\"|([^\s'\"$\\#]*))[ \t\r]*"
)
_DEFAULT = regex(r"\$\{([A-Za-z_][A-Za-z0-9_]*):?[-+]([^${}]*)\}")


class Secret(NamedTuple):
    """A secret at `span`, from `start` to `end` in the text of the scalar `node`.

    `what` names it without its value. `name` is the variable whose whole value it is, "" where there is none.
    """

    span: Span
    what: str
    node: Node
    start: int
    end: int
    name: str = ""


def find(doc: ComposeFile) -> Iterator[Secret]:
    """The secrets of `doc`, in the order of the text, none twice."""
    found = [one for service in doc.services for one in _in_service(doc, service)]
    for node in doc.scalars:
        found += (_secret(doc, node, token.start, token.end, token.kind) for token in tokens(node.text))
    end = -1
    for one in sorted(found, key=lambda one: (one.span.start, -one.span.end)):
        if one.span.start >= end:
            yield one
            end = one.span.end


def _in_service(doc: ComposeFile, service: Service) -> Iterator[Secret]:
    build = service.fields.get("build")
    for entry in (service.fields.get("environment"), fields(build.value).get("args") if build else None):
        for name, value, node, start in pairs(entry.value) if entry else ():
            if is_secret(name, value):
                yield _secret(doc, node, start, start + len(value), f"the value of {name}", name)
            for match in _DEFAULT.finditer(value):
                if is_secret(match[1], match[2]):
                    low, high = match.span(2)
                    yield _secret(doc, node, start + low, start + high, f"a default of {match[1]}")
    for name in ("command", "entrypoint"):
        for node in words(service.fields[name].value) if name in service.fields else ():
            for start, end, what in in_script(node.text.replace("$$", "__")):
                yield _secret(doc, node, start, end, what)


def _secret(doc: ComposeFile, node: Node, start: int, end: int, what: str, name: str = "") -> Secret:
    return Secret(doc.part(node, start, end), what, node, start, end, name)


def dotenv(text: str) -> dict[str, str]:
    """The variables of an `.env` file, those of plain lines alone.

    https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax
    """
    found = (_LINE.fullmatch(line) for line in text.split("\n"))
    return {match[1]: match[2] or match[3] or match[4] or "" for match in found if match is not None}
