from __future__ import annotations

from pathlib import Path

import pytest

from dockmend._dockerfile.parser import parse
from dockmend._hook import INFO, Context
from dockmend._project.context import BuildContext
from dockmend.dockerignore import HOOK, check
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
    assert [one.severity for one in check(parse(PYTHON), context)] == [severity]
