"""Codes: what findings go by, and what a hook and another linter both found, said once."""

from __future__ import annotations

from bisect import bisect_right

from dockmend._project.hadolint_config import SEVERITIES, HadolintConfig
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from dockmend._hook import Finding, Hook

    Found = tuple[Hook, Finding]

NEVER = "never"


class Unit(NamedTuple):
    """An instruction: where it starts, what `becomes` of a fix calls it, and its stage."""

    start: int
    key: object
    stage: object


class Codes(NamedTuple):
    """How findings are chosen and weighed by their codes.

    `owners` are hooks by the codes of other linters for what they find. `ignored` are names of hooks and
    codes not to hear of; `only` are, of a hook that was selected by some of its codes, those codes.
    """

    owners: Mapping[str, Hook] = {}
    ignored: frozenset[str] = frozenset()
    only: Mapping[str, frozenset[str]] = {}
    hadolint: HadolintConfig = HadolintConfig()

    def names(self, hook: Hook, finding: Finding) -> set[str]:
        """What the finding goes by: its hook's names or, of another linter, code and the hook for it."""
        if not is_foreign(hook, finding):
            return {hook.name, *hook.aliases}
        owner = self.owners.get(finding.code)
        return {hook.name, finding.code, *((owner.name,) if owner else ())}

    def keeps(self, hook: Hook, finding: Finding) -> bool:
        """Whether it is to be heard of."""
        codes = _hadolints(hook, finding)
        if not self.ignored.isdisjoint(self.names(hook, finding)) or (
            codes and self.hadolint.ignored.issuperset(codes)
        ):
            return False
        return hook.name not in self.only or finding.code in self.only[hook.name]

    def severity(self, hook: Hook, finding: Finding) -> str | None:
        """The severity that hadolint's configuration gives it; None where it says nothing."""
        levels = (self.hadolint.levels.get(code) for code in _hadolints(hook, finding))
        return next((SEVERITIES[level] for level in levels if level), None)

    def fail_on(self, hook: Hook, finding: Finding) -> str | None:
        """The least severity that fails by hadolint's configuration, or NEVER; None where it says nothing."""
        if not _hadolints(hook, finding):
            return None
        if self.hadolint.no_fail:
            return NEVER
        return self.hadolint.threshold and SEVERITIES[self.hadolint.threshold]

    def once(
        self,
        units: Sequence[Unit],
        found: Sequence[Found],
        hooks: Iterable[Hook],
        check: Callable[[Hook], Iterable[Found]],
    ) -> Iterator[Found]:
        """`found` by `hooks`, without what another linter says of a place where the hook for it does too.

        A hook that is not among them is called by `check`, and what it says in the other's place is given.
        """
        owned = [one for one in found if self.owner(*one)]
        said = {finding.code for _, finding in owned}
        helpers = {
            hook.name: hook for code, hook in self.owners.items() if code in said and hook not in hooks
        }
        helping = [one for helper in helpers.values() for one in check(helper)]
        spoken: dict[object, list[Finding]] = {}
        for hook, finding in (*found, *helping):
            if not is_foreign(hook, finding):
                for place in _places(units, finding):
                    for code in (finding.code,) if finding.code else hook.aliases:
                        spoken.setdefault((code, place), []).append(finding)
        from dockmend._project.hadolint import OF_STAGE

        needless: set[int] = set()
        needed: set[int] = set()
        for _, theirs in owned:
            for place in _places(units, theirs, of_stage=theirs.code in OF_STAGE):
                ours = spoken.get((theirs.code, place), ())
                needless |= {id(theirs)} if ours else set()
                needed |= set(map(id, ours))
        yield from (one for one in found if id(one[1]) not in needless)
        yield from (one for one in helping if id(one[1]) in needed)

    def owner(self, hook: Hook, finding: Finding) -> Hook | None:
        """The hook for what another linter said, where there is one."""
        return self.owners.get(finding.code) if is_foreign(hook, finding) else None


def is_foreign(hook: Hook, finding: Finding) -> bool:
    """Whether the hook speaks for another linter there, one of whose codes it takes for its aliases."""
    return finding.code not in ("", *hook.aliases) and any(alias.endswith("*") for alias in hook.aliases)


def _hadolints(hook: Hook, finding: Finding) -> tuple[str, ...]:
    """The codes of hadolint for what the finding is about."""
    codes = (finding.code,) if finding.code else hook.aliases
    return tuple(code for code in codes if code[:2] in ("DL", "SC") and code[2:].isdecimal())


def _places(units: Sequence[Unit], finding: Finding, *, of_stage: bool = True) -> set[object]:
    """The instructions that a finding begins in or its fix reaches; with `of_stage` their stages, too."""
    index = bisect_right(units, finding.span.start, key=lambda unit: unit.start) - 1
    touched = [units[index]] if index >= 0 else []
    if finding.fix is not None:
        touched += [unit for unit in units if unit.key in finding.fix.becomes]
    keys: set[object] = {("instruction", unit.key) for unit in touched}
    return keys | {("stage", unit.stage) for unit in touched} if of_stage else keys
