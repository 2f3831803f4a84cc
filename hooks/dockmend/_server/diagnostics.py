"""What is found in a text, as diagnostics, and the pages of the hooks that found it."""

from __future__ import annotations

from lsprotocol import types

from dockmend import _registry
from dockmend._hook import ERROR, INFO, WARNING
from dockmend._report.shared import address
from dockmend._report.style import printable
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dockmend._engine.mend import Reported
    from dockmend._server.checked import Checked

SOURCE = "dockmend"

_SEVERITY = {
    ERROR: types.DiagnosticSeverity.Error,
    WARNING: types.DiagnosticSeverity.Warning,
    INFO: types.DiagnosticSeverity.Information,
}


def diagnostics(checked: Checked, uri: str) -> list[types.Diagnostic]:
    """Everything there is to say of the text at `uri`: its findings, or why nothing could be found."""
    outcome = checked.outcome
    made = [finding(checked, index, uri) for index in range(len(outcome.findings))]
    made += [
        _line(checked, one.line, f"Docker refuses this file, and nothing in it is mended: {one.message}")
        for one in outcome.refused
    ]
    if not outcome.refused:
        made += [_line(checked, 1, str(error)) for error in outcome.errors]
    made += [
        _line(checked, line, message, types.DiagnosticSeverity.Warning) for line, message in checked.misnamed
    ]
    return made


def finding(checked: Checked, index: int, uri: str) -> types.Diagnostic:
    """The diagnostic of one finding of the text at `uri`."""
    found = checked.shown[index]
    return types.Diagnostic(
        checked.positions.range(found.finding.span),
        _message(found),
        _SEVERITY[found.severity],
        found.name,
        types.CodeDescription(address(found)),
        SOURCE,
        related_information=[
            types.DiagnosticRelatedInformation(
                types.Location(uri, checked.positions.range(place.span)), printable(place.message)
            )
            for place in found.finding.related
        ],
    )


def _message(found: Reported) -> str:
    """What the finding says and, in a second line, why it is not mended or what mending it may change."""
    message, reason, fix = found.finding.message, found.finding.reason, found.finding.fix
    said = [message, f"{f'{fix.safety} fix' if fix else 'not mended'}: {reason}"] if reason else [message]
    return "\n".join(map(printable, said))


def _line(
    checked: Checked,
    line: int,
    message: str,
    severity: types.DiagnosticSeverity = types.DiagnosticSeverity.Error,
) -> types.Diagnostic:
    span = checked.positions.line(line)
    return types.Diagnostic(checked.positions.range(span), printable(message), severity, source=SOURCE)


def pages(checked: Checked, position: types.Position, *, markdown: bool) -> types.Hover | None:
    """The pages of the hooks that found something at a position, each once; None where none did."""
    at = checked.positions.offset(position)
    found = [checked.outcome.findings[index] for index in checked.at(at, at)]
    if not found:
        return None
    names = dict.fromkeys(one.hook.name for one in found)
    text = "\n\n---\n\n".join(f"# {name}\n\n{_registry.page(name)}" for name in names)
    kind = types.MarkupKind.Markdown if markdown else types.MarkupKind.PlainText
    return types.Hover(types.MarkupContent(kind, text), checked.positions.range(found[0].finding.span))
