"""`dockmend scan IMAGE`: the known vulnerabilities of an image, by the scanner that is there."""

from __future__ import annotations

import sys

from dockmend import _report
from dockmend._dockerfile.span import Span
from dockmend._engine.errors import Failure
from dockmend._engine.mend import Reported
from dockmend._engine.run import Outcome
from dockmend._hook import ERROR, INFO, SEVERITIES, WARNING, Finding, Hook
from dockmend._parser import CommandParser
from dockmend._project.programs import ProgramError
from dockmend._project.scanners import RANKS, SCANNERS, Scanner, Vulnerability
from dockmend._report.output import Output
from dockmend._report.style import printable, style_of
from dockmend._report.tally import Tally
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MORE = """,
as found by the first of these scanners that is installed: {scanners}.
What a scanner fetches, it fetches itself.

In the report, the vulnerable packages stand in place of a file's text. Exit
status: 0 none is as severe as --fail-on, 1 one is, 2 wrong usage, no scanner,
or a scanner that gave no result."""

_SEVERITIES = {"medium": WARNING, "high": ERROR, "critical": ERROR}
_LEAST = {INFO: RANKS[0], WARNING: "medium", ERROR: "high"}


def main(arguments: Sequence[str]) -> int:
    """Scan an image and write the report."""
    names = [scanner.name for scanner in SCANNERS]
    parser = CommandParser("scan", "IMAGE", _MORE.format(scanners=", ".join(names)))
    parser.add_argument("image", metavar="IMAGE")
    parser.add_argument("--scanner", choices=names, metavar="NAME", help="that scanner and no other")
    levels = (*SEVERITIES, *RANKS[2:])
    parser.add_argument(
        "--fail-on",
        choices=levels,
        default=WARNING,
        metavar="SEVERITY",
        help=f"{', '.join(levels)}: the least that makes the exit status 1 (default: warning, or medium)",
    )
    parser.add_argument(
        "--output-format",
        choices=_report.FORMATS,
        default="full",
        metavar="FORMAT",
        help=", ".join(_report.FORMATS),
    )
    parser.add_argument("--exit-zero", action="store_true", help="status 0 whatever is found")
    options = parser.parse_args(arguments)
    image = options.image
    if not image.isprintable() or " " in image or not image or image.startswith("-"):
        parser.error(f'"{printable(image)}" is no image')
    scanner, path = _scanner(options.scanner)
    try:
        found = scanner.scan(path, image)
    except ProgramError as error:
        raise Failure.at(
            image, f"{scanner.name} {error}; run `{scanner.name}` by itself to see why"
        ) from error
    least = RANKS.index(_LEAST.get(options.fail_on, options.fail_on))
    failing = any(RANKS.index(one.rank) >= least for one in found)
    _show(_outcome(image, scanner, found, failing=failing), options.output_format)
    return 1 if failing and not options.exit_zero else 0


def _scanner(name: str | None) -> tuple[Scanner, str]:
    """The scanner of that name, or the first that is there, and the path of its program."""
    wanted = [scanner for scanner in SCANNERS if name in (None, scanner.name)]
    for scanner in wanted:
        path = scanner.find()
        if path is not None:
            return scanner, path
    listed = ", ".join(f"{scanner.name} ({scanner.home})" for scanner in wanted)
    what = "it" if name else "one of them"
    raise Failure(f"error: nothing to scan with is on the PATH; install {what}: {listed}")


def _outcome(image: str, scanner: Scanner, found: Iterable[Vulnerability], *, failing: bool) -> Outcome:
    """What was found, the packages as the text, those with the worst vulnerabilities first."""
    hook = Hook(scanner.name, 15, f"Vulnerabilities by {scanner.name}", lambda _doc, _ctx: (), aliases=("*",))
    packages: dict[str, list[Vulnerability]] = {}
    for one in sorted(found, key=lambda one: (-RANKS.index(one.rank), one.package, one.version, one.code)):
        where = f" ({one.where})" if one.where else ""
        packages.setdefault(printable(f"{one.package} {one.version}{where}") + "\n", []).append(one)
    findings: list[Reported] = []
    start = 0
    for number, (line, members) in enumerate(packages.items(), 1):
        for one in members:
            length = len(one.package)
            severity = _SEVERITIES.get(one.rank, INFO)
            said = f"{one.package} {one.version} has a vulnerability ({one.rank}): {one.title or one.code}"
            reason = f"it is fixed in {one.fixed}" if one.fixed else "it is not fixed"
            finding = Finding(
                said, Span(start, start + length), None, reason, severity, code=one.code, link=one.link
            )
            findings.append(Reported(hook, finding, severity, number, 1, number, length + 1, fixable=False))
        start += len(line)
    return Outcome(image, "".join(packages), tuple(findings), failing=failing)


def _show(outcome: Outcome, name: str) -> None:
    out = Output(sys.stdout, "standard output")
    style = style_of(sys.stdout)
    for piece in _report.load(name)([outcome], style):
        out.text(piece)
    if name in {"full", "concise"}:
        tally = Tally()
        tally.add(outcome)
        out.text(tally.summary(style))
    out.flush()
