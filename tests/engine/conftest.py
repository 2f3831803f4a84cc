from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Path]:
    """A folder that every user can reach and write to."""
    folder = tmp_path / "shared"
    folder.mkdir()
    above = [
        parent for parent in folder.parents if parent.stat().st_uid == os.getuid() and parent != Path("/")
    ]
    modes = [(parent, parent.stat().st_mode) for parent in above]
    for parent in above:
        parent.chmod(parent.stat().st_mode | 0o055)
    folder.chmod(0o777)
    yield folder
    folder.chmod(0o700)
    for parent, mode in modes:
        parent.chmod(mode)
