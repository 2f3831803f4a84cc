"""What an editor offers to do about findings: mend one, mend all that is safe, ignore one."""

from __future__ import annotations

import os

from lsprotocol import types
from pygls.uris import from_fs_path

from dockmend._engine.lines import edits
from dockmend._hook import SAFE, Edit, FileEdit
from dockmend._report.style import printable
from dockmend._server.diagnostics import finding
from dockmend._server.positions import Positions
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TypeAlias

    from dockmend._server.checked import Checked

FIX_ALL = f"{types.CodeActionKind.SourceFixAll.value}.dockmend"
KINDS = (types.CodeActionKind.QuickFix.value, FIX_ALL)

# Neovim takes an empty file for one with an empty line, which is to go; others have nothing behind the first.
_EMPTY_FILE = types.Range(types.Position(0, 0), types.Position(1, 0))

_Change: TypeAlias = "types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile"


class Editor(NamedTuple):
    """What matters of the editor.

    `versioned` says that it takes edits of certain versions, `creates` that it makes new files. `units`
    counts code units; `opened` gives the version and the text of a file that it has open, by path.
    """

    versioned: bool
    creates: bool
    units: Callable[[str], int]
    opened: Callable[[str], tuple[int | None, str] | None]


class Request(NamedTuple):
    """What actions are asked for: in a range of the text at `uri`, of these kinds and below (None: any)."""

    uri: str
    version: int | None
    range: types.Range
    only: Sequence[str] | None

    def wants(self, kind: str) -> bool:
        """Whether actions of that kind are asked for."""
        return self.only is None or any(
            asked in ("", kind) or kind.startswith(f"{asked}.") for asked in self.only
        )


def actions(checked: Checked, request: Request, editor: Editor) -> Iterator[types.CodeAction]:
    """The actions, the best first."""
    touched = []
    if request.wants(types.CodeActionKind.QuickFix.value):
        touched = list(checked.at(*checked.positions.span(request.range)))
    for index in touched:
        yield from _mending(checked, index, request, editor)
    if request.wants(FIX_ALL) and checked.mending:
        edit = _of_text(checked, checked.mending, request, editor)
        yield types.CodeAction("dockmend: mend all that is safe to mend", FIX_ALL, edit=edit)
    for index in touched:
        if (comment := checked.ignoring(index)) is not None:
            yield types.CodeAction(
                f"dockmend: ignore {_named(checked, index)} here",
                types.CodeActionKind.QuickFix,
                [finding(checked, index, request.uri)],
                edit=_of_text(checked, [comment], request, editor),
            )


def _named(checked: Checked, index: int) -> str:
    found = checked.outcome.findings[index]
    return f"{found.name} (line {found.line})"


def _mending(checked: Checked, index: int, request: Request, editor: Editor) -> Iterator[types.CodeAction]:
    fix = checked.outcome.findings[index].finding.fix
    if fix is None:
        return
    title = f"dockmend: mend {_named(checked, index)}"
    if fix.files:
        title += f" in {', '.join(os.path.basename(edit.path) for edit in fix.files)}"
        edit = _of_files(fix.files, editor)
    else:
        made = checked.mending_alone(index)
        edit = _of_text(checked, made, request, editor) if made else None
    if fix.safety != SAFE:
        title += f", {fix.safety}: {checked.shown[index].finding.reason}"
    if edit is not None:
        yield types.CodeAction(
            printable(title),
            types.CodeActionKind.QuickFix,
            [finding(checked, index, request.uri)],
            is_preferred=True if fix.safety == SAFE and not fix.files else None,
            edit=edit,
        )


def _of_text(checked: Checked, made: Iterable[Edit], request: Request, editor: Editor) -> types.WorkspaceEdit:
    changed = checked.positions.edits(made)
    if not editor.versioned:
        return types.WorkspaceEdit(changes={request.uri: changed})
    return types.WorkspaceEdit(document_changes=[_versioned(request.uri, request.version, changed)])


def _versioned(uri: str, version: int | None, changed: Sequence[types.TextEdit]) -> types.TextDocumentEdit:
    return types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri, version), changed)


def _of_files(files: Iterable[FileEdit], editor: Editor) -> types.WorkspaceEdit | None:
    """The edit of files beside the text; None where the editor cannot, or has other texts of them."""
    changes: list[_Change] = []
    for path, before, after, _ in files:
        uri = from_fs_path(path) or ""
        version, text = editor.opened(path) or (None, before)
        if text != before or not editor.versioned:
            return None
        if before is not None:
            made = Positions(before, editor.units).edits(edits(before, after))
        elif editor.creates:
            changes.append(types.CreateFile(uri))
            made = [types.TextEdit(_EMPTY_FILE, after)]
        else:
            return None
        changes.append(_versioned(uri, version, made))
    return types.WorkspaceEdit(document_changes=changes)
