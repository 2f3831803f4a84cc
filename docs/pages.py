"""What mkdocs makes by itself: a page for each hook, from its module, their list, and the help."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from typing import Any

from mkdocs.structure.files import File

from dockmend import _cli, _parser, _registry
from dockmend._commands import COMMANDS

# Those that are not about Dockerfiles alone; all others are `dockerfile-NAME`.
_OWN_ID = frozenset({"dockerignore", "compose-limits"})


def hook_page(name: str) -> str:
    """The page of a hook in Markdown: what it is in a few words, and the docstring of its module."""
    hook = _registry.load(name)
    facts = {
        "Fix": hook.safety or "none",
        "Severity": hook.severity,
        "Also known as": ", ".join(hook.aliases),
        "pre-commit": f"`id: {name if name in _OWN_ID else f'dockerfile-{name}'}`",
        "By hand": f"`dockmend --select {name}`, `dockmend-{name} FILE…`",
    }
    lines = [f"- {key}: {value}" for key, value in facts.items() if value]
    title, _, rest = _registry.page(name).partition("\n\n")
    rest = rest.replace("```\n\n```", "```\n\nbecomes\n\n```")
    return "\n".join([f"# {name}", "", f"**{title}**", "", *lines, "", rest, ""])


def hook_list() -> str:
    """The page with all hooks."""
    rows = []
    for name in _registry.HOOKS:
        hook = _registry.load(name)
        fix = hook.safety or "none"
        rows.append(f"| [{name}]({name}.md) | {hook.summary} | {fix} | {', '.join(hook.aliases)} |")
    return "\n".join([
        "# Hooks",
        "",
        "A safe fix never changes what your build makes, beyond what the hook is for; an unsafe one may,",
        "says how, and is made with `--unsafe-fixes` alone. Names and codes are accepted wherever a hook is",
        "named.",
        "",
        "| hook | what it is about | fix | also known as |",
        "| --- | --- | --- | --- |",
        *rows,
        "",
    ])  # fmt: skip


def command_line() -> str:
    """The page with the help of `dockmend` and of its commands."""
    parts = ["# Command line", "", "```text", _parser.parser_of(None).format_help().rstrip(), "```", ""]
    for name in COMMANDS:
        parts += [f"## dockmend {name}", "", "```text", _help(name), "```", ""]
    return "\n".join(parts)


def _help(name: str) -> str:
    with redirect_stdout(io.StringIO()) as shown:
        try:
            _cli.main([name, "--help"])
        except SystemExit:
            pass
    return shown.getvalue().rstrip()


def pages() -> dict[str, str]:
    """Each page that is made here, by its path in the site."""
    hooks = {f"hooks/{name}.md": hook_page(name) for name in _registry.HOOKS}
    return {**hooks, "hooks/index.md": hook_list(), "command-line.md": command_line()}


def on_config(config: Any) -> Any:
    """Called by mkdocs: list the hooks' pages under theirs."""
    listed = next(entry["Hooks"] for entry in config.nav if "Hooks" in entry)
    listed += [f"hooks/{name}.md" for name in _registry.HOOKS]
    return config


def on_files(files: Any, config: Any) -> Any:
    """Called by mkdocs: add the pages."""
    for path, text in pages().items():
        files.append(File.generated(config, path, content=text))
    return files
