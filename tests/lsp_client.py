"""An editor's half of the protocol: a session, and places and edits of a text, made apart from the server's."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from lsprotocol import types
from pytest_lsp import LanguageClient

SERVER = [str(Path(sys.executable).parent / "dockmend"), "lsp"]

# By the name of the encoding: a codec, and the bytes of one of its code units.
CODECS: Mapping[str, tuple[str, int]] = {
    "utf-8": ("utf-8", 1),
    "utf-16": ("utf-16-le", 2),
    "utf-32": ("utf-32-le", 4),
}


def offset(text: str, position: types.Position, encoding: str = "utf-16") -> int:
    """The offset, in code points, of a position that lies within its line."""
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)
    codec, size = CODECS[encoding]
    units = lines[position.line].rstrip("\r\n").encode(codec)
    assert position.character * size <= len(units), "a position behind the end of its line"
    before = units[: position.character * size].decode(codec)
    return sum(map(len, lines[: position.line])) + len(before)


def apply(text: str, edits: Iterable[types.TextEdit], encoding: str = "utf-16") -> str:
    """`text` with all the edits made, which must lie apart and in order."""
    parts: list[str] = []
    done = 0
    for edit in edits:
        start, end = (offset(text, place, encoding) for place in (edit.range.start, edit.range.end))
        assert done <= start <= end
        parts += text[done:start], edit.new_text
        done = end
    return "".join([*parts, text[done:]])


class Session:
    """An editor in a folder, with the server's own process behind it."""

    def __init__(self, client: LanguageClient, folder: Path) -> None:
        self.client = client
        self.folder = folder
        self.encoding = "utf-16"
        self.versions: dict[str, int] = {}
        self.texts: dict[str, str] = {}

    async def start(self, capabilities: types.ClientCapabilities) -> types.InitializeResult:
        params = types.InitializeParams(capabilities, root_uri=self.folder.as_uri())
        result = await self.client.initialize_session(params)
        used = result.capabilities.position_encoding or types.PositionEncodingKind.Utf16
        self.encoding = types.PositionEncodingKind(used).value
        return result

    def uri(self, name: str) -> str:
        return name if ":" in name else (self.folder / name).as_uri()

    async def open(
        self, text: str, name: str = "Dockerfile", language: str = "dockerfile"
    ) -> list[types.Diagnostic]:
        uri = self.uri(name)
        self.versions[uri], self.texts[uri] = 1, text
        item = types.TextDocumentItem(uri, language, 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return await self.published(name)

    def type(self, text: str, name: str = "Dockerfile") -> None:
        uri = self.uri(name)
        self.versions[uri] += 1
        self.texts[uri] = text
        document = types.VersionedTextDocumentIdentifier(self.versions[uri], uri)
        change = types.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    async def save(self, name: str = "Dockerfile") -> list[types.Diagnostic]:
        document = types.TextDocumentIdentifier(self.uri(name))
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(document))
        return await self.published(name)

    async def close(self, name: str = "Dockerfile") -> list[types.Diagnostic]:
        document = types.TextDocumentIdentifier(self.uri(name))
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(document))
        return await self.published(name)

    async def published(self, name: str = "Dockerfile") -> list[types.Diagnostic]:
        """The next diagnostics, which are the text's as it is now."""
        given = await self.client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        uri = self.uri(name)
        assert given.uri == uri
        assert given.version in (None, self.versions[uri])
        return list(given.diagnostics)

    async def actions(
        self, where: types.Range | None = None, *only: str, name: str = "Dockerfile"
    ) -> list[types.CodeAction]:
        """What is offered in a range, by default the whole text."""
        where = where or types.Range(types.Position(0, 0), types.Position(10**6, 0))
        params = types.CodeActionParams(
            types.TextDocumentIdentifier(self.uri(name)), where, types.CodeActionContext([], only or None)
        )
        given = await self.client.text_document_code_action_async(params)
        assert all(isinstance(one, types.CodeAction) for one in given or [])
        return [one for one in given or [] if isinstance(one, types.CodeAction)]

    def made(self, action: types.CodeAction, name: str = "Dockerfile") -> str:
        """The text with an action's edits made; they are of this text alone, and of this version."""
        uri = self.uri(name)
        edit = action.edit
        assert edit is not None
        if edit.changes is not None:
            assert set(edit.changes) == {uri}
            return apply(self.texts[uri], edit.changes[uri], self.encoding)
        assert edit.document_changes is not None
        (change,) = edit.document_changes
        assert isinstance(change, types.TextDocumentEdit)
        assert (change.text_document.uri, change.text_document.version) == (uri, self.versions[uri])
        edits = [one for one in change.edits if isinstance(one, types.TextEdit)]
        return apply(self.texts[uri], edits, self.encoding)

    async def fixed(self, name: str = "Dockerfile") -> str:
        """The text after what an editor does when it saves."""
        given = await self.actions(None, "source.fixAll.dockmend", name=name)
        assert len(given) <= 1
        return self.made(given[0], name) if given else self.texts[self.uri(name)]

    async def hover(self, line: int, character: int) -> types.Hover | None:
        document = types.TextDocumentIdentifier(self.uri("Dockerfile"))
        params = types.HoverParams(document, types.Position(line, character))
        return await self.client.text_document_hover_async(params)
