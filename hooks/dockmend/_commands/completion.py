"""`dockmend completion SHELL`: a script that completes options, hooks, commands and paths."""

from __future__ import annotations

import sys

from dockmend import _parser, _registry
from dockmend._commands import COMMANDS
from dockmend._report.output import Output
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MORE = """: bash, zsh or fish.

  bash: source <(dockmend completion bash), in ~/.bashrc
  zsh:  source <(dockmend completion zsh), in ~/.zshrc, below compinit
  fish: dockmend completion fish | source, in ~/.config/fish/config.fish"""

_TAKES = {
    "--select": "hooks",
    "--extend-select": "hooks",
    "--ignore": "hooks",
    "--patch": "file",
    "--config": "file",
    "--stdin-filename": "file",
    "--output-file": "file",
    "--context": "folder",
}


class _Option(NamedTuple):
    """`takes` says what its value is: "" for none, words to choose from, or a key of the tables below."""

    names: tuple[str, ...]
    about: str
    takes: str


def main(arguments: Sequence[str]) -> int:
    """Print the script of the shell that is named."""
    parser = _parser.CommandParser("completion", "SHELL", _MORE)
    parser.add_argument("shell", metavar="SHELL", choices=tuple(_SHELLS), help="the shell")
    lines = _SHELLS[parser.parse_args(arguments).shell]
    out = Output(sys.stdout, "standard output")
    out.text("\n".join(lines(list(_listed()))) + "\n")
    out.flush()
    return 0


def _listed() -> Iterator[_Option]:
    for action in _parser.parser_of(None)._actions:
        names = tuple(action.option_strings)
        takes = "" if action.nargs == 0 else next((_TAKES[name] for name in names if name in _TAKES), "word")
        if action.choices is not None:
            takes = " ".join(map(str, action.choices))
        yield _Option(names, (action.help or "").replace("`", ""), takes)


_BASH = {
    "hooks": 'COMPREPLY=($(compgen -P "$list" -W "$hooks" -- "${word##*,}")); $unspaced',
    "file": "IFS=$'\\n'; COMPREPLY=($(compgen -f -- \"$word\"))",
    "folder": "IFS=$'\\n'; COMPREPLY=($(compgen -d -- \"$word\"))",
    "word": ":",
}


def _bash(options: list[_Option]) -> Iterator[str]:
    def words(listed: str) -> str:
        return f'COMPREPLY=($(compgen -W "{listed}" -- "$word"))'

    yield "_dockmend() {"
    yield "    local IFS=$' \\t\\n' word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} list="
    yield f'    local hooks="{" ".join(_registry.HOOKS)} ALL"'
    # The bash of macOS has no compopt.
    yield "    local unspaced='compopt -o nospace'; type compopt &> /dev/null || unspaced=:"
    yield "    COMPREPLY=()"
    yield "    if [[ $word == '=' ]]; then word=; fi"
    yield "    if [[ $before == '=' ]]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi"
    yield "    if [[ $word == *,* ]]; then list=${word%,*},; fi"
    yield '    case "$before" in'
    for option in options:
        if option.takes:
            yield f"        {'|'.join(option.names)}) {_BASH.get(option.takes) or words(option.takes)} ;;"
    yield f"        rule) {words(' '.join(_registry.HOOKS))} ;;"
    yield f"        completion) {words(' '.join(_SHELLS))} ;;"
    yield "        *)"
    yield "            if [[ $word == -* ]]; then"
    yield f"                {words(' '.join(name for option in options for name in option.names))}"
    yield "                return"
    yield "            fi"
    yield f"            if ((COMP_CWORD == 1)); then {words(' '.join(COMMANDS))}; fi"
    yield f"            {_BASH['file'].replace('=(', '+=(')} ;;"
    yield "    esac"
    yield "}"
    yield "complete -o filenames -F _dockmend dockmend"


_ZSH = {
    "hooks": "_sequence compadd - $hooks",
    "file": "_files",
    "folder": "_files -/",
    "word": " ",
}


def _zsh(options: list[_Option]) -> Iterator[str]:
    yield "#compdef dockmend"
    yield "_dockmend() {"
    yield f"    local -a hooks=({' '.join(_registry.HOOKS)} ALL) commands=("
    yield from (f"        '{name}:{about}'" for name, about in COMMANDS.items())
    yield "    )"
    yield '    case "$words[2]" in'
    yield "        rule) _arguments '1:' '2:hook:($hooks)'; return ;;"
    yield f"        completion) _arguments '1:' '2:shell:({' '.join(_SHELLS)})'; return ;;"
    yield "    esac"
    yield "    _arguments \\"
    for option in options:
        about = option.about.replace("'", "'\\''")
        for mark in "[]:":
            about = about.replace(mark, f"\\{mark}")
        many = "*" if option.takes == "hooks" else ""
        value = f":value:{_ZSH.get(option.takes, f'({option.takes})')}" if option.takes else ""
        for name in option.names:
            yield f"        '{many}{name}{'=' if value and name.startswith('--') else ''}[{about}]{value}' \\"
    yield "        '1: :{_describe command commands; _files}' '*:file:_files'"
    yield "}"
    yield 'if [[ "$funcstack[1]" == _dockmend ]]; then _dockmend "$@"; else compdef _dockmend dockmend; fi'


_FISH = {
    "hooks": '-x -a "(__fish_complete_list , __dockmend_hooks)"',
    "file": "-r -F",
    "folder": '-x -a "(__fish_complete_directories)"',
    "word": "-x",
}


def _fish(options: list[_Option]) -> Iterator[str]:
    yield "function __dockmend_hooks"
    yield f"    printf '%s\\n' {' '.join(_registry.HOOKS)} ALL"
    yield "end"
    for option in options:
        words = f'-x -a "{option.takes}"'
        value = f" {_FISH.get(option.takes, words)}" if option.takes else ""
        for name in option.names:
            flag = f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}"
            yield f"complete -c dockmend {flag} -d {_quoted(option.about)}{value}"
    for name, about in COMMANDS.items():
        yield f"complete -c dockmend -n __fish_is_first_arg -a {name} -d {_quoted(about)}"
    for name, listed in (("rule", _registry.HOOKS), ("completion", _SHELLS)):
        seen = f'-n "__fish_seen_subcommand_from {name}"'
        yield f'complete -c dockmend {seen} -f -a "{" ".join(listed)}"'


def _quoted(text: str) -> str:
    """In single quotes, as fish reads them."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


_SHELLS = {"bash": _bash, "zsh": _zsh, "fish": _fish}
