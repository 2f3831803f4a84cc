"""Scanners for the known vulnerabilities of an image, and what they say in one shape."""

from __future__ import annotations

import re

from dockmend._project import programs
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# From the least to the worst.
RANKS = ("unknown", "negligible", "low", "medium", "high", "critical")

_SECONDS = 900
_READY_SECONDS = 30
_SHOWN = 200
_OF_SYSTEM = frozenset({"deb", "rpm", "apk"})


class Vulnerability(NamedTuple):
    """A known one: `rank` is one of RANKS, `fixed` the versions without it, `where` the package's file.

    `fixed`, `where`, `title` and `link` are empty where the scanner tells none.
    """

    code: str
    rank: str
    package: str
    version: str
    fixed: str = ""
    where: str = ""
    title: str = ""
    link: str = ""


class Scanner(NamedTuple):
    """One scanner: `arguments` come before the image, `home` is where to get it.

    `ready` are the arguments of a call that fails where `program` is there and the scanner is not.
    """

    name: str
    program: str
    arguments: tuple[str, ...]
    read: Callable[[object], Iterator[Vulnerability]]
    home: str
    ready: tuple[str, ...] = ()

    def find(self) -> str | None:
        """The path of its program; None where it is not installed."""
        path = programs.find(self.program)
        if path is None or not self.ready:
            return path
        try:
            return path if programs.run([path, *self.ready], seconds=_READY_SECONDS).status == 0 else None
        except programs.ProgramError:
            return None

    def scan(self, path: str, image: str) -> list[Vulnerability]:
        """What the scanner, its program at `path`, says of an image, each thing once.

        Raises ProgramError.
        """
        import json

        done = programs.run([path, *self.arguments, image], seconds=_SECONDS)
        try:
            return list(dict.fromkeys(self.read(json.loads(done.out))))
        except (ValueError, RecursionError) as error:
            raise programs.ProgramError(f"gave no result ({done.complaint})") from error


def _trivy(report: object) -> Iterator[Vulnerability]:
    """https://trivy.dev/latest/docs/configuration/reporting/#json."""
    for result in _items(_fields(report).get("Results")):
        where = "" if result.get("Class") == "os-pkgs" else _text(result.get("Target"))
        for found in _items(result.get("Vulnerabilities")):
            yield Vulnerability(
                _text(found.get("VulnerabilityID")),
                _rank(found.get("Severity")),
                _text(found.get("PkgName")),
                _text(found.get("InstalledVersion")),
                _text(found.get("FixedVersion")),
                _text(found.get("PkgPath")) or where,
                _text(found.get("Title")),
                _text(found.get("PrimaryURL")),
            )


def _grype(report: object) -> Iterator[Vulnerability]:
    """https://github.com/anchore/grype#output-formats, its JSON."""
    for match in _items(_fields(report).get("matches")):
        found, package = _fields(match.get("vulnerability")), _fields(match.get("artifact"))
        fixed = _fields(found.get("fix")).get("versions")
        places = _items(package.get("locations"))
        yield Vulnerability(
            _text(found.get("id")),
            _rank(found.get("severity")),
            _text(package.get("name")),
            _text(package.get("version")),
            ", ".join(map(_text, fixed)) if isinstance(fixed, list) else "",
            "" if package.get("type") in _OF_SYSTEM else next((_text(one.get("path")) for one in places), ""),
            _text(found.get("description")),
            _text(found.get("dataSource")),
        )


def _scout(report: object) -> Iterator[Vulnerability]:
    """SARIF with a rule for each vulnerability: https://docs.docker.com/reference/cli/docker/scout/cves/."""
    for run in _items(_fields(report).get("runs")):
        for rule in _items(_fields(_fields(run.get("tool")).get("driver")).get("rules")):
            told = _fields(rule.get("properties"))
            code, fixed = _text(rule.get("id")), _text(told.get("fixed_version"))
            title = _text(_fields(rule.get("shortDescription")).get("text")).removeprefix(f"{code}: ")
            listed = told.get("purls")
            for package, version in map(_of_url, listed if isinstance(listed, list) else []):
                yield Vulnerability(
                    code,
                    _rank(told.get("cvssV3_severity")),
                    package,
                    version,
                    "" if fixed == "not fixed" else fixed,
                    "",
                    title,
                    _text(rule.get("helpUri")),
                )


def _of_url(value: object) -> tuple[str, str]:
    """The name and the version of a package URL (https://github.com/package-url/purl-spec)."""
    from urllib.parse import unquote

    kind, _, rest = re.split(r"[?#]", _text(value).removeprefix("pkg:"), maxsplit=1)[0].partition("/")
    name, at, version = rest.rpartition("@")
    name = name if at else rest
    return unquote(name.rpartition("/")[2] if kind in _OF_SYSTEM else name), unquote(version if at else "")


def _fields(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _items(value: object) -> list[Mapping[str, object]]:
    return [_fields(item) for item in value] if isinstance(value, list) else []


def _text(value: object) -> str:
    """The first line of a text, and not all of a long one."""
    line = value.strip().partition("\n")[0] if isinstance(value, str) else ""
    return line if len(line) <= _SHOWN else line[:_SHOWN].rpartition(" ")[0] + " …"


def _rank(value: object) -> str:
    rank = value.lower() if isinstance(value, str) else ""
    return rank if rank in RANKS else RANKS[0]


# In the order in which they are looked for.
SCANNERS = (
    Scanner(
        "trivy",
        "trivy",
        ("image", "--quiet", "--format", "json", "--scanners", "vuln"),
        _trivy,
        "https://trivy.dev",
    ),
    Scanner("grype", "grype", ("--quiet", "--output", "json"), _grype, "https://github.com/anchore/grype"),
    Scanner(
        "scout",
        "docker",
        ("scout", "cves", "--format", "sarif"),
        _scout,
        "https://docs.docker.com/scout/",
        ready=("scout", "version"),
    ),
)
