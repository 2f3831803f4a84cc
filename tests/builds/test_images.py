"""What builds and containers leave behind on this machine: nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from builds.images import Container, Store

pytestmark = pytest.mark.builds


def mounts(of: str, folder: Path) -> list[str]:
    """The mount points below the folder that a process sees."""
    lines = Path(f"/proc/{of}/mounts").read_text().splitlines()
    return [point for line in lines if (point := line.split(" ")[1]).startswith(f"{folder}/")]


def test_a_store_leaves_no_mount(store: Store, tmp_path: Path) -> None:
    own = Store(tmp_path / "own")
    (tmp_path / "Dockerfile").write_text("FROM busybox:1.35\nRUN true\nRUN exit 3\n")
    assert own.build(tmp_path).status != 0
    container = own.said("from", "--pull-never", "busybox:1.35")
    assert Path(own.said("mount", container), "bin", "sh").is_symlink()
    assert mounts("self", own.folder)
    assert not mounts(str(os.getppid()), own.folder), "they would outlive this process"
    own.close()
    assert not mounts("self", own.folder)
    assert not own.folder.exists()


@pytest.mark.parametrize("user", ["root", "nobody"])
def test_a_container_leaves_no_process(user: str, store: Store, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        f'FROM busybox:1.35\nUSER {user}\nCMD ["sh", "-c", "sleep 1000 & sleep 1001 & wait"]\n'
    )
    image = store.built(tmp_path)
    with image.mounted() as root, Container(image, root).started() as container:
        while len(container.processes()) < 3:
            pass
        space = os.readlink(f"/proc/{container.first()}/ns/pid")
    assert space not in [namespace(number) for number in os.listdir("/proc") if number.isdigit()]


def namespace(number: str) -> str:
    """The process's namespace of processes, nothing where it has ended."""
    try:
        return os.readlink(f"/proc/{number}/ns/pid")
    except OSError:
        return ""
