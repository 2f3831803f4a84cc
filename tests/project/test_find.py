"""Which folder is the build context."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dockmend._project.find import Unclear, compose_builds, find_context

COPY = "FROM alpine\nCOPY app.py /\n"
ALL = "FROM alpine\nCOPY . /\n"


def write(folder: Path, name: str, content: str = "") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def context(dockerfile: Path, text: str = COPY, explicit: str | None = None) -> tuple[str | None, str]:
    found = find_context(str(dockerfile), explicit, text)
    return found.root, found.reason


def test_the_user_decides(tmp_path: Path) -> None:
    dockerfile = write(tmp_path, "docker/Dockerfile")
    write(tmp_path, "docker/compose.yaml", "services: {a: {build: .}}\n")
    assert context(dockerfile, explicit=str(tmp_path)) == (str(tmp_path), "")
    root, reason = context(dockerfile, explicit=str(tmp_path / "none"))
    assert root is None
    assert "not a folder" in reason
    assert find_context(None, str(tmp_path), "").root == str(tmp_path)


def test_a_text_without_a_name() -> None:
    found = find_context(None, None, COPY)
    assert found.root is None
    assert "without a file name" in found.reason


@pytest.mark.parametrize(
    ("compose", "root"),
    [
        ("services:\n  a:\n    build: .\n", "."),
        ("services:\n  a:\n    build:\n      context: ..\n      dockerfile: app/Dockerfile\n", ".."),
        ("services:\n  a:\n    build: {context: ./other}\n  b:\n    build: ./\n", "."),
        ("x-b: &b {context: ., dockerfile: Dockerfile}\nservices:\n  a:\n    build: *b\n", "."),
        ("x-s: &s\n  build: .\nservices:\n  a:\n    <<: *s\n    image: !reset null\n", "."),
        ("x-s: &s {build: .}\nx-t: &t {ports: []}\nservices:\n  a:\n    <<: [*t, *s]\n", "."),
    ],
)
def test_compose_decides(tmp_path: Path, compose: str, root: str) -> None:
    dockerfile = write(tmp_path, "app/Dockerfile")
    write(tmp_path, "app/docker-compose.yml", compose)
    assert context(dockerfile) == (str((tmp_path / "app" / root).resolve()), "")


def test_compose_above_in_the_repository(tmp_path: Path) -> None:
    dockerfile = write(tmp_path, "services/app/Dockerfile.prod")
    compose = "services: {a: {build: {context: ., dockerfile: services/app/Dockerfile.prod}}}\n"
    write(tmp_path, "compose.prod.yaml", compose)
    write(tmp_path, "services/app/app.py")
    assert context(dockerfile) == (str(tmp_path / "services" / "app"), "")
    (tmp_path / ".git").mkdir()
    assert context(dockerfile) == (str(tmp_path), "")


@pytest.mark.parametrize(
    "compose",
    [
        "services:\n  a:\n    build: ./elsewhere\n",
        "services:\n  a:\n    image: x\n# build\n",
        "services:\n  a:\n    build: {context: ., dockerfile: Other}\n",
        "services:\n  a:\n    build: {context: ., dockerfile_inline: FROM a}\n",
        "services:\n  a:\n    build: https://github.com/a/b.git\n",
        "services: [build]\n",
        "- build\n",
        "build\n",
        "services: {a: {build: }}\n",
        "services: &a {a: *a, build: x}\n",
    ],
)
def test_compose_that_builds_something_else(tmp_path: Path, compose: str) -> None:
    dockerfile = write(tmp_path, "Dockerfile")
    write(tmp_path, "app.py")
    write(tmp_path, "compose.yaml", compose)
    assert context(dockerfile)[0] == str(tmp_path)


@pytest.mark.parametrize(
    ("compose", "says"),
    [
        ("services: {a: {build: [}\n", "not readable YAML"),
        ("build: \udcff", "not readable YAML"),
        ("services: {a: {build: '${CONTEXT:-.}'}}\n", "a variable"),
        ("build\n" * 300_000, "cannot be read"),
    ],
)
def test_compose_that_says_nothing_clear(tmp_path: Path, compose: str, says: str) -> None:
    dockerfile = write(tmp_path, "Dockerfile")
    write(tmp_path, "app.py")
    (tmp_path / "compose.yaml").write_bytes(compose.encode("utf-8", "surrogateescape"))
    root, reason = context(dockerfile)
    assert root is None
    assert says in reason
    with pytest.raises(Unclear, match=r"compose\.yaml"):
        compose_builds(str(tmp_path / "compose.yaml"))


def test_compose_files_that_disagree(tmp_path: Path) -> None:
    dockerfile = write(tmp_path, "app/Dockerfile")
    write(tmp_path, "app/compose.yaml", "services: {a: {build: .}}\n")
    write(
        tmp_path,
        "app/compose.dev.yaml",
        "services: {a: {build: {context: .., dockerfile: app/Dockerfile}}}\n",
    )
    root, reason = context(dockerfile)
    assert root is None
    assert "more than one" in reason


def test_sources_decide(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    dockerfile = write(tmp_path, "docker/app/Dockerfile")
    root, reason = context(dockerfile)
    assert root is None
    assert "app.py is not in" in reason
    write(tmp_path, "app.py")
    assert context(dockerfile)[0] == str(tmp_path)
    write(tmp_path, "docker/app/app.py")
    assert context(dockerfile)[0] == str(dockerfile.parent)


def test_the_folder_of_a_wildcard_decides(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    text = "FROM a\nCOPY ./config/*.ini /etc/\n"
    dockerfile = write(tmp_path, "docker/Dockerfile", text)
    write(tmp_path, "docker/package.json")
    root, reason = context(dockerfile, text)
    assert root is None
    assert "config is not in" in reason
    write(tmp_path, "config/a.ini")
    assert context(dockerfile, text)[0] == str(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "FROM a\nARG X\nCOPY $X *.none /x/\n",
        "FROM a\nADD https://example.com/a /x\nCOPY --from=b /gone /x\n",
        "FROM a\nONBUILD COPY gone /x\n",
        "FROM a\nCOPY <<EOF /x\nEOF\n",
        ALL,
    ],
)
def test_sources_that_tell_nothing(tmp_path: Path, text: str) -> None:
    dockerfile = write(tmp_path, "Dockerfile", text)
    assert context(dockerfile, text)[0] == str(tmp_path)


def test_the_whole_context_from_a_folder_of_dockerfiles(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    dockerfile = write(tmp_path, "docker/Dockerfile", ALL)
    write(tmp_path, "docker/entrypoint.sh")
    assert context(dockerfile, ALL)[0] is None
    write(tmp_path, "docker/package.json")
    assert context(dockerfile, ALL)[0] == str(tmp_path / "docker")
    assert context(tmp_path / "gone" / "Dockerfile", ALL)[0] is None


def test_merges_without_end(tmp_path: Path) -> None:
    lines = ["a0: &a0 {build: x}"] + [
        f"a{n}: &a{n}\n  <<: [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)
    ]
    file = write(tmp_path, "compose.yaml", "\n".join(lines) + "\nservices: {s: *a29}\n")
    start = time.perf_counter()
    compose_builds(str(file))
    assert time.perf_counter() - start < 10
