"""Break dockmend on purpose, each time in another way, and see that the test which guards it fails.

python tests/breakages.py [NAME…]    # as root, for the builds; some minutes

Each breakage is made in a copy of this repository: one text for another in one file.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

TOP = Path(__file__).parent.parent
PACKAGE = Path("hooks", "dockmend")
BUILDS = "tests/builds/test_safe.py::test_same_image"
EXAMPLES = "tests/builds/test_examples.py::test"


class Breakage(NamedTuple):
    """What no longer holds; the change that does it, in a file of the package; the test that has to fail."""

    name: str
    file: str
    old: str
    new: str
    test: str


BREAKAGES = (
    Breakage(
        "merge-run lets cd reach the next command",
        "_shell/join.py",
        "if not last and (effects.leaks or found_again)",
        "if not last and found_again",
        f"{BUILDS}[folders]",
    ),
    Breakage(
        "merge-run loses comments",
        "merge_run.py",
        "kept + lead)",
        "lead)",
        "tests/hooks/test_merge_run.py::test_mended[comments inside-plain]",
    ),
    Breakage(
        "add-to-copy takes archives",
        "add_to_copy.py",
        "return SPECIAL if unpacked else _of_name(entry.path)",
        "return COPIED",
        f"{BUILDS}[archives]",
    ),
    Breakage(
        "exec-form leaves the shell in front of the program",
        "exec_form.py",
        '(at, "exec "), ',
        "",
        f"{EXAMPLES}_exec_form",
    ),
    Breakage(
        "package-cache removes lists that are used later",
        "package_cache.py",
        "if use == NEEDS:",
        'if use == "":',
        f"{BUILDS}[apt-lists-used-later]",
    ),
    Breakage(
        "pip-cache mounts another folder than pip's",
        "pip_cache.py",
        "user.home if isinstance",
        '"/elsewhere" if isinstance',
        f"{EXAMPLES}_pip_cache",
    ),
    Breakage(
        "entrypoint-cmd keeps the first and removes the last",
        "entrypoint_cmd.py",
        "in reversed(stage.instructions):",
        "in stage.instructions:",
        f"{BUILDS}[dead-instructions]",
    ),
    Breakage(
        "dockerignore excludes what is copied",
        "dockerignore.py",
        "usable = harmless(project, lacked, file)",
        "usable = lacked",
        f"{BUILDS}[output-and-settings]",
    ),
    Breakage(
        "non-root-user names a user and makes none",
        "non_root_user.py",
        "    reason = run_as.closed(",
        "    lines = lines[-1:]\n    reason = run_as.closed(",
        f"{EXAMPLES}_non_root_user",
    ),
    Breakage(
        "healthcheck asks another port",
        "_project/probes.py",
        'word.replace("{port}", str(port))',
        'word.replace("{port}", str(port + 1))',
        f"{EXAMPLES}_healthcheck",
    ),
    Breakage(
        "no-secrets hands the secret to no RUN",
        "no_secrets.py",
        "        for one in self.later(instruction, name):",
        "        for one in self.later(instruction, name)[1:]:",
        f"{EXAMPLES}_no_secrets",
    ),
    Breakage(
        "files come back without their CR",
        "_engine/files.py",
        "_fill(handle, encode(text), status)",
        '_fill(handle, encode(text.replace("\\r\\n", "\\n")), status)',
        "tests/test_hostile.py::test_odd_bytes_are_kept[all-BOM and CRLF]",
    ),
    Breakage(
        "files are written where they stand",
        "_engine/files.py",
        "        os.replace(temporary, target)\n",
        "        with open(temporary, 'rb') as a, open(target, 'wb') as b:\n            b.write(a.read())\n",
        "tests/test_cli.py::TestProcess::test_killed_at_random_moments_and_run_again[one]",
    ),
    Breakage(
        "a file that changed meanwhile is written over",
        "_engine/files.py",
        "            still_valid()\n",
        "",
        "tests/engine/test_files.py::test_a_change_while_the_new_text_is_written_is_seen",
    ),
)


def failed(breakage: Breakage, copy: Path) -> list[str]:
    """The tests that fail, of the one that has to, with the breakage in that copy."""
    path = copy / PACKAGE / breakage.file
    whole = path.read_text(encoding="utf-8")
    path.write_text(broken(breakage, whole), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(copy / "hooks"), "DOCKMEND_BUILDS": "1"}
    command = [sys.executable, "-m", "pytest", "--no-cov", "-n=0", "-q", "-p", "no:cacheprovider"]
    try:
        done = subprocess.run(
            [*command, breakage.test], cwd=copy, env=environment, capture_output=True, text=True
        )
    finally:
        path.write_text(whole, encoding="utf-8")
    return re.findall(r"(?m)^(?:FAILED|ERROR) (.+?)(?: - .*)?$", done.stdout)


def broken(breakage: Breakage, whole: str) -> str:
    """The file's text with the breakage in it."""
    assert whole.count(breakage.old) == 1, f"{breakage.name}: {breakage.file} is another by now"
    return whole.replace(breakage.old, breakage.new)


def main() -> int:
    names = sys.argv[1:] or [one.name for one in BREAKAGES]
    missed = 0
    with TemporaryDirectory(prefix="dockmend-breakages-") as folder:
        copy = Path(folder) / "dockmend"
        left_out = shutil.ignore_patterns(".*_cache", ".git", ".hypothesis", ".venv", "build")
        shutil.copytree(TOP, copy, ignore=left_out)
        for breakage in BREAKAGES:
            if breakage.name in names:
                begin = time.monotonic()
                found = failed(breakage, copy)
                missed += breakage.test not in found
                said = "caught by" if breakage.test in found else "NOT CAUGHT by"
                print(
                    f"{breakage.name}: {said} {breakage.test} ({time.monotonic() - begin:.0f} s)", flush=True
                )
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
