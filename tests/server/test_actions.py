"""What is offered, in this process and with small hooks."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types
from pygls.workspace import PositionCodec

import fake_hooks
from dockmend import _registry
from dockmend._dockerfile.document import Document
from dockmend._hook import SAFE, Context, Edit, Finding, Fix, Hook
from dockmend._server.actions import FIX_ALL, Editor, Request, actions
from dockmend._server.checked import Checked
from dockmend._server.diagnostics import diagnostics
from dockmend._server.positions import Positions
from lsp_client import apply

URI = "file:///x/Dockerfile"
BAD = "FROM a\nrun b\nSTOPSIGNAL SIGKILL\nSTOPSIGNAL $X\n"
ALL = types.Range(types.Position(0, 0), types.Position(9, 0))
UNITS = PositionCodec().client_num_units


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fake_hooks.install(monkeypatch)


def editor(*, versioned: bool = True, creates: bool = True, opened: tuple[int, str] | None = None) -> Editor:
    return Editor(versioned, creates, UNITS, lambda _: opened)


def offered(
    text: str = BAD,
    path: str | None = None,
    only: list[str] | None = None,
    where: types.Range = ALL,
    by: Editor | None = None,
) -> list[types.CodeAction]:
    checked = Checked(text, path, Positions(text, UNITS))
    return list(actions(checked, Request(URI, 7, where, only), by or editor()))


def edits(action: types.CodeAction) -> list[types.TextEdit]:
    assert action.edit is not None
    if action.edit.changes is not None:
        return list(action.edit.changes[URI])
    assert action.edit.document_changes is not None
    (change,) = action.edit.document_changes
    assert isinstance(change, types.TextDocumentEdit)
    assert change.text_document == types.OptionalVersionedTextDocumentIdentifier(URI, 7)
    return [one for one in change.edits if isinstance(one, types.TextEdit)]


def test_all_there_is() -> None:
    assert [(one.title, one.kind, one.is_preferred) for one in offered()] == [
        ("dockmend: mend upper (line 2)", "quickfix", True),
        (
            "dockmend: mend stop-signal (line 3), unsafe: the process may ignore SIGTERM",
            "quickfix",
            None,
        ),
        ("dockmend: mend all that is safe to mend", FIX_ALL, None),
        ("dockmend: ignore upper (line 2) here", "quickfix", None),
        ("dockmend: ignore stop-signal (line 3) here", "quickfix", None),
        ("dockmend: ignore stop-signal (line 4) here", "quickfix", None),
    ]


def test_edits_are_small_and_of_one_version() -> None:
    safe, unsafe, every, *ignores = offered()
    (edit,) = edits(safe)
    assert edit == types.TextEdit(types.Range(types.Position(1, 0), types.Position(1, 3)), "RUN")
    assert edits(every) == [edit]
    assert apply(BAD, edits(unsafe)) == BAD.replace("SIGKILL", "SIGTERM")
    assert [apply(BAD, edits(one)) for one in ignores] == [
        BAD.replace("run", "# dockmend: ignore[upper]\nrun"),
        BAD.replace("STOPSIGNAL SIG", "# dockmend: ignore[stop-signal]\nSTOPSIGNAL SIG"),
        BAD.replace("STOPSIGNAL $", "# dockmend: ignore[stop-signal]\nSTOPSIGNAL $"),
    ]


def test_an_editor_without_versions() -> None:
    safe, *_ = offered(by=editor(versioned=False))
    assert safe.edit is not None
    assert safe.edit.document_changes is None
    assert apply(BAD, edits(safe)) == BAD.replace("run", "RUN")


def test_actions_name_their_diagnostics() -> None:
    checked = Checked(BAD, None, Positions(BAD, UNITS))
    upper, kill, variable = diagnostics(checked, URI)
    safe, unsafe, _, *ignores = offered()
    assert [one.diagnostics for one in (safe, unsafe, *ignores)] == [
        [upper], [kill], [upper], [kill], [variable],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("only", "kinds"),
    [
        (None, {"quickfix", FIX_ALL}),
        ([""], {"quickfix", FIX_ALL}),
        (["quickfix"], {"quickfix"}),
        (["source"], {FIX_ALL}),
        (["source.fixAll"], {FIX_ALL}),
        ([FIX_ALL], {FIX_ALL}),
        (["source.fixAll.other", "refactor", "sourc"], set()),
        ([], set()),
    ],
)
def test_kinds(only: list[str] | None, kinds: set[str]) -> None:
    assert {one.kind for one in offered(only=only)} == kinds


@pytest.mark.parametrize(
    ("start", "end", "lines"),
    [((0, 0), (0, 6), ""), ((1, 3), (1, 3), "2"), ((1, 4), (2, 0), "3"), ((3, 5), (3, 5), "4")],
)
def test_the_range_counts(start: tuple[int, int], end: tuple[int, int], lines: str) -> None:
    where = types.Range(types.Position(*start), types.Position(*end))
    titles = [one.title for one in offered(only=["quickfix"], where=where)]
    assert {line for title in titles for line in "234" if f"line {line}" in title} == set(lines)


def test_fix_all_takes_what_is_safe_alone() -> None:
    assert offered("FROM a\nSTOPSIGNAL SIGKILL\n", only=["source"]) == []
    Path(".dockmend.toml").write_text("unsafe-fixes = true")
    (every,) = offered(only=["source"])
    assert apply(BAD, edits(every)) == BAD.replace("run", "RUN")


class TestFilesBeside:
    """A fix that writes another file."""

    def offered(self, by: Editor, only: str = "quickfix") -> list[types.CodeAction]:
        Path(".dockmend.toml").write_text('select = ["beside"]')
        path = Path("Dockerfile").resolve()
        return [one for one in offered("FROM a\n", str(path), [only], by=by) if "ignore" not in one.title]

    def test_makes_it(self) -> None:
        (action,) = self.offered(editor())
        assert action.title == "dockmend: mend beside (line 1) in NOTES"
        assert action.is_preferred is None
        assert action.edit is not None
        uri = Path("NOTES").resolve().as_uri()
        insertion = types.TextEdit(types.Range(types.Position(0, 0), types.Position(1, 0)), "noted\n")
        assert action.edit.document_changes == [
            types.CreateFile(uri),
            types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri), [insertion]),
        ]

    @pytest.mark.parametrize("opened", [None, (3, "\U0001f600\nb")])
    def test_changes_it(self, opened: tuple[int, str] | None) -> None:
        Path("NOTES").write_text("\U0001f600\nb")
        (action,) = self.offered(editor(creates=False, opened=opened))
        assert action.edit is not None
        assert action.edit.document_changes is not None
        (change,) = action.edit.document_changes
        assert isinstance(change, types.TextDocumentEdit)
        assert change.text_document.version == (opened and opened[0])
        texts = [one for one in change.edits if isinstance(one, types.TextEdit)]
        assert apply("\U0001f600\nb", texts) == "\U0001f600\nbnoted\n"

    def test_is_not_made_on_save(self) -> None:
        assert self.offered(editor(), FIX_ALL) == []

    @pytest.mark.parametrize(
        "by", [editor(creates=False), editor(versioned=False), editor(opened=(3, "other"))]
    )
    def test_is_not_offered_where_it_cannot_be_made(self, by: Editor) -> None:
        assert self.offered(by) == []

    def test_is_not_offered_where_the_editor_has_another_text_of_it(self) -> None:
        Path("NOTES").write_text("a\n")
        assert self.offered(editor(opened=(3, "b\n"))) == []
        assert self.offered(editor(versioned=False)) == []


def test_a_fix_that_breaks_its_word_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(doc: Document, ctx: Context) -> list[Finding]:
        span = doc.instructions[0].head
        return [Finding("odd", span, Fix(SAFE, (Edit(span, "RUN x"),), {0: (doc.instructions[0].meaning,)}))]

    hook = Hook("odd", 1, "Odd", check)
    monkeypatch.setattr(_registry, "HOOKS", ("odd",))
    monkeypatch.setattr(_registry, "load", lambda _: hook)
    assert [one.title for one in offered("FROM a\n")] == ["dockmend: ignore odd (line 1) here"]


def test_a_hook_that_fails() -> None:
    Path(".dockmend.toml").write_text('select = ["broken"]')
    checked = Checked(BAD, None, Positions(BAD, UNITS))
    (said,) = diagnostics(checked, URI)
    assert said.message.startswith("-:1: error: broken: internal error (ZeroDivisionError: on purpose)")
    assert offered() == []


def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    token = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"

    def check(doc: Document, ctx: Context) -> list[Finding]:
        return [Finding(f"it says {token}", doc.instructions[1].head, reason=f"{token}\x1b")]

    hook = Hook("odd", 1, "Odd", check)
    monkeypatch.setattr(_registry, "HOOKS", ("odd",))
    monkeypatch.setattr(_registry, "load", lambda _: hook)
    text = f"FROM a\nENV TOKEN={token}\n"
    (said,) = diagnostics(Checked(text, None, Positions(text, UNITS)), URI)
    assert said.message == "it says ***\nnot mended: ***\ufffd"
