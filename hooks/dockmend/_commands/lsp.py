"""`dockmend lsp`: the language server."""

from __future__ import annotations

from dockmend._engine.errors import Failure
from dockmend._parser import CommandParser
from dockmend._registry import SITE
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MORE = f""", over standard input and output.

Editors start it: {SITE}editors/ says how."""


def main(arguments: Sequence[str]) -> int:
    """Serve one editor until it says goodbye. Raises Failure where the server's libraries are missing."""
    parser = CommandParser("lsp", more=_MORE)
    parser.add_argument(
        "--stdio", action="store_true", help="accepted, since some editors give it: there is no other way"
    )
    parser.parse_args(arguments)
    try:
        from dockmend._server.server import SERVER
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith(("lsprotocol", "pygls")):
            raise
        raise Failure(
            "dockmend lsp: error: pygls is not installed; `pip install 'dockmend[lsp]'` installs it"
        ) from error
    SERVER.start_io()
    return 0
