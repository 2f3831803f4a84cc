"""Run over real Compose files: what is edited, and nothing beside it.

    python tests/compose_gate.py --corpus DIR

Every DIR/*/compose.yaml is mended by all hooks, unsafe fixes too. ruamel.yaml and PyYAML read each result back;
the loaded documents are those of before but for what the hooks are for (limits, tags, commands, environment);
compose-limits alone only adds lines, which unidiff counts; a second run changes nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import yaml
from ruamel.yaml import YAML
from unidiff.patch import PatchSet

from dockmend import _registry
from dockmend._engine import patch
from dockmend._engine.mend import Settings, mend_text
from dockmend._project.context import BuildContext

SHORT = ("mem_limit", "cpus")


def mended(text: str, names: tuple[str, ...]) -> str:
    """The text mended by these hooks; raises ValueError where the engine refuses."""
    settings = Settings(tuple(_registry.load(name) for name in names), unsafe=True)
    result = mend_text(text, settings, "/nowhere/compose.yaml", BuildContext())
    if result.problems:
        raise ValueError(result.problems[0].message)
    return result.text


def judge(before: str) -> Counter[str]:
    """What became of one file: lines added and removed, services limited; raises ValueError for a failure."""
    counts: Counter[str] = Counter()
    after = mended(before, ("compose-limits",))
    for diff in PatchSet(StringIO(patch.unified("compose.yaml", before, after), newline="\n")):
        counts["lines added"] += diff.added
        counts["lines removed"] += diff.removed
    flow = sum("{" in line for line in before.split("\n"))
    if counts["lines removed"] > flow:
        raise ValueError(f"{counts['lines removed']} lines are removed")
    if unlimited(load(before)) != unlimited(load(after)):
        raise ValueError("more than limits has changed")
    everything = mended(before, _registry.HOOKS)
    list(YAML(typ="safe", pure=True).load_all(everything))
    if mended(everything, _registry.HOOKS) != everything:
        raise ValueError("it does not settle")
    counts["files changed"] = everything != before
    counts["services limited"] = after.count("memory: 512M") + after.count("mem_limit: 512M")
    return counts


def load(text: str) -> list[Any]:
    """What PyYAML makes of the documents."""
    return list(yaml.safe_load_all(text))


def unlimited(documents: Any) -> Any:
    """The documents without limits, and without what is empty then."""
    if isinstance(documents, list):
        return [unlimited(item) for item in documents]
    if not isinstance(documents, dict):
        return documents
    found = {key: unlimited(value) for key, value in documents.items() if key not in SHORT}
    for key in ("limits", "resources", "deploy"):
        if key in found:
            inner = found[key]
            if key == "limits" and isinstance(inner, dict):
                inner.pop("memory", None)
            if not inner:
                del found[key]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", required=True, type=Path)
    files = sorted(parser.parse_args().corpus.glob("*/compose.yaml"))
    totals: Counter[str] = Counter()
    failures = 0
    for path in files:
        try:
            totals += judge(path.read_bytes().decode())
        except (ValueError, yaml.YAMLError) as error:
            failures += 1
            print(f"FAIL {path.parent.name}: {error}")
    print(
        f"{len(files)} Compose files, {failures} failures; {', '.join(f'{n} {what}' for what, n in totals.items())}"
    )
    return 1 if failures or not files else 0


if __name__ == "__main__":
    sys.exit(main())
