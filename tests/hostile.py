"""Texts made to be slow, large or deep, and the measure of one: `hostile.py NAME` prints JSON.

A process of its own, since memory is measured as its peak.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from dockmend import _registry
from dockmend._dockerfile.parser import parse
from dockmend._engine.mend import Settings, mend_text
from dockmend._project.context import BuildContext

# By name, of a size: the tests time 1 and 4.
TEXTS: Mapping[str, Callable[[int], str]] = {
    "a line of 10 MB": lambda n: f"FROM a\nRUN {'a' * (2_500_000 * n)}\n",
    "a line of 10 MB of words": lambda n: f"FROM a\nRUN {'a b && ' * (350_000 * n)}c\n",
    "lines, RUN": lambda n: "FROM a\n" + "RUN a && b\n" * (500 * n),
    "lines, RUN in every stage": lambda n: "FROM a\nRUN a && b\nRUN c\n" * (500 * n),
    "lines, ENV": lambda n: "FROM a\n" + "".join(f"ENV A{i}=b$A{i - 1}\n" for i in range(2_000 * n)),
    "lines, WORKDIR": lambda n: "FROM a\nWORKDIR /b\n" + "WORKDIR c\n" * (4_000 * n),
    "lines, ENV that doubles": lambda n: "FROM a\nENV A=abc\n" + "ENV A=$A$A\nWORKDIR $A\n" * (500 * n),
    "lines, ARG": lambda n: "FROM a\n" + "".join(f"ARG A{i}\nENV B{i}=$A{i}\n" for i in range(1_000 * n)),
    "lines, CMD": lambda n: "FROM a\n" + "CMD node app.js\n" * (500 * n),
    "lines, CMD of variables": lambda n: "FROM a\n" + "CMD node $A\n" * (500 * n),
    "lines, ENTRYPOINT and CMD": lambda n: "FROM a\n" + "ENTRYPOINT a $B\nCMD x y\n" * (250 * n),
    "lines, HEALTHCHECK": lambda n: "FROM a\n" + "HEALTHCHECK CMD a b\n" * (500 * n),
    "lines, SHELL": lambda n: "FROM a\n" + 'SHELL ["bash", "-c"]\nCMD a $B\n' * (375 * n),
    "lines, ONBUILD": lambda n: "FROM a\n" + "ONBUILD CMD a $B\n" * (500 * n),
    "lines, ADD": lambda n: "FROM a\n" + "ADD a b\n" * (500 * n),
    "lines, ADD to a folder": lambda n: "FROM a\nWORKDIR /x\n" + "ADD a b c/\n" * (500 * n),
    "lines, COPY": lambda n: "FROM a\n" + "COPY a /b\n" * (2_000 * n),
    "lines, unknown": lambda n: "hello world\n" * (10_000 * n),
    "lines, comments": lambda n: "FROM a\n" + "# c\n" * (25_000 * n) + "CMD a\n",
    "lines, ignore comments": lambda n: (
        "FROM a\n" + "# dockmend: ignore[exec-form]\n" * (5_000 * n) + "CMD a b\n"
    ),
    "lines, ignored": lambda n: "FROM a\n" + "# hadolint ignore=DL3025\nCMD a b\n" * (1_000 * n),
    "lines, empty": lambda n: "\n" * (50_000 * n) + "FROM a\n",
    "lines, directives": lambda n: "# syntax=x\n" * (10_000 * n) + "FROM a\n",
    "lines, broken continuations": lambda n: "FROM a\n" + "RUN a\\\\\n" * (500 * n),
    "carriage returns": lambda n: "FROM a\r" * (50_000 * n),
    "a continuation": lambda n: "FROM a\nRUN a" + " \\\n && b c" * (12_500 * n) + "\n",
    "a continuation, two RUN": lambda n: "FROM a\nRUN a" + " \\\n && b c" * (500 * n) + "\nRUN d\n",
    "a continuation of comments": lambda n: "FROM a\nRUN a" + " \\\n# c\n\n && b" * (5_000 * n) + "\n",
    "a continuation of semicolons": lambda n: "FROM a\nRUN a\nRUN " + "a; \\\n" * (500 * n) + "b\n",
    "a continuation of pipes": lambda n: "FROM a\nRUN a\nRUN " + "a | \\\n" * (500 * n) + "b\n",
    "a continuation of ENV": lambda n: (
        "FROM a\nENV " + " \\\n".join(f"A{i}=b" for i in range(5_000 * n)) + "\n"
    ),
    "a continuation of ADD": lambda n: "FROM a\nADD " + "a \\\n" * (2_500 * n) + " /x/\n",
    "a continuation of JSON": lambda n: "FROM a\nCMD [" + ", \\\n ".join(['"a\\n"'] * (10_000 * n)) + "]\n",
    "flags": lambda n: (
        "FROM a\nRUN " + "".join(f"--mount=target=/{i} \\\n" for i in range(25_000 * n)) + " a\n"
    ),
    "flags, doubled": lambda n: "FROM a\nCOPY " + "--link " * (2_000 * n) + " a b\n",
    "stages": lambda n: "".join(f"FROM a AS s{i}\nRUN x\nCMD y z\n" for i in range(1_250 * n)),
    "stages in a chain": lambda n: (
        "FROM a AS s0\n"
        + "".join(f"FROM s{i} AS s{i + 1}\nUSER b\nRUN x\nCMD y z\n" for i in range(1_250 * n))
    ),
    "parentheses": lambda n: f"FROM a\nRUN {'(' * (2_500 * n)}a{')' * (2_500 * n)}\nRUN b\n",
    "parentheses, open": lambda n: f"FROM a\nRUN {'(' * (2_500 * n)}\nRUN b\n",
    "parentheses of CMD": lambda n: f"FROM a\nCMD {'(' * (2_500 * n)}a{')' * (2_500 * n)}\n",
    "braces": lambda n: f"FROM a\nRUN {'{ ' * (1_500 * n)}a{'; }' * (1_500 * n)}\nRUN b\n",
    "command substitutions": lambda n: f"FROM a\nRUN echo {'$(' * (2_500 * n)}a{')' * (2_500 * n)}\nRUN b\n",
    "command substitutions, quoted": lambda n: (
        f"FROM a\nCMD {chr(34)}{'$(' * (2_000 * n)}{')' * (2_000 * n)}\n"
    ),
    "backticks": lambda n: f"FROM a\nRUN echo {'`a` ' * (1_000 * n)}\nRUN b\n",
    "substitutions": lambda n: f"FROM a\nRUN {'${a:-' * (2_000 * n)}{'}' * (2_000 * n)} <<x\nRUN b\n",
    "substitutions of ADD": lambda n: f"FROM a\nADD {'${a:-' * (2_000 * n)}{'}' * (2_000 * n)} /x\n",
    "substitutions of ENV": lambda n: f"FROM a\nENV A={'${a:-' * (2_000 * n)}{'}' * (2_000 * n)} \nUSER $A\n",
    "conditions": lambda n: "FROM a\nRUN " + "if a; then b; fi; \\\n" * (250 * n) + "c\nRUN b\n",
    "conditions, nested": lambda n: f"FROM a\nRUN {'if a; then ' * (250 * n)}b{'; fi' * (250 * n)}\nRUN b\n",
    "quotes": lambda n: "FROM a\nRUN echo " + "'a'\"b\"" * (2_000 * n) + "\nRUN b\n",
    "quotes, open": lambda n: "FROM a\nRUN echo " + "'a'\"b" * (2_000 * n) + " <<x\nRUN b\n",
    "backslashes": lambda n: "FROM a\nRUN echo " + "\\" * (15_000 * n) + "x\nRUN b\n",
    "brackets": lambda n: "FROM a\nCMD " + "[" * (15_000 * n) + "\n",
    "objects": lambda n: "FROM a\nCMD " + '[{"a":' * (2_000 * n) + "\n",
    "an array": lambda n: "FROM a\nCMD [" + ", ".join(['"a\\n"'] * (1_500 * n)) + "]\n",
    "an array, broken": lambda n: "FROM a\nCMD [" + ", ".join(["'a'"] * (1_500 * n)) + "]\n",
    "heredocs": lambda n: (
        "FROM a\nRUN "
        + " \\\n".join(f"<<A{i}" for i in range(2_000 * n))
        + "\n"
        + "".join(f"A{i}\n" for i in range(2_000 * n))
    ),
    "heredocs, open": lambda n: "FROM a\n" + "RUN <<EOF\n" * (10_000 * n),
    "a heredoc": lambda n: "FROM a\nRUN <<EOF\n" + "RUN a\n" * (25_000 * n) + "EOF\nCMD a b\n",
    "unicode": lambda n: "FROM a\n" + "RUN echo 'é漢\U0001f600' \\\n && b\n" * (250 * n),
    "surrogates": lambda n: "FROM a\n" + "RUN echo '\udcff' \\\n && b\nCMD a \udcfe\n" * (250 * n),
}


def seconds(text: str, unsafe: bool) -> float:
    """Processor time of one mending with every hook, the lesser of two."""
    settings = Settings(tuple(_registry.load(name) for name in _registry.HOOKS), unsafe=unsafe)
    best = float("inf")
    for number in range(2):
        # A text of its own each time: the last few are remembered.
        text = f"# {number} {unsafe}\n{text}"
        start = time.process_time()
        mend_text(text, settings, None, BuildContext())
        best = min(best, time.process_time() - start)
        if best > 2:
            break
    return best


def main(name: str) -> None:
    make = TEXTS[name]
    seconds("FROM a\nRUN b\nRUN c\nCMD a $B\nADD d e\n", unsafe=True)
    one, four = make(1), make(4)
    times = [seconds(one, unsafe=False), seconds(four, unsafe=False), seconds(one, unsafe=True)]
    assert parse(four).text == four
    print(json.dumps({"seconds": times, "megabytes": peak()}))


def peak() -> float:
    """The most memory this program had, in MB; getrusage would count the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split(maxsplit=1)[0]) / 1024


if __name__ == "__main__":
    main(sys.argv[1])
