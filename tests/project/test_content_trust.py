from __future__ import annotations

import pytest

from dockmend._project.content_trust import content_trust

ON = [
    "DOCKER_CONTENT_TRUST=1",
    "DOCKER_CONTENT_TRUST=true docker pull alpine",
    "DOCKER_CONTENT_TRUST=yes",
    "export DOCKER_CONTENT_TRUST=1 && docker build .",
    'export DOCKER_CONTENT_TRUST="1"',
    "DOCKER_CONTENT_TRUST 1",
    "set -gx DOCKER_CONTENT_TRUST 1",
    'set "DOCKER_CONTENT_TRUST=1"',
    'setx DOCKER_CONTENT_TRUST "1"',
    '$env:DOCKER_CONTENT_TRUST = "1"',
    "export DOCKER_CONTENT_TRUST := 1",
    "DOCKER_CONTENT_TRUST:=1",
    "DOCKER_CONTENT_TRUST ?= 1",
    "  DOCKER_CONTENT_TRUST: 1",
    '  DOCKER_CONTENT_TRUST: "1"  # signed only',
    "  - DOCKER_CONTENT_TRUST=1",
    '{"DOCKER_CONTENT_TRUST": "1"}',
    '{"DOCKER_CONTENT_TRUST":true}',
    "env: {DOCKER_CONTENT_TRUST: 1}",
    '- name: DOCKER_CONTENT_TRUST\n  value: "1"',
    '{name: DOCKER_CONTENT_TRUST, value: "1"}',
    'echo "DOCKER_CONTENT_TRUST=1" >> "$GITHUB_ENV"',
    "docker pull --disable-content-trust=false alpine",
]
OFF = [
    "DOCKER_CONTENT_TRUST=0",
    "DOCKER_CONTENT_TRUST=",
    "DOCKER_CONTENT_TRUST= docker pull alpine",
    "export DOCKER_CONTENT_TRUST=false",
    'DOCKER_CONTENT_TRUST: "0"',
    "DOCKER_CONTENT_TRUST: null",
    "DOCKER_CONTENT_TRUST: ~",
    "DOCKER_CONTENT_TRUST:",
    "DOCKER_CONTENT_TRUST=$TRUST",
    "DOCKER_CONTENT_TRUST: ${{ inputs.trust }}",
    "DOCKER_CONTENT_TRUST: {{ trust }}",
    "DOCKER_CONTENT_TRUST_SERVER=https://notary.example.org",
    "MY_DOCKER_CONTENT_TRUST=1",
    "export DOCKER_CONTENT_TRUST",
    "unset DOCKER_CONTENT_TRUST",
    "echo ${DOCKER_CONTENT_TRUST:-1} $DOCKER_CONTENT_TRUST",
    'test "$DOCKER_CONTENT_TRUST" = 1',
    "# DOCKER_CONTENT_TRUST=1",
    "docker pull alpine  # DOCKER_CONTENT_TRUST=1 no longer works",
    "DOCKER_CONTENT_TRUST is retired",
    "DOCKER_CONTENT_TRUST 1.2",
    "- name: DOCKER_CONTENT_TRUST\n  value: ''",
    "docker pull --disable-content-trust alpine",
    "docker pull --disable-content-trust=true alpine",
    "nothing of the kind",
]


@pytest.mark.parametrize("text", ON)
def test_on(text: str) -> None:
    lines = f"first: 1\n{text}\nlast # DOCKER_CONTENT_TRUST=1\n"
    [span] = content_trust(lines)
    found = lines[span.start : span.end]
    assert found in text
    assert found.startswith(("DOCKER_CONTENT_TRUST", "--disable-content-trust"))


@pytest.mark.parametrize("text", OFF)
def test_off(text: str) -> None:
    assert list(content_trust(text)) == []
    assert list(content_trust(f"{text}\n1\n")) == []


def test_each_place() -> None:
    text = "# DOCKER_CONTENT_TRUST=1\nDOCKER_CONTENT_TRUST=1 a; DOCKER_CONTENT_TRUST=1 b # DOCKER_CONTENT_TRUST=1\n"
    assert [text[span.end + 1] for span in content_trust(text)] == ["a", "b"]
