from __future__ import annotations

import itertools

import pytest

from dockmend import merge_run, package_cache
from dockmend._engine.mend import mend_text
from dockmend._project.context import BuildContext
from dockmend.pip_cache import HOOK
from harness import Row, settings_for, suite

WITHOUT = {
    "other-escape": "a file with that escape character is for Windows",
    "heredoc": "that of a RUN is a script like any other",
}
TRIGGERS = {"onbuild": "the user is not there for its own trigger"}
MOUNT = "--mount=type=cache,target=/root/.cache/pip"
NO_CACHE = {"style": "no-cache-dir"}


def left(reason: str, text: str, says: str = "", base: str = "python:3.12", **more: dict[str, str]) -> Row:
    return Row(reason, f"FROM {base}\n{text}\n", says=says, **more)  # type: ignore[arg-type]


def mended(reason: str, before: str, after: str, base: str = "python:3.12", **more: dict[str, str]) -> Row:
    return Row(reason, f"FROM {base}\n{before}\n", f"FROM {base}\n{after}\n", **more)  # type: ignore[arg-type]


LEFT_ALONE = [
    left("no installer", "RUN make"),
    left(
        "nothing is installed", "RUN pip --version && pip list && poetry config a b && uv lock && uv pip list"
    ),
    left("no cache wanted", "RUN pip install --no-cache-dir flask && pip install --no-cache flask"),
    left("no cache wanted before the subcommand", "RUN pip --no-cache-dir install flask"),
    left("no cache wanted by ENV", "ENV PIP_NO_CACHE_DIR=0\nRUN pip install flask"),
    left("no cache wanted by ARG", "ARG PIP_NO_CACHE_DIR\nRUN pip install flask"),
    left("no cache wanted for one command", "RUN PIP_NO_CACHE_DIR=1 pip install flask"),
    left(
        "no cache wanted by configuration", "RUN pip config set global.no-cache-dir true && pip install flask"
    ),
    left("no cache for uv", "RUN uv pip install --no-cache flask && uv sync -n && UV_NO_CACHE=1 uv sync"),
    left("nothing downloaded", "RUN pip install --no-index --find-links=/wheels flask"),
    left("a mount is there", f"RUN {MOUNT} pip install flask"),
    left("a mount above", "RUN --mount=type=cache,dst=/root/.cache pip install flask"),
    left("a mount somewhere", "ARG WHERE\nRUN --mount=type=cache,target=$WHERE pip install flask"),
    left("a mount for a user unknown", "USER app\nRUN --mount=type=cache,target=/c pip install flask"),
    left("the caches are removed", "RUN pip install flask && rm -rf ~/.cache"),
    left(
        "its cache is removed, whoever runs it",
        "RUN pip install flask && rm -r /root/.cache/pip",
        base="me/app",
    ),
    left("downloads alone", "RUN pip download flask"),
    left("only the shell can tell", "RUN pip $DO flask && $PIP install"),
    left("a Windows image", "RUN pip install flask", base="mcr.microsoft.com/windows/servercore"),
    left("the base's user is not known", "RUN pip install flask", "base image is not known", base="me/app"),
    left("the base's user is another", "RUN pip install flask", "jovyan", base="jupyter/base-notebook"),
    left(
        "a build argument decides the user", "ARG WHO\nUSER $WHO\nRUN pip install flask", "decides the user"
    ),
    left("a user unknown", "USER app\nRUN pip install flask", "the number of the user app is not known"),
    left(
        "a user with no home known",
        "USER 1000\nRUN pip install flask",
        "the cache folder of pip is not known",
        without=TRIGGERS,
    ),
    left(
        "a user whose home is somewhere",
        "RUN adduser --system --uid 1000 app\nUSER app\nRUN pip install flask",
        "the cache folder of pip is not known",
        without=TRIGGERS,
    ),
    left(
        "another command of another user",
        "RUN useradd -u 1000 app\nUSER app\nRUN pip install flask && flask init",
        "would be root's",
        without=TRIGGERS,
    ),
    left(
        "a trigger sets the user",
        "ONBUILD USER app\nONBUILD RUN pip install flask",
        "a trigger sets the user",
    ),
    left("by sudo", "RUN sudo -H pip install flask", "as another user"),
    left(
        "the cache is emptied too early",
        "RUN pip install flask && rm -rf ~/.cache/pip && pip install click",
        "works on the cache folder",
    ),
    left("the cache is purged", "RUN pip install flask && pip cache purge", "works on the cache folder"),
    left("the home is emptied", "RUN pip install flask; rm -rf /tmp/* /root/*", "works on the cache folder"),
    left("a folder of its own", "RUN pip install --cache-dir=/tmp/pip flask", "a cache folder of its own"),
    left("the script says where", "RUN export HOME=/app && pip install flask", "sets where the cache is"),
    left("a folder that holds more", "ENV PIP_CACHE_DIR=/srv/app\nRUN pip install flask", "may hold more"),
    left("a folder too high", "ENV PIP_CACHE_DIR=/cache\nRUN pip install flask", "may hold more"),
    left("a folder unknown", "ARG PIP_CACHE_DIR\nRUN pip install flask", "is not known"),
    left("a folder with a comma", "ENV PIP_CACHE_DIR=/a/pip,b\nRUN pip install flask", "may hold more"),
    left("environments in the cache", "RUN poetry install", "virtual environment"),
    left("links into the cache", "ENV UV_LINK_MODE=symlink\nRUN uv sync", "may link to its cache"),
    left("links of pdm", "RUN pdm config install.cache on && pdm install", "may link to its cache"),
    left("in exec form", 'RUN ["pip", "install", "flask"]', "it is in exec form"),
    left("another shell", 'SHELL ["/bin/zsh", "-c"]\nRUN pip install flask', "another than sh or bash"),
    left("not understood", "RUN if pip install flask; then", "not understood"),
    Row(
        "a syntax of old",
        "# syntax=docker/dockerfile:1.1\nFROM python:3.12\nRUN pip install flask\n",
        says="from before cache mounts",
        without={"bom": "the row begins with its directive"},
    ),
    Row(
        "a syntax unknown",
        "# syntax=example.org/frontend:1\nFROM python:3.12\nRUN pip install flask\n",
        says="not Docker's own",
    ),
    left(
        "beside another RUN",
        "RUN make\n# then\nRUN pip install flask",
        "merge-run joins it with the RUN of line 2 first",
        without={
            "onbuild": "triggers are not joined",
            "later-stage": "another line",
            "base-stage": "BuildKit takes it as it is",
        },
    ),
    Row(
        "an option of no name",
        "FROM python:3.12\nRUN pdm install && pipenv sync\n",
        options=NO_CACHE,
        says="has no option",
    ),
    Row("a pip of old", "FROM ubuntu:14.04\nRUN pip install flask\n", options=NO_CACHE, says="too old"),
]

MENDED = [
    mended(
        "the example of the docs",
        "COPY requirements.txt .\nRUN pip install -r requirements.txt",
        f"COPY requirements.txt .\nRUN {MOUNT} pip install -r requirements.txt",
    ),
    mended("any pip", "RUN pip3.12 install flask", f"RUN {MOUNT} pip3.12 install flask"),
    mended(
        "pip as a module",
        "RUN python3 -m pip -q install flask",
        f"RUN {MOUNT} python3 -m pip -q install flask",
    ),
    mended("pip in a folder", "RUN /venv/bin/pip wheel .", f"RUN {MOUNT} /venv/bin/pip wheel ."),
    mended(
        "pip among others",
        "RUN apt-get install -y gcc \\\n    # wheels\n    && pip install -r a.txt && pip install b",
        f"RUN {MOUNT} apt-get install -y gcc \\\n    # wheels\n    && pip install -r a.txt && pip install b",
    ),
    mended("on the next line", "RUN \\\n  pip install a", f"RUN {MOUNT} \\\n  pip install a"),
    mended(
        "beside other flags",
        "RUN --mount=type=secret,id=a --network=host pip install a",
        f"RUN {MOUNT} --mount=type=secret,id=a --network=host pip install a",
    ),
    mended(
        "in a loop",
        "RUN for p in a b; do pip install $p; done",
        f"RUN {MOUNT} for p in a b; do pip install $p; done",
    ),
    mended(
        "in a here-document",
        "RUN <<EOF\nset -e\npip install a\nEOF",
        f"RUN {MOUNT} <<EOF\nset -e\npip install a\nEOF",
        without={"crlf": "the shell would get the CR"},
    ),
    mended(
        "under bash",
        'SHELL ["/bin/bash", "-c"]\nRUN pip install a',
        f'SHELL ["/bin/bash", "-c"]\nRUN {MOUNT} pip install a',
    ),
    mended(
        "root by name",
        "USER root:root\nRUN pip install a",
        f"USER root:root\nRUN {MOUNT} pip install a",
        base="me/app",
    ),
    mended(
        "root by number", "USER 0\nRUN pip install a", f"USER 0\nRUN {MOUNT} pip install a", base="me/app"
    ),
    mended(
        "a user of this file",
        "RUN useradd -m -u 1000 app\nUSER app:app\nRUN pip install --user a",
        "RUN useradd -m -u 1000 app\nUSER app:app\n"
        "RUN --mount=type=cache,target=/home/app/.cache/pip,uid=1000 pip install --user a",
    ),
    mended(
        "a user by number",
        "RUN adduser -D -u 1000 -h /srv app\nUSER 1000\nRUN pip install a",
        "RUN adduser -D -u 1000 -h /srv app\nUSER 1000\n"
        "RUN --mount=type=cache,target=/srv/.cache/pip,uid=1000 pip install a",
    ),
    mended(
        "HOME of ENV",
        "ENV HOME=/app\nRUN pip install a",
        "ENV HOME=/app\nRUN --mount=type=cache,target=/app/.cache/pip pip install a",
    ),
    mended(
        "XDG_CACHE_HOME of ENV",
        "ENV XDG_CACHE_HOME=/var/cache\nRUN pip install a",
        "ENV XDG_CACHE_HOME=/var/cache\nRUN --mount=type=cache,target=/var/cache/pip pip install a",
    ),
    mended(
        "PIP_CACHE_DIR of ENV",
        "ENV PIP_CACHE_DIR=/var/pip/\nRUN pip install a",
        "ENV PIP_CACHE_DIR=/var/pip/\nRUN --mount=type=cache,target=/var/pip pip install a",
    ),
    mended(
        "uv",
        "RUN uv pip install --system a && uv sync --frozen",
        "RUN --mount=type=cache,target=/root/.cache/uv uv pip install --system a && uv sync --frozen",
    ),
    mended(
        "pipenv",
        "RUN pipenv install --system",
        "RUN --mount=type=cache,target=/root/.cache/pipenv pipenv install --system",
    ),
    mended("pdm", "RUN pdm sync", "RUN --mount=type=cache,target=/root/.cache/pdm pdm sync"),
    *(
        mended(
            f"poetry with {setting}",
            f"{setting}\nCOPY a b\nRUN poetry install",
            f"{setting}\nCOPY a b\nRUN --mount=type=cache,target=/root/.cache/pypoetry poetry install",
        )
        for setting in (
            "ENV POETRY_VIRTUALENVS_CREATE=false",
            "ENV POETRY_VIRTUALENVS_IN_PROJECT=1",
            "ENV POETRY_VIRTUALENVS_PATH=/venvs",
            "ENV VIRTUAL_ENV=/venv",
            "RUN poetry config virtualenvs.create false",
        )
    ),
    mended(
        "two installers",
        "RUN pip install pdm && pdm install",
        f"RUN --mount=type=cache,target=/root/.cache/pdm {MOUNT} pip install pdm && pdm install",
    ),
    Row(
        "a syntax of today",
        "# syntax=docker/dockerfile:1\nFROM python:3.12\nRUN pip install a\n",
        f"# syntax=docker/dockerfile:1\nFROM python:3.12\nRUN {MOUNT} pip install a\n",
    ),
    Row(
        "a stage that does not ship",
        "FROM python:3.12 AS b\nRUN pip wheel a\nRUN make\nFROM scratch\nCOPY --from=b /a /a\n",
        f"FROM python:3.12 AS b\nRUN {MOUNT} pip wheel a\nRUN make\nFROM scratch\nCOPY --from=b /a /a\n",
        without={"base-stage": "the stage of that name stays the builder"},
    ),
    Row(
        "no cache at all",
        "FROM me/app\nRUN pip install a && \\\n  python -m pip install \\\n  b && rm -rf ~/.cache\n",
        "FROM me/app\nRUN pip install --no-cache-dir a && \\\n  python -m pip install --no-cache-dir \\\n  b && rm -rf"
        " ~/.cache\n",
        options=NO_CACHE,
    ),
    Row(
        "no cache for uv and poetry",
        "FROM me/app\nRUN uv pip install a\nCOPY a b\nRUN poetry install\n",
        "FROM me/app\nRUN uv pip install --no-cache a\nCOPY a b\nRUN poetry install --no-cache\n",
        options=NO_CACHE,
    ),
]

test_left_alone, test_mended, test_unsafe = suite(HOOK, LEFT_ALONE, MENDED, (), WITHOUT)


@pytest.mark.parametrize(
    "text",
    [
        "RUN make\nRUN pip install a\nRUN make install\n",
        "RUN pip install a\n\n# more\nRUN pip install b\n",
        "RUN service a start\nRUN pip install b\n",
        "RUN apt-get update && apt-get install -y a\nRUN pip install b\nCOPY a b\nRUN pip install c\n",
        f"RUN {MOUNT} pip install a\nRUN pip install b\nRUN make\n",
        "RUN <<EOF\npip install a\nEOF\nRUN pip install b\n",
        "ONBUILD RUN pip install a\nONBUILD RUN pip install b\n",
        "RUN pip install a # note\nRUN pip install b\n",
        "RUN pip install a\n# hadolint ignore=DL3042\nRUN pip install b\n",
    ],
)
def test_in_any_order_with_the_hooks_of_run(text: str) -> None:
    text = "FROM python:3.12\n" + text
    place = None, BuildContext(None)
    results = set()
    for hooks in itertools.permutations((HOOK, merge_run.HOOK, package_cache.HOOK)):
        together = mend_text(text, settings_for(*hooks), *place)
        assert not together.problems
        results.add(together.text)
        one_by_one = text
        for hook in hooks * 4:
            one_by_one = mend_text(one_by_one, settings_for(hook), *place).text
        results.add(one_by_one)
    assert len(results) == 1
