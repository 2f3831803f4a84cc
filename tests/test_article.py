"""Each practice of the article on an example of the article's kind: found and mended, or reported.

The article is https://testdriven.io/blog/docker-best-practices/; the examples are our own.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

import buildkit
from dockmend import _registry
from dockmend._engine.mend import Settings, mend_text
from dockmend._project.context import BuildContext


class Example(NamedTuple):
    """A Dockerfile with the files beside it, and what becomes of both.

    `after` is None where it is only reported; `adds` are the files that are added, and a line of each.
    """

    before: str
    after: str | None
    says: str
    files: Mapping[str, str] = {}
    adds: Mapping[str, str] = {}


FLASK = {"requirements.txt": "flask==3.0.0\n", "app.py": "import flask\n"}
EXAMPLES = {
    "multi-stage": Example(
        """\
FROM python:3.12.2-slim
WORKDIR /app
RUN apt-get update && \\
    apt-get install -y --no-install-recommends gcc libpq-dev
COPY requirements.txt .
RUN pip install -r requirements.txt
""",
        """\
FROM python:3.12.2-slim AS builder
WORKDIR /app
RUN apt-get update && \\
    apt-get install -y --no-install-recommends gcc libpq-dev
COPY requirements.txt .
RUN pip wheel --wheel-dir /wheels -r requirements.txt

FROM python:3.12.2-slim
WORKDIR /app
RUN apt-get update && \\
    apt-get install -y --no-install-recommends libpq5
COPY requirements.txt .
COPY --from=builder /wheels /wheels
RUN pip install --no-index /wheels/*.whl
""",
        "packages to build with ship in the image: gcc, libpq-dev",
        FLASK,
    ),
    "cache-order": Example(
        "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n",
        "FROM python:3.12-slim\nWORKDIR /app\nCOPY requirements.txt .\n"
        "RUN pip install -r requirements.txt\nCOPY . .\n",
        "a change of any file installs the dependencies",
        FLASK,
    ),
    "slim-base": Example(
        'FROM python:3.12.2\nCOPY app.py /\nCMD ["python", "/app.py"]\n',
        'FROM python:3.12.2-slim\nCOPY app.py /\nCMD ["python", "/app.py"]\n',
        "larger than it need be",
    ),
    "merge-run": Example(
        "FROM debian:12-slim\nRUN apt-get update\nRUN apt-get install -y netcat\n",
        "FROM debian:12-slim\nRUN apt-get update \\\n    && apt-get install -y netcat\n",
        "2 consecutive RUN",
    ),
    "package-cache": Example(
        "FROM python:3.12-slim\n"
        "RUN apt-get update && apt-get install -y --no-install-recommends \\\n    gcc \\\n    netcat\n",
        "FROM python:3.12-slim\n"
        "RUN apt-get update && apt-get install -y --no-install-recommends \\\n    gcc \\\n    netcat \\\n"
        "    && rm -rf /var/lib/apt/lists/*\n",
        "package lists",
    ),
    "non-root-user": Example(
        'FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD ["gunicorn", "-b", "0.0.0.0:8000", "app:app"]\n',
        "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\n"
        "RUN useradd --system --create-home app\nUSER app\n"
        'CMD ["gunicorn", "-b", "0.0.0.0:8000", "app:app"]\n',
        "the container runs as root",
    ),
    "add-to-copy": Example(
        "FROM python:3.12-slim\nWORKDIR /app\nADD requirements.txt /app\n",
        "FROM python:3.12-slim\nWORKDIR /app\nCOPY requirements.txt /app\n",
        "ADD where COPY does the same",
        FLASK,
    ),
    "pip-cache": Example(
        "FROM python:3.12-slim\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n",
        "FROM python:3.12-slim\nCOPY requirements.txt .\n"
        "RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt\n",
        "what pip downloads stays in the layer",
    ),
    "single-process": Example(
        "FROM python:3.12-slim\nCMD service postgresql start && gunicorn app:app\n",
        None,
        "what `service postgresql start` starts",
    ),
    "exec-form": Example(
        "FROM python:3.12-slim\nCMD gunicorn -w 4 -k uvicorn.workers.UvicornWorker main:app\n",
        "FROM python:3.12-slim\n"
        'CMD ["gunicorn", "-w", "4", "-k", "uvicorn.workers.UvicornWorker", "main:app"]\n',
        "CMD in shell form",
    ),
    "entrypoint-cmd": Example(
        'FROM python:3.12-slim\nENTRYPOINT ["gunicorn", "config.wsgi", "-w", "4"]\n',
        'FROM python:3.12-slim\nENTRYPOINT ["gunicorn", "config.wsgi"]\nCMD ["-w", "4"]\n',
        "ENTRYPOINT fixes what look like defaults, `-w 4`",
    ),
    "healthcheck": Example(
        'FROM python:3.12-slim\nEXPOSE 8000\nCMD ["gunicorn", "-b", "0.0.0.0:8000", "app:app"]\n',
        "FROM python:3.12-slim\nEXPOSE 8000\n"
        "HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \\\n"
        '    CMD ["python", "-c", "import http.client as h; '
        "c = h.HTTPConnection('127.0.0.1', 8000); c.request('GET', '/'); "
        'exit(c.getresponse().status >= 500)"]\n'
        'CMD ["gunicorn", "-b", "0.0.0.0:8000", "app:app"]\n',
        "nothing tells whether the gunicorn on port 8000 still answers",
    ),
    "image-version": Example(
        "FROM python\n", "FROM python:3.12\n", "has no tag", {".python-version": "3.12\n"}
    ),
    "no-secrets": Example(
        'FROM python:3.12-slim\nENV DATABASE_PASSWORD "hunter2hunter2"\n',
        None,
        "the value of DATABASE_PASSWORD",
    ),
    "no-secrets, of the build": Example(
        "FROM python:3.12-slim\nARG PIP_TOKEN\n"
        "RUN pip install -i https://ci:$PIP_TOKEN@pypi.example.com/simple app\n",
        "FROM python:3.12-slim\n"
        "RUN --mount=type=secret,id=PIP_TOKEN,env=PIP_TOKEN"
        " pip install -i https://ci:$PIP_TOKEN@pypi.example.com/simple app\n",
        "the build argument PIP_TOKEN",
    ),
    "dockerignore": Example(
        "FROM python:3.12-slim\nCOPY . .\n",
        "FROM python:3.12-slim\nCOPY . .\n",
        "there is no .dockerignore to exclude .git",
        {"app.py": "", ".env": "A=1\n", ".git/HEAD": "ref: refs/heads/main\n"},
        {".dockerignore": ".git"},
    ),
}


@pytest.mark.parametrize("practice", EXAMPLES)
def test_found_and_mended(practice: str, tmp_path: Path) -> None:
    example = EXAMPLES[practice]
    for file, content in {"Dockerfile": example.before, **example.files}.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(content)
    settings = Settings((_registry.load(practice.partition(",")[0]),), unsafe=True)
    result = mend_text(example.before, settings, str(tmp_path / "Dockerfile"), BuildContext(str(tmp_path)))
    buildkit.judge(result.text)
    assert not result.problems
    assert result.text == (example.after or example.before)
    (finding,) = result.findings if example.after is None else result.mended
    assert example.says in finding.finding.message
    assert {Path(file.path).name: file.text.split("\n")[1] for file in result.files} == example.adds


def test_every_practice_has_one() -> None:
    # compose-limits has a Compose file, pin-digest asks a registry, lint another program: see their own tests.
    elsewhere = {"compose-limits", "lint", "pin-digest"}
    assert {name.partition(",")[0] for name in EXAMPLES} == set(_registry.HOOKS) - elsewhere
