"""dockmend: find Dockerfile problems and mend them in place.

Two functions are for use from Python, `check_text` and `mend_text`: what the commands do, of one text. They
write nothing, and read nothing but a build context that is given.
"""

from __future__ import annotations

from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dockmend._engine.mend import Result, Settings

__version__ = "0.1.0"

__all__ = ["check_text", "mend_text"]


def check_text(
    text: str,
    *,
    name: str = "Dockerfile",
    context: str | None = None,
    select: Iterable[str] | None = None,
    ignore: Iterable[str] = (),
    options: Mapping[str, Mapping[str, object]] | None = None,
) -> Result:
    """What the hooks find in `text`: the result's `findings`, or its `problems` where the text is refused.

    `name` is the file name that tells what kind of text it is (`compose.yaml` is a Compose file), and
    `context` the folder of the build context, None where there is none: then hooks leave alone what only
    that could prove. `select` and `ignore` are hooks by their names (exec-form) or codes (DL3025), all of
    them where nothing is selected; `options` are their settings by name, as in the configuration. Lines and
    columns of findings count from 1, offsets from 0, columns and offsets in code points. Bytes that are not
    UTF-8 may be lone surrogates, as `surrogateescape` decodes them. Raises ValueError for a name that is no
    hook's.
    """
    from dockmend._engine import mend
    from dockmend._project.context import BuildContext

    settings = _settings(select, ignore, options, unsafe=False)
    return mend.check_text(text, settings, _path(name, context), BuildContext(context))


def mend_text(
    text: str,
    *,
    name: str = "Dockerfile",
    context: str | None = None,
    select: Iterable[str] | None = None,
    ignore: Iterable[str] = (),
    options: Mapping[str, Mapping[str, object]] | None = None,
    unsafe: bool = False,
) -> Result:
    """`text` mended: the result's `text`, with what was `mended` and which `findings` are left.

    With `unsafe`, fixes that may change behaviour are made too. Files beside the text, such as a new
    .dockerignore, are in `files` and not written. Where the text is refused, or a fix did not keep its word,
    it comes back as it was, with `problems`. All else is as of `check_text`.
    """
    from dockmend._engine import mend
    from dockmend._project.context import BuildContext

    settings = _settings(select, ignore, options, unsafe=unsafe)
    return mend.mend_text(text, settings, _path(name, context), BuildContext(context))


def _path(name: str, context: str | None) -> str:
    import os

    return os.path.abspath(os.path.join(context or "", name))


def _settings(
    select: Iterable[str] | None,
    ignore: Iterable[str],
    options: Mapping[str, Mapping[str, object]] | None,
    *,
    unsafe: bool,
) -> Settings:
    from dockmend import _registry
    from dockmend._engine.mend import Settings
    from dockmend._engine.select import ALL, selection

    def named(code: str) -> str:
        name = _registry.meaning(code)
        if name is None:
            raise ValueError(f"no hook is called {code!r}")
        return name

    names = {ALL} if select is None else {named(code) for code in select}
    hooks, asked, codes = selection(names, {named(code) for code in ignore})
    given = {named(code): settings for code, settings in (options or {}).items()}
    return Settings(hooks, options=given, unsafe=unsafe, asked=asked, codes=codes)
