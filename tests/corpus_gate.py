"""Mend every Dockerfile of a corpus and judge the result by BuildKit's own parser and hadolint.

    python tests/corpus_gate.py --corpus DIR [--hook NAME]... [--jobs N] [--keep DIR] [--no-hadolint]

DIR holds `valid/*/Dockerfile` and `broken/*/Dockerfile`. Each hook runs alone and all together, safe and
unsafe. Of every result: BuildKit's parser takes it and knows its instructions; mending it again changes
nothing and finds nothing to mend; single hooks in any order come to what they come to together; comments,
line ends, byte order mark and the end of the file are kept; and instruction by instruction, as BuildKit
reads them, nothing differs that the hook may not change. Files that BuildKit refuses stay, with exit status
2. hadolint's findings go down by as much as is promised, and no code goes up, but those of which the page of
a hook with unsafe fixes says why. Prints a table; the exit status is 1 where anything failed.

Nothing of the corpus is executed or written to.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import posixpath
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import cycle, islice, zip_longest
from pathlib import Path
from typing import NamedTuple

import buildkit
from buildkit import Said
from dockmend import _registry
from dockmend._engine.mend import Result, Settings, mend_text
from dockmend._hook import SAFE, Hook
from dockmend._project.find import find_context

# hadolint codes, the share of findings that must be gone, and the hook that has to say why one is left.
PROMISED = (("DL3025", 0.95, "exec-form"), ("DL3020", 0.95, "add-to-copy"), ("DL3059", 0.90, "merge-run"))

# hadolint codes that unsafe fixes may raise: each of these hooks has to name the code where it says why.
RAISED: Mapping[str, str] = {"DL3064": "multi-stage", "DL3066": "non-root-user"}

# How often single hooks may run before they have to have settled.
PASSES = 8

STARTERS = frozenset({"CMD", "ENTRYPOINT", "HEALTHCHECK"})
DEFAULT_SHELL = ("/bin/sh", "-c")
META = re.compile(r"[$`\\*?\[\]{}~;&|<>()#!\n]")
ARCHIVE_OR_REMOTE = re.compile(
    r"://|^git@|\.(?:tar|tgz|tbz2?|txz|tzst|tlz|tar\.\w+|gz|bz2|xz|zst)$|\$", re.IGNORECASE
)


class Variant(NamedTuple):
    """What to run: hooks by name, and how."""

    label: str
    hooks: tuple[str, ...]
    unsafe: bool
    everywhere: bool = False


class Verdict(NamedTuple):
    """What became of one file under one variant; `failures` are (kind, what)."""

    variant: str
    changed: bool
    mended: int
    failures: tuple[tuple[str, str], ...]
    after: str | None
    left: tuple[str, ...]


def variants(names: Sequence[str]) -> list[Variant]:
    """Each hook alone and all together, safe and unsafe, and merge-run in every stage."""
    found = [Variant(name, (name,), unsafe=False) for name in names]
    found += [Variant(f"{name}, unsafe", (name,), unsafe=True) for name in names]
    if len(names) > 1:
        found.append(Variant("all", tuple(names), unsafe=False))
        found.append(Variant("all, unsafe", tuple(names), unsafe=True))
    if "merge-run" in names:
        found.append(Variant("all, every stage", tuple(names), unsafe=False, everywhere=True))
    return found


@cache
def hook(name: str) -> Hook:
    return _registry.load(name)


def judge_valid(path: str, todo: Sequence[Variant]) -> list[Verdict]:
    """Run the variants on one file that BuildKit's parser takes."""
    text = read(path)
    before = buildkit.parse(text)
    assert before is not None, f"BuildKit refuses {path}: it is no valid file"
    builds = not buildkit.unknown(before) and any(said.name == "FROM" for said in before)
    return [judge(text, before, builds, path, variant) for variant in todo]


def judge(text: str, before: list[Said], builds: bool, path: str, variant: Variant) -> Verdict:
    failures: list[tuple[str, str]] = []

    def fail(kind: str, what: object = "") -> None:
        failures.append((kind, str(what)[:300]))

    result = mend(text, path, variant)
    changed = result.text != text
    if bool(result.problems) is builds:
        fail("problem", result.problems or "none is found")
    if result.problems and changed:
        fail("touched in spite of a problem")
    if bool(changed or result.files) is not bool(result.mended):
        fail("claims", f"changed: {changed}, mended: {len(result.mended)}")
    if not variant.unsafe and any(
        m.finding.fix is None or m.finding.fix.safety != SAFE for m in result.mended
    ):
        fail("unsafe fix in safe mode")
    if any(f.fixable for f in result.findings) and not result.problems:
        fail("fixable and not mended", [f.finding.message for f in result.findings if f.fixable])
    if changed:
        judge_change(text, before, result, path, variant, fail)
    left = tuple(f"{f.hook.name}: {f.finding.reason}" for f in result.findings)
    return Verdict(
        variant.label, changed, len(result.mended), tuple(failures), result.text if changed else None, left
    )


def judge_change(
    text: str,
    before: list[Said],
    result: Result,
    path: str,
    variant: Variant,
    fail: Callable[[str, object], None],
) -> None:
    after = buildkit.parse(result.text)
    if after is None:
        fail("no longer parses", buildkit.error(result.text))
        return
    if new := Counter(buildkit.unknown(after)) - Counter(buildkit.unknown(before)):
        fail("no longer builds", dict(new))
    if len(variant.hooks) > 1:
        for what in one_by_one(text, result.text, path, variant):
            fail("one by one is another", what)
    again = mend(result.text, path, variant)
    if again.text != result.text or again.problems:
        fail("not settled", again.problems)
    elif [(f.hook.name, f.finding.message, f.line) for f in again.findings] != [
        (f.hook.name, f.finding.message, f.line) for f in result.findings
    ]:
        fail("reported again", "")
    for kind, what in surface(text, result.text, exact=not variant.unsafe):
        fail(kind, what)
    if not variant.unsafe:
        for what in beyond(variant.hooks, before, after):
            fail("changed beyond", what)


def one_by_one(text: str, together: str, path: str, variant: Variant) -> Iterator[str]:
    """The orders in which single hooks do not come to what they come to together.

    Safe fixes are all made when each hook has run once, in the order of the registry, as they are under
    pre-commit. In any other order, and where unsafe fixes of one hook make room for another's, the hooks go
    on until nothing changes. No hook knows the options of another, so that with an option of one of them
    only the first order is asked for.
    """
    mixed = list(variant.hooks)
    random.Random(zlib.crc32(text.encode("utf-8", "surrogateescape"))).shuffle(mixed)
    orders = (variant.hooks, variant.hooks[::-1], tuple(mixed))
    for order in orders[: 1 if variant.everywhere else None]:
        now, settled = text, 0
        once = order is variant.hooks and not variant.unsafe
        for name in islice(cycle(order), len(order) * (1 if once else PASSES)):
            after = mend(now, path, variant._replace(hooks=(name,))).text
            settled = settled + 1 if after == now else 0
            now = after
            if settled == len(order):
                break
        if now != together:
            yield ", ".join(order)


def mend(text: str, path: str, variant: Variant) -> Result:
    options = {"merge-run": {"stages": "all"}} if variant.everywhere else {}
    settings = Settings(tuple(hook(name) for name in variant.hooks), options=options, unsafe=variant.unsafe)
    return mend_text(text, settings, path, find_context(path, None, text))


def surface(before: str, after: str, *, exact: bool) -> Iterator[tuple[str, str]]:
    """What of the comments, the line ends and the two ends of the file is not as it was."""
    old, new = buildkit.comments(before), buildkit.comments(after)
    if lost := Counter(old) - Counter(new):
        yield "comment lost", str(list(lost))
    elif exact and old != [comment for comment in new if comment in set(old)]:
        yield "comments out of order", ""
    if before.count("\n") == before.count("\r\n") > 0 and after.count("\n") != after.count("\r\n"):
        yield "line ends mixed", ""
    if "\r\n" not in before and "\r\n" in after:
        yield "line ends mixed", ""
    if before.endswith("\n") != after.endswith("\n"):
        yield "end of the file", ""
    if before.startswith("\ufeff") != after.startswith("\ufeff"):
        yield "byte order mark", ""


def beyond(hooks: Sequence[str], before: list[Said], after: list[Said]) -> Iterator[str]:
    """What differs, as BuildKit reads both, that safe fixes of these hooks may not change."""
    may: set[str] = set()
    for name in hooks:
        if hook(name).safety == SAFE:
            may |= hook(name).keywords
    for old, new in zip_longest(kept(before, may), kept(after, may)):
        if old != new:
            yield f"{old} became {new}"
            return
    if len(hooks) == 1 and (rule := RULES.get(hooks[0])) is not None:
        yield from rule(before, after)


def kept(said: list[Said], may: set[str]) -> list[object]:
    """The meaning of each instruction that may not change; of an ADD that may, what it shares with COPY."""
    found: list[object] = []
    for one in said:
        inner = one.trigger or one
        if inner.name in {"ADD", "COPY"} and "ADD" in may:
            found.append((inner.flags, inner.value[:-1], inner.json, inner.heredocs))
        elif inner.name not in may:
            found.append(one.meaning())
    return found


def pairs(before: list[Said], after: list[Said], names: frozenset[str]) -> Iterator[tuple[Said, Said]]:
    """Instructions of those names that differ, one to one, triggers of ONBUILD by themselves."""
    old = [s.trigger or s for s in before if (s.trigger or s).name in names]
    new = [s.trigger or s for s in after if (s.trigger or s).name in names]
    assert len(old) == len(new), f"{len(old)} instructions became {len(new)}"
    return ((a, b) for a, b in zip(old, new, strict=True) if a.meaning() != b.meaning())


def exec_form(before: list[Said], after: list[Said]) -> Iterator[str]:
    """The same process with the same arguments, judged without running anything."""
    shells = shells_in_force(before)
    for old, new in pairs(before, after, STARTERS):
        if old.name != new.name or old.flags != new.flags or old.json or not new.json:
            yield f"{old.name} {old.flags} became {new.name} {new.flags}"
            continue
        script = old.value[-1]
        words = new.value[1:] if new.name == "HEALTHCHECK" else new.value
        if words[:-1] in shells:
            if script not in (words[-1], words[-1].replace("exec ", "", 1)):
                yield f"script {script!r} became {words[-1]!r}"
            continue
        bare = re.sub(r"\"[^\"$`\\]*\"|'[^']*'", "", script)
        plain = shlex.split(script)
        if plain[:1] == ["exec"]:
            plain = plain[1:]
        if plain != list(words) or META.search(bare):
            yield f"words of {script!r} became {list(words)}"


def shells_in_force(said: list[Said]) -> set[tuple[str, ...]]:
    return {DEFAULT_SHELL, *((s.trigger or s).value for s in said if (s.trigger or s).name == "SHELL")}


def add_to_copy(before: list[Said], after: list[Said]) -> Iterator[str]:
    """COPY of the same local sources to the same place."""
    for old, new in pairs(before, after, frozenset({"ADD", "COPY"})):
        same = (old.flags, old.json, old.heredocs, old.value[:-1]) == (
            new.flags,
            new.json,
            new.heredocs,
            new.value[:-1],
        )
        target = new.value[-1] in (old.value[-1], posixpath.join("/", old.value[-1].removeprefix("./")))
        if (old.name, new.name) != ("ADD", "COPY") or not same or not target:
            yield f"{old.value} became {new.name} {new.value}"
        for source in old.value[:-1]:
            if ARCHIVE_OR_REMOTE.search(source):
                yield f"ADD of {source}"


def merge_run(before: list[Said], after: list[Said]) -> Iterator[str]:
    """The scripts are there, each whole and in order, with nothing but lists and groups between them."""
    old = [s for s in before if s.name == "RUN"]
    place = 0
    for new in (s for s in after if s.name == "RUN"):
        if place < len(old) and new.meaning() == old[place].meaning():
            place += 1
            continue
        text, at, merged = new.value[0] if new.value else "", 0, 0
        while place < len(old):
            one = old[place]
            script = one.value[0].strip(" \t;") if one.value else ""
            found = text.find(script, at)
            if found < 0 or one.json or one.heredocs or one.flags != new.flags:
                break
            if set(text[at:found]) - set(" \t&(){};"):
                break
            at, place, merged = found + len(script), place + 1, merged + 1
        if merged < 2 or set(text[at:]) - set(" \t(){};"):
            yield f"{merged} scripts became {text[:200]!r}; next: {old[place].value if place < len(old) else None}"
            return
    if place != len(old):
        yield f"{len(old) - place} RUN are gone"


def dockerignore(before: list[Said], after: list[Said]) -> Iterator[str]:
    yield "the Dockerfile"


RULES: Mapping[str, Callable[[list[Said], list[Said]], Iterator[str]]] = {
    "exec-form": exec_form,
    "add-to-copy": add_to_copy,
    "merge-run": merge_run,
    "dockerignore": dockerignore,
}


def judge_broken(path: str, todo: Sequence[Variant]) -> list[Verdict]:
    """Run the variants on one file that BuildKit refuses."""
    text = read(path)
    found = []
    for variant in todo:
        result = mend(text, path, variant)
        failures = [] if result.problems else [("problem", "none is found")]
        if result.text != text or result.mended or result.files or result.findings:
            failures.append(("touched broken", ""))
        found.append(Verdict(variant.label, result.text != text, 0, tuple(failures), None, ()))
    return found


def read(path: str) -> str:
    return Path(path).read_bytes().decode("utf-8", "surrogateescape")


def work(task: tuple[str, str, Sequence[Variant]]) -> tuple[str, list[Verdict]]:
    kind, path, todo = task
    return path, (judge_valid if kind == "valid" else judge_broken)(path, todo)


class Report:
    """What was found, for the table and the exit status."""

    def __init__(self, keep: Path | None) -> None:
        self.keep = keep
        self.files: Counter[str] = Counter()
        self.changed: Counter[str] = Counter()
        self.mended: Counter[str] = Counter()
        self.failures: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        self.after: dict[str, dict[str, str]] = defaultdict(dict)
        self.left: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)

    def add(self, path: str, verdicts: Sequence[Verdict]) -> None:
        for verdict in verdicts:
            self.files[verdict.variant] += 1
            self.changed[verdict.variant] += verdict.changed
            self.mended[verdict.variant] += verdict.mended
            if verdict.after is not None:
                self.after[verdict.variant][path] = verdict.after
            self.left[verdict.variant][path] = verdict.left
            for kind, what in verdict.failures:
                self.fail(verdict.variant, kind, path, what, verdict.after)

    def fail(self, variant: str, kind: str, path: str, what: str, after: str | None = None) -> None:
        self.failures[variant, kind].append((path, what))
        if self.keep is not None:
            folder = self.keep / variant / kind
            folder.mkdir(parents=True, exist_ok=True)
            name = Path(path).parent.name
            (folder / f"{name}.why").write_text(what, encoding="utf-8", errors="surrogateescape")
            if after is not None:
                shutil.copyfile(path, folder / f"{name}.before")
                (folder / f"{name}.after").write_bytes(after.encode("utf-8", "surrogateescape"))

    def show(self) -> None:
        width = max(map(len, self.files))
        print(f"{'hooks':{width}}  files  changed  mended  failures")
        for variant, files in self.files.items():
            kinds = {kind: len(found) for (v, kind), found in self.failures.items() if v == variant}
            said = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "none"
            print(
                f"{variant:{width}}  {files:5}  {self.changed[variant]:7}  {self.mended[variant]:6}  {said}"
            )
        for (variant, kind), found in sorted(self.failures.items()):
            print(f"\nFAIL {variant}: {kind}: {len(found)}")
            for path, what in found[:5]:
                print(f"  {Path(path).parent.name}  {what}")


def command(arguments: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """dockmend itself, in a folder."""
    code = "import sys; from dockmend._cli import main; sys.exit(main(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(part for part in sys.path if part)},
    )


def judge_command(
    report: Report, paths: Mapping[str, Sequence[str]], names: Sequence[str], jobs: int
) -> None:
    """The command gives what the engine gave, and leaves alone and names what is broken."""
    select = ["--select", ",".join(names), "--jobs", str(jobs), "--output-format", "concise"]
    with tempfile.TemporaryDirectory() as temporary:
        for kind, files in paths.items():
            copies = {}
            for path in files:
                copies[path] = Path(temporary, kind, Path(path).parent.name, "Dockerfile")
                copies[path].parent.mkdir(parents=True)
                shutil.copyfile(path, copies[path])
            ran = command(["--fix", *select, kind], Path(temporary))
            if "Traceback" in ran.stderr or ran.returncode not in (0, 1, 2):
                report.fail("command", f"exit status {ran.returncode}", files[0], ran.stderr[-300:])
            if kind == "broken" and ran.returncode != 2:
                report.fail("command", f"exit status {ran.returncode} for broken files", files[0], "")
            expected = report.after["all" if len(names) > 1 else names[0]]
            for path, copy in copies.items():
                now = copy.read_bytes().decode("utf-8", "surrogateescape")
                if now != expected.get(path, read(path)):
                    report.fail("command", "differs from the engine", path, "", now)
                if kind == "broken" and copy.parent.name not in ran.stderr:
                    report.fail("command", "broken and not named", path, "")
            report.files["command"] += len(files)


def hadolint(texts: Mapping[str, str]) -> Counter[tuple[str, str]]:
    """How often hadolint finds each code in each file."""
    found: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory() as temporary:
        names = {}
        for number, (path, text) in enumerate(texts.items()):
            copy = Path(temporary, str(number))
            copy.write_bytes(text.encode("utf-8", "surrogateescape"))
            names[str(copy)] = path
        files = list(names)
        for start in range(0, len(files), 200):
            ran = subprocess.run(
                [_hadolint(), "--no-fail", "-f", "json", *files[start : start + 200]], capture_output=True
            )
            for finding in json.loads(ran.stdout):
                path, code = names[finding["file"]], finding["code"]
                line = texts[path].split("\n")[finding["line"] - 1]
                # exec-form leaves to its shell what of HEALTHCHECK is not a single simple command.
                within = (
                    " HEALTHCHECK" if code == "DL3025" and line.lstrip().upper().startswith("HEALTH") else ""
                )
                found[code + within, path] += 1
    return found


def _hadolint() -> str:
    beside = Path(sys.executable).with_name("hadolint")
    return str(beside) if beside.exists() else "hadolint"


def judge_hadolint(report: Report, paths: Sequence[str]) -> None:
    """No code goes up; those that are promised go down, and what is left of them has a reason."""
    before = {path: read(path) for path in paths}
    labels = ("all", "all, every stage", "all, unsafe")
    counts = [hadolint({**before, **report.after[variant]}) for variant in ("", *labels)]
    # What hadolint finds once it can parse a file (DL1000) was there before.
    unparsed = {path for path in paths if counts[0]["DL1000", path]}
    totals = [Counter[str]() for _ in counts]
    for count, total in zip(counts, totals, strict=True):
        for (code, path), number in count.items():
            total[code] += 0 if path in unparsed else number
    print("\nhadolint            before     all  every stage  unsafe")
    for code in sorted({code for total in totals for code in total}):
        numbers = [total[code] for total in totals]
        if len(set(numbers)) > 1:
            print(f"{code:18}{numbers[0]:8}{numbers[1]:8}{numbers[2]:13}{numbers[3]:8}")
        for variant, count, number in zip(labels, counts[1:], numbers[1:], strict=True):
            explained = "unsafe" in variant and code in RAISED and code in _registry.page(RAISED[code])
            if number > numbers[0] and not explained:
                up = next(path for path in paths if count[code, path] > counts[0][code, path])
                report.fail(
                    variant, f"{code} goes up", up, f"{numbers[0]} -> {number}", report.after[variant].get(up)
                )
    for code, share, name in PROMISED:
        if totals[2][code] > totals[0][code] * (1 - share):
            report.fail("all, every stage", f"{code} is not down by {share:.0%}", paths[0], "")
        for path in paths:
            said = report.left["all, every stage"][path]
            if counts[2][code, path] and not any(reason.startswith(f"{name}: ") for reason in said):
                report.fail("all, every stage", f"{code} is left without a reason", path, "")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", required=True, type=Path)
    parser.add_argument("--hook", action="append", help="this hook only; may be given several times")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep", type=Path, help="where failing cases are kept: before, after, why")
    parser.add_argument("--no-hadolint", action="store_true")
    arguments = parser.parse_args()
    names = arguments.hook or list(_registry.HOOKS)
    todo = variants(names)
    paths = {
        kind: [str(path.resolve()) for path in sorted(arguments.corpus.glob(f"{kind}/*/Dockerfile"))]
        for kind in ("valid", "broken")
    }
    if not paths["valid"]:
        parser.error(f"{arguments.corpus} has no valid/*/Dockerfile")
    report = Report(arguments.keep)
    start = time.monotonic()
    # Go's runtime, in the package of BuildKit's parser, does not survive a fork.
    with multiprocessing.get_context("spawn").Pool(arguments.jobs) as pool:
        tasks = [(kind, path, todo) for kind, files in paths.items() for path in files]
        for path, verdicts in pool.imap(work, tasks, chunksize=8):
            report.add(path, verdicts)
    judge_command(report, {kind: files for kind, files in paths.items() if files}, names, arguments.jobs)
    if not arguments.no_hadolint and {name for _, _, name in PROMISED} <= set(names):
        judge_hadolint(report, paths["valid"])
    print()
    report.show()
    print(f"\n{sum(map(len, paths.values()))} files, {time.monotonic() - start:.0f} s")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
