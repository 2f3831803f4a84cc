"""The hooks by name: the one list of them, and how each is found."""

from __future__ import annotations

import importlib

from dockmend._typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from dockmend._hook import Hook

# In the order of the practices they serve. `exec-form` lives in dockmend/exec_form.py.
HOOKS = (
    "multi-stage",
    "cache-order",
    "slim-base",
    "merge-run",
    "package-cache",
    "non-root-user",
    "add-to-copy",
    "pip-cache",
    "single-process",
    "exec-form",
    "entrypoint-cmd",
    "healthcheck",
    "image-version",
    "no-secrets",
    "dockerignore",
    "lint",
    "pin-digest",
    "compose-limits",
)

# Those that find nothing in a Dockerfile, and need not be imported for one.
ELSEWHERE = frozenset({"compose-limits"})

# Where the documentation is; each hook has a page there.
SITE = "https://dockmend.github.io/dockmend/"


def load(name: str) -> Hook:
    """The hook of that name, its module imported now. Raises KeyError for a name that is none."""
    if name not in HOOKS:
        raise KeyError(name)
    return cast("Hook", importlib.import_module(f"dockmend.{name.replace('-', '_')}").HOOK)


def resolve(code: str) -> str | None:
    """The name of the hook that `code` means: the name itself, or a code it is also known as (DL3020).

    Only a code that is no name makes all hooks be imported.
    """
    if code in HOOKS:
        return code
    found = next((name for name in HOOKS if code in load(name).aliases), None)
    if found is None and _is_numbered(code):
        found = next((name for name in HOOKS if f"{code[:2]}*" in load(name).aliases), None)
    return found


def meaning(code: str) -> str | None:
    """What `code` stands for where hooks are listed: the name of its hook, or itself as one of many of it.

    To ignore DL3020 is to ignore add-to-copy, to ignore DL3008 is not to ignore lint.
    """
    name = resolve(code)
    return code if name is not None and code != name and code not in load(name).aliases else name


def _is_numbered(code: str) -> bool:
    """Whether it looks like a code of hadolint or ShellCheck."""
    return len(code) == 6 and code[2:].isascii() and code[2:].isdecimal()


def link(name: str) -> str:
    """The address of the page of the hook of that name."""
    return f"{SITE}hooks/{name}/"


def page(name: str) -> str:
    """The page of the hook of that name, in Markdown: the docstring of its module."""
    return (importlib.import_module(f"dockmend.{name.replace('-', '_')}").__doc__ or "").strip()
