from __future__ import annotations

import pytest

from dockmend._compose.document import meaning, parse
from dockmend._compose.edit import put
from dockmend._edit import Edits

LIMITS = ("deploy", "resources", "limits")
VALUE = {"cpus": "1.0", "memory": "512M"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "services:\n  web:\n    image: a\n",
            (
                "services:\n  web:\n    image: a\n"
                '    deploy:\n      resources:\n        limits:\n          cpus: "1.0"\n          memory: 512M\n'
            ),
        ),
        (
            "services:\n    web:\n        image: 'a'",
            (
                "services:\n    web:\n        image: 'a'\n"
                "        deploy:\n            resources:\n                limits:\n"
                "                    cpus: '1.0'\n                    memory: 512M"
            ),
        ),
        (
            "services:\r\n  web:\r\n    image: a  # c\r\n\r\n  # next\r\n  db: {image: b}\r\n",
            (
                "services:\r\n  web:\r\n    image: a  # c\r\n    deploy:\r\n      resources:\r\n        limits:\r\n"
                '          cpus: "1.0"\r\n          memory: 512M\r\n\r\n  # next\r\n  db: {image: b}\r\n'
            ),
        ),
        (
            "services:\n  web: {image: a}\n",
            'services:\n  web: {image: a, deploy: {resources: {limits: {cpus: "1.0", memory: 512M}}}}\n',
        ),
        (
            "services:\n  web: {image: a, deploy: {}}\n",
            'services:\n  web: {image: a, deploy: {resources: {limits: {cpus: "1.0", memory: 512M}}}}\n',
        ),
        (
            "services:\n  web:\n    deploy:\n      replicas: 2\n    image: a\n",
            (
                "services:\n  web:\n    deploy:\n      replicas: 2\n      resources:\n        limits:\n"
                '          cpus: "1.0"\n          memory: 512M\n    image: a\n'
            ),
        ),
        (
            "services:\n  web:\n    deploy: # none\n    image: a\n",
            (
                "services:\n  web:\n    deploy: # none\n      resources:\n        limits:\n"
                '          cpus: "1.0"\n          memory: 512M\n    image: a\n'
            ),
        ),
        (
            "services:\n  web:\n    deploy:\n      resources:\n        limits:\n          pids: 1\n    # c\n    image: a\n",
            (
                "services:\n  web:\n    deploy:\n      resources:\n        limits:\n          pids: 1\n"
                '          cpus: "1.0"\n          memory: 512M\n    # c\n    image: a\n'
            ),
        ),
        (
            "services:\n  web:\n    image: a\n    command: |\n      x\n\n\n  db:\n    image: b\n",
            (
                "services:\n  web:\n    image: a\n    command: |\n      x\n    deploy:\n      resources:\n        limits:\n"
                '          cpus: "1.0"\n          memory: 512M\n\n\n  db:\n    image: b\n'
            ),
        ),
        (
            "services:\n  web:\n    image: a\n    ports:\n    - 80:80\n    - '90:90' # c\n",
            (
                "services:\n  web:\n    image: a\n    ports:\n    - 80:80\n    - '90:90' # c\n"
                "    deploy:\n      resources:\n        limits:\n          cpus: '1.0'\n          memory: 512M\n"
            ),
        ),
        (
            "services:\n  web:\n    image: a\n    environment: {A: b,\n      C: d}\n",
            (
                "services:\n  web:\n    image: a\n    environment: {A: b,\n      C: d}\n"
                '    deploy:\n      resources:\n        limits:\n          cpus: "1.0"\n          memory: 512M\n'
            ),
        ),
    ],
)
def test_put(before: str, after: str) -> None:
    doc = parse(before)
    found = put(doc, doc.services[0].node, LIMITS, VALUE)
    assert not isinstance(found, str)
    assert Edits([found.edit]).apply(before) == after
    made = parse(after)
    assert not made.problems
    expected = meaning(doc)
    for leaves in found.becomes.values():
        expected.update(leaves)
    assert meaning(made) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("services:\n  web:\n    deploy: &a {}\n", "there"),
        ("services:\n  web:\n    deploy: x\n", "its `deploy` is no mapping that is written there"),
        (
            "x: &a {replicas: 2}\nservices:\n  web:\n    deploy: *a\n",
            "its `deploy` is no mapping that is written there",
        ),
        ("services:\n  web:\n    deploy: !reset {}\n", "its `deploy` is no mapping that is written there"),
        ("services:\n  web:\n    deploy: null\n", "its `deploy` is no mapping that is written there"),
        (
            "services:\n  web:\n    image: a\n    command: |+\n      x\n\n",
            "there is no line of its own behind its last entry",
        ),
        ("services:\n  web: {deploy: }\n", "its `deploy` is no mapping that is written there"),
    ],
)
def test_left(text: str, reason: str) -> None:
    doc = parse(text)
    found = put(doc, doc.services[0].node, LIMITS, VALUE)
    if reason == "there":
        assert not isinstance(found, str)
    else:
        assert found == reason


@pytest.mark.parametrize(
    ("value", "written"),
    [("yes", '"yes"'), ("0.5", '"0.5"'), ("1g", "1g"), (0.5, "0.5"), (3, "3"), ("a b", '"a b"'), ("", '""')],
)
def test_quotes(value: str | float, written: str) -> None:
    doc = parse("services:\n  web:\n    image: a\n")
    found = put(doc, doc.services[0].node, (), {"x": value})
    assert not isinstance(found, str)
    assert found.edit.text == f"\n    x: {written}"
