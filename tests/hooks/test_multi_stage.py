from __future__ import annotations

import re

import pytest

from dockmend import multi_stage
from dockmend._dockerfile.parser import parse
from dockmend._engine.mend import Settings, mend_text
from dockmend._project import build_packages
from dockmend._project.build_packages import may_build, package
from dockmend._project.context import BuildContext
from dockmend._registry import HOOKS, load
from dockmend._shell import trim
from dockmend._shell.code import Code
from dockmend.multi_stage import HOOK
from harness import Row, suite

HEAD = "FROM python:3.12-slim\n"
APT = "RUN apt-get update && apt-get install -y gcc\n"
LIST = "COPY requirements.txt .\n"
PIP = f"{LIST}RUN pip install -r requirements.txt\n"
WHEEL = f"{LIST}RUN pip wheel --wheel-dir /wheels -r requirements.txt\n"
COPIED = "COPY --from=builder /wheels /wheels\n"
WHEELS = "RUN pip install --no-index /wheels/*.whl\n"
INSTALLED = f"{LIST}{COPIED}{WHEELS}"
BUILDER = "FROM python:3.12-slim AS builder\n"


def both(prefix: str) -> str:
    """A file that installs gcc, runs `prefix`, and installs with pip."""
    return f"{HEAD}{APT}{prefix}{PIP}"


LEFT_ALONE = [
    Row("nothing to build with", f"{HEAD}RUN apt-get install -y curl\n{PIP}", says=""),
    Row("nothing to build", f"{HEAD}{APT}CMD a\n", says=""),
    Row("several stages", f"{HEAD}{APT}{PIP}FROM alpine:3.20\n", says=""),
    Row("a compiler for something else", f"{HEAD}{APT}RUN gcc a.c\n{PIP}", says=""),
    Row("a recipe", f"{HEAD}{APT}{PIP}RUN ./configure && make\n", says=""),
    Row(
        "removed again",
        f"{HEAD}RUN apt-get install -y gcc && pip install a && apt-get purge -y gcc\n",
        says="",
    ),
    Row(
        "removed again from Alpine",
        "FROM python:3.12-alpine\nRUN apk add gcc && pip install a && apk del gcc\n",
        says="",
    ),
    Row("only other installers", f"{HEAD}{APT}RUN pip install -U pip setuptools poetry==1.8\n", says=""),
    Row("Python's headers alone", f"{HEAD}RUN apt-get install -y python3-dev\n{PIP}", says=""),
    Row("make alone", f"{HEAD}RUN apt-get install -y make pkg-config\n{PIP}", says=""),
    Row(
        "make for the container",
        f'{HEAD}RUN apt-get install -y gcc make\n{PIP}CMD ["make", "serve"]\n',
        says="",
    ),
    Row("Windows", f"FROM python:3.12-windowsservercore\n{APT}{PIP}", says=""),
    Row("Go in an image of its own", "FROM golang:1.24\nRUN go build -o /a .\n", says=""),
    Row(
        "for the server of the base image",
        "FROM php:7.1-fpm\nRUN apt-get install -y libpng-dev && docker-php-ext-install gd\n",
        says="what of them the outcome of `docker-php-ext-install` needs",
    ),
    Row(
        "in an image that serves nothing",
        "FROM php:8.3-cli\nRUN apt-get install -y libpng-dev && docker-php-ext-install gd\n",
        says="",
    ),
    Row("something to work in", f"FROM node:22\n{APT}RUN npm ci\nCMD bash\n", says=""),
    Row("a program that compiles", f"FROM node:22\n{APT}RUN npm ci\nCMD npm install && npm start\n", says=""),
    Row("an interpreter to work in", f'FROM node:22\n{APT}RUN npm ci\nCMD ["node", "-i"]\n', says=""),
    Row(
        "something to work in behind a script",
        f'FROM node:22\n{APT}RUN npm ci\nENTRYPOINT ["/entrypoint.sh"]\nCMD ["bash"]\n',
        says="",
    ),
    Row("nothing is started", f"FROM node:22\n{APT}RUN npm ci\n", says=""),
    # Reported, and not mended.
    Row(
        "what setup.py builds",
        "FROM ubuntu:22.04\nRUN apt-get update && apt-get install -y gcc python3-dev\n"
        "RUN cd /a && python3 setup.py install\nCMD a\n",
        says="the outcome of `setup.py` needs",
    ),
    Row(
        "a program of Node.js",
        'FROM node:22-alpine\nRUN apk add build-base\nRUN npm ci\nCMD ["node", "app.js"]\n',
        says="the outcome of `npm` needs",
    ),
    Row(
        "a program of C",
        'FROM debian:12\nRUN apt-get install -y gcc libfoo-dev\nRUN ./configure && make\nCMD ["/usr/local/bin/a"]\n',
        says="the outcome of `configure` needs",
    ),
    Row(
        "an image that may be any",
        f"FROM python:$V\n{APT}{PIP}",
        says="Python's own images alone",
    ),
    Row(
        "Go that ships",
        'FROM golang:1.24\nRUN go build -o /a .\nCMD ["/a"]\n',
        says="the toolchain ships with it",
    ),
    Row(
        "Java that ships",
        'FROM maven:3\nRUN mvn -q package\nCMD ["java"]\n',
        says="the toolchain ships with it",
    ),
    Row("a full image", f"FROM python:3.12\n{APT}{PIP}", says="slim-base goes first"),
    Row("another image", f"FROM ubuntu:24.04\n{APT}{PIP}", says="Python's own images alone"),
    Row(
        "a header package of unknown library",
        f"{HEAD}RUN apt-get install -y libfoo-dev\n{PIP}",
        says="libfoo-dev leaves behind",
    ),
    Row(
        "a package that only the shell knows",
        f"{HEAD}RUN apt-get install -y gcc $MORE\n{PIP}",
        says="$MORE leaves behind",
    ),
    Row("two installations", f"{HEAD}{APT}{PIP}RUN pip install gunicorn\n", says="more than one step"),
    Row("two tools", f"{HEAD}{APT}{PIP}WORKDIR /a\nRUN uv sync\n", says="more than one tool"),
    Row(
        "the project itself", f"{HEAD}{APT}COPY . .\nRUN pip install .\n", says="installs the project itself"
    ),
    Row("an editable project", f"{HEAD}{APT}COPY . .\nRUN pip install -e .\n", says="what -e means"),
    Row("a target", f"{HEAD}{APT}RUN pip install --target /a b\n", says="what --target means"),
    Row("a variable", f"{HEAD}{APT}RUN pip install $X\n", says="only the shell can tell"),
    Row(
        "uv without an environment",
        f"{HEAD}{APT}RUN uv pip install --system a\n",
        says="only pip builds wheels",
    ),
    Row(
        "a longer script",
        f"{HEAD}RUN apt-get install -y gcc || true\n{PIP}",
        says="more than commands joined by `&&`",
    ),
    Row("another program", both("RUN curl https://a | sh\n"), says="more than commands joined"),
    Row("another command", both("RUN curl -o /a https://a\n"), says="line 3 does more than install"),
    Row("another user", both("USER app\n"), says="the USER of line 3 comes before"),
    Row("a volume", both("VOLUME /data\n"), says="the VOLUME of line 3 comes before"),
    Row(
        "a script behind",
        f"{HEAD}{APT}{PIP}COPY . .\nRUN ./build.sh\n",
        says="line 6 runs what may need the compilers",
    ),
    Row(
        "a name that is taken",
        f"FROM python:3.12-slim AS builder\n{APT}{PIP}",
        says="the name builder is taken",
    ),
    Row(
        "a comment for a linter",
        f"# hadolint ignore=DL3006\n{HEAD}{APT}{PIP}",
        says="tells a linter to look away",
    ),
    Row(
        "a comment in FROM", f"FROM \\\n# it\n python:3.12-slim\n{APT}{PIP}", says="over lines with comments"
    ),
    Row(
        "a comment among the packages",
        f"{HEAD}RUN apt-get install -y curl \\\n    # to build\n    gcc\n{PIP}",
        says="a comment stands among what goes in line 2",
    ),
    Row(
        "RUN instructions that merge-run joins first",
        f"{HEAD}{APT}RUN pip install a\n",
        says="merge-run joins the RUN of line 2 with another first",
    ),
    Row(
        "a comment beside a mount that goes",
        f"{HEAD}{APT}WORKDIR /a\nRUN \\\n  # it\n  --mount=type=cache,target=/c/pip pip install a\n",
        says="a comment stands among what goes in line 4",
    ),
    Row(
        "Poetry's own place", f"{HEAD}{APT}WORKDIR /a\nRUN poetry install\n", says="whose place is not known"
    ),
    Row("uv in no known folder", f"{HEAD}{APT}RUN uv sync\n", says="the working directory is not known"),
    Row(
        "uv's unknown place",
        f"{HEAD}{APT}WORKDIR /a\nARG D\nENV UV_PROJECT_ENVIRONMENT=$D\nRUN uv sync\n",
        says="uv makes",
    ),
    Row(
        "an environment beside the system",
        f"{HEAD}{APT}RUN python -m venv /v\nRUN /v/bin/pip install a\nRUN pip install b\n",
        says="not every installation goes into /v",
    ),
    Row(
        "an environment in a variable",
        f"{HEAD}{APT}RUN python -m venv $V\nRUN pip install a\n",
        says="is not plain",
    ),
    Row("an environment nowhere", f"{HEAD}{APT}RUN virtualenv v\nRUN pip install a\n", says="is not known"),
]

UNSAFE = [
    Row(
        "the article's",
        "FROM python:3.12.2-slim\n\nWORKDIR /app\n\nENV PYTHONDONTWRITEBYTECODE 1\nENV PYTHONUNBUFFERED 1\n\n"
        "RUN apt-get update && \\\n    apt-get install -y --no-install-recommends gcc\n\n"
        "COPY requirements.txt .\nRUN pip install --no-cache-dir -r requirements.txt\n\nCOPY . .\n",
        "FROM python:3.12.2-slim AS builder\nWORKDIR /app\nENV PYTHONDONTWRITEBYTECODE 1\nENV PYTHONUNBUFFERED 1\n"
        "RUN apt-get update && \\\n    apt-get install -y --no-install-recommends gcc\n"
        "COPY requirements.txt .\nRUN pip wheel --wheel-dir /wheels --no-cache-dir -r requirements.txt\n\n"
        "FROM python:3.12.2-slim\n\nWORKDIR /app\n\nENV PYTHONDONTWRITEBYTECODE 1\nENV PYTHONUNBUFFERED 1\n\n"
        f"COPY requirements.txt .\n{COPIED}RUN pip install --no-cache-dir --no-index /wheels/*.whl\n\nCOPY . .\n",
        says="no longer finds it",
    ),
    Row(
        "header packages become libraries, others stay",
        f"{HEAD}RUN apt-get update && apt-get install -y \\\n      build-essential \\\n      curl \\\n      libpq-dev \\\n"
        f"      libffi-dev \\\n && rm -rf /var/lib/apt/lists/*\n{PIP}CMD a\n",
        f"{BUILDER}RUN apt-get update && apt-get install -y \\\n      build-essential \\\n      curl \\\n      libpq-dev \\\n"
        f"      libffi-dev\n{WHEEL}\n"
        f"{HEAD}RUN apt-get update && apt-get install -y \\\n      curl \\\n      libpq5 \\\n"
        f" && rm -rf /var/lib/apt/lists/*\n{INSTALLED}CMD a\n",
    ),
    Row(
        "in lower case",
        "from python:3.12-slim\nrun apt-get install -y gcc\nworkdir /a\nrun pip install a\n",
        "from python:3.12-slim as builder\nrun apt-get install -y gcc\nworkdir /a\n"
        "run pip wheel --wheel-dir /wheels a\n\n"
        "from python:3.12-slim\nworkdir /a\ncopy --from=builder /wheels /wheels\n"
        "run pip install --no-index /wheels/*.whl\n",
    ),
    Row(
        "a library that is there already",
        f"{HEAD}RUN apt-get install -y libpq5 libpq-dev libmagic1\n{PIP}",
        f"{BUILDER}RUN apt-get install -y libpq5 libpq-dev libmagic1\n{WHEEL}\n"
        f"{HEAD}RUN apt-get install -y libpq5 libmagic1\n{INSTALLED}",
    ),
    Row(
        "all in one RUN",
        f"{HEAD}RUN apt-get update && apt-get install -y gcc && pip install -U flask 'uwsgi>=2' && mkdir /maid\n",
        f"{BUILDER}RUN apt-get update && apt-get install -y gcc && pip wheel --wheel-dir /wheels flask 'uwsgi>=2'\n\n"
        f"{HEAD}{COPIED}RUN pip install -U --no-index /wheels/*.whl && mkdir /maid\n",
    ),
    Row(
        "comments go where their lines go",
        f"# top\n{HEAD}# to build\n# hiredis\n{APT}# the list\n{LIST}# install\n{PIP.removeprefix(LIST)}",
        f"# top\n{BUILDER}# to build\n# hiredis\n{APT}{WHEEL}\n{HEAD}# the list\n{LIST}{COPIED}# install\n{WHEELS}",
    ),
    Row(
        "comments and flags within",
        "ARG V=3.12\nFROM python:$V-slim\nRUN apt-get update \\\n  # one\n  && apt-get install -y gcc\nCOPY a.txt .\n"
        "RUN --mount=type=cache,target=/root/.cache/pip \\\n  # two\n  python -m pip install -r a.txt\n",
        f"ARG V=3.12\nFROM python:$V-slim AS builder\nRUN apt-get update \\\n  # one\n  && apt-get install -y gcc\n"
        "COPY a.txt .\nRUN --mount=type=cache,target=/root/.cache/pip \\\n  python -m pip wheel --wheel-dir /wheels -r a.txt\n\n"
        f"FROM python:$V-slim\nCOPY a.txt .\n{COPIED}RUN \\\n  # two\n"
        "  python -m pip install --no-index /wheels/*.whl\n",
    ),
    Row(
        "what needs no builder is not repeated",
        f"{HEAD}LABEL a=b\nEXPOSE 80\n{APT}WORKDIR /a\nRUN pip install --upgrade pip\n{PIP}CMD a\n",
        f"{BUILDER}{APT}WORKDIR /a\nRUN pip install --upgrade pip\n{WHEEL}\n"
        f"{HEAD}LABEL a=b\nEXPOSE 80\nWORKDIR /a\nRUN pip install --upgrade pip\n{INSTALLED}CMD a\n",
    ),
    Row(
        "what cleans up does not go into the builder",
        f"{HEAD}{APT.rstrip()} && rm -rf /var/lib/apt/lists/*\nWORKDIR /a\nRUN rm -rf /var/cache/apt\n{PIP}",
        f"{BUILDER}{APT}WORKDIR /a\n{WHEEL}\n{HEAD}WORKDIR /a\nRUN rm -rf /var/cache/apt\n{INSTALLED}",
    ),
    Row(
        "a mount that something else still needs",
        f"{HEAD}{APT}WORKDIR /a\nRUN --mount=type=cache,target=/root/.cache/pip pip install -U pip && pip install a\n",
        f"{BUILDER}{APT}WORKDIR /a\nRUN --mount=type=cache,target=/root/.cache/pip pip install -U pip && "
        f"pip wheel --wheel-dir /wheels a\n\n{HEAD}WORKDIR /a\n{COPIED}"
        "RUN --mount=type=cache,target=/root/.cache/pip pip install -U pip && pip install --no-index /wheels/*.whl\n",
    ),
    Row(
        "lists that a later RUN installs from",
        f"{HEAD}{APT}{PIP}COPY a b\nRUN apt-get install -y curl\n",
        f"{BUILDER}{APT}{WHEEL}\n{HEAD}RUN apt-get update\n{INSTALLED}COPY a b\nRUN apt-get install -y curl\n",
    ),
    Row(
        "Alpine",
        "FROM python:3.12-alpine\nRUN apk add --no-cache g++ musl-dev postgresql-dev\nWORKDIR /a\nRUN pip install psycopg2\n",
        "FROM python:3.12-alpine AS builder\nRUN apk add --no-cache g++ musl-dev postgresql-dev\n"
        "WORKDIR /a\nRUN pip wheel --wheel-dir /wheels psycopg2\n\nFROM python:3.12-alpine\n"
        f"RUN apk add --no-cache libstdc++ libpq\nWORKDIR /a\n{COPIED}{WHEELS}",
    ),
    Row(
        "a virtual environment",
        f'{HEAD}ENV VIRTUAL_ENV=/opt/venv\n{APT}WORKDIR /a\nRUN python3 -m venv /opt/venv\nENV PATH="$VIRTUAL_ENV/bin:$PATH"\n'
        "COPY a.txt .\nRUN pip install -U pip && pip install -r a.txt\nWORKDIR /a\nRUN pip install gunicorn\nCOPY . .\n",
        f'{BUILDER}ENV VIRTUAL_ENV=/opt/venv\n{APT}WORKDIR /a\nRUN python3 -m venv /opt/venv\nENV PATH="$VIRTUAL_ENV/bin:$PATH"\n'
        "COPY a.txt .\nRUN pip install -U pip && pip install -r a.txt\nWORKDIR /a\nRUN pip install gunicorn\n\n"
        f'{HEAD}ENV VIRTUAL_ENV=/opt/venv\nWORKDIR /a\nENV PATH="$VIRTUAL_ENV/bin:$PATH"\n'
        "COPY a.txt .\nWORKDIR /a\nCOPY --from=builder /opt/venv /opt/venv\nCOPY . .\n",
    ),
    Row(
        "an environment by its path",
        f"{HEAD}WORKDIR /app\nRUN apt-get install -y gcc && python -m venv .venv && .venv/bin/pip install a\n".replace(
            ".venv/bin", "/app/.venv/bin"
        ),
        f"{BUILDER}WORKDIR /app\nRUN apt-get install -y gcc && python -m venv .venv && /app/.venv/bin/pip install a\n\n"
        f"{HEAD}WORKDIR /app\nCOPY --from=builder /app/.venv /app/.venv\n",
    ),
    Row(
        "uv's environment",
        f"{HEAD}COPY --from=ghcr.io/astral-sh/uv:0.9.5 /uv /bin/\n{APT}WORKDIR /app\nCOPY pyproject.toml uv.lock ./\n"
        'RUN uv sync --frozen\nCOPY . .\nCMD ["uv", "run", "app"]\n',
        f"{BUILDER}COPY --from=ghcr.io/astral-sh/uv:0.9.5 /uv /bin/\n{APT}WORKDIR /app\nCOPY pyproject.toml uv.lock ./\n"
        f"RUN uv sync --frozen\n\n{HEAD}COPY --from=ghcr.io/astral-sh/uv:0.9.5 /uv /bin/\nWORKDIR /app\n"
        'COPY pyproject.toml uv.lock ./\nCOPY --from=builder /app/.venv /app/.venv\nCOPY . .\nCMD ["uv", "run", "app"]\n',
    ),
    Row(
        "Poetry's environment",
        f"{HEAD}{APT}WORKDIR /app\nENV POETRY_VIRTUALENVS_IN_PROJECT=1\nRUN pip install poetry\nCOPY . .\nRUN poetry install\n",
        f"{BUILDER}{APT}WORKDIR /app\nENV POETRY_VIRTUALENVS_IN_PROJECT=1\nRUN pip install poetry\nCOPY . .\nRUN poetry install\n\n"
        f"{HEAD}WORKDIR /app\nENV POETRY_VIRTUALENVS_IN_PROJECT=1\nRUN pip install poetry\nCOPY . .\n"
        "COPY --from=builder /app/.venv /app/.venv\n",
    ),
    Row(
        "Poetry's environment, and a user made behind it",
        f"{HEAD}{APT}WORKDIR /app\nENV POETRY_VIRTUALENVS_IN_PROJECT=1\nRUN pip install poetry\nCOPY . .\n"
        "RUN --mount=type=cache,target=/root/.cache/pypoetry poetry install && useradd app\nUSER app\n",
        f"{BUILDER}{APT}WORKDIR /app\nENV POETRY_VIRTUALENVS_IN_PROJECT=1\nRUN pip install poetry\nCOPY . .\n"
        "RUN --mount=type=cache,target=/root/.cache/pypoetry poetry install\n\n"
        f"{HEAD}WORKDIR /app\nENV POETRY_VIRTUALENVS_IN_PROJECT=1\nRUN pip install poetry\nCOPY . .\n"
        "COPY --from=builder /app/.venv /app/.venv\nRUN useradd app\nUSER app\n",
    ),
]

MANY = "then the file has several stages"
test_left_alone, test_mended, test_unsafe = suite(
    HOOK,
    LEFT_ALONE,
    (),
    UNSAFE,
    without={
        "later-stage": MANY,
        "base-stage": MANY,
        "onbuild": "a trigger runs in another build",
        "other-escape": "the backtick marks a file for Windows",
        "heredoc": "what stands in the body is a script that calls other programs",
        "lower-case": "AS is written as FROM is",
        "umbrella": "other hooks mend the RUN instructions too",
    },
)


def test_slim_base_goes_first() -> None:
    text = "FROM python:3.12\nRUN apt-get update && apt-get install -y gcc\nCOPY a.txt .\nRUN pip install -r a.txt\n"
    after = []
    for names in (("slim-base", "multi-stage"), ("multi-stage", "slim-base")):
        hooks = tuple(HOOK if name == HOOK.name else load(name) for name in names)
        after.append(mend_text(text, Settings(hooks, unsafe=True), None, BuildContext(None)).text)
    assert after[0] == after[1]
    assert after[0].count("FROM python:3.12-slim") == 2


def test_all_hooks_settle_in_one_file_in_any_order() -> None:
    text = UNSAFE[0].before
    hooks = [HOOK if name == HOOK.name else load(name) for name in (*HOOKS, *({HOOK.name} - set(HOOKS)))]
    results = [
        mend_text(text, Settings(tuple(order), unsafe=True), None, BuildContext(None))
        for order in (hooks, hooks[::-1])
    ]
    assert not results[0].problems
    assert results[0].text == results[1].text
    assert "pip wheel" in results[0].text


@pytest.mark.parametrize(
    ("name", "family", "builds", "leaves"),
    [
        ("gcc-12", "debian", True, ""),
        ("python3.12-dev", "debian", True, ""),
        ("libpq-dev", "debian", True, "libpq5"),
        ("libpq-dev", "alpine", True, "libpq"),
        ("libfoo-dev", "debian", True, None),
        ("curl", "debian", False, "curl"),
        ("makepasswd", "debian", False, "makepasswd"),
    ],
)
def test_packages(name: str, family: str, builds: bool, leaves: str | None) -> None:
    assert package(name, family) == (builds, leaves)
    assert may_build(f"apt-get install -y {name}\n") or not builds


def test_every_name_of_a_package_to_build_with_has_a_hint() -> None:
    tables = build_packages._TOOLS, build_packages._IN_PYTHON
    libraries = build_packages._DEBIAN_LIBRARIES, build_packages._ALPINE_LIBRARIES
    for name in {"linux-headers-amd64", "python3.12-dev", "a-devel"}.union(*tables, *libraries):
        assert package(name, "debian").builds or package(name, "alpine").builds
        assert may_build(name)


def test_commands_are_taken_out_of_a_list() -> None:
    doc = parse("FROM a:1\nRUN a 1 && b && c && d\n")
    commands = trim.chain(Code(doc, doc.instructions[1]))
    assert commands is not None

    def left(gone: dict[int, str]) -> str | None:
        changes = trim.without(commands, gone)
        return None if changes is None else trim.apply("a 1 && b && c && d", changes)

    assert left({0: "", 1: ""}) == "c && d"
    assert left({1: "", 2: ""}) == "a 1 && d"
    assert left({2: "x y", 3: ""}) == "a 1 && b && x y"
    assert left({0: "", 2: ""}) == "b && d"
    assert left(dict.fromkeys(range(4), "")) is None


def test_the_page_shows_what_happens() -> None:
    before, after = re.findall(r"```dockerfile\n(.*?)```", multi_stage.__doc__ or "", re.DOTALL)
    settings = Settings((HOOK,), unsafe=True)
    assert mend_text(before, settings, None, BuildContext(None)).text == after
