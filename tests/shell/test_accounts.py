from __future__ import annotations

import pytest

from dockmend._shell.accounts import Account, account
from dockmend._shell.commands import commands


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("useradd app", Account("app", None, "/home/app")),
        ("useradd -m -u 1000 -s /bin/sh app", Account("app", "1000", "/home/app")),
        ("useradd -rmu 1000 app -d /srv", Account("app", "1000", "/srv")),
        ("useradd --uid=1000 --home-dir=/srv app", Account("app", "1000", "/srv")),
        ("useradd --uid 1000 --base-dir /srv app", Account("app", "1000", None)),
        ("adduser -D -u 1000 -h /srv app", Account("app", "1000", "/srv")),
        ("adduser -S -G app app", Account("app", None, "/home/app")),
        ("adduser --disabled-password --gecos '' --uid 1000 app", Account("app", "1000", "/home/app")),
        ("adduser --system app", Account("app", None, None)),
        ("sudo useradd -u x -d y app", Account("app", None, None)),
        ("useradd -u $ID app", None),
        ("useradd -D", None),
        ("useradd -u", None),
        ("groupadd app", None),
    ],
)
def test_the_user_that_a_command_adds(text: str, expected: Account | None) -> None:
    assert account(commands(text)[0]) == expected
