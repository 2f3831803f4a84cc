"""The words behind `pip install` that name no path of their own: files of requirements, names, URLs.

https://pip.pypa.io/en/stable/cli/pip_install/#options, https://docs.astral.sh/uv/reference/cli/#uv-pip-install
"""

from __future__ import annotations

from dockmend._regex import regex
from dockmend._shell.command_words import unversioned
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = regex(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[A-Za-z0-9,._ -]*\])?(?:[ \t]*(?:===?|[~!<>]=?)[^/\\]*)?")
URL = regex(r"(?!file:)(?:[a-z]+\+)?[a-z]+://\S+")

_FLAGS = frozenset(
    """
    --no-cache-dir --no-cache -U --upgrade -q -qq --quiet -v -vv --verbose --no-deps --pre --user
    --force-reinstall -I --ignore-installed --no-input --disable-pip-version-check --break-system-packages
    --prefer-binary --use-pep517 --no-use-pep517 --no-build-isolation --require-hashes --compile --no-compile
    --no-warn-script-location --no-warn-conflicts --isolated --no-python-version-warning --system --strict
    --no-color --exact --compile-bytecode --process-dependency-links --egg
    """.split()  # noqa: SIM905
)
_VALUED = frozenset(
    """
    -i --index-url --extra-index-url --trusted-host --timeout --default-timeout --retries --only-binary
    --no-binary --progress-bar --root-user-action --upgrade-strategy --exists-action --use-feature
    --use-deprecated --global-option --install-option --python --index --default-index --index-strategy
    --cache-dir --link-mode -P --upgrade-package
    """.split()  # noqa: SIM905
)
_FILES = frozenset({"-r", "--requirement", "--requirements", "-c", "--constraint", "--constraints"})


class PipWords(NamedTuple):
    """`files` are those of `-r` and `-c`, as written; `names` the distributions and URLs."""

    files: tuple[str, ...]
    names: tuple[str, ...]


def read(texts: Sequence[str]) -> PipWords | None:
    """What pip's words name; None where one may be a path, or an option that is not known."""
    files: list[str] = []
    names: list[str] = []
    rest = iter(texts)
    for text in rest:
        option, equals, value = text.partition("=")
        if text in _FILES:
            files.append(next(rest, ""))
        elif option in _FILES and equals:
            files.append(value)
        elif text[:2] in ("-r", "-c") and len(text) > 2:
            files.append(text[2:])
        elif text in _VALUED:
            next(rest, "")
        elif text in _FLAGS or (option in _VALUED and equals):
            continue
        elif NAME.fullmatch(text) or URL.fullmatch(text):
            names.append(text)
        else:
            return None
    return PipWords(tuple(file for file in files if not URL.fullmatch(file)), tuple(names))


def of_command(texts: Sequence[str]) -> Sequence[str] | None:
    """The words behind `pip install`, `python -m pip install` or `uv pip install`; None for another command.

    `texts` are those of the whole command, its program without a folder.
    """
    start = 1
    if texts[1:3] == ["-m", "pip"] and unversioned(texts[0]) in ("python", "pypy"):
        start = 3
    elif texts[0] == "uv" and texts[1:2] == ["pip"]:
        start = 2
    elif unversioned(texts[0]) != "pip":
        return None
    while texts[start : start + 1] and texts[start] in _FLAGS:
        start += 1
    return texts[start + 1 :] if texts[start : start + 1] == ["install"] else None
