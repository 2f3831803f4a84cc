"""Safe fixes, proved by building: the image is the same before and after, and so is what it does when it runs.

Each project is built as it stands and as all hooks together mend it. Compared are all files (path, type, mode,
owner, content), the image's configuration, and a container of each: one that exposes a port is asked there,
any other runs to its end.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from builds import projects
from builds.compare import differences
from builds.images import Container, Image, Store
from dockmend import _registry
from dockmend._engine.mend import Settings, mend_text
from dockmend._hook import SAFE
from dockmend._project.find import find_context

pytestmark = pytest.mark.builds

# buildah 1.28 reads none: test_heredocs.py.
HEREDOCS = "heredocs"
BUILT = [name for name in projects.NAMES if name != HEREDOCS]
# What a hook is there to keep out of the image: paths that may be gone where it has mended.
KEPT_OUT = {
    "package-cache": r"/var/lib/apt/lists/.+",
    "pip-cache": r"/(root|home/[^/]+)/\.cache(/pip(/.*)?)?",
    "dockerignore": r".*/(Dockerfile|\.dockerignore|README\.md|tests|\.git|"
    + "|".join(sorted(re.escape(path.split("/")[0]) for path in projects.LITTER))
    + r")(/.*)?",
}
# buildah leaves the folder that a cache was mounted to; BuildKit removes what it made for that (executor/stubs.go).
MOUNT_POINT = r"/(root|home/[^/]+)/\.cache(/pip)?"
# Lists what lay in the project's folder.
LISTS = r"/.*\.egg-info/SOURCES\.txt"
# What a hook is there to change in the configuration.
CHANGED = {"exec-form": {"Cmd", "Entrypoint", "Healthcheck", "OnBuild"}, "merge-run": {"OnBuild"}}


@pytest.mark.parametrize("name", BUILT)
def test_same_image(name: str, store: Store, tmp_path: Path) -> None:
    before = projects.copied(projects.FOLDER / name, tmp_path / "before")
    after = projects.mended(before, tmp_path / "after")
    old, new = store.built(before), store.built(after.folder)
    assert old.number != new.number, "nothing was mended that shows"
    with old.mounted() as old_root, new.mounted() as new_root:
        found = differences(old_root, new_root)
        assert {path: how for path, how in found.items() if not meant(path, how, after.hooks)} == {}
        may_differ = {part for hook in after.hooks for part in CHANGED.get(hook, ())}
        assert settings(old, may_differ) == settings(new, may_differ)
        assert behaviour(Container(old, old_root)) == behaviour(Container(new, new_root))


def meant(path: str, how: str, hooks: frozenset[str]) -> bool:
    """Whether a hook is there to make that difference."""
    if how == "new":
        return "pip-cache" in hooks and re.fullmatch(MOUNT_POINT, path) is not None
    if how == "content":
        return "dockerignore" in hooks and re.fullmatch(LISTS, path) is not None
    return how == "gone" and any(re.fullmatch(KEPT_OUT[hook], path) for hook in hooks & KEPT_OUT.keys())


def settings(image: Image, without: set[str]) -> dict[str, Any]:
    # buildah makes up a host's name, and names the image that it went out from.
    return {
        name: value for name, value in image.config.items() if name not in {"Hostname", "Image", *without}
    }


def behaviour(container: Container) -> tuple[Any, ...]:
    """What a container does: its end and output, or what it answers, what runs in it, and how healthy it is."""
    ports = [
        int(port.removesuffix("/tcp"))
        for port in container.config.get("ExposedPorts") or {}
        if "/tcp" in port
    ]
    if not ports:
        return container.run()
    with container.started():
        answers = [container.ask(port, path) for port in ports for path in ("/", "/nowhere")]
        running = [words for words in container.processes() if "-c" not in words[:2]]
        return answers, running, container.healthy()


def test_every_safe_hook_is_proved() -> None:
    hooks = tuple(_registry.load(name) for name in _registry.HOOKS)
    counts = Counter(
        hook
        for name in BUILT
        for hook in {
            found.hook.name
            for path in [projects.FOLDER / name / "Dockerfile"]
            for text in [path.read_bytes().decode()]
            for found in mend_text(
                text, Settings(hooks), str(path), find_context(str(path), None, text)
            ).mended
        }
    )
    safe = {hook.name for hook in hooks if hook.safety == SAFE}
    assert {name: counts[name] for name in safe if counts[name] < 3} == {}


# buildah may lose what is written right before the end.
FAILING = (
    """RUN {{ echo "fails at {n}: $PWD $(id -u):$(id -g) $(umask) $# $- $0"; """
    """env | sort | grep -v -e ^_= -e ^HOSTNAME=; }} >&2; sleep 0.2; (exit 3)"""
)


@pytest.mark.parametrize("name", BUILT)
def test_same_failure(name: str, store: Store, tmp_path: Path) -> None:
    """A command that fails, put before each RUN and behind the last: it fails in both, in the same surroundings."""
    whole = (projects.FOLDER / name / "Dockerfile").read_bytes().decode()
    variants = list(enumerate(failing(whole)))
    if re.search("pip |apt-get", whole):  # each variant installs again
        variants = variants[1:2]
    for n, text in variants:
        before = projects.copied(projects.FOLDER / name, tmp_path / f"before{n}")
        (before / "Dockerfile").write_bytes(text.encode())
        after = projects.mended(before, tmp_path / f"after{n}")
        if (after.folder / "Dockerfile").read_text() == text:
            continue
        old, new = store.build(before), store.build(after.folder)
        assert (old.status, told(old.output, n)) == (new.status, told(new.output, n)), text
        assert old.status != 0


def failing(text: str) -> list[str]:
    """The text with a failing RUN at each place beside a RUN."""
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.split("\n")
    starts = [n for n, line in enumerate(lines) if re.match(r"(?i)run\s", line)]
    ends = []
    for start in starts:
        at = start
        while re.search(r"[\\`]\r?$", lines[at]) or (at > start and re.match(r"\s*(#|\r?$)", lines[at])):
            at += 1
        ends.append(at + 1)
    found = []
    for n, at in enumerate(sorted({*starts, *ends[-1:]})):
        found.append("\n".join([*lines[:at], FAILING.format(n=n) + end.removesuffix("\n"), *lines[at:]]))
    return found


def told(output: str, n: int) -> str:
    """What the failing command said, and buildah's word on its exit status."""
    found = re.search(rf"(?ms)^fails at {n}: .*?(?=^(?!\w+=))", output)
    assert found, output
    return found.group()
