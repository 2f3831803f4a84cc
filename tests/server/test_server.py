"""The server's own process, told what editors tell it."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.uris import to_fs_path
from pytest_lsp import client_capabilities

from dockmend import _registry
from dockmend._server.server import SERVER as SERVER_HERE
from lsp_client import SERVER, Session

EDITORS = ["neovim@v0.7.0", "neovim@v0.11.0", "visual-studio-code@v1.65.2", "emacs@v29.1"]
BAD = "FROM debian:12-slim\nADD a /\nUSER a\nCMD node app.js\nCMD node app.js\n"
MENDED = 'FROM debian:12-slim\nCOPY a /\nUSER a\nCMD ["node", "app.js"]\n'
BARE = types.ClientCapabilities()


def codes(diagnostics: list[types.Diagnostic]) -> list[object]:
    return [one.code for one in diagnostics]


def where(line: int, start: int, end: int) -> types.Range:
    return types.Range(types.Position(line, start), types.Position(line, end))


@pytest.mark.asyncio
class TestSession:
    @pytest.mark.parametrize("editor", EDITORS)
    @pytest.mark.slow
    async def test_of_an_editor(self, session: Session, editor: str) -> None:
        result = await session.start(client_capabilities(editor))
        provider = result.capabilities.code_action_provider
        assert isinstance(provider, types.CodeActionOptions)
        assert provider.code_action_kinds == ("quickfix", "source.fixAll.dockmend")
        found = await session.open(BAD)
        assert codes(found)[:2] == ["add-to-copy", "dockerignore"]
        session.type(BAD.replace("ADD", "COPY"))
        assert "add-to-copy" not in codes(await session.published())
        assert await session.fixed() == MENDED
        session.type(MENDED)
        assert codes(await session.save()) == ["dockerignore"]
        assert await session.close() == []

    async def test_typing_is_waited_for(self, session: Session) -> None:
        await session.start(BARE)
        await session.open("FROM debian:12-slim\n")
        start = time.monotonic()
        for end in range(len(BAD) - 5, len(BAD) + 1):
            session.type(BAD[:end])
            await asyncio.sleep(0.02)
        found = await session.published()  # of the last version, or it would say so
        assert time.monotonic() - start > 0.2
        assert len(found) > 3

    async def test_actions_are_of_the_text_as_it_is(self, session: Session) -> None:
        await session.start(BARE)
        await session.open("FROM debian:12-slim\n")
        session.type(BAD)
        assert await session.fixed() == MENDED

    async def test_diagnostics(self, session: Session) -> None:
        await session.start(BARE)
        *_, dead, form = await session.open(BAD)
        assert dead == types.Diagnostic(
            where(3, 0, 15),
            "CMD has no effect: line 5 overrides it",
            types.DiagnosticSeverity.Warning,
            "entrypoint-cmd",
            types.CodeDescription(_registry.link("entrypoint-cmd")),
            "dockmend",
            related_information=(
                types.DiagnosticRelatedInformation(
                    types.Location(session.uri("Dockerfile"), where(4, 0, 15)), "this one holds"
                ),
            ),
        )
        assert form.code == "exec-form"

    async def test_hover(self, session: Session) -> None:
        await session.start(client_capabilities("neovim@v0.7.0"))
        await session.open(BAD)
        shown = await session.hover(1, 1)
        assert shown is not None
        assert shown.range == where(1, 0, 3)
        assert isinstance(shown.contents, types.MarkupContent)
        assert shown.contents.kind == types.MarkupKind.Markdown
        assert f"# add-to-copy\n\n{_registry.page('add-to-copy')}" in shown.contents.value
        assert await session.hover(2, 0) is None

    @pytest.mark.parametrize(
        ("offered", "used", "character"),
        [
            (None, "utf-16", 11),
            (["utf-8", "utf-16"], "utf-8", 17),
            (["utf-32", "utf-8"], "utf-32", 9),
            (["utf-7"], "utf-16", 11),
        ],
    )
    async def test_position_encodings(
        self, session: Session, offered: list[str] | None, used: str, character: int
    ) -> None:
        general = types.GeneralClientCapabilities(position_encodings=offered)
        await session.start(types.ClientCapabilities(general=general))
        assert session.encoding == used
        text = "FROM debian:12-slim\nUSER a\nCMD \U0001f600\U0001f600 b漢\n"
        (found,) = await session.open(text)
        assert found.range == where(2, 0, character)
        assert await session.fixed() == text.replace(
            "\U0001f600\U0001f600 b漢", '["\U0001f600\U0001f600", "b漢"]'
        )

    async def test_a_file_that_is_refused(self, session: Session) -> None:
        await session.start(BARE)
        (found,) = await session.open("FROM a\n  RUNN b \nADD c /\n")
        assert found.range == where(1, 2, 8)
        assert found.severity == types.DiagnosticSeverity.Error
        assert found.message == (
            "Docker refuses this file, and nothing in it is mended: "
            "unknown instruction: RUNN (did you mean RUN?)"
        )
        assert await session.actions() == []

    async def test_an_ignore_comment_that_names_no_hook(self, session: Session) -> None:
        await session.start(BARE)
        (found,) = await session.open("FROM debian:12-slim\n# dockmend: ignore[exec-fom]\nUSER a\n")
        assert (found.range, found.severity) == (where(1, 0, 28), types.DiagnosticSeverity.Warning)
        assert found.message.endswith('did you mean "exec-form"?')


@pytest.mark.asyncio
class TestConfiguration:
    """What the command line goes by, the server goes by."""

    async def test_counts(self, session: Session) -> None:
        await session.start(BARE)
        await session.open(BAD)
        for config, expected in [
            ('ignore = ["dockerignore"]', ["add-to-copy", "exec-form", "entrypoint-cmd", "exec-form"]),
            ('select = ["DL3020"]', ["add-to-copy"]),
            ('exclude = ["Dockerfile"]', []),
            ('per-file-ignores."Dock*" = ["exec-form", "DL4003"]', ["add-to-copy", "dockerignore"]),
            ("unsafe-fixes = true", codes(await session.save())),
        ]:
            (session.folder / ".dockmend.toml").write_text(config)
            assert codes(await session.save()) == expected, config

    async def test_sets_severities(self, session: Session) -> None:
        (session.folder / ".dockmend.toml").write_text('select = ["DL3020"]\nseverity.DL3020 = "error"')
        await session.start(BARE)
        (found,) = await session.open(BAD)
        assert found.severity == types.DiagnosticSeverity.Error

    async def test_that_is_wrong_is_told(self, session: Session) -> None:
        config = session.folder / ".dockmend.toml"
        config.write_text("x = 1")
        await session.start(BARE)
        (found,) = await session.open(BAD)
        assert found.message == f"{config}: error: `x` is no setting"
        assert found.range == where(0, 0, 19)
        assert await session.actions() == []
        config.write_text('select = ["add-to-copy"]')
        assert codes(await session.save()) == ["add-to-copy"]

    async def test_that_changes_is_seen(self, session: Session) -> None:
        await session.start(client_capabilities("visual-studio-code@v1.65.2"))
        assert len(await session.open(BAD)) > 1
        assert session.client.registered == ["workspace/didChangeWatchedFiles"]  # type: ignore[attr-defined]
        config = session.folder / ".dockmend.toml"
        config.write_text('select = ["add-to-copy"]')
        event = types.FileEvent(config.as_uri(), types.FileChangeType.Created)
        session.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
        assert codes(await session.published()) == ["add-to-copy"]

    async def test_unsafe_fixes_are_not_made_on_save(self, session: Session) -> None:
        (session.folder / ".dockmend.toml").write_text("unsafe-fixes = true")
        await session.start(BARE)
        await session.open(BAD.replace("USER a\n", ""))
        assert await session.fixed() == MENDED.replace("USER a\n", "")


@pytest.mark.asyncio
class TestDocuments:
    async def test_served(self, session: Session) -> None:
        await session.start(BARE)
        top = session.folder.as_uri()
        for name, language, served in [
            ("compose.yaml", "yaml", True),
            ("deploy/docker-compose.prod.yml", "dockercompose", True),
            ("stack.yml", "dockercompose", True),
            ("stack.yml", "yaml.docker-compose", True),
            ("stack.yml", "yaml", False),
            ("stack.yml", "dockerfile", False),
            ("Dockerfile", "plaintext", True),
            ("web.Dockerfile", "", True),
            ("built-by-hand", "dockerfile", True),
            ("built-by-hand", "plaintext", False),
            ("Dockerfile.dockerignore", "dockerfile", False),
            ("untitled:Untitled-1", "dockerfile", True),
            ("untitled:Dockerfile", "plaintext", False),
            ("file://", "dockerfile", True),
            ("git:/x/Dockerfile", "dockerfile", False),
            (f"{top}/a%20b/caf%C3%A9/Dockerfile", "dockerfile", True),
        ]:
            text = "services:\n  web:\n    image: nginx\n" if "ml" in name[-3:] else BAD
            assert bool(await session.open(text, name, language)) is served, name
            assert bool(await session.actions(name=name)) is served, name
            assert not await session.close(name)


class TestProcess:
    def test_says_what_to_install(self, tmp_path: Path) -> None:
        (tmp_path / "pygls.py").write_text("raise ModuleNotFoundError(name='pygls')")
        code = "import sys; from dockmend._cli import main; sys.exit(main(['lsp']))"
        done = subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert (
            done.stderr
            == "dockmend lsp: error: pygls is not installed; `pip install 'dockmend[lsp]'` installs it\n"
        )

    @pytest.mark.parametrize("arguments", [[], ["--stdio"]])
    def test_ends_with_its_input(self, arguments: list[str]) -> None:
        done = subprocess.run([*SERVER, *arguments], input=b"", capture_output=True, timeout=60)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_uris_of_other_editors_are_paths() -> None:
    assert to_fs_path("file:///a%20b/caf%C3%A9") == "/a b/café"


class Kept(BytesIO):
    """What stays readable when it is closed."""

    def close(self) -> None:
        pass


def message(method: str, number: int = 0, **params: object) -> bytes:
    body = {"jsonrpc": "2.0", "method": method, "params": params, **({"id": number} if number else {})}
    data = json.dumps(body).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(data), data)


def test_a_session_in_this_process(tmp_path: Path) -> None:
    """Without an editor: what is sent, all at once, and what comes back."""
    uri = (tmp_path / "Dockerfile").as_uri()
    document = {"uri": uri}
    everywhere = {"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}}
    capabilities = {"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}}}
    at = {"line": 1, "character": 0}
    opened = {"uri": uri, "languageId": "dockerfile", "version": 1, "text": "FRO debian"}
    sent = [
        message("initialize", 1, processId=None, rootUri=None, capabilities=capabilities),
        message("initialized"),
        message("textDocument/didOpen", textDocument=opened),
        message("textDocument/didChange", textDocument={**document, "version": 2}, contentChanges=[{"text": BAD}]),
        message("textDocument/codeAction", 2, textDocument=document, range=everywhere, context={"diagnostics": []}),
        message("textDocument/hover", 3, textDocument=document, position=at),
        message("workspace/didChangeWatchedFiles", changes=[{"uri": uri, "type": 2}]),
        message("textDocument/didSave", textDocument=document),
        message("textDocument/didClose", textDocument=document),
        message("textDocument/codeAction", 4, textDocument=document, range=everywhere, context={"diagnostics": []}),
        message("textDocument/hover", 5, textDocument=document, position=at),
        message("shutdown", 6),
        message("exit"),
    ]  # fmt: skip
    out = Kept()
    SERVER_HERE.start_io(BytesIO(b"".join(sent)), out)
    said = [
        json.loads(part) for part in re.findall(rb"\r\n\r\n(\{.*?\})(?=Content-Length|\Z)", out.getvalue())
    ]
    results = {one["id"]: one["result"] for one in said if "result" in one}
    published = [one["params"] for one in said if one.get("method") == "textDocument/publishDiagnostics"]
    assert [bool(one["diagnostics"]) for one in published] == [True, True, False]
    assert published[0]["diagnostics"][0]["message"].startswith("Docker refuses this file")
    assert {one["kind"] for one in results[2]} == {"quickfix", "source.fixAll.dockmend"}
    assert results[3]["contents"]["kind"] == "plaintext"
    assert (results[4], results[5], results[6]) == ([], None, None)
