"""Which hooks run, by the names and codes that select and ignore them."""

from __future__ import annotations

import os

from dockmend import _registry
from dockmend._engine import kinds
from dockmend._engine.codes import Codes
from dockmend._engine.mend import Settings
from dockmend._project.hadolint_config import HadolintConfig
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Set
    from typing import TypeAlias

    from dockmend._engine.config import Config
    from dockmend._engine.run import Job
    from dockmend._hook import Hook

    _Options: TypeAlias = Mapping[str, Mapping[str, object]]

ALL = "ALL"


class Selection(NamedTuple):
    """The hooks, in their order, those that were selected by name, and what their codes are for."""

    hooks: tuple[Hook, ...]
    asked: frozenset[str]
    codes: Codes


def selection(
    names: Set[str],
    ignored: Set[str],
    hadolint: HadolintConfig = HadolintConfig(),  # noqa: B008
    *,
    dockerfile: bool = False,
) -> Selection:
    """What `names` select and `ignored` leave out, for a `dockerfile` or any file.

    A name is ALL, or what `_registry.meaning` gives.
    """
    asked = {name if name == ALL else _registry.resolve(name) or "" for name in names}
    usable = (name for name in _registry.HOOKS if not dockerfile or name not in _registry.ELSEWHERE)
    wanted = (name for name in usable if not {ALL, name}.isdisjoint(asked))
    hooks = tuple(_registry.load(name) for name in wanted if {ALL, name}.isdisjoint(ignored))
    single = frozenset() if ALL in names else frozenset(names - asked)
    only = {hook.name: single for hook in hooks if single and hook.name not in names}
    owners = _owners(hook for hook in hooks if hook.name in asked)
    return Selection(hooks, frozenset(asked), Codes(owners, frozenset(ignored), only, hadolint))


def settings(job: Job, config: Config, path: str | None) -> Settings:
    """The settings of a job for the file at the absolute `path`, under its configuration."""
    select = config.select if job.select is None else job.select
    names = {*((ALL,) if select is None else select), *config.extend_select, *job.extend}
    ignored = set(job.ignore)
    if job.select is None:
        ignored.update(config.ignore)
    if path is not None:
        ignored |= config.ignored_for(path)
    hadolint = job.configs.hadolint
    dockerfile = kinds.is_dockerfile(os.path.basename(path or ""))
    key = (frozenset(names), frozenset(ignored), dockerfile)
    selected = job.configs.selected
    if key not in selected:
        selected[key] = selection(*key[:2], hadolint, dockerfile=dockerfile)
    hooks, asked, codes = selected[key]
    unsafe = config.unsafe_fixes if job.unsafe is None else job.unsafe
    trusted = {"lint": {"trusted-registries": list(hadolint.trusted)}} if hadolint.trusted else {}
    return Settings(
        hooks, config.severity, _merged(trusted, config.options, job.options), unsafe, asked, codes
    )


def _merged(*given: _Options) -> _Options:
    """Settings of hooks, the later ones before the earlier."""
    found: dict[str, dict[str, object]] = {}
    for options in given:
        for name, values in options.items():
            found.setdefault(name, {}).update(values)
    return found


def _owners(hooks: Iterable[Hook]) -> Mapping[str, Hook]:
    """Every hook by its codes, where one of `hooks` speaks for a linter that knows them."""
    if not any(alias.endswith("*") for hook in hooks for alias in hook.aliases):
        return {}
    return {
        alias: hook for name in _registry.HOOKS for hook in (_registry.load(name),) for alias in hook.aliases
    }
