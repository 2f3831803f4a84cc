"""What an editor is told, and what it makes of its file, is what the command line says and makes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from lsprotocol import types

from lsp_client import SERVER, Session, offset
from shapes import SHAPES

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"

PYTHON = """\
# syntax=docker/dockerfile:1
FROM python:3.12
ARG PIP_VERSION=24.0
# \U0001f40d the database client's headers
RUN apt-get update
RUN apt-get install -y libpq-dev && echo "\U0001f600 é漢" > /motd
WORKDIR /app
ADD requirements.txt .
RUN pip install -r requirements.txt
ADD . .
ENV GREETING="\U0001f44b\U0001f3fd" API_TOKEN=ghp_0123456789abcdefghijABCDEFGHIJ012345
CMD echo \U0001f600 \\
    # \U0001f40d
    && python -m app "$GREETING"
CMD gunicorn --bind 0.0.0.0:8000 \\
    --name "\U0001f600" app:app
"""
NODE = """\
FROM node AS build
COPY . /src
RUN npm ci
RUN npm run build
FROM nginx:latest
# dockmend: ignore[image-version] pinned by \U0001f916
COPY --from=build /src/dist /usr/share/nginx/html
ADD https://example.org/\U0001f4e6.tar.gz /tmp/
RUN cat <<EOF > /etc/motd && apt-get update
RUN this is text, \U0001f600
EOF
RUN apt-get install -y curl
HEALTHCHECK CMD curl --fail http://localhost/\u2028
ENTRYPOINT nginx -g "daemon off;"
"""

COMPOSE = """\
# \U0001f433 the shop
services:
  web:
    image: nginx  # \U0001f600
    environment:
      DB_PASSWORD: "hunter2-\U0001f600-s3cr3t"
  app:
    build:
      dockerfile_inline: |
        # \U0001f40d
        FROM python:3.12
        ADD "\U0001f600" /app/
        CMD python \U0001f600.py
"""


def disguised(text: str) -> Iterator[str]:
    yield text
    yield text.replace("\n", "\r\n")
    yield text.replace("\n", "\r\n", 5)
    yield f"\ufeff{text}"
    yield text[:-1]
    yield "\ufeff" + text[:-1].replace("\n", "\r\n")


def texts() -> Iterator[tuple[str, str]]:
    """The name of a file, and its text."""
    for text in (*SHAPES.values(), *disguised(PYTHON), *disguised(NODE)):
        yield "Dockerfile", text.encode("utf-8", "replace").decode()
    for text in (*disguised(COMPOSE), "services: [\n", "a: &b\nservices:\n"):
        yield "compose.yaml", text
    yield "deploy.sh", "# \U0001f433\ndocker run --name \U0001f600 nginx \\\n  --memory 1g\n"
    for path in sorted([*CORPUS.glob("valid/*/Dockerfile"), *CORPUS.glob("compose/*/*.y*ml")])[::40]:
        try:
            yield path.name, path.read_bytes().decode()
        except UnicodeDecodeError:
            pass  # an editor has no such text


TEXTS = {f"{number}/{name}": text for number, (name, text) in enumerate(texts())}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each text in a folder of its own."""
    top = tmp_path_factory.mktemp("texts")
    for name, text in TEXTS.items():
        path = top / name
        path.parent.mkdir()
        path.write_bytes(text.encode())
        (path.parent / "requirements.txt").touch()
    return top


def dockmend(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SERVER[0], *arguments, "."], cwd=folder, capture_output=True, text=True)


Said = dict[str, list[tuple[object, ...]]]


def reported(folder: Path) -> tuple[Said, Said]:
    """What the command line finds, by the text's name, and what it says of those that are refused."""
    done = dockmend(folder, "--output-format", "json")
    found, refused = defaultdict(list), defaultdict(list)
    for one in json.loads(done.stdout):
        place = (one["line"], one["column"], one["end_line"], one["end_column"])
        reason = one["reason"] and f": {one['reason']}"
        found[one["path"]].append((one["hook"], one["severity"], place, one["message"], reason or ""))
    for path, line, message in re.findall(
        r"(?m)^(\d+/\w+(?:\.yaml)?):(\d+)(?::\d+)?: error: (.*)$", done.stderr
    ):
        refused[path].append((int(line), message))
    return dict(found), dict(refused)


def place(text: str, position: types.Position) -> tuple[int, int]:
    """Line and column, from 1, as the command line gives them: lines ended by LF, columns in code points."""
    before = text[: offset(text, position)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


@pytest.mark.asyncio
@pytest.mark.slow
async def test_of_findings_and_mended_texts(session: Session, folder: Path, tmp_path: Path) -> None:
    mended = tmp_path / "mended"
    shutil.copytree(folder, mended)
    dockmend(mended, "--fix")
    session.folder = folder
    await session.start(types.ClientCapabilities())
    found: Said = {}
    refused: Said = {}
    changed = 0
    for name, text in TEXTS.items():
        language = "dockerfile" if name.endswith("Dockerfile") else "yaml"
        for one in await session.open(text, name, language):
            message, _, reason = one.message.partition("\n")
            start, end = place(text, one.range.start), place(text, one.range.end)
            if one.code is None:
                refused.setdefault(name, []).append((start[0], message.split("mended: ", 1)[1]))
            else:
                assert one.severity is not None
                severity = {1: "error", 2: "warning", 3: "info"}[one.severity]
                said = (
                    one.code,
                    severity,
                    (*start, *end),
                    message,
                    reason[reason.find(": ") :] if reason else "",
                )
                found.setdefault(name, []).append(said)
        fixed = await session.fixed(name)
        assert fixed == (mended / name).read_bytes().decode(), text
        changed += fixed != text
    assert (found, refused) == reported(folder)
    assert changed > 20
    assert len(refused) > 5
    assert sum(map(len, found.values())) > 100
