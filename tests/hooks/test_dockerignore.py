from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dockmend import exec_form
from dockmend._cli import hook_main
from dockmend._dockerfile.parser import parse
from dockmend._hook import INFO, Context, Finding
from dockmend._project.context import BuildContext
from dockmend._report import progress
from dockmend.dockerignore import HOOK
from harness import Row, suite

TRIGGERS = {"onbuild": "a trigger runs in another build"}
# What the harness puts behind repeats the words of the row in a script.
WORDS = {"heredoc": "the script behind names the files too", **TRIGGERS}

PYTHON = "FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nRUN pip install .\n"
NODE = "FROM node:22\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build\n"

SECRETS = "# Secrets\n**/.env\n**/.env.*\n**/*.pem\n**/*.key\n"
CACHES = "# Caches\n**/__pycache__\n**/*.pyc\n.pytest_cache\n.mypy_cache\n.ruff_cache\n.tox\n"
EDITORS = "# Editors\n.vscode\n.idea\n**/.DS_Store\n"
DOCKER = "# Docker\nDockerfile*\n.dockerignore\n"
PLAIN = f"# Version control\n.git\n\n{SECRETS}\n{DOCKER}\n{EDITORS}"
PYTHON_LINES = (
    f"# Version control\n.git\n\n{SECRETS}\n# Virtual environments\n.venv\nvenv\n\n{CACHES}\n"
    f"# Build output\nbuild\ndist\n**/*.egg-info\n\n{DOCKER}\n{EDITORS}"
)

LEFT_ALONE = [
    Row("no context", "COPY . /app\n", says="the build context is not known", without=TRIGGERS),
    Row("nothing from the context", "COPY --from=a /b /c\nADD https://a/b /c\n", context={}, says=""),
    Row("a heredoc", "COPY <<EOF /a\nb\nEOF\n", context={}, says=""),
    Row(
        "a trigger alone",
        "ONBUILD COPY . /app\n",
        context={},
        says="",
        without={"base-stage": "then it runs"},
    ),
    Row("an allow-list", PYTHON, context={".dockerignore": "# all\n*\n!app\n"}, says="", without=TRIGGERS),
    Row("an allow-list with stars", PYTHON, context={".dockerignore": "**\n"}, says="", without=TRIGGERS),
    Row(
        "a complete file",
        PYTHON,
        context={"app.py": "", ".dockerignore": PYTHON_LINES},
        says="",
        without=TRIGGERS,
    ),
    Row(
        "a complete file in other words",
        "COPY a /b\n",
        context={".dockerignore": ".git*\n**/*env*\n**/*.[kp]e[ym]\n**/Dockerfile*\n"},
        says="",
        without=TRIGGERS,
    ),
    Row(
        "the file of another tool", "COPY . /b\n", context={".containerignore": ""}, says="", without=TRIGGERS
    ),
    Row(
        "a file of the Dockerfile's own",
        PYTHON,
        context={"Dockerfile.dockerignore": "*\n", ".dockerignore": ""},
        says="",
        without=TRIGGERS,
    ),
    Row(
        "a variable that may name anything",
        "ARG WHAT\nCOPY $WHAT /b\n",
        context={},
        says="the build may use whatever",
        without=TRIGGERS,
    ),
    Row(
        "a source that is excluded",
        "COPY a/b /b\n",
        context={"a/b": "", ".dockerignore": "# x\na\n.git\n**/.env*\n**/*.pem\n**/*.key\nDocker*\n"},
        says="COPY of a/b, which line 2 of .dockerignore excludes",
        without=TRIGGERS,
    ),
    Row(
        "a file that is excluded among exceptions",
        "COPY a/b a /b/\n",
        context={"a/b": "", ".dockerignore": "a\n!a/c\n.git\n**/.env*\n**/*.pem\n**/*.key\nDocker*\n"},
        says="COPY of a/b, which line 1 of .dockerignore excludes",
        without=TRIGGERS,
    ),
    Row(
        "a pattern that Docker refuses",
        "COPY . /b\n",
        context={".dockerignore": "a\n[\n"},
        says="line 2",
        without=TRIGGERS,
    ),
    Row(
        "no text", "COPY . /b\n", context={".dockerignore": b"\xff\xfea\0"}, says="not text", without=TRIGGERS
    ),
    Row(
        "a folder in place of the file",
        "COPY . /b\n",
        context={".dockerignore/a": ""},
        says="cannot be read",
        without=TRIGGERS,
    ),
]


def made(reason: str, text: str, files: dict[str, str | bytes], lines: str, **more: dict[str, str]) -> Row:
    """A row where the file is made, or given its lines."""
    without = {**TRIGGERS, **more.get("without", {})}
    return Row(reason, text, text, context=files, files={".dockerignore": lines}, without=without)


def less(text: str, *lines: str) -> str:
    """The text without these lines, and without the groups that this empties."""
    blocks = (block.split("\n") for block in text.rstrip("\n").split("\n\n"))
    kept = ([line for line in block if line not in lines] for block in blocks)
    return "\n\n".join("\n".join(block) for block in kept if len(block) > 1) + "\n"


MENDED = [
    made("a project of no kind", "COPY a /b\n", {"a": ""}, PLAIN),
    made("ADD", "ADD a /b\n", {"a": ""}, PLAIN),
    made("a trigger that runs", "FROM a AS b\nONBUILD COPY . /x\nFROM b\n", {"a": ""}, PLAIN, without=WORDS),
    made("Python", PYTHON, {"pyproject.toml": "[project]\nname = 'x'\n"}, PYTHON_LINES),
    made("Python by its image", PYTHON, {"src/app.py": ""}, PYTHON_LINES),
    made(
        "Python with documentation",
        PYTHON,
        {
            "setup.py": "",
            "README.md": "",
            "CHANGELOG.rst": "",
            "docs/a.md": "",
            "docs/conf.py": "",
            "compose.yml": "",
        },
        PYTHON_LINES.replace(
            ".dockerignore\n", ".dockerignore\ncompose.yml\n\n# Documentation\nREADME*\nCHANGELOG*\ndocs\n"
        ),
    ),
    made(
        "what the metadata needs",
        PYTHON,
        {
            "pyproject.toml": '[project]\nreadme = "README.md"\n[tool.hatch.build]\ninclude = ["docs/*.md"]\n'
            '[tool.ruff]\nexclude = ["build", ".venv"]\n',
            "README.md": "",
            "docs/index.md": "",
        },
        PYTHON_LINES,
    ),
    made("what setup.py reads", PYTHON, {"setup.py": "open('README.md')", "README.md": ""}, PYTHON_LINES),
    made(
        "what MANIFEST.in includes",
        PYTHON,
        {"setup.py": "", "MANIFEST.in": "include *.md", "README.md": ""},
        PYTHON_LINES,
    ),
    made(
        "a version from git",
        PYTHON,
        {"pyproject.toml": '[build-system]\nrequires = ["setuptools_scm>=8"]\n'},
        less(PYTHON_LINES, ".git"),
    ),
    made("a command of git", PYTHON + "RUN git describe > v\n", {"a.py": ""}, less(PYTHON_LINES, ".git")),
    made(
        "another repository",
        PYTHON + "RUN git clone x && cd x && git checkout v1\n",
        {"a.py": ""},
        PYTHON_LINES,
    ),
    made("a file of git that is copied", "COPY .git/HEAD /a\n", {}, less(PLAIN, ".git")),
    made("a mounted repository", "COPY a /b\nRUN --mount=source=.git,target=/g x\n", {}, less(PLAIN, ".git")),
    made(
        "requirements in docs",
        PYTHON + "RUN pip install -r docs/a.txt\n",
        {"docs/a.txt": "", "a.py": ""},
        PYTHON_LINES,
    ),
    made(
        "a folder that make works in", PYTHON + "WORKDIR docs\nRUN make\n", {"docs/a.rst": ""}, PYTHON_LINES
    ),
    made(
        "settings that a command loads",
        "COPY . /b\nCMD . ./.env && run\n",
        {},
        less(PLAIN, "**/.env"),
        without=WORDS,
    ),
    made(
        "settings that a script loads",
        'COPY . /b\nENTRYPOINT ["/b/start.sh"]\n',
        {"start.sh": '#!/bin/sh\nset -a; source .env\nexec "$@"\n'},
        less(PLAIN, "**/.env"),
        without=WORDS,
    ),
    made(
        "settings that a script of a script loads",
        "COPY . /b\nWORKDIR /b\nCMD make run\n",
        {"Makefile": "run:\n\t./bin/run\n", "bin/run": "#!/bin/sh\n. ./.env.local\n"},
        less(PLAIN, "**/.env.*"),
    ),
    made(
        "settings that are copied",
        "COPY .env.example .env /b/\n",
        {},
        less(PLAIN, "**/.env", "**/.env.*"),
        without=WORDS,
    ),
    made(
        "settings that a pattern copies",
        "COPY .env* /b/\n",
        {},
        less(PLAIN, "**/.env", "**/.env.*"),
        without=WORDS,
    ),
    made("a key that is copied", "COPY tls/server.key /b/\n", {}, less(PLAIN, "**/*.pem", "**/*.key")),
    made("a folder of keys", "COPY config/certs /b/\n", {}, less(PLAIN, "**/*.pem", "**/*.key")),
    made(
        "a key in a folder that is named",
        "COPY conf /b/\n",
        {"conf/a.key": "-----BEGIN PRIVATE KEY-----"},
        less(PLAIN, "**/*.key"),
    ),
    made("a private key", "COPY . /b/\n", {"a.pem": "-----BEGIN RSA PRIVATE KEY-----\n"}, PLAIN),
    made(
        "a certificate", "COPY . /b/\n", {"ca.pem": "-----BEGIN CERTIFICATE-----\n"}, less(PLAIN, "**/*.pem")
    ),
    made(
        "output that is copied", PYTHON + "COPY dist/app.whl /x\n", {"a.py": ""}, less(PYTHON_LINES, "dist")
    ),
    made("output by pattern", PYTHON + "COPY dist/*.whl /x\n", {"a.py": ""}, less(PYTHON_LINES, "dist")),
    made(
        "output by a pattern in front",
        PYTHON + "COPY */*.whl /x/\n",
        {"a.py": ""},
        less(PYTHON_LINES, "dist", "build"),
    ),
    made(
        "output that a command runs",
        PYTHON + "CMD python dist/app.py\n",
        {"a.py": ""},
        less(PYTHON_LINES, "dist"),
    ),
    made(
        "output that the image makes",
        PYTHON + "RUN python -m build\nCMD a dist/b\n",
        {"a.py": ""},
        PYTHON_LINES,
    ),
    made("output elsewhere", PYTHON + "COPY --from=x /srv/dist /y\n", {"a.py": ""}, PYTHON_LINES),
    made(
        "output that is there", PYTHON, {"a.py": "", "dist/a-1.whl": "", "build/lib/a.py": ""}, PYTHON_LINES
    ),
    made("a package named build", PYTHON, {"a.py": "", "build/config.py": ""}, less(PYTHON_LINES, "build")),
    made(
        "output that git ignores",
        PYTHON,
        {"a.py": "", "build/x.js": "", ".gitignore": "/build/\n"},
        PYTHON_LINES,
    ),
    made(
        "an environment of the image",
        PYTHON + "RUN python -m venv venv\nENV PATH=/app/venv/bin:$PATH\n",
        {"a.py": ""},
        PYTHON_LINES,
    ),
    made("an environment elsewhere", PYTHON + "ENV PATH=/opt/venv/bin:$PATH\n", {"a.py": ""}, PYTHON_LINES),
    made(
        "an environment that comes along",
        PYTHON + 'CMD ["venv/bin/python"]\n',
        {"a.py": ""},
        less(PYTHON_LINES, "venv"),
    ),
    made("programs without source", PYTHON, {"app/a.pyc": ""}, less(PYTHON_LINES, "**/*.pyc")),
    made(
        "Node",
        NODE,
        {"package.json": '{"main": "dist/a.js", "devDependencies": {"typescript": "5"}}'},
        f"# Version control\n.git\n\n{SECRETS}\n# Caches\nnpm-debug.log*\n\n"
        f"# Installed dependencies\n**/node_modules\n\n# Build output\ndist\n\n{DOCKER}\n{EDITORS}",
    ),
    made(
        "Node that brings its modules",
        "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm install -g pm2\nCMD npm start\n",
        {"package.json": '{"scripts": {"start": "node dist"}, "devDependencies": {"vite": "5"}}'},
        less(PLAIN, "x").replace("# Docker", "# Caches\nnpm-debug.log*\n\n# Docker"),
    ),
    made(
        "Node that reads settings",
        NODE,
        {"package.json": '{"devDependencies": {"vite": "5"}}', ".env": "VITE_A=1"},
        f"# Version control\n.git\n\n{less(SECRETS, '**/.env')}\n# Caches\nnpm-debug.log*\n\n"
        f"# Installed dependencies\n**/node_modules\n\n# Build output\ndist\n\n{DOCKER}\n{EDITORS}",
    ),
    made(
        "Node with old git hooks",
        "FROM node:22\nCOPY . /a\n",
        {"package.json": '{"scripts": {"prepare": "husky install"}}'},
        less(PLAIN, ".git").replace("# Docker", "# Caches\nnpm-debug.log*\n\n# Docker"),
    ),
    made(
        "Go",
        "FROM golang:1.23\nCOPY . .\nRUN go build ./...\n",
        {"go.mod": "", "docs/docs.go": "", "README.md": ""},
        PLAIN,
    ),
    made(
        "Go that shows its commit",
        "FROM golang\nCOPY . .\n",
        {"go.mod": "", "a.go": "debug.ReadBuildInfo()"},
        less(PLAIN, ".git"),
    ),
    made("a jar by an argument", "ARG JAR=target/*.jar\nCOPY ${JAR} /a.jar\n", {"pom.xml": ""}, PLAIN),
    made(
        "a jar that the image makes",
        "COPY . .\nRUN ./mvnw package\nCMD java -jar target/a.jar\n",
        {"pom.xml": ""},
        PLAIN.replace("# Docker", "# Build output\ntarget\n\n# Docker"),
    ),
    made("a jar that comes along", "COPY . .\nCMD java -jar target/a.jar\n", {"pom.xml": ""}, PLAIN),
    made(
        "Gradle",
        "COPY . .\nRUN gradle build\n",
        {"build.gradle": ""},
        PLAIN.replace("# Docker", "# Caches\n.gradle\n\n# Build output\nbuild\n\n# Docker"),
    ),
    made(
        "Rust",
        "COPY . .\nRUN cargo build\n",
        {"Cargo.toml": "", "target/debug/a": ""},
        PLAIN.replace("# Docker", "# Build output\ntarget\n\n# Docker"),
    ),
    made(
        "Ruby",
        "FROM ruby:3\nCOPY . .\n",
        {"Gemfile": ""},
        PLAIN.replace(
            "# Docker",
            "# Caches\nlog/*.log\ntmp/cache\n\n# Installed dependencies\n.bundle\nvendor/bundle\n\n# Docker",
        ),
    ),
    made(
        "PHP",
        "FROM php:8\nCOPY . .\nRUN composer install\n",
        {"composer.json": ""},
        PLAIN.replace("# Docker", "# Installed dependencies\nvendor\n\n# Docker"),
    ),
    made("PHP that brings its packages", "FROM php:8\nCOPY . .\n", {"composer.json": ""}, PLAIN),
    made(
        ".NET",
        "COPY . .\nRUN dotnet publish -o /out\n",
        {"a.csproj": "", "src/bin/Debug/a.dll": ""},
        PLAIN.replace("# Docker", "# Build output\n**/bin\n**/obj\n\n# Docker"),
    ),
    made(
        "folders named bin",
        "COPY . .\nRUN dotnet publish\n",
        {"a.csproj": "", "bin/start": ""},
        PLAIN.replace("# Docker", "# Build output\n**/obj\n\n# Docker"),
    ),
    made(
        "a site in docs",
        NODE,
        {"package.json": '{"dependencies": {"vitepress": "1"}}', "docs/a.md": ""},
        PLAIN.replace(
            "# Docker", "# Caches\nnpm-debug.log*\n\n# Installed dependencies\n**/node_modules\n\n# Docker"
        ),
    ),
    made("data in docs", PYTHON, {"a.py": "", "docs/api.yaml": ""}, PYTHON_LINES),
    made(
        "no documentation of a site",
        "FROM nginx\nCOPY . /usr/share/nginx/html\n",
        {"index.html": "", "docs/a.md": "", "README.md": ""},
        PLAIN,
    ),
    made(
        "a Dockerfile that is used",
        "COPY . /a\nRUN lint Dockerfile\n",
        {},
        less(PLAIN, "Dockerfile*"),
        without=WORDS,
    ),
    made(
        "templates of Dockerfiles",
        "COPY a /b\n",
        {"Dockerfile.j2": "FROM {{ a }}\n"},
        PLAIN.replace("Dockerfile*", "Dockerfile"),
    ),
    made(
        "a folder of workflows",
        "COPY a /b\n",
        {".github/workflows/a.yml": ""},
        PLAIN.replace(".git\n", ".git\n.github\n"),
    ),
    made(
        "an empty file", "COPY a /b\n", {".dockerignore": ""}, less(PLAIN, ".vscode", ".idea", "**/.DS_Store")
    ),
    made(
        "a file without final newline",
        "COPY a /b\n",
        {".dockerignore": ".git\nDockerfile"},
        f".git\nDockerfile\n\n{SECRETS}",
    ),
    made(
        "a file of Windows",
        "COPY a /b\n",
        {".dockerignore": "# mine\r\n.git\r\nDockerfile\r\n*.[kp]e[ym]\r\n**/*.[kp]e[ym]"},
        "# mine\r\n.git\r\nDockerfile\r\n*.[kp]e[ym]\r\n**/*.[kp]e[ym]\r\n\r\n# Secrets\r\n**/.env\r\n**/.env.*\r\n",
    ),
    made(
        "an exception",
        "COPY a /b\n",
        {".dockerignore": ".git\n*.pem\n!public.pem\n!.env.example\nDockerfile\n"},
        ".git\n*.pem\n!public.pem\n!.env.example\nDockerfile\n\n# Secrets\n**/.env\n**/*.key\n",
    ),
    made(
        "an exception with a wildcard",
        "COPY a /b\n",
        {".dockerignore": ".git\nDocker*\n!**/.env*\n"},
        ".git\nDocker*\n!**/.env*\n\n# Secrets\n**/*.pem\n**/*.key\n",
    ),
    made(
        "an exception of a folder",
        "COPY a /b\n",
        {"keys/a.pem": "-----BEGIN PRIVATE KEY-----", ".dockerignore": ".git\nDocker*\nkeys\n!keys\n"},
        ".git\nDocker*\nkeys\n!keys\n\n# Secrets\n**/.env\n**/.env.*\n**/*.key\n",
    ),
]

test_left_alone, test_mended, _ = suite(HOOK, LEFT_ALONE, MENDED)

TOKEN = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
SETTING = f"A_TOKEN={TOKEN}\n"
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, **files: str) -> None:
    """Files by their paths, `/` written as two underscores."""
    for name, content in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def said(folder: Path, text: str) -> list[Finding]:
    (folder / "Dockerfile").write_text(text)
    context = Context(str(folder / "Dockerfile"), BuildContext(str(folder)), {})
    return list(HOOK.check(parse(text), context))


class TestSecrets:
    """Files with secrets that a COPY takes along are named, and never shown."""

    def test_those_that_the_new_lines_exclude(self, project: Path) -> None:
        write(project, **{".env": SETTING, "deploy__id_rsa": KEY, "deploy__prod.env": SETTING, "a.py": ""})
        (found,) = said(project, "FROM a\nCOPY . /app\n")
        assert found.message.endswith(
            ", and COPY takes .env (a file of settings and secrets), deploy/id_rsa (a private key) and "
            "deploy/prod.env (a file of settings and secrets) along"
        )
        assert found.fix is not None
        assert "**/*.key\ndeploy/id_rsa\ndeploy/prod.env\n" in found.fix.files[0].text
        assert TOKEN not in str(found)

    def test_a_file_that_excludes_some_gets_a_line_for_the_others(self, project: Path) -> None:
        lines = ".git\n.env*\n*.pem\n*.key\nDocker*\n"
        write(project, **{".env": SETTING, "deploy__.env": SETTING, ".dockerignore": lines})
        (found,) = said(project, "FROM a\nADD . /app\n")
        assert found.message == (
            ".dockerignore does not exclude deploy/.env, and ADD takes deploy/.env (a file of settings and secrets) along"
        )
        assert found.fix is not None
        assert found.fix.files[0].text == f"{lines}\n# Secrets\ndeploy/.env\n"

    def test_those_that_have_to_stay(self, project: Path) -> None:
        write(project, **{".env": SETTING, "deploy__id_rsa": KEY, "run.sh": "ssh -i deploy/id_rsa x\n"})
        text = 'FROM a\nCOPY . /app\nWORKDIR /app\nENTRYPOINT ["./run.sh"]\n'
        first, second = said(project, text)
        assert "takes .env (" in first.message
        assert second.message == "COPY takes deploy/id_rsa (a private key) along"
        assert (second.fix, second.severity) == (None, None)
        assert "may break the build" in second.reason

    def test_those_that_git_tracks(self, project: Path) -> None:
        write(project, **{".env": SETTING})
        subprocess.run("git init -q && git add .", shell=True, cwd=project, check=True)
        found = said(project, "FROM a\nCOPY . /app\n")
        assert [one.message for one in found if one.fix is None] == [
            "COPY takes .env (a file of settings and secrets) along"
        ]

    def test_those_that_an_exception_brings_back(self, project: Path) -> None:
        write(project, **{"app__.env": SETTING, "key__id_rsa": KEY, ".dockerignore": "*\n!app\n"})
        (found,) = said(project, "FROM a\nCOPY . /app\n")
        assert found.message == "COPY takes app/.env (a file of settings and secrets) along"

    @pytest.mark.parametrize(
        ("text", "named"),
        [
            ("COPY a /a\n", ["a/.env"]),
            ("COPY b /a\n", []),
            ("COPY a/.env /a\n", []),  # no-secrets tells of it
            ("COPY b /b\nADD a /a\n", ["a/.env"]),
            ("COPY --exclude=.env a /a\n", []),
            ("COPY --exclude=*.md --exclude=**/.env . /a\n", []),
            ("COPY --exclude=b . /a\n", ["a/.env"]),
            ("COPY --from=x a /a\nCOPY b /a\n", []),
            ("RUN --mount=source=a,target=/a ls\nCOPY b /a\n", []),
            ("COPY $A /a\n", []),
        ],
    )
    def test_which_instructions_take_them(self, text: str, named: list[str], project: Path) -> None:
        write(project, **{"a__.env": SETTING, "b__c": ""})
        found = [one for one in said(project, f"FROM a\n{text}") if " along" in one.message]
        assert [re.findall(r"takes (\S+)", one.message)[0] for one in found] == named

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            (".env", "DEBUG=1\n"),
            (".env.example", SETTING),
            ("id_rsa.pub", "ssh-rsa AAAA\n"),
            ("server.key", "not a key\n"),
            ("secrets.yml", "a: b\n"),
            ("node_modules__a__.env", SETTING),
        ],
    )
    def test_no_secret(self, name: str, content: str, project: Path) -> None:
        write(project, **{name: content})
        assert not any(
            " along (" in one.message or "takes" in one.message
            for one in said(project, "FROM a\nCOPY . /a\n")
        )

    def test_many(self, project: Path) -> None:
        write(project, **{f"d{number:03}__.env": SETTING for number in range(150)})
        (found,) = said(project, "FROM a\nCOPY . /a\n")
        assert "d000/.env (a file of settings and secrets)" in found.message
        assert found.message.endswith("and 97 more along")


class TestExplain:
    """`--explain PATH` tells which line decides."""

    @pytest.fixture(autouse=True)
    def _files(self, project: Path) -> None:
        write(
            project,
            **{"docs__a.md": "", "docs__README.md": "", "src__a.py": "", "Dockerfile": "FROM a\nCOPY . /a\n"},
        )
        write(project, **{".dockerignore": "# mine\n*.log\r\ndocs\n!docs/README.md\n"})

    def ask(self, *arguments: str) -> int:
        return hook_main(HOOK, ["--explain", *arguments])

    @pytest.mark.parametrize(
        ("path", "answer"),
        [
            ("src/a.py", "src/a.py is in the build context: no line of .dockerignore is about it\n"),
            (
                "x.log",
                "x.log is not in the build context (nothing is there now): line 2 of .dockerignore excludes it: *.log\n",
            ),
            (
                "docs/a.md",
                "docs/a.md is not in the build context: line 3 of .dockerignore excludes it: docs\n",
            ),
            (
                "docs/README.md",
                "docs/README.md is in the build context: line 4 of .dockerignore brings it back: !docs/README.md\n",
            ),
            (
                "docs",
                """docs is not in the build context: line 3 of .dockerignore excludes it: docs
docs holds what lines with an exclamation mark bring back, where they do
""",
            ),
            ("./src/../src", "src is in the build context: no line of .dockerignore is about it\n"),
        ],
    )
    def test_answers(self, path: str, answer: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.ask(path) == 0
        assert capsys.readouterr() == (answer, "")

    def test_a_path_is_seen_from_the_current_folder(
        self, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(project / "docs")
        assert self.ask("a.md", "../Dockerfile") == 0
        assert capsys.readouterr().out.startswith("docs/a.md is not in the build context: line 3")

    def test_each_dockerfile_has_its_own_file(
        self, project: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write(project, **{"b.Dockerfile": "FROM a\nCOPY . /a\n", "b.Dockerfile.dockerignore": "src\n"})
        assert self.ask("src/a.py", "Dockerfile", "b.Dockerfile") == 0
        first, second = capsys.readouterr().out.splitlines()
        assert "no line of .dockerignore" in first
        assert "line 1 of b.Dockerfile.dockerignore excludes it" in second

    def test_no_file(self, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (project / ".dockerignore").unlink()
        assert self.ask("src") == 0
        assert capsys.readouterr().out == "src is in the build context: there is no .dockerignore\n"

    @pytest.mark.parametrize(
        ("arguments", "ignore", "error"),
        [
            (["/"], "a\n", "Dockerfile: error: / is not below "),
            (["../x"], "a\n", "/x is not below "),
            (["a"], "[\n", "Dockerfile: error: line 1 of .dockerignore is not a pattern that Docker reads"),
            (["a", "none"], "a\n", "none: error: cannot be read: there is no such file"),
            (["a", "b.Dockerfile"], "a\n", "b.Dockerfile: error: the build context cannot be told: "),
        ],
    )
    def test_no_answer(
        self, arguments: list[str], ignore: str, error: str, project: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write(project, **{".dockerignore": ignore, "b.Dockerfile": "FROM a\nCOPY nowhere /a\n"})
        assert self.ask(*arguments) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert error in said.err

    def test_a_file_that_is_no_text(self, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (project / ".dockerignore").unlink()
        (project / ".dockerignore").mkdir()
        assert self.ask("a") == 2
        assert "cannot be read as a text file" in capsys.readouterr().err

    def test_other_hooks_explain_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            hook_main(exec_form.HOOK, ["--explain", "a", "Dockerfile"])
        assert "there is no option `--explain`" in capsys.readouterr().err
        with pytest.raises(SystemExit):
            hook_main(HOOK, [])
        assert "no FILE is given" in capsys.readouterr().err


class TestSizes:
    """The report tells what the lines save."""

    @pytest.fixture(autouse=True)
    def _files(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(
            project, **{"venv__lib__a": "x" * 2_000_000, "venv__b": "x", "a.py": "x" * 1500, ".env": "A=1\n"}
        )
        write(project, Dockerfile="FROM python:3.13\nCOPY . /a\n")
        monkeypatch.setenv("COLUMNS", "80")

    SIZES = """\
         2 files     2.0 MB  venv
          1 file       27 B  Dockerfile*
          1 file        4 B  **/.env
"""

    def test_before_anything_is_mended(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert hook_main(HOOK, ["--check", "--output-format=concise", "Dockerfile"]) == 1
        assert capsys.readouterr().out.split("\n", 1)[1] == (
            ".dockerignore: the build context would go from 5 files (2.0 MB) to 1 file (1.5 kB)\n"
            f"{self.SIZES}Found 1 finding.\n[*] 1 fixable with `--fix`.\n"
        )

    def test_of_what_was_mended(self, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
        write(project, **{".dockerignore": "venv/lib\n"})
        assert hook_main(HOOK, ["Dockerfile"]) == 0
        assert capsys.readouterr().out == (
            ".dockerignore: the build context goes from 5 files (1.8 kB) to 1 file (1.5 kB)\n"
            "          1 file      269 B  .dockerignore\n"
            "          1 file       27 B  Dockerfile*\n"
            "          1 file        4 B  **/.env\n"
            "          1 file        1 B  venv\n"
            "Found 1 finding (1 mended, 0 left).\n"
        )

    def test_once_for_a_context_of_several_dockerfiles(
        self, project: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write(project, **{"b.Dockerfile": "FROM python:3.13\nCOPY . /a\n"})
        assert hook_main(HOOK, ["--check", "Dockerfile", "b.Dockerfile"]) == 1
        assert capsys.readouterr().out.count("the build context would go") == 1

    @pytest.mark.parametrize("option", ["--quiet", "--statistics", "--output-format=json", "--diff"])
    def test_not_where_only_that_is_asked_for(self, option: str, capsys: pytest.CaptureFixture[str]) -> None:
        hook_main(HOOK, ["--check", option, "Dockerfile"])
        assert "the build context" not in capsys.readouterr().out.replace("for the build context", "")

    def test_not_for_an_editor(
        self, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        text = (project / "Dockerfile").read_bytes()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
        hook_main(HOOK, ["--check", "--stdin-filename=Dockerfile", "-"])
        assert "would go" not in capsys.readouterr().out

    def test_nothing_to_keep_out(self, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
        write(project, **{".dockerignore": ".git\nvenv\nDocker*\n.env\n.docker*\n"})
        assert hook_main(HOOK, ["--check", "Dockerfile"]) == 0
        assert (
            ".dockerignore: the build context stays at 1 file (1.5 kB): nothing to exclude is there yet\n"
            in capsys.readouterr().out
        )

    def test_a_bar_where_somebody_looks(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(progress, "PATIENCE", 0)
        monkeypatch.setattr(progress, "PAUSE", 0)
        hook_main(HOOK, ["--check", "Dockerfile"])
        assert "━" not in capsys.readouterr().err
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        monkeypatch.setenv("TERM", "xterm")
        hook_main(HOOK, ["--check", "Dockerfile"])
        said = capsys.readouterr()
        assert "━" in said.err
        assert "5/?" in said.err
        assert "would go from 5 files (2.0 MB)" in said.out


@pytest.mark.parametrize(
    ("ignored", "there", "severity"),
    [
        (".git\n.env\n.venv\n", "app.py", INFO),
        (".git\n.env\n.venv\n", ".env.local", None),
        (".git\n.env\n.venv\n", "venv", None),
        (".git\n.env\n", "app.py", None),
        (".git\n.venv\n", "app.py", None),
        (".env\n.venv\n", "app.py", None),
    ],
)
def test_severity(ignored: str, there: str, severity: str | None, tmp_path: Path) -> None:
    for name, content in {"Dockerfile": PYTHON, ".dockerignore": ignored, there: ""}.items():
        (tmp_path / name).write_text(content)
    context = Context(str(tmp_path / "Dockerfile"), BuildContext(str(tmp_path)), {})
    assert [one.severity for one in HOOK.check(parse(PYTHON), context)] == [severity]
