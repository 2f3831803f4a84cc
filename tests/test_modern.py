"""A clean, modern Dockerfile gets no finding at `warning` or above, from any hook."""

from __future__ import annotations

from pathlib import Path

import pytest

import buildkit
from dockmend import _registry
from dockmend._engine.mend import Settings, mend_text
from dockmend._hook import ERROR, WARNING
from dockmend._project.find import find_context

UV = """\
# syntax=docker/dockerfile:1
FROM ghcr.io/astral-sh/uv:0.9.5-python3.13-bookworm-slim AS builder
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=0
WORKDIR /app
RUN --mount=type=cache,target=/root/.cache/uv \\
    --mount=type=bind,source=uv.lock,target=uv.lock \\
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \\
    uv sync --locked --no-install-project --no-dev
COPY . /app
RUN --mount=type=cache,target=/root/.cache/uv \\
    uv sync --locked --no-dev

FROM python:3.13-slim-bookworm
RUN groupadd --system --gid 999 app \\
    && useradd --system --gid 999 --uid 999 --create-home app
COPY --from=builder --chown=app:app /app /app
ENV PATH="/app/.venv/bin:$PATH"
USER app
WORKDIR /app
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s \\
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health')"]
CMD ["uvicorn", "app.main:app", "--host", "0.0.0.0", "--port", "8000"]
"""

POETRY = """\
# syntax=docker/dockerfile:1
ARG PYTHON_VERSION=3.12

FROM python:${PYTHON_VERSION}-slim AS builder
ENV POETRY_VIRTUALENVS_IN_PROJECT=1 \\
    POETRY_NO_INTERACTION=1
WORKDIR /app
RUN --mount=type=cache,target=/root/.cache/pip \\
    pip install poetry==1.8.3
COPY pyproject.toml poetry.lock ./
RUN --mount=type=cache,target=/root/.cache/pypoetry \\
    poetry install --only main --no-root

FROM python:${PYTHON_VERSION}-slim AS runtime
ENV PYTHONUNBUFFERED=1 \\
    PATH="/app/.venv/bin:$PATH"
WORKDIR /app
RUN addgroup --system django && adduser --system --ingroup django django
COPY --from=builder /app/.venv /app/.venv
COPY --chown=django:django . .
USER django
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=3s --retries=3 \\
    CMD ["python", "manage.py", "check"]
ENTRYPOINT ["gunicorn", "config.wsgi"]
CMD ["--bind", "0.0.0.0:8000", "--workers", "4"]
"""

PIP = """\
FROM python:3.12.7-slim AS builder
WORKDIR /build
RUN apt-get update \\
    && apt-get install -y --no-install-recommends gcc libpq-dev \\
    && rm -rf /var/lib/apt/lists/*
COPY requirements.txt .
RUN --mount=type=cache,target=/root/.cache/pip \\
    pip wheel --wheel-dir /wheels -r requirements.txt

FROM python:3.12.7-slim
WORKDIR /srv/app
RUN apt-get update \\
    && apt-get install -y --no-install-recommends libpq5 \\
    && rm -rf /var/lib/apt/lists/* \\
    && useradd --system --uid 1001 web
COPY --from=builder /wheels /wheels
RUN pip install --no-cache-dir --no-index /wheels/*.whl
COPY --chown=web . .
USER web
EXPOSE 5000
HEALTHCHECK CMD ["python", "probe.py"]
CMD ["gunicorn", "--bind=0.0.0.0:5000", "wsgi:app"]
"""

NODE = """\
# syntax=docker/dockerfile:1
FROM node:22-alpine AS build
WORKDIR /usr/src/app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci
COPY . .
RUN npm run build

FROM node:22-alpine
ENV NODE_ENV=production
WORKDIR /usr/src/app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev
COPY --from=build /usr/src/app/dist ./dist
USER node
EXPOSE 3000
HEALTHCHECK --interval=30s CMD ["wget", "-qO-", "http://127.0.0.1:3000/health"]
CMD ["node", "dist/server.js"]
"""

GO = """\
# syntax=docker/dockerfile:1
FROM --platform=$BUILDPLATFORM golang:1.23 AS build
ARG TARGETOS TARGETARCH
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod \\
    --mount=type=cache,target=/root/.cache/go-build \\
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -o /bin/server ./cmd/server

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /bin/server /server
EXPOSE 8080
HEALTHCHECK --interval=30s CMD ["/server", "-health"]
ENTRYPOINT ["/server"]
CMD ["-listen", ":8080"]
"""

IGNORED = ".git\n.env\n*.pem\n*.key\n.venv\nnode_modules\n**/__pycache__\nDockerfile\n.dockerignore\n"
PYTHON = {"app/main.py": "", "manage.py": "", "wsgi.py": "", "probe.py": ""}
MODERN = {
    "uv": (UV, {"pyproject.toml": "[project]\nname = 'a'\n", "uv.lock": "", **PYTHON}),
    "poetry": (POETRY, {"pyproject.toml": "[tool.poetry]\nname = 'a'\n", "poetry.lock": "", **PYTHON}),
    "pip": (PIP, {"requirements.txt": "psycopg2==2.9.9\n", **PYTHON}),
    "node": (NODE, {"package.json": "{}", "package-lock.json": "{}", "src/server.js": ""}),
    "go": (GO, {"go.mod": "module a\n", "go.sum": "", "cmd/server/main.go": "package main\n"}),
}


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "in its project"])
@pytest.mark.parametrize("name", MODERN)
def test_no_warning(name: str, alone: bool, tmp_path: Path) -> None:
    text, files = MODERN[name]
    buildkit.judge(text)
    for file, content in {
        "Dockerfile": text,
        **({} if alone else {".dockerignore": IGNORED, **files}),
    }.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(content)
    hooks = tuple(_registry.load(hook) for hook in _registry.HOOKS)
    path = str(tmp_path / "Dockerfile")
    result = mend_text(text, Settings(hooks), path, find_context(path, None, text))
    assert not result.problems
    said = [
        (one.hook.name, one.line, one.finding.message)
        for one in (*result.findings, *result.mended)
        if one.severity in (WARNING, ERROR)
    ]
    assert not said
