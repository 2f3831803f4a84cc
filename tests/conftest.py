from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from registries import Servers

sys.path.insert(0, str(Path(__file__).parent))
pytest.register_assert_rewrite("harness", "buildkit")

# In CI the same examples each time: a new find belongs to the one who looks for it.
settings.register_profile(
    "dockmend",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    derandomize="CI" in os.environ,
)
settings.load_profile("dockmend")


@pytest.fixture(scope="session")
def registries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Real registries on this machine, with no image in them yet."""
    from registries import running

    with running(tmp_path_factory.mktemp("registries")) as servers:
        yield servers


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for what asks a registry: nothing known yet, and Docker's configuration in `.docker`."""
    from dockmend._project import registry

    for name in ("DOCKER_CONFIG", "XDG_CACHE_HOME", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    (home / ".docker").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(registry, "_answers", {})
    return home


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever builds, or makes up texts, is slow."""
    for item in items:
        made_up = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
        if made_up or {"builds", "fuzz"} & {mark.name for mark in item.iter_markers()}:
            item.add_marker("slow")
