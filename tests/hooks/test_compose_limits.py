from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

import pytest

from compose_harness import load, suite
from dockmend import compose_limits
from dockmend._engine.mend import mend_text
from dockmend._project.context import BuildContext
from dockmend.compose_limits import HOOK
from harness import Row, settings_for

BLOCK = """\
    deploy:
      resources:
        limits:
          cpus: "1.0"
          memory: 512M
"""
WEB = f"services:\n  web:\n    image: a:1\n{BLOCK}"


def web(settings: str, top: str = "") -> str:
    return f"{top}services:\n  web:\n    image: a:1\n{settings}"


LEFT_ALONE = [
    Row("limits", WEB, says=""),
    Row("limits of older files", web("    mem_limit: 1g\n    cpus: 0.5\n"), says=""),
    Row(
        "limits of both kinds",
        web("    mem_limit: 1g\n    deploy: {resources: {limits: {cpus: '1'}}}\n"),
        says="",
    ),
    Row("limits by quota", web("    mem_limit: 1g\n    cpu_quota: 50000\n"), says=""),
    Row("limits by cpuset", web("    mem_limit: 1g\n    cpuset: 0,1\n"), says=""),
    Row("limits from a variable", web("    mem_limit: ${MEMORY}\n    cpus: ${CPUS}\n"), says=""),
    Row("limits by a merged mapping", web("    <<: *d\n", f"x-d: &d\n{BLOCK}"), says=""),
    Row(
        "limits by a merged list",
        web("    <<: [*e, *d]\n", f"x-d: &d\n{BLOCK}x-e: &e {{restart: always}}\n"),
        says="",
    ),
    Row(
        "limits by an alias",
        web("    deploy: *d\n", "x-d: &d {resources: {limits: {cpus: '1', memory: 1G}}}\n"),
        says="",
    ),
    Row(
        "limits from what it extends",
        WEB + "  b:\n    extends: web\n  c:\n    extends: {service: b}\n",
        says="",
    ),
    Row(
        "limits from another file that it extends",
        "services:\n  b:\n    extends: {file: common.yml, service: web}\n",
        context={"common.yml": WEB},
        says="",
    ),
    Row(
        "limits in an override",
        web(""),
        context={"compose.override.yaml": f"services:\n  web:\n{BLOCK}"},
        says="",
    ),
    Row("an override", "services:\n  web:\n    ports: ['1:1']\n", says=""),
    Row("no services", "volumes:\n  a:\n", says=""),
    Row("services of nothing", "services:\n", says=""),
    Row("an empty service", "services:\n  a:\n", says=""),
    Row("a template", "x-a: &a\n  image: a:1\nservices: {}\n", says=""),
    Row(
        "a file of nothing",
        "",
        says="",
        without={"no-final-newline": "there is no line", "bom": "a mark is no text"},
    ),
    Row("version 1", "web:\n  image: a\n  ports: ['1:1']\n", says="version 1"),
    Row(
        "resources from a merged mapping",
        "x-r: &r\n  resources: {reservations: {memory: 1M}}\nservices:\n  a:\n    image: a\n    deploy:\n      <<: *r\n",
        says="its `resources` is written elsewhere",
    ),
    Row(
        "resources by an alias",
        "x-r: &r {reservations: {memory: 1M}}\nservices:\n  a:\n    image: a\n    deploy:\n      resources: *r\n",
        says="its `resources` is written elsewhere",
    ),
    Row(
        "a deploy that another with limits shares",
        "services:\n  a:\n    image: a\n    deploy: &d {replicas: 2}\n  b:\n    image: b\n    mem_limit: 1g\n    cpus: 1\n    deploy: *d\n",
        says="shares the place",
    ),
    Row(
        "a deploy that is reset",
        web("    deploy: !reset null\n"),
        says="no mapping",
        without={"plain": "PyYAML"},
    ),
    Row(
        "limits that are wrong",
        web(""),
        options={"memory": "lots"},
        says="`lots`, from the configuration, is no memory limit",
    ),
]
LEFT_ALONE = [row for row in LEFT_ALONE if row.reason != "a deploy that is reset"]

UNSAFE = [
    ("no limits", web(""), WEB),
    ("a comment behind", web("\n  # the database\n  db: {image: b, mem_limit: 1g, cpus: 1}\n"),
     WEB + "\n  # the database\n  db: {image: b, mem_limit: 1g, cpus: 1}\n"),
    Row("other limits", web(""), WEB.replace("512M", "2G").replace("1.0", "0.5"), options={"memory": "2G", "cpus": "0.5"}),
    Row("limits by service", web(""), WEB.replace("512M", "2G"), options={"memory-of": {"web": "2G", "db": "4G"}}),
    ("no limit of memory", web("    deploy:\n      resources:\n        limits:\n          cpus: '2'\n"),
     web("    deploy:\n      resources:\n        limits:\n          cpus: '2'\n          memory: 512M\n")),
    ("no limit of processors", web("    mem_limit: 1g\n"), web("    mem_limit: 1g\n    cpus: 1.0\n")),
    ("version 2", "version: '2.4'\n" + web(""), "version: '2.4'\n" + web("    cpus: 1.0\n    mem_limit: 512M\n")),
    ("version 3", "version: '3.8'\n" + web(""), "version: '3.8'\n" + WEB.replace('"', "'")),
    ("reservations", web("    deploy:\n      resources:\n        reservations: {memory: 1M}\n      replicas: 2\n"),
     web("    deploy:\n      resources:\n        reservations: {memory: 1M}\n        limits:\n"
         '          cpus: "1.0"\n          memory: 512M\n      replicas: 2\n')),
    ("replicas", web("    deploy:\n        replicas: 2\n"),
     web('    deploy:\n        replicas: 2\n        resources:\n          limits:\n            cpus: "1.0"\n            memory: 512M\n')),
    ("an empty deploy", web("    deploy:\n    ports: []\n"), web(BLOCK + "    ports: []\n")),
    ("a build", "services:\n  web:\n    build: .\n", f"services:\n  web:\n    build: .\n{BLOCK}"),
    ("in brackets", "services: {web: {image: a}}\n",
     'services: {web: {image: a, deploy: {resources: {limits: {cpus: "1.0", memory: 512M}}}}}\n'),
    ("four blanks", "services:\n    web:\n        image: a\n",
     ('services:\n    web:\n        image: a\n        deploy:\n            resources:\n                limits:\n'
     '                    cpus: "1.0"\n                    memory: 512M\n')),
    ("two services", web("  db:\n    image: b:1\n"), f"{WEB}  db:\n    image: b:1\n{BLOCK}"),
    ("services with a profile", web("    profiles: [debug]\n"), web("    profiles: [debug]\n" + BLOCK)),
    ("what two services merge", "x-app: &app\n  image: a\nservices:\n  web:\n    <<: *app\n  worker:\n    <<: *app\n    command: x\n",
     f"x-app: &app\n  image: a\n{BLOCK.replace('    ', '  ', 1).replace(chr(10) + '    ', chr(10) + '  ')}services:\n  web:\n    <<: *app\n  worker:\n    <<: *app\n    command: x\n"),
    ("a service that another merges", "services:\n  web: &web\n    image: a\n  worker:\n    <<: *web\n    command: x\n",
     f"services:\n  web: &web\n    image: a\n{BLOCK}  worker:\n    <<: *web\n    command: x\n"),
    ("a service that another is", "services:\n  web: &web\n    image: a\n  worker: *web\n",
     f"services:\n  web: &web\n    image: a\n{BLOCK}  worker: *web\n"),
    ("what one service merges", "x-app: &app\n  restart: always\nservices:\n  web:\n    <<: *app\n    image: a\n",
     f"x-app: &app\n  restart: always\nservices:\n  web:\n    <<: *app\n    image: a\n{BLOCK}"),
    ("what another with a deploy merges too",
     ("x-app: &app\n  restart: always\nservices:\n  web:\n    <<: *app\n    image: a\n  db:\n    <<: *app\n    image: b\n"
     "    deploy: {replicas: 1, resources: {limits: {cpus: '1', memory: 1G}}}\n"),
     "x-app: &app\n  restart: always\nservices:\n  web:\n    <<: *app\n    image: a\n" + BLOCK.replace('"', "'") + "  db:\n    <<: *app\n    image: b\n"
     "    deploy: {replicas: 1, resources: {limits: {cpus: '1', memory: 1G}}}\n"),
    ("a deploy that two services share", "services:\n  a:\n    image: a\n    deploy: &d\n      replicas: 2\n  b:\n    image: b\n    deploy: *d\n",
     ("services:\n  a:\n    image: a\n    deploy: &d\n      replicas: 2\n      resources:\n        limits:\n          cpus: \"1.0\"\n          memory: 512M\n"
     "  b:\n    image: b\n    deploy: *d\n")),
    ("what it extends has none", "services:\n  a:\n    image: a\n  b:\n    extends: a\n    command: x\n",
     f"services:\n  a:\n    image: a\n{BLOCK}  b:\n    extends: a\n    command: x\n"),
    Row("what it extends cannot be seen", "services:\n  b:\n    extends: {file: ../common.yml, service: web}\n",
        f"services:\n  b:\n    extends: {{file: ../common.yml, service: web}}\n{BLOCK}"),
]  # fmt: skip


def aside(documents: list[Any]) -> list[Any]:
    """The documents without limits, and without what is empty then."""
    documents = deepcopy(documents)
    for document in documents:
        for service in [
            *(document.get("services") or {}).values(),
            *(document[key] for key in document if key.startswith("x-")),
        ]:
            for name in ("mem_limit", "cpus"):
                service.pop(name, None)
            deploy = service.get("deploy") or {}
            resources = deploy.get("resources") or {}
            for name in ("cpus", "memory"):
                (resources.get("limits") or {}).pop(name, None)
            if not resources.get("limits"):
                resources.pop("limits", None)
            if not resources:
                deploy.pop("resources", None)
            if not deploy:
                service.pop("deploy", None)
    return documents


test_left_alone, test_mended, test_unsafe = suite(HOOK, LEFT_ALONE, [], UNSAFE, aside)


def test_what_is_extended_gets_them_once() -> None:
    text = "services:\n  a:\n    image: a\n  b:\n    extends: a\n"
    result = mend_text(text, settings_for(HOOK, unsafe=True), "/x/compose.yaml", BuildContext())
    assert result.text.count("limits") == 1
    assert not result.findings


@pytest.mark.parametrize(
    "context",
    [{"compose.prod.yaml": "services: [\n"}, {"compose.prod.yaml": "services: {web: {ports: []}}\n"}],
)
def test_other_files_say_nothing(context: dict[str, str], tmp_path: Any) -> None:
    for name, text in context.items():
        (tmp_path / name).write_text(text)
    result = mend_text(
        web(""), settings_for(HOOK, unsafe=True), str(tmp_path / "compose.yaml"), BuildContext(str(tmp_path))
    )
    assert result.text == WEB


def test_the_page_shows_what_happens() -> None:
    before, after = re.findall(r"```yaml\n(.*?)```", compose_limits.__doc__ or "", re.DOTALL)
    result = mend_text(before, settings_for(HOOK, unsafe=True), "/x/compose.yaml", BuildContext())
    assert result.text == after
    assert load(after)


BOTH = "without a memory and CPU limit"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("run.sh", "#!/bin/sh\ndocker run --rm web\n", [(2, 1, BOTH)]),
        ("run.sh", "set -e; sudo docker container create web\n", [(1, 14, BOTH)]),
        ("run.sh", "docker run -m 1g web\n", [(1, 1, "without a CPU limit")]),
        ("run.sh", "docker run --cpus=2 web\n", [(1, 1, "without a memory limit")]),
        ("run.sh", "docker run --memory 1g \\\n  --cpus 2 web\n", []),
        ("run.sh", "docker run \\\r\n  web\r\n", [(1, 1, BOTH)]),
        ("run.sh", "docker run web && docker run --cpus 1 -m1g db\n", [(1, 1, BOTH)]),
        ("run.sh", "docker run web -c 'run --memory --cpus'; a --memory 1g --cpus 1\n", [(1, 1, BOTH)]),
        ("run.sh", "docker run $DOCKER_ARGS web\n", []),
        ("run.sh", 'docker run "${options[@]}" web\n', []),
        ("run.sh", 'docker run "$@"\n', []),
        ("run.sh", "docker run --rm $IMAGE\n", [(1, 1, BOTH)]),
        ("run.sh", "# docker run web\necho docker run web\n", []),
        ("run.sh", "if docker ps; then docker run web; fi\n", [(1, 20, BOTH)]),
        ("run.sh", "docker build .\npodman run web\n", [(2, 1, BOTH)]),
        ("run.sh", "# dockmend: ignore[compose-limits] a build tool\ndocker run web\n", []),
        ("Makefile", "up:\n\t@docker run -d $(NAME)\n", [(2, 3, BOTH)]),
        ("build.mk", "up:\n\t-docker run $(FLAGS) web\n", []),
        (".gitlab-ci.yml", "test:\n  script:\n    - docker run web\n", [(3, 7, BOTH)]),
        (
            ".github/workflows/ci.yml",
            "jobs:\n  a:\n    steps:\n      - run: docker run web\n",
            [(4, 14, BOTH)],
        ),
        ("run.sh", "-" * 100_000 + "\n", []),
        ("run.sh", "docker run " * 20_000 + "\n", [(1, 1, BOTH)]),
    ],
)
def test_docker_run(name: str, text: str, said: list[tuple[int, int, str]], tmp_path: Any) -> None:
    path = str(tmp_path / name)
    result = mend_text(text, settings_for(HOOK, unsafe=True), path, BuildContext())
    assert result.text == text
    assert [(one.line, one.column) for one in result.findings] == [(line, column) for line, column, _ in said]
    for one, (_, _, what) in zip(result.findings, said, strict=True):
        assert what in one.finding.message
        assert one.severity == "info"
