"""Docker Content Trust, which Docker retired.

The signing certificates of the official images began to expire on 8 August 2025, and `docker pull` fails for
them where DOCKER_CONTENT_TRUST is set; the service itself, notary.docker.io, ends on 8 December 2026.
https://www.docker.com/blog/retiring-docker-content-trust/
https://www.docker.com/blog/docker-content-trust-retirement-and-migration-guidance/
https://docs.docker.com/retired/#docker-content-trust-dct
"""

from __future__ import annotations

import re

from dockmend._dockerfile.span import Span
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockmend._compose.document import ComposeFile
    from dockmend._dockerfile.document import Document

MESSAGE = "Docker Content Trust is turned on, which Docker retired: official images cannot be pulled with it"
INSTEAD = (
    "take it out and pin images by their digests (`--select pin-digest`); signatures are checked with cosign "
    "(`dockmend verify`) or Notation, where the publisher signs with them"
)

_NAME = "DOCKER_CONTENT_TRUST"
_FLAG = "--disable-content-trust"
# As Dockerfiles, shells, env files, Makefiles, PowerShell and cmd assign; as YAML and JSON do; as ENV of old
# and fish do, where a word of prose could follow too; as Kubernetes does.
_SET = regex(
    rf"(?<![\w$-])(?<!\$\{{){_NAME}(?![\w-])[\"']?"
    r"(?:=|[ \t]+=[ \t]*|[ \t]*(?:::?|\?)=[ \t]*|[ \t]*:[ \t]*"
    r"|[ \t]*(?:,[ \t]*|\r?\n[ \t]*)[\"']?value[\"']?[ \t]*:[ \t]*"
    r"|[ \t]+(?=[\"']?(?:1|[tT]|true|TRUE|True)(?![\w.-])))"
    r"[\"']?(?P<value>[^\s\"'#;&|,)}\]`<>]*)"
    rf"|(?<![\w-]){_FLAG}=(?:0|[fF]|false|FALSE|False)(?![\w.-])",
    re.ASCII,
)
_COMMENT = regex(r"^#|(?<=[ \t])#", re.MULTILINE)
# What Go's strconv.ParseBool calls false, and what YAML leaves to the environment.
_OFF = frozenset({"", "0", "f", "F", "false", "FALSE", "False", "null", "~"})
_UNKNOWN = ("$", "{", "%")


def content_trust(text: str) -> Iterator[Span]:
    """Where `text`, of whatever kind of file, turns Docker Content Trust on, in code points from 0.

    A value that a variable or a template gives is not known, and so is not reported; any other that is no
    false turns it on: contentTrustEnabled in cli/command/trust.go of docker/cli. Comments that begin with `#`
    are left out.
    """
    if _NAME not in text and _FLAG not in text:
        return
    end = comment = -1
    for match in _SET.finditer(text):
        if match.start() > end:
            start = text.rfind("\n", 0, match.start()) + 1
            end = text.find("\n", match.start())
            end = len(text) if end < 0 else end
            found = _COMMENT.search(text, start, end)
            comment = found.start() if found else end
        value = match["value"]
        if match.start() < comment and value not in _OFF and not (value or "").startswith(_UNKNOWN):
            yield Span(*match.span())


def in_dockerfile(doc: Document) -> Iterator[Span]:
    """Where ENV, ARG and RUN turn it on."""
    for instruction in doc.instructions:
        holder = instruction.trigger or instruction
        if holder.name in ("ENV", "ARG", "RUN"):
            yield from (holder.args.span(*span) for span in content_trust(holder.args.text))
            for start, end in (body.span for body in holder.heredocs):
                yield from (Span(start + a, start + b) for a, b in content_trust(doc.text[start:end]))


def in_compose(doc: ComposeFile) -> Iterator[Span]:
    """Where a Compose file turns it on; the Dockerfiles in it are left to `in_dockerfile`."""
    found = list(content_trust(doc.text))
    if found:
        from dockmend._compose.inline import inlines

        within = [inline.node.span for inline in inlines(doc)]
        yield from (one for one in found if not any(a <= one.start < b for a, b in within))
