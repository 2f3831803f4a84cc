"""The server itself: what the editor tells it and asks of it."""

from __future__ import annotations

import asyncio
import os
from urllib.parse import unquote

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path, uri_scheme

from dockmend import __version__
from dockmend._engine.config import NAMES, Configs
from dockmend._engine.discover import Search
from dockmend._engine.kinds import is_named
from dockmend._server.actions import KINDS, Editor, Request, actions
from dockmend._server.checked import Checked
from dockmend._server.diagnostics import diagnostics, pages
from dockmend._server.positions import Positions
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygls.workspace import TextDocument

# How long typing has to pause before the text is checked, in seconds.
PAUSE = 0.2

# What the hooks read beside the text, where an editor tells of changes.
_WATCHED = (*NAMES, ".dockerignore", "*.dockerignore", "*compose*.{yml,yaml}")

# What Visual Studio Code, Helix and Neovim call Compose files.
_COMPOSE = frozenset({"dockercompose", "docker-compose", "yaml.docker-compose"})
# Other schemes are those of old revisions and the like, which nobody can mend.
_SCHEMES = ("file", "untitled")


class Server(LanguageServer):
    """The language server; a text comes whole with every change, which is short, and cannot drift."""

    def __init__(self) -> None:
        super().__init__("dockmend", __version__, types.TextDocumentSyncKind.Full)
        self._checked: dict[str, Checked] = {}
        self._waiting: dict[str, asyncio.TimerHandle] = {}

    def check_soon(self, uri: str) -> None:
        """Check the text once nothing has changed for a while."""
        self.forget(uri)
        loop = asyncio.get_running_loop()
        self._waiting[uri] = loop.call_later(PAUSE, self.publish, uri)

    def check_now(self, uri: str) -> None:
        """Check the text anew, and what is beside it."""
        self.forget(uri)
        self.publish(uri)

    def publish(self, uri: str) -> None:
        """Publish what is found in the text: nothing, where it is none for dockmend."""
        document = self.workspace.get_text_document(uri)
        checked = self.checked(uri)
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(
                uri, [] if checked is None else diagnostics(checked, uri), document.version
            )
        )

    def forget(self, uri: str) -> None:
        """Drop what is known of the text, and what is planned for it."""
        self._checked.pop(uri, None)
        if (waiting := self._waiting.pop(uri, None)) is not None:
            waiting.cancel()

    def checked(self, uri: str) -> Checked | None:
        """The text as it is now, checked; None where it is none for dockmend, or not open."""
        document = self.workspace.get_text_document(uri)
        if document.version is None:
            return None
        if uri not in self._checked and _is_served(document):
            units = self.workspace.position_codec.client_num_units
            positions = Positions(document.source, units)
            self._checked[uri] = Checked(document.source, _path(document), positions)
        return self._checked.get(uri)

    def editor(self) -> Editor:
        """What matters of the editor for the actions."""
        workspace = self.client_capabilities.workspace
        edit = workspace.workspace_edit if workspace else None
        operations = (edit.resource_operations if edit else None) or ()
        return Editor(
            # Neovim declares the operations alone, which imply the changes that they are part of.
            bool(operations or (edit and edit.document_changes)),
            types.ResourceOperationKind.Create in operations,
            self.workspace.position_codec.client_num_units,
            self.opened,
        )

    def opened(self, path: str) -> tuple[int | None, str] | None:
        """Version and text of the file at the absolute `path`, where the editor has it open."""
        document = self.workspace.text_documents.get(unquote(from_fs_path(path) or ""))
        return document and (document.version, document.source)


def _path(document: TextDocument) -> str | None:
    """The absolute path of a document's file, if it has one."""
    path = to_fs_path(document.uri)
    return os.path.abspath(path) if path else None


def _is_served(document: TextDocument) -> bool:
    """Whether a document is for dockmend, by its name or what the editor calls it."""
    if uri_scheme(document.uri) not in _SCHEMES:
        return False
    path = _path(document)
    name = os.path.basename(path or "")
    if not (is_named(path or name) or _is_called(document.language_id or "", name)):
        return False
    return path is None or not Search(Configs()).excludes(path)


def _is_called(language: str, name: str) -> bool:
    """Whether the editor calls a file what its name does not say."""
    if name.endswith((".yml", ".yaml")):
        return language in _COMPOSE
    return language == "dockerfile" and not name.endswith(".dockerignore")


SERVER = Server()


@SERVER.feature(types.TEXT_DOCUMENT_DID_OPEN)
@SERVER.feature(types.TEXT_DOCUMENT_DID_SAVE)
def opened_or_saved(
    server: Server, params: types.DidOpenTextDocumentParams | types.DidSaveTextDocumentParams
) -> None:
    """Check at once: nobody is typing."""
    server.check_now(params.text_document.uri)


@SERVER.feature(types.TEXT_DOCUMENT_DID_CHANGE)
def changed(server: Server, params: types.DidChangeTextDocumentParams) -> None:
    """Check when typing pauses."""
    server.check_soon(params.text_document.uri)


@SERVER.feature(types.TEXT_DOCUMENT_DID_CLOSE)
def closed(server: Server, params: types.DidCloseTextDocumentParams) -> None:
    """Take back what was said of the text."""
    uri = params.text_document.uri
    server.forget(uri)
    server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))


@SERVER.feature(types.INITIALIZED)
def initialized(server: Server, params: types.InitializedParams) -> None:
    """Ask to be told of changes to the files that the hooks read, where the editor can."""
    del params
    workspace = server.client_capabilities.workspace
    if workspace and (watch := workspace.did_change_watched_files) and watch.dynamic_registration:
        watchers = [types.FileSystemWatcher(f"**/{glob}") for glob in _WATCHED]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        registered = types.Registration("dockmend-files", method, options)
        server.client_register_capability(types.RegistrationParams([registered]))


@SERVER.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
def files_changed(server: Server, params: types.DidChangeWatchedFilesParams) -> None:
    """Check all the open texts anew."""
    del params
    for document in list(server.workspace.text_documents.values()):
        server.check_soon(document.uri)


@SERVER.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=KINDS))
def code_actions(server: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    """What can be done there."""
    uri = params.text_document.uri
    checked = server.checked(uri)
    if checked is None:
        return []
    version = server.workspace.get_text_document(uri).version
    request = Request(uri, version, params.range, params.context.only)
    return list(actions(checked, request, server.editor()))


@SERVER.feature(types.TEXT_DOCUMENT_HOVER)
def hover(server: Server, params: types.HoverParams) -> types.Hover | None:
    """The pages of what was found there."""
    checked = server.checked(params.text_document.uri)
    if checked is None:
        return None
    text_document = server.client_capabilities.text_document
    formats = text_document and text_document.hover and text_document.hover.content_format
    return pages(checked, params.position, markdown=types.MarkupKind.Markdown in (formats or ()))
