"""Digests of tags on disk, for a short while.

What is kept is what the registry itself said a few minutes ago, or nothing: an entry holds for its very
address only, and not past its life, nor if it is from the future; one that cannot be read or is anything but
what was written does not count. No failure is kept, and an entry is replaced whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import time

from dockmend._regex import regex

DIGEST = regex(r"sha256:[0-9a-f]{64}")


def kept(key: str, life: float) -> str:
    """The digest kept for `key` no longer than `life` seconds ago, "" for none."""
    path = _path(key)
    if path is None:
        return ""
    try:
        with open(path, encoding="utf-8") as file:
            entry = json.load(file)
        digest, asked = entry["digest"], entry["asked"]
        if entry["key"] == key and DIGEST.fullmatch(digest) and 0 <= time.time() - asked <= life:
            return str(digest)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    return ""


def keep(key: str, digest: str, life: float) -> None:
    """Keep `digest` for `key`, where that can be done, and drop what is older than `life` seconds."""
    path = _path(key)
    if path is None:
        return
    folder = os.path.dirname(path)
    part = f"{path}.{os.getpid()}"
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with os.scandir(folder) as entries:
            for entry in entries:
                if time.time() - entry.stat(follow_symlinks=False).st_mtime > life:
                    os.unlink(entry.path)
        with open(part, "x", encoding="utf-8") as file:
            json.dump({"key": key, "digest": digest, "asked": time.time()}, file)
        os.replace(part, path)
    except OSError:
        pass


def _path(key: str) -> str | None:
    """https://specifications.freedesktop.org/basedir-spec/latest/; None where there is no home."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.join(os.path.expanduser("~"), ".cache")
    if not os.path.isabs(base):
        return None
    return os.path.join(base, "dockmend", "digests", f"{hashlib.sha256(key.encode()).hexdigest()}.json")
