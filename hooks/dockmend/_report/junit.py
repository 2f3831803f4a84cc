"""JUnit XML: a suite for each file, a failed case for each finding.

As Jenkins and GitLab read it: https://github.com/testmoapp/junitxml. What merely informs passes, with the
finding as its output; a file without findings is one case that passes.
"""

from __future__ import annotations

from dockmend._hook import INFO
from dockmend._report.shared import address
from dockmend._report.style import Style, printable
from dockmend._report.xml_ import Element, add, document, name_of
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dockmend._engine.mend import Reported
    from dockmend._engine.run import Outcome


def report(outcomes: Iterable[Outcome], style: Style) -> Iterator[str]:
    """The document; `style` plays no part."""
    del style
    root = Element("testsuites", {"name": "dockmend"})
    for outcome in outcomes:
        name = name_of(outcome.path)
        suite = add(root, "testsuite", name=name)
        for error in outcome.errors:
            line = error.line or 1
            case = add(suite, "testcase", name="error", classname=name, file=name, line=line, time=0)
            add(case, "error", message=error.message, type="error").text = printable(str(error))
        for found in outcome.findings:
            _case(suite, name, found)
        if len(suite) == 0:
            add(suite, "testcase", name="no findings", classname=name, file=name, time=0)
        _count(suite, [suite])
    _count(root, list(root))
    yield document(root)


def _case(suite: Element, name: str, found: Reported) -> None:
    title = f"{found.name} ({found.line}:{found.column})"
    case = add(suite, "testcase", name=title, classname=name, file=name, line=found.line, time=0)
    finding = found.finding
    text = [
        f"{name}:{found.line}:{found.column}: {finding.message}",
        *([finding.reason] if finding.reason else []),
        address(found),
    ]
    if found.severity == INFO:
        inner = add(case, "system-out")
    else:
        inner = add(case, "failure", message=finding.message, type=found.severity)
    inner.text = "\n".join(map(printable, text))


def _count(element: Element, suites: list[Element]) -> None:
    for name, path in (("tests", "testcase"), ("failures", "*/failure"), ("errors", "*/error")):
        element.set(name, str(sum(len(suite.findall(path)) for suite in suites)))
    element.set("time", "0")
