""" "Ignore here" in files of each kind."""

from __future__ import annotations

from collections import Counter

import pytest

from dockmend._edit import Edits
from dockmend._engine import run
from dockmend._engine.config import Configs

DOCKERFILE = """\
# syntax=docker/dockerfile:1
FROM python:latest
# why
ADD a /
RUN apt-get update && apt-get install -y curl
  RUN pip install x
ENV API_TOKEN=ghp_0123456789abcdefghijABCDEFGHIJ012345
CMD node app.js
"""
COMPOSE = """\
services:
  # the front
  web:
    image: nginx
  app:
    build:
      dockerfile_inline: |
        FROM python:latest
        # dockmend: ignore[exec-form] why
        ADD a /
        CMD node app.js
"""


def found(text: str, path: str) -> run.Outcome:
    return run.process_text(text, path, path, run.Job(run.CHECK, Configs()))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize(
    ("text", "path"), [(DOCKERFILE, "/none/Dockerfile"), (COMPOSE, "/none/compose.yaml")]
)
def test_silences_what_it_says_and_no_other(text: str, path: str, end: str, mark: str) -> None:
    text = mark + text.replace("\n", end)
    before = found(text, path)
    assert len(before.findings) > 5
    for one in before.findings:
        edit = run.ignoring(text, path, one)
        assert edit is not None
        after = found(Edits([edit]).apply(text), path)
        assert not after.errors
        gone = Counter(each.hook.name for each in before.findings)
        gone.subtract(each.hook.name for each in after.findings)
        assert +gone == {one.hook.name: gone[one.hook.name]}
        assert not -gone


def test_no_comment_is_written_where_a_fix_is_not() -> None:
    (one,) = found("docker run a\n", "/none/deploy.sh").findings
    assert run.ignoring("docker run a\n", "/none/deploy.sh", one) is None


def test_where_no_comment_can_stand() -> None:
    text = 'services: { a: { image: "a\n  b" }, b: { image: b } }\n'
    path = "/none/compose.yaml"
    one, two = (each for each in found(text, path).findings if each.hook.name == "compose-limits")
    assert run.ignoring(text, path, one) is not None
    assert run.ignoring(text, path, two) is None, "its line begins within a string"
