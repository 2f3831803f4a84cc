"""Fuzz with atheris, which looks for texts that reach new code; a crash is written to the current folder.

    .ci/venv '.[test,fuzz]' && .venv/bin/python tests/coverage_guided.py -len_control=0 -max_len=4000 -max_total_time=1800

Takes libFuzzer's options. The texts and what has to hold for them are those of test_fuzz.py.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import atheris
from hypothesis import given
from hypothesis import strategies as st

with atheris.instrument_imports(include=["dockmend"]):
    import test_fuzz


FOLDER = Path(mkdtemp(prefix="dockmend-fuzz-"))


@given(
    text=test_fuzz.texts(),
    name=st.sampled_from(sorted(test_fuzz.HOOKS)),
    unsafe=st.booleans(),
    known=st.booleans(),
)
def sound(text: str, name: str, unsafe: bool, known: bool) -> None:
    test_fuzz.assert_sound(text, name, unsafe, FOLDER if known else None)


def main() -> None:
    one: Any = sound
    atheris.Setup(sys.argv, one.hypothesis.fuzz_one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
