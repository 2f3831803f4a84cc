"""The README's table of what each hook buys, from what the build tests have measured.

    python tests/builds/gains.py            # print it
    python tests/builds/gains.py --write    # put it into the README

The tests leave what they measure in build/gains.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

TOP = Path(__file__).parent.parent.parent
FOLDER = TOP / "build" / "gains"
README = TOP / "README.md"
MEASURED = frozenset(
    {"cache-order", "dockerignore", "exec-form", "healthcheck", "merge-run", "multi-stage", "no-secrets"}
    | {"non-root-user", "package-cache", "pip-cache", "slim-base"}
)
BEGIN, END = "<!-- gains -->\n", "<!-- /gains -->\n"


def record(hook: str, what: str, before: object, after: object) -> None:
    """Keep what was measured of a hook."""
    assert hook in MEASURED
    FOLDER.mkdir(parents=True, exist_ok=True)
    row = {"hook": hook, "what": what, "before": str(before), "after": str(after)}
    name = re.sub("[^a-z]+", "-", f"{hook} {what}".lower())
    (FOLDER / f"{name}.json").write_text(json.dumps(row))


def table() -> str:
    """The rows measured last, in Markdown."""
    rows = [json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))]
    lines = [f"| `{row['hook']}` | {row['what']} | {row['before']} | {row['after']} |\n" for row in rows]
    return "".join(["| hook | measured | before | after |\n", "| --- | --- | --- | --- |\n", *lines])


def main() -> None:
    if sys.argv[1:] != ["--write"]:
        print(table(), end="")
        return
    head, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, _, tail = rest.partition(END)
    README.write_text(f"{head}{BEGIN}{table()}{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
