"""What docs/editors.md has editors set up with."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "editors.md"
# Where the editors find `dockmend`.
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


def settings(editor: str, language: str) -> list[str]:
    """The blocks of that language in the section on an editor."""
    (section,) = re.findall(rf"(?ms)^## {editor}\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"))
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", section)
