from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from builds.images import Store, why_not

collect_ignore = ["projects", "examples"]


@pytest.fixture
def store() -> Iterator[Store]:
    """A store of images of its own; where nothing can be built the test is skipped, and in CI it fails."""
    reason = why_not()
    if reason is not None:
        if "DOCKMEND_BUILDS" in os.environ:
            pytest.fail(f"DOCKMEND_BUILDS asks for builds, and {reason}")
        pytest.skip(reason)
    # Not in pytest's folders: what is mounted there would be in the way of whoever clears them.
    store = Store(Path(tempfile.mkdtemp(prefix="dockmend-builds-")))
    yield store
    store.close()
