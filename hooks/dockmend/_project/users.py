"""Who runs a RUN: number and home, as far as the file and its base image tell."""

from __future__ import annotations

import sys

from dockmend._project.images import facts
from dockmend._project.reference import base_image
from dockmend._shell.code import Code, code_of
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dockmend._dockerfile.document import Document, Stage
    from dockmend._shell.accounts import Account

ROOT = "0"


class User(NamedTuple):
    """A user: `uid` in digits, `home` an absolute path, None where it is not known."""

    uid: str
    home: str | None


class Users:
    """The users of one document, looked up once a stage."""

    __slots__ = ("_accounts", "_doc", "_first")

    def __init__(self, doc: Document) -> None:
        self._doc = doc
        self._accounts: dict[int, dict[str, Account]] = {}
        self._first: dict[int, int] = {}

    def of(self, code: Code) -> User | str:
        """Who runs `code`; or why that is not known, in a clause."""
        assert code.instruction.stage is not None
        stage = self._doc.stages[code.instruction.stage]
        triggers = code.run is not code.instruction
        if triggers and any(one.trigger and one.trigger.name == "USER" for one in stage.instructions):
            return "a trigger sets the user"
        name = code.state.user
        if name is None:
            if self._first_user(stage) < (sys.maxsize if triggers else code.instruction.index):
                return "a build argument decides the user"
            image = base_image(self._doc, stage)
            name = facts(image).user if image is not None else None
            if name is None:
                return "the user of the base image is not known"
        name = name.partition(":")[0]
        if name in ("root", ROOT):
            return User(ROOT, "/root")
        known = self._known(stage).get(name)
        uid = name if name.isdecimal() else known.uid if known is not None else None
        if uid is None:
            return f"the number of the user {name} is not known"
        return User(uid, known.home if known is not None else None)

    def _first_user(self, stage: Stage) -> int:
        """The index of the first USER in the chain of stages under `stage`."""
        if not self._first:
            for one in self._doc.stages:
                own = (each.index for each in one.instructions if each.name == "USER")
                above = self._first[one.parent.index] if one.parent is not None else sys.maxsize
                self._first[one.index] = min(above, next(own, sys.maxsize))
        return self._first[stage.index]

    def _known(self, stage: Stage) -> dict[str, Account]:
        """The users that the chain of stages under `stage` adds, by name and by number."""
        if not self._accounts:
            for one in self._doc.stages:
                above = self._accounts[one.parent.index] if one.parent is not None else {}
                own = self._added(one)
                self._accounts[one.index] = above | own if own else above
        return self._accounts[stage.index]

    def _added(self, stage: Stage) -> dict[str, Account]:
        known: dict[str, Account] = {}
        for one in stage.instructions:
            text = "".join(one.texts)
            if one.name == "RUN" and ("useradd" in text or "adduser" in text):
                from dockmend._shell.accounts import account

                for command in code_of(self._doc, one).program.commands:
                    added = account(command)
                    if added is not None:
                        known[added.name] = known[added.uid or added.name] = added
        return known
