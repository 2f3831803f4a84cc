"""Open a change in each of many repositories, with all-repos: https://github.com/asottile/all-repos.

    pip install dockmend all-repos
    all-repos-clone
    python all_repos_dockmend.py --dry-run

Without `--dry-run`, what is mended is pushed, and opened as a pull request where all-repos is configured so.
"""

from __future__ import annotations

import argparse
import sys

from all_repos import autofix_lib
from all_repos.config import Config
from all_repos.grep import repos_matching


def find_repos(config: Config) -> set[str]:
    """The repositories with a Dockerfile."""
    return repos_matching(config, ("-E", "^ *FROM ", "--", "*Dockerfile*", "*.dockerfile", "*Containerfile*"))


def apply_fix() -> None:
    """Mend what is safe to mend in the repository that is the current folder."""
    autofix_lib.run("dockmend", "--fix", "--exit-zero", "--quiet", ".")
    autofix_lib.run("git", "add", "--all")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    autofix_lib.add_fixer_args(parser)
    repos, config, commit, settings = autofix_lib.from_cli(
        parser.parse_args(),
        find_repos=find_repos,
        msg="Mend Dockerfiles with dockmend",
        branch_name="dockmend",
    )
    autofix_lib.fix(repos, apply_fix=apply_fix, config=config, commit=commit, autofix_settings=settings)


if __name__ == "__main__":
    sys.exit(main())
