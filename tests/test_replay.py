"""Nothing that a replayed script starts goes on behind it."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from replay import status

SHELLS = [name for name in ("dash", "bash") if shutil.which(name)]
ENDLESS = "while :; do :; done"


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("exit 3", 3),
        (ENDLESS, None),
        (f"true && true | {ENDLESS}", None),
        (f"{ENDLESS} & {ENDLESS} & exit 4", 4),
        (f"( {ENDLESS} ) & trap '' TERM INT HUP; {ENDLESS}", None),
        (f"( exec >f; {ENDLESS} ) & nowhere", 127),
    ],
)
def test_a_script_leaves_no_process_behind(
    shell: str, script: str, expected: int | None, tmp_path: Path
) -> None:
    mark = f"MARK={tmp_path.name}-{shell}"
    tmp_path.chmod(0o755)
    name, _, value = mark.partition("=")
    found = status([str(shutil.which(shell)), "-c", script], tmp_path, {name: value}, seconds=0.2)
    assert found == expected
    until = time.monotonic() + 5
    while marked(mark) and time.monotonic() < until:
        time.sleep(0.01)
    assert not marked(mark)


def marked(mark: str) -> list[str]:
    """The processes that have it in their environment and have not ended."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            ended = folder.joinpath("stat").read_text().rpartition(")")[2].split()[0] == "Z"
            if not ended and mark.encode() in folder.joinpath("environ").read_bytes().split(b"\0"):
                found.append(folder.name)
        except OSError:
            continue
    return found
