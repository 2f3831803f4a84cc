"""hadolint's findings in the same report.

## Why

hadolint knows more than a hundred things to say of a Dockerfile, and ShellCheck, which it carries, hundreds
more of the shell text in it. Two reports of one file are one too many: here they are one, and what a hook of
dockmend finds too is said once, with its fix.

## Example

```dockerfile
FROM debian:12
RUN apt-get update && apt-get install -y curl
CMD curl -f http://example.org
```

`dockmend --extend-select lint` reports DL3008 (the version of curl is not pinned) beside what `package-cache`
and `exec-form` find, and not DL3009 and DL3025, which are the same things.

hadolint is another program, and is run where `lint` was selected by its name: `--extend-select lint`, or
`extend-select = ["lint"]` in the configuration, or `dockmend-lint`. `pip install 'dockmend[lint]'` brings it;
another `hadolint` on the PATH does as well. It is given the text, and nothing is fetched.

Its codes are codes here: `--ignore DL3008`, `# dockmend: ignore[SC2086]`, `severity = { DL3018 = "info" }`.
`.hadolint.yaml` holds, with hadolint or without, for what the other hooks find too: `ignored` and `override`
by their codes, `failure-threshold` and `no-fail` for the exit status, `disable-ignore-pragma`. Its
`trustedRegistries` are checked without hadolint too.

## Fix safety

This hook mends nothing itself. What hadolint finds and another hook can mend is mended by that hook, as
safely as ever, also where `lint` alone is selected: `dockmend-lint` runs the hooks for what hadolint found,
at the places where it did.

## Left alone

A file that hadolint cannot read though BuildKit can, which is said. hadolint's level `style` is `info` here.

## Options

- `trusted-registries`: where images may come from, as a list such as `["docker.io", "*.gcr.io"]`; by default
  what hadolint's configuration says and, where that is silent, anywhere.

## References

- https://github.com/hadolint/hadolint
- https://github.com/hadolint/hadolint/wiki/DL3026
- https://www.shellcheck.net/wiki/
"""

from __future__ import annotations

from dockmend._dockerfile.span import Span
from dockmend._hook import ERROR, INFO, WARNING, Context, Finding, Hook, Unavailable
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dockmend._dockerfile.document import Document
    from dockmend._project.hadolint import Said

_MISSING = "hadolint is not there; run `pip install 'dockmend[lint]'`, or put it on the PATH"


def check(doc: Document, ctx: Context) -> Iterator[Finding]:
    """Yield what hadolint says where it is asked for, and images of registries that are not trusted."""
    trusted = ctx.options["trusted-registries"]
    if not trusted and not ctx.asked:
        return
    from collections.abc import Sequence

    from dockmend._project.hadolint import UNTRUSTED
    from dockmend._project.registries import untrusted

    assert isinstance(trusted, Sequence)
    places = []
    for span, registry in untrusted(doc, trusted) if trusted else ():
        message = f"the image comes from {registry}, which is none of the trusted registries"
        reason = f"only the author knows where else it can be had; trusted are {', '.join(trusted)}"
        places.append(doc.position(span.start)[0])
        yield Finding(message, span, None, reason, ERROR, code=UNTRUSTED)
    if ctx.asked:
        for said in _said(doc, trusted):
            if said.code != UNTRUSTED or said.line not in places:
                yield _finding(doc, said)


def _said(doc: Document, trusted: Sequence[str]) -> list[Said]:
    """What hadolint says. Raises Unavailable."""
    from dockmend._project import hadolint, programs

    executable = programs.find("hadolint")
    if executable is None:
        raise Unavailable(_MISSING, everywhere=True)
    try:
        return hadolint.lint(executable, doc.text.encode("utf-8", "surrogateescape"), trusted)
    except programs.ProgramError as error:
        raise Unavailable(f"hadolint {error}; run `hadolint` by itself to see why") from error


def _finding(doc: Document, said: Said) -> Finding:
    from dockmend._project import hadolint
    from dockmend._project.hadolint_config import SEVERITIES

    line = min(said.line, doc.position(len(doc.text))[0])
    start, end = doc.lines_span(line, line)
    end = doc.line_end(start)
    first = len(doc.text[start:end]) - len(doc.text[start:end].lstrip(" \t\ufeff"))
    span = Span(min(start + max(said.column - 1, first), end), end)
    if said.code == hadolint.NOT_PARSED:
        message = f"hadolint cannot read this file: {said.message}"
        reason = "BuildKit can; what else hadolint would say is not known"
        return Finding(message, span, None, reason, INFO, code=said.code)
    return Finding(
        said.message,
        span,
        reason="no hook mends it here",
        severity=SEVERITIES.get(said.level, WARNING),
        code=said.code,
        link=hadolint.page(said.code),
    )


HOOK = Hook(
    name="lint",
    practice=15,
    summary="hadolint's findings in the same report",
    check=check,
    aliases=("DL*", "SC*"),
    safety=None,
    options={"trusted-registries": []},
)


def main() -> int:
    """The command of this hook."""
    from dockmend._cli import hook_main

    return hook_main(HOOK)
