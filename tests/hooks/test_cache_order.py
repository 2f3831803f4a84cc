from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path

import pytest

from dockmend import add_to_copy, cache_order, merge_run, package_cache, pip_cache
from dockmend._engine.mend import mend_text
from dockmend._project.context import BuildContext
from dockmend.cache_order import HOOK
from harness import Row, settings_for, suite

WITHOUT = {
    "other-escape": "a file with that escape character is for Windows",
    "onbuild": "the context of a trigger is another's",
}
LINES = {"later-stage": "another line"}
HEAD = "FROM python:3.12\nWORKDIR /app\n"
PIP = "RUN pip install -r requirements.txt\n"
FLASK: Mapping[str, str | bytes] = {"requirements.txt": "flask==3.0\n"}
NODE = '{"dependencies": {"express": "^4.19.0"}}'
LOCKED: Mapping[str, str | bytes] = {"package.json": NODE, "package-lock.json": "{}"}


def row(
    reason: str, before: str, after: str | None, context: Mapping[str, str | bytes] | None, **more: str
) -> Row:
    says = more.get("says")
    return Row(reason, HEAD + before, None if after is None else HEAD + after, context, says=says)


def left(reason: str, before: str, context: Mapping[str, str | bytes] | None = FLASK, says: str = "") -> Row:
    return row(reason, before, None, context, says=says)


def refused(reason: str, requirements: str, says: str, **files: str) -> Row:
    return left(reason, "COPY . .\n" + PIP, {"requirements.txt": requirements, **files}, says)


LEFT_ALONE = [
    left("the manifest comes first", "COPY requirements.txt .\n" + PIP + "COPY . .\n"),
    left(
        "uv's own example: the project after its dependencies",
        "RUN --mount=type=bind,source=uv.lock,target=uv.lock \\\n    uv sync --locked --no-install-project\n"
        "COPY . .\nRUN uv sync --locked\n",
        {"pyproject.toml": "[build-system]\n", "uv.lock": ""},
    ),
    left(
        "poetry installs the project after its dependencies",
        "COPY pyproject.toml poetry.lock ./\nRUN poetry install --no-root\nCOPY . .\nRUN poetry install\n",
        {"pyproject.toml": "", "poetry.lock": ""},
    ),
    left(
        "npm removes what it has installed",
        "COPY package.json package-lock.json ./\nRUN npm ci --ignore-scripts\nCOPY . .\nRUN npm ci\n",
        LOCKED,
        says="side by side",
    ),
    left("nothing is installed", "COPY . .\nRUN make\n"),
    left("nothing is copied", PIP),
    left("installed by name", "COPY . .\nRUN pip install flask\n"),
    left("the project is installed", "COPY . .\nRUN pip install .\n"),
    left("copied from a stage", "COPY --from=python:3.11 /a/ ./\n" + PIP),
    left("a folder of something else", "COPY static/ static/\nCOPY requirements.txt .\n" + PIP),
    left("copied to another place", "COPY . /srv\n" + PIP),
    left("the working directory is not known", "ARG D\nWORKDIR $D\nCOPY . .\n" + PIP),
    left("a target that is not known", "ARG D\nCOPY . $D\n" + PIP),
    left("a manifest by variable", "COPY . .\nRUN pip install -r $FILE\n"),
    left(
        "a mount",
        "COPY . .\nRUN --mount=type=bind,target=/a pip install -r requirements.txt\n",
        says="a mount brings",
    ),
    left("something else in exec form", 'COPY . .\nRUN ["make"]\n' + PIP, says="may need what is copied"),
    left("files without a dot in their names", "COPY Gemfile Gemfile.lock ./\nRUN bundle install\n", None),
    left("such files one by one", "COPY Gemfile .\nCOPY Gemfile.lock .\nRUN bundle install\n", None),
    left("a file into a folder", "COPY setup.py /app\n" + PIP, None),
    left(
        "more than an installation",
        "COPY . .\nRUN pip install -r requirements.txt && ./a\n",
        says="more than install",
    ),
    left(
        "in a condition",
        "COPY . .\nRUN if true; then pip install -r requirements.txt; fi\n",
        says="other files",
    ),
    left("a redirect", "COPY . .\nRUN pip install -r requirements.txt > log\n", says="other files"),
    left("a file of it is used before", "COPY . .\nRUN make\n" + PIP, says="may need what is copied"),
    left("a file copied over it", "COPY . .\nCOPY a.txt b.txt\n" + PIP, says="stands between"),
    left("a VOLUME", "COPY . .\nVOLUME /app/data\n" + PIP, says="VOLUME of line"),
    left("a WORKDIR", "COPY . .\nWORKDIR /app\n" + PIP, says="WORKDIR of line"),
    left("a WORKDIR and an owner", "COPY --chown=1 . /app\nWORKDIR /app\n" + PIP, says="WORKDIR of line"),
    left("an ENV for its target", "ENV D=/app\nCOPY . $D\nENV D=/srv\n" + PIP, says="ENV of line"),
    left("a flag of its own", "COPY --exclude=a . .\n" + PIP, says="more to it than its words"),
    left("comments within", "COPY . \\\n# all\n  .\n" + PIP, says="more to it than its words"),
    left("in JSON form", 'COPY [".", "."]\n' + PIP, says="has quotes"),
    left("the manifest is not there", "COPY . .\n" + PIP, {}, "is not in the build context"),
    left("the manifest is a folder", "COPY . .\n" + PIP, {"requirements.txt/a": ""}, "is no file"),
    left(
        "the manifest is excluded",
        "COPY . .\n" + PIP,
        {**FLASK, ".dockerignore": "*.txt\n"},
        "is not in the build context",
    ),
    left(
        "a name with a comma",
        "COPY . .\nRUN pip install -r a,b.txt\n",
        {"a,b.txt": "flask\n"},
        "no plain path",
    ),
    left(
        "RUN instructions would meet",
        "COPY requirements.txt .\nRUN pip install -U pip\nCOPY . .\n" + PIP,
        says="side by side",
    ),
    refused("a local project", "-e .\n", "which may name a local project"),
    refused("a local folder", "flask\n./lib\n", "is no plain name"),
    refused("a local archive", "flask.tar.gz\n", "is no plain name"),
    refused("a local URL", "flask @ file:///a\n", "is no plain name"),
    refused("a local index", "--find-links wheels\n", "which may name a local project"),
    refused("an option unknown", "--what flask\n", "which may name a local project"),
    refused("a nested file that is not there", "-r base.txt\n", "base.txt is not in the build context"),
    left(
        "a lifecycle script",
        "COPY . .\nRUN npm ci\n",
        {"package.json": '{"scripts": {"postinstall": "x"}}', "package-lock.json": "{}"},
        "a script that runs on installation: postinstall",
    ),
    *(
        left(f"package.json with {text}", "COPY . .\nRUN npm ci\n", {"package.json": text}, says)
        for text, says in (
            ('{"workspaces": ["a"]}', "names workspaces"),
            ('{"dependencies": {"a": "file:../a"}}', "names a local path"),
            ("{", "is not JSON"),
            ("[]", "is not JSON"),
        )
    ),
    left("a native module", "COPY . .\nRUN npm ci\n", {**LOCKED, "binding.gyp": ""}, "binding.gyp"),
    left(
        "Yarn 2",
        "COPY . .\nRUN yarn --immutable\n",
        {"package.json": "{}", ".yarnrc.yml": ""},
        "also reads .yarnrc.yml",
    ),
    left(
        "pnpm's patches",
        "COPY . .\nRUN pnpm i\n",
        {"package.json": '{"pnpm": {"patchedDependencies": {"a": "b"}}}'},
        "names patches",
    ),
    left("somewhere else", "COPY . .\nRUN npm ci --prefix web\n", LOCKED, ""),
    left(
        "a local module",
        "COPY . .\nRUN go mod download\n",
        {"go.mod": "replace a => ../a\n"},
        "replaces a module",
    ),
    left(
        "a Go workspace",
        "COPY . .\nRUN go mod download\n",
        {"go.mod": "module a\n", "go.work": ""},
        "go.work",
    ),
    left("Cargo", "COPY . .\nRUN cargo fetch\n", {"Cargo.toml": ""}, "the sources of each target"),
    left(
        "Cargo, and a target that it looks for",
        "COPY . .\nRUN cargo fetch --locked\n",
        {"Cargo.toml": '[lib]\nname = "a"\n[[bin]]\nname = "b"\npath = "b.rs"\n'},
        "the sources of each target",
    ),
    left(
        "a workspace of Cargo",
        "COPY . .\nRUN cargo fetch --locked\n",
        {"Cargo.toml": '[lib]\npath = "a.rs"\n[workspace]\nmembers = ["a"]\n'},
        "names a workspace",
    ),
    left(
        "a crate in a folder",
        "COPY . .\nRUN cargo fetch --locked\n",
        {"Cargo.toml": '[lib]\npath = "a.rs"\n[target.x.dependencies]\na = { path = "a" }\n'},
        "a dependency is a local path",
    ),
    left(
        "a gemspec",
        "COPY . .\nRUN bundle install\n",
        {"Gemfile": "gemspec\n"},
        "may read other files: gemspec",
    ),
    left("composer's scripts", "COPY . .\nRUN composer install\n", {"composer.json": "{}"}, "--no-scripts"),
    left(
        "composer's local repository",
        "COPY . .\nRUN composer install --no-scripts --no-autoloader\n",
        {"composer.json": '{"repositories": [{"type": "path", "url": "a"}]}'},
        "local repository",
    ),
    left(
        "uv with the project",
        "COPY . .\nRUN uv sync --frozen\n",
        {"pyproject.toml": "[build-system]\n"},
        "--no-install-project",
    ),
    left("poetry with the project", "COPY . .\nRUN poetry install\n", {"pyproject.toml": ""}, "--no-root"),
    left(
        "pdm with the project",
        "COPY . .\nRUN pdm sync\n",
        {"pyproject.toml": "[build-system]\n"},
        "--no-self",
    ),
    left("no TOML", "COPY . .\nRUN poetry install --no-root\n", {"pyproject.toml": "["}, "is not TOML"),
    left(
        "poetry's local path",
        "COPY . .\nRUN poetry install --no-root\n",
        {"pyproject.toml": '[tool.poetry.dependencies]\na = {path = "../a"}\n'},
        "a local path",
    ),
    left(
        "uv's workspace",
        "COPY . .\nRUN uv sync --frozen\n",
        {"pyproject.toml": "[tool.uv.workspace]\nmembers = []\n"},
        "names a workspace",
    ),
    left(
        "pipenv's local path",
        "COPY . .\nRUN pipenv sync\n",
        {"Pipfile": '[packages]\na = {path = "."}\n'},
        "a local path",
    ),
    left(
        "metadata to build",
        "COPY . .\nRUN uv pip install -r pyproject.toml\n",
        {"pyproject.toml": '[project]\ndynamic = ["dependencies"]\n'},
        "are dynamic",
    ),
    Row(
        "a Windows image",
        "FROM mcr.microsoft.com/windows/servercore\nWORKDIR /app\nCOPY . .\n" + PIP,
        context=FLASK,
        says="",
    ),
    Row("no WORKDIR", "FROM python:3.12\nCOPY . .\n" + PIP, context=FLASK, says=""),
    left(
        "the context is not known and there is more",
        "COPY . .\nRUN npm ci && npm run build\n",
        None,
        "more than install",
    ),
    left("unknown, with the project", "COPY . .\nRUN uv sync\n", None, "--no-install-project"),
    left("unknown, composer", "COPY . .\nRUN composer install\n", None, "--no-scripts"),
    Row(
        "unknown, beside another RUN",
        HEAD + "COPY . .\n" + PIP + "RUN make\n",
        says="merge-run joins it with the RUN of line 5 first",
        without={
            **LINES,
            "base-stage": "the lines are the same, and the stage ships",
            "heredoc": "joined with that",
        },
    ),
]

MENDED = [
    Row(
        "no WORKDIR and no need of one",
        "FROM python:3.12\nADD src /app/\nRUN pip install -r /app/requirements.txt\n",
        "FROM python:3.12\nCOPY src/requirements.txt /app/\nRUN pip install -r /app/requirements.txt\n"
        "ADD src /app/\n",
        context={"src/requirements.txt": "flask==3.0\n"},
    ),
    row(
        "the example of the docs",
        "COPY . .\n" + PIP + "CMD a\n",
        "COPY requirements.txt .\n" + PIP + "COPY . .\nCMD a\n",
        FLASK,
    ),
    row(
        "comments stay",
        "# the manifest\n\n# all of it\n# really\nCOPY . .\n\n# install\n" + PIP + "\nCMD a\n",
        "# the manifest\n\n# all of it\n# really\nCOPY requirements.txt .\n\n# install\n"
        + PIP
        + "\nCOPY . .\n\nCMD a\n",
        FLASK,
    ),
    row("ADD of a folder", "ADD . .\n" + PIP, "COPY requirements.txt .\n" + PIP + "ADD . .\n", FLASK),
    row(
        "flags and variables stay",
        "ENV D=/app\nCOPY --chown=app:app --link . $D\nUSER app\n" + PIP,
        "ENV D=/app\nCOPY --chown=app:app --link requirements.txt $D/\nUSER app\n"
        + PIP
        + "COPY --chown=app:app --link . $D\n",
        FLASK,
    ),
    row(
        "into the folder of another",
        "COPY . /app\nENV A=1\nARG B\nEXPOSE 80\nLABEL a=b\nWORKDIR /app\n" + PIP,
        "COPY requirements.txt /app/\nENV A=1\nARG B\nEXPOSE 80\nLABEL a=b\nWORKDIR /app\n"
        + PIP
        + "COPY . /app\n",
        FLASK,
    ),
    row(
        "files that name each other",
        "COPY . .\nRUN pip install -q -r requirements/prod.txt -c limits.txt\n",
        "COPY requirements/prod.txt requirements/base.txt requirements/\nCOPY limits.txt .\n"
        "RUN pip install -q -r requirements/prod.txt -c limits.txt\nCOPY . .\n",
        {
            "requirements/prod.txt": "-r base.txt\n--requirement=base.txt # again\ngunicorn\n",
            "requirements/base.txt": "\ufeff# all\nflask[async]>=3 ; python_version > '3'  --hash=sha256:1\n\n"
            "-r prod.txt\na @ https://example.org/a.whl\ngit+https://example.org/a\n-i https://example.org\nb \\\n ==1\n"
            "--no-index\n--find-links https://example.org\n-r https://example.org/r.txt\n",
            "limits.txt": "flask<4\n",
        },
    ),
    row(
        "a folder of the project",
        "COPY app/ /app/\n" + PIP,
        "COPY app/requirements.txt /app/\n" + PIP + "COPY app/ /app/\n",
        {"app/requirements.txt": "flask"},
    ),
    row(
        "a folder by its kind",
        "COPY app /app\n" + PIP,
        "COPY app/requirements.txt /app/\n" + PIP + "COPY app /app\n",
        {"app/requirements.txt": "flask"},
    ),
    row(
        "without a line end",
        "COPY . .\nRUN pip install -r requirements.txt",
        "COPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .",
        FLASK,
    ),
    row(
        "a manifest that is there",
        "COPY requirements.txt .\nCOPY . .\n" + PIP,
        "COPY requirements.txt .\n" + PIP + "COPY . .\n",
        FLASK,
    ),
    row(
        "another of the same name is there",
        "COPY old/requirements.txt .\nCOPY . .\n" + PIP,
        "COPY old/requirements.txt .\nCOPY requirements.txt .\n" + PIP + "COPY . .\n",
        {**FLASK, "old/requirements.txt": "django\n"},
    ),
    row(
        "more folders between",
        "COPY . .\nCOPY etc/ /etc/app/\n" + PIP,
        "COPY requirements.txt .\n" + PIP + "COPY . .\nCOPY etc/ /etc/app/\n",
        {**FLASK, "etc/a": ""},
    ),
    row(
        "all that does without the project",
        "COPY . .\nRUN apt-get update && apt-get install -y gcc && rm -rf /var/lib/apt/lists/*\n"
        "RUN set -ex; python -m venv /venv && . /venv/bin/activate && pip install -U pip 'wheel>=0.4' && "
        "pip install -r requirements.txt >/dev/null 2>&1\nRUN make\n",
        "COPY requirements.txt .\nRUN apt-get update && apt-get install -y gcc && rm -rf /var/lib/apt/lists/*\n"
        "RUN set -ex; python -m venv /venv && . /venv/bin/activate && pip install -U pip 'wheel>=0.4' && "
        "pip install -r requirements.txt >/dev/null 2>&1\nCOPY . .\nRUN make\n",
        FLASK,
    ),
    row(
        "in a here-document",
        "COPY . .\nRUN <<EOF\nset -e\npip install -r requirements.txt\nEOF\n",
        "COPY requirements.txt .\nRUN <<EOF\nset -e\npip install -r requirements.txt\nEOF\nCOPY . .\n",
        FLASK,
    )._replace(without={"crlf": "the shell would get the CR"}),
    row(
        "npm",
        "COPY . .\nRUN npm ci\n",
        "COPY package.json package-lock.json .npmrc ./\nRUN npm ci\nCOPY . .\n",
        {**LOCKED, ".npmrc": ""},
    ),
    row(
        "npm without a lock file",
        "COPY . .\nRUN npm install\n",
        "COPY package.json .\nRUN npm install\nCOPY . .\n",
        {"package.json": NODE},
    ),
    row(
        "npm without scripts",
        "COPY . .\nRUN npm ci --ignore-scripts --loglevel error\n",
        "COPY package.json .\nRUN npm ci --ignore-scripts --loglevel error\nCOPY . .\n",
        {"package.json": '{"scripts": {"prepare": "x"}}'},
    ),
    row(
        "npm, its folder excluded",
        "COPY . .\nRUN npm i -g npm@10 && npm ci\n",
        "COPY package.json .\nRUN npm i -g npm@10 && npm ci\nCOPY . .\n",
        {"package.json": NODE, "node_modules/a/b": "", ".dockerignore": "node_modules\n"},
    ),
    row(
        "yarn",
        "COPY . .\nRUN yarn --frozen-lockfile && yarn cache clean\n",
        "COPY package.json yarn.lock ./\nRUN yarn --frozen-lockfile && yarn cache clean\nCOPY . .\n",
        {"package.json": NODE, "yarn.lock": ""},
    ),
    row(
        "pnpm",
        "COPY . .\nRUN corepack enable && pnpm install --frozen-lockfile\n",
        "COPY package.json pnpm-lock.yaml ./\nRUN corepack enable && pnpm install --frozen-lockfile\nCOPY . .\n",
        {"package.json": NODE, "pnpm-lock.yaml": ""},
    ),
    row(
        "Go",
        "COPY . .\nRUN go mod download -x\n",
        "COPY go.mod go.sum ./\nRUN go mod download -x\nCOPY . .\n",
        {"go.mod": "module a\nreplace a => b.org/c v1\n", "go.sum": ""},
    ),
    row(
        "Cargo, told where its targets are",
        "COPY . .\nRUN cargo fetch --locked\nRUN cargo build --release\n",
        "COPY Cargo.toml Cargo.lock ./\nRUN cargo fetch --locked\nCOPY . .\nRUN cargo build --release\n",
        {
            "Cargo.toml": '[[bin]]\nname = "a"\npath = "src/main.rs"\n[dependencies]\nb = "1"\n',
            "Cargo.lock": "",
        },
    ),
    row(
        "in exec form",
        'COPY . .\nRUN ["/usr/bin/npm", "ci"]\n',
        'COPY package.json package-lock.json ./\nRUN ["/usr/bin/npm", "ci"]\nCOPY . .\n',
        LOCKED,
    ),
    row(
        "bundler",
        "COPY . .\nRUN bundle install --deployment --jobs 4\n",
        "COPY Gemfile Gemfile.lock ./\nRUN bundle install --deployment --jobs 4\nCOPY . .\n",
        {"Gemfile": "# path\ngem 'rails'\n", "Gemfile.lock": ""},
    ),
    row(
        "composer",
        "COPY . .\nRUN composer install --no-scripts --no-autoloader\n",
        "COPY composer.json composer.lock ./\nRUN composer install --no-scripts --no-autoloader\nCOPY . .\n",
        {"composer.json": "{}", "composer.lock": "{}"},
    ),
    row(
        "uv",
        "COPY . .\nRUN uv sync --frozen --no-install-project\n",
        "COPY pyproject.toml uv.lock .python-version ./\nRUN uv sync --frozen --no-install-project\nCOPY . .\n",
        {
            "pyproject.toml": '[project]\ndependencies = ["a"]\n[build-system]\n',
            "uv.lock": "",
            ".python-version": "",
        },
    ),
    row(
        "uv of requirements",
        "COPY . .\nRUN uv pip sync --system requirements.txt\n",
        "COPY requirements.txt .\nRUN uv pip sync --system requirements.txt\nCOPY . .\n",
        FLASK,
    ),
    row(
        "uv of a project",
        "COPY . .\nRUN uv pip install --system -r pyproject.toml\n",
        "COPY pyproject.toml .\nRUN uv pip install --system -r pyproject.toml\nCOPY . .\n",
        {"pyproject.toml": "[project]\n"},
    ),
    row(
        "poetry",
        "COPY . .\nRUN poetry config virtualenvs.create false && poetry install --no-root\n",
        "COPY pyproject.toml poetry.lock ./\nRUN poetry config virtualenvs.create false && poetry install --no-root\nCOPY . .\n",
        {"pyproject.toml": '[tool.poetry.dependencies]\na = "1"\n', "poetry.lock": ""},
    ),
    row(
        "poetry without a package",
        "COPY . .\nRUN poetry install\n",
        "COPY pyproject.toml .\nRUN poetry install\nCOPY . .\n",
        {"pyproject.toml": "[tool.poetry]\npackage-mode = false\n"},
    ),
    row(
        "pdm",
        "COPY . .\nRUN pdm sync --no-self\n",
        "COPY pyproject.toml pdm.lock ./\nRUN pdm sync --no-self\nCOPY . .\n",
        {"pyproject.toml": "[project]\n", "pdm.lock": ""},
    ),
    row(
        "pipenv",
        "COPY . .\nRUN pipenv install --system --deploy\n",
        "COPY Pipfile Pipfile.lock ./\nRUN pipenv install --system --deploy\nCOPY . .\n",
        {"Pipfile": '[packages]\na = "*"\n[scripts]\nb = {path = "x"}\n', "Pipfile.lock": ""},
    ),
    row(
        "two tools",
        "COPY . .\nRUN pip install -r requirements.txt\nUSER app\nRUN npm ci\n",
        "COPY requirements.txt package.json package-lock.json ./\nRUN pip install -r requirements.txt\nUSER app\n"
        "RUN npm ci\nCOPY . .\n",
        {**FLASK, **LOCKED},
    ),
]

UNSAFE = [
    row(
        "the context is not known",
        "COPY . .\n" + PIP,
        "COPY requirements.txt .\n" + PIP + "COPY . .\n",
        None,
        says="not known",
    ),
    row(
        "unknown, and a folder by what is installed from it",
        "COPY src /srv\nRUN pip install -r /srv/requirements.txt\n",
        "COPY src/requirements.txt /srv/\nRUN pip install -r /srv/requirements.txt\nCOPY src /srv\n",
        None,
        says="not known",
    ),
    row(
        "unknown, with files that have no dot in their names",
        "COPY . .\nRUN bundle install\n",
        "COPY Gemfile Gemfile.lock* ./\nRUN bundle install\nCOPY . .\n",
        None,
    ),
    row(
        "unknown, with a lock file",
        "COPY . .\nRUN npm ci\n",
        "COPY package.json package-lock.json* ./\nRUN npm ci\nCOPY . .\n",
        None,
    ),
    row(
        "unknown, the manifest is there",
        "COPY package.json .\nCOPY . .\nRUN npm ci\n",
        "COPY package.json .\nRUN npm ci\nCOPY . .\n",
        None,
    ),
    row(
        "a lock file that may change",
        "COPY . .\nRUN npm install\n",
        "COPY package.json package-lock.json ./\nRUN npm install\nCOPY . .\n",
        LOCKED,
        says="may rewrite package-lock.json",
    ),
    row(
        "what is installed may be replaced",
        "COPY . .\nRUN npm ci\n",
        "COPY package.json .\nRUN npm ci\nCOPY . .\n",
        {"package.json": NODE, "node_modules/a": ""},
        says="would bring node_modules",
    ),
    row(
        "metadata to build perhaps",
        "COPY . .\nRUN uv sync --locked\n",
        "COPY pyproject.toml .\nRUN uv sync --locked\nCOPY . .\n",
        {"pyproject.toml": '[project]\ndynamic = ["version"]\n'},
        says="may have to build",
    ),
    row(
        "plugins of composer",
        "COPY . .\nRUN composer install --no-scripts --no-autoloader\n",
        "COPY composer.json .\nRUN composer install --no-scripts --no-autoloader\nCOPY . .\n",
        {"composer.json": '{"config": {"allow-plugins": true}}'},
        says="a plugin of composer",
    ),
]

test_left_alone, test_mended, test_unsafe = suite(HOOK, LEFT_ALONE, MENDED, UNSAFE, WITHOUT)

RUNS = (merge_run.HOOK, package_cache.HOOK, pip_cache.HOOK, add_to_copy.HOOK, cache_order.HOOK)


@pytest.mark.slow
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("unsafe", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        "COPY . .\n" + PIP + "RUN python manage.py collectstatic\n",
        "RUN apt-get update\nCOPY . .\nRUN pip install -U pip\n" + PIP + "RUN make\nRUN make install\n",
        "ADD . .\nRUN pip install -U pip\n# these\n" + PIP + "# those\nRUN make\n",
        "COPY . .\nRUN apt-get update\nRUN apt-get install -y gcc\n" + PIP,
        "COPY requirements.txt .\nRUN make\nADD . .\nRUN pip install -U pip\n" + PIP + "RUN make\n",
    ],
)
def test_in_any_order_with_the_hooks_of_run(text: str, known: bool, unsafe: bool, tmp_path: Path) -> None:
    text = HEAD + text
    (tmp_path / "requirements.txt").write_text("flask\n")
    place = (
        (str(tmp_path / "Dockerfile"), BuildContext(str(tmp_path))) if known else (None, BuildContext(None))
    )
    results = set()
    for hooks in itertools.permutations(RUNS):
        together = mend_text(text, settings_for(*hooks, unsafe=unsafe), *place)
        assert not together.problems
        results.add(together.text)
        one_by_one = text
        for hook in hooks * 4:
            one_by_one = mend_text(one_by_one, settings_for(hook, unsafe=unsafe), *place).text
        results.add(one_by_one)
    assert len(results) == 1
