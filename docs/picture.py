"""Makes docs/report.svg: what dockmend prints for docs/example, as a terminal shows it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

TOP = Path(__file__).parent.parent
ARGUMENTS = ("--select", "package-cache,exec-form,non-root-user", "docs/example")
PICTURE = TOP / "docs" / "report.svg"


def shown() -> str:
    """The command and what it prints, with its colours."""
    command = Path(sys.executable).parent / "dockmend"
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": "80"}
    environment.pop("NO_COLOR", None)
    done = subprocess.run(
        [command, *ARGUMENTS], cwd=TOP, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    return f"\x1b[1m$ dockmend {' '.join(ARGUMENTS)}\x1b[0m\n\n{done.stdout}"


def picture(text: str) -> str:
    """The picture of a terminal's text; it asks for no font from elsewhere."""
    console = Console(record=True, width=80, file=StringIO(), force_terminal=True, color_system="standard")
    console.print(Text.from_ansi(text), end="")
    svg = console.export_svg(title="dockmend", theme=SVG_EXPORT_THEME, unique_id="dockmend")
    svg = re.sub(r"(?s)\s*@font-face \{.*?\}", "", svg)
    return svg.replace("Fira Code", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono")


if __name__ == "__main__":
    PICTURE.write_text(picture(shown()), encoding="utf-8")
