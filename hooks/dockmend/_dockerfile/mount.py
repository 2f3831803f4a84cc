"""What `RUN --mount` holds, and where. https://docs.docker.com/reference/dockerfile/#run---mount."""

from __future__ import annotations

import posixpath

from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dockmend._dockerfile.document import Instruction


class Mount(NamedTuple):
    """One mount: `target` is a clean absolute path, None where it is not known.

    Secrets and sockets that say no target are somewhere under /run.
    """

    kind: str
    target: str | None


def mounts(run: Instruction, workdir: str | None) -> tuple[Mount, ...]:
    """The mounts of a RUN, in order; `workdir` is the one in force, None where unknown."""
    return tuple(_mount(flag.value or "", workdir) for flag in run.flags if flag.name == "mount")


def _mount(value: str, workdir: str | None) -> Mount:
    fields = dict(_field(field) for field in value.split(","))
    kind = fields.get("type", "bind").lower()
    target = next((fields[key] for key in ("target", "dst", "destination") if key in fields), None)
    if target is None and kind in ("secret", "ssh"):
        target = "/run"
    if target is None or '"' in value or "$" in target:
        return Mount(kind, None)
    if not target.startswith("/"):
        target = None if workdir is None else posixpath.join(workdir, target)
    return Mount(kind, target and posixpath.normpath("/" + target.lstrip("/")))


def _field(field: str) -> tuple[str, str]:
    key, _, value = field.partition("=")
    return key.strip().lower(), value


def covered(found: tuple[Mount, ...], path: str) -> bool:
    """Whether `path` may lie in one of the mounts, of whatever kind."""
    return any(
        mount.target is None or f"{path}/".startswith(mount.target.rstrip("/") + "/") for mount in found
    )
