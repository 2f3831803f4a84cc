"""Which services of a Compose file may take all memory and processors of the host, and where limits belong.

https://docs.docker.com/reference/compose-file/deploy/#resources
"""

from __future__ import annotations

import os

from dockmend._compose.document import MERGE, ComposeFile, Service, fields, parse, texts
from dockmend._project.find import compose_files
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockmend._compose.yaml import Entry, Node
    from dockmend._project.context import BuildContext

MEMORY, CPUS = "memory", "cpus"

_DEPLOY = ("deploy", "resources", "limits")
_MEMORY = frozenset({"mem_limit"})
# https://docs.docker.com/reference/compose-file/services/#cpu_quota and those beside it.
_CPUS = frozenset({"cpus", "cpu_quota", "cpuset", "cpu_count", "cpu_percent"})
_STARTS = frozenset({"image", "build", "extends"})
_DEEPEST = 10


class Lack(NamedTuple):
    """A service without all limits: `missing` are MEMORY, CPUS or both, each with the name to give it.

    They belong under `keys` of the mapping `home`, or nowhere where `reason` says why, as a clause.
    `heirs` are the services that get them there, this one among them.
    """

    service: Service
    missing: tuple[tuple[str, str], ...]
    home: Node
    keys: tuple[str, ...]
    heirs: tuple[str, ...]
    reason: str


def lacking(doc: ComposeFile, build: BuildContext, path: str | None) -> tuple[Lack, ...]:
    """The services of the file at `path` that start a container and lack a limit, each mapping once.

    `build` is the folder of the file, where other Compose files may say more of its services. One that has
    neither an image nor a build only adds to a service of another file.
    """
    return tuple(_Scan(doc, _Beside(build, path)).lacks())


class _Scan:
    """One file; `missing` has what each service lacks, by the mapping that it is."""

    def __init__(self, doc: ComposeFile, beside: _Beside) -> None:
        self.doc = doc
        self.beside = beside
        self.missing: dict[int, tuple[str, ...]] = {}

    def lacks(self) -> Iterator[Lack]:
        services = {id(one.node): one for one in self.doc.services if _STARTS & one.fields.keys()}
        for service in services.values():
            limits = [_limits(one) for one in (*self.chain(service), *self.beside.named(service.name))]
            missing = {MEMORY, CPUS}.difference(*limits)
            if missing:
                self.missing[id(service.node)] = tuple(one for one in (MEMORY, CPUS) if one in missing)
        for service in services.values():
            if id(service.node) in self.missing:
                *_, first = (one for one in self.chain(service) if id(one.node) in self.missing)
                yield self.placed(first)._replace(service=service)

    def chain(self, service: Service) -> Iterator[Service]:
        """The service and those that it extends, the last of them known.

        https://docs.docker.com/reference/compose-file/services/#extends
        """
        doc: ComposeFile | None = self.doc
        for _ in range(_DEEPEST):
            yield service
            extends = service.fields.get("extends")
            said = texts(extends.value) if extends is not None else {}
            if "file" in said:
                doc = self.beside.file(said["file"])
            name = said.get("service", said.get("context"))
            found = [one for one in doc.services if one.name == name] if doc is not None else []
            if not found:
                return
            service = found[0]

    def placed(self, service: Service) -> Lack:
        """Where its limits belong: beside those that it has, else where most of it is written."""
        deploy = service.fields.get("deploy")
        names = {MEMORY: MEMORY, CPUS: CPUS}
        keys: tuple[str, ...] = _DEPLOY
        home, reason = service.node, ""
        if all(root.entry("services") is None for root in self.doc.roots):
            reason = "the file is of version 1, which knows no limit of processors"
        elif deploy is not None:
            if not deploy.value.is_null:
                home, keys = deploy.value.resolved, _DEPLOY[1:]
            reason = _merged(deploy.value.resolved)
        elif (_MEMORY | _CPUS) & service.fields.keys() or self.doc.version.startswith("2"):
            names, keys = {MEMORY: "mem_limit", CPUS: "cpus"}, ()
        else:
            home = self.shared(service) or home
        heirs, missing = self.heirs(home), self.missing[id(service.node)]
        if not reason and any(self.missing.get(id(one.node)) != missing for one in heirs):
            reason = "it shares the place for them with services that have limits"
        named = tuple((one, names[one]) for one in missing)
        return Lack(service, named, home, keys, tuple(one.name for one in heirs), reason)

    def shared(self, service: Service) -> Node | None:
        """The mapping, of this or another place, that this service and others like it have in common."""
        merged = [entry.value.resolved for entry in service.node.entries if entry.key.text == MERGE]
        for home in (service.node, *merged[:1]):
            heirs = self.heirs(home)
            lack = {self.missing.get(id(one.node)) for one in heirs}
            if len(heirs) > 1 and len(merged) < 2 and len(lack) == 1 and home.anchor is not None:
                return home
        return None

    def heirs(self, home: Node) -> list[Service]:
        """The services that get what is put into a mapping: a service, what it merges, or its `deploy`."""
        return [one for one in self.doc.services if _inherits(one, home)]


def _inherits(service: Service, home: Node) -> bool:
    deploy = service.fields.get("deploy")
    if deploy is not None:
        return deploy.value.resolved is home or service.node is home
    merged = any(entry.key.text == MERGE and entry.value.resolved is home for entry in service.node.entries)
    return merged or service.node is home


def _limits(service: Service) -> set[str]:
    """What a service has a limit of by itself, merged mappings included."""
    limits: dict[str, Entry] = service.fields
    for key in _DEPLOY:
        limits = fields(limits[key].value) if key in limits else {}
    short = {MEMORY: _MEMORY, CPUS: _CPUS}
    return {what for what, names in short.items() if what in limits or names & service.fields.keys()}


def _merged(deploy: Node) -> str:
    """Why nothing can be put into a `deploy` of which a part is written elsewhere."""
    node = deploy
    for key in _DEPLOY[1:]:
        entry = fields(node).get(key)
        if entry is None:
            return ""
        if node.entry(key) is None or entry.value.target is not None:
            return f"its `{key}` is written elsewhere, for others too"
        node = entry.value
    return ""


class _Beside:
    """The other Compose files of the folder, each read once and late."""

    def __init__(self, build: BuildContext, path: str | None) -> None:
        self.build = build
        self.own = os.path.basename(path) if path else None
        self.read: dict[str, ComposeFile | None] = {}

    def named(self, name: str) -> Iterator[Service]:
        """What the other files say of the service of that name."""
        if self.own is None or self.build.root is None:
            return
        for file in compose_files(self.build.root):
            other = self.file(file) if file != self.own else None
            if other is not None:
                yield from (one for one in other.services if one.name == name)

    def file(self, name: str) -> ComposeFile | None:
        """The file of that name within the folder; None where it cannot be read."""
        if name not in self.read:
            data = self.build.read(name)
            doc = parse(data.decode("utf-8", "surrogateescape")) if data is not None else None
            self.read[name] = None if doc is None or doc.problems else doc
        return self.read[name]
