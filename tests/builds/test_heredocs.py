"""Heredocs, which buildah 1.28 cannot read, by replay: each written as what BuildKit makes of it, then built."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import buildkit
from builds import projects
from builds.compare import differences
from builds.images import Container, Store

pytestmark = pytest.mark.builds


def replayed(folder: Path) -> None:
    """Rewrite the folder's Dockerfile without heredocs.

    RUN gets one script, the command and the bodies behind it, or the body alone where there is no command
    (BuildKit's dispatchRun); COPY gets a file with the body.
    """
    path = folder / "Dockerfile"
    lines = path.read_text().split("\n")
    for number, said in reversed(list(enumerate(buildkit.judge(path.read_text())))):
        if not said.heredocs:
            continue
        if said.name == "RUN":
            alone = said.value[0].startswith("<<") and " " not in said.value[0]
            bodies = "".join(f"{content}{name}\n" for name, _, content in said.heredocs)
            script = said.heredocs[0][2] if alone else f"{said.value[0]}\n{bodies}"
            line = "RUN " + json.dumps(["/bin/sh", "-c", script])
        else:
            ((_, _, content),) = said.heredocs
            (folder / f"body-{number}").write_text(content)
            line = f"{said.name} body-{number} {said.value[-1]}"
        lines[said.start - 1 : said.end] = [line]
    path.write_text("\n".join(lines))


def test_same_image(store: Store, tmp_path: Path) -> None:
    before = projects.copied(projects.FOLDER / "heredocs", tmp_path / "before")
    after = projects.mended(before, tmp_path / "after")
    for folder in (before, after.folder):
        replayed(folder)
    old, new = store.built(before), store.built(after.folder)
    with old.mounted() as old_root, new.mounted() as new_root:
        assert differences(old_root, new_root) == {}
        assert (old_root / "made" / "two").read_text() == "after a failure\n"
        assert (old_root / "made" / "four").read_text() == "$HOME \\\ntabs\nbehind\n"
        assert Container(old, old_root).run() == Container(new, new_root).run()
