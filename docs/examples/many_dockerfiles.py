"""Mend Dockerfiles by the million with Dask: JSON lines in, JSON lines out.

    pip install dockmend 'dask[bag]'
    python many_dockerfiles.py 'in/*.jsonl' out

Each line of the input is an object with `name` and `text`; each of the output has `name`, `text` (mended),
`mended` and `left` (counts by hook) and `problem`. The work is spread over the processors of this machine;
on a cluster, start a `dask.distributed.Client` first.
"""

from __future__ import annotations

import json
import sys
from collections import Counter

import dask.bag

import dockmend


def mend(line: str) -> str:
    """One Dockerfile."""
    given = json.loads(line)
    result = dockmend.mend_text(given["text"])
    return json.dumps(
        {
            "name": given["name"],
            "text": result.text,
            "mended": Counter(one.hook.name for one in result.mended),
            "left": Counter(one.hook.name for one in result.findings),
            "problem": result.problems[0].message if result.problems else None,
        }
    )


if __name__ == "__main__":
    source, target = sys.argv[1:]
    dask.bag.read_text(source).map(mend).to_textfiles(f"{target}/*.jsonl")
