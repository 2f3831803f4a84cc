"""How the house stands: names that agree, imports that run one way, style and types, and what a start imports."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from dockmend import _options, _parser, _registry

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TOP = Path(__file__).parent.parent
PACKAGE = TOP / "hooks" / "dockmend"
README = TOP / "README.md"
MODULES = sorted(PACKAGE.rglob("*.py"))
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


HOOKS = {name_of(path).replace("_", "-") for path in PACKAGE.glob("[!_]*.py")}


class TestHooks:
    """A hook's file, name, command, pre-commit id, row in the README and tests agree, both ways."""

    def test_registry(self) -> None:
        assert set(_registry.HOOKS) == HOOKS
        assert len(_registry.HOOKS) == len(HOOKS)

    def test_names(self) -> None:
        assert {name: _registry.load(name).name for name in HOOKS} == {name: name for name in HOOKS}

    def test_codes_mean_one_hook(self) -> None:
        codes = [code for name in HOOKS for code in (name, *_registry.load(name).aliases)]
        assert len(codes) == len(set(codes))
        assert all(_registry.resolve(code) in HOOKS for code in codes)

    def test_order(self) -> None:
        practices = [_registry.load(name).practice for name in _registry.HOOKS]
        assert practices == sorted(practices)

    def test_console_scripts(self) -> None:
        expected = {f"dockmend-{name}": f"dockmend.{name.replace('-', '_')}:main" for name in HOOKS}
        assert PROJECT["scripts"] == {"dockmend": "dockmend._cli:main", **expected}

    def test_pre_commit_ids(self) -> None:
        hooks = yaml.safe_load((TOP / ".pre-commit-hooks.yaml").read_text())
        entries = {hook["id"]: hook["entry"].split(" ")[0] for hook in hooks}
        assert entries == {
            "dockmend": "dockmend",
            **{pre_commit_id(name): f"dockmend-{name}" for name in HOOKS},
        }

    @pytest.mark.skipif(not README.exists(), reason="no README")
    def test_readme(self) -> None:
        rows = re.findall(r"(?m)^\| `([a-z-]+)` \| `([a-z-]+)` \| ([^|]*) \| ([a-z]+)", README.read_text())
        assert {row[0]: row[1] for row in rows} == {name: pre_commit_id(name) for name in HOOKS}
        assert len(rows) == len(HOOKS)
        for name, _, codes, safety in rows:
            hook = _registry.load(name)
            assert (set(codes.split()), safety) == (set(hook.aliases), hook.safety or "none")

    def test_tests(self) -> None:
        files = {path.stem.removeprefix("test_") for path in (TOP / "tests" / "hooks").glob("test_*.py")}
        assert files == {name.replace("-", "_") for name in HOOKS}


def pre_commit_id(name: str) -> str:
    return name if name in ("dockerignore", "compose-limits") else f"dockerfile-{name}"


# Each part and those it may import from; every part may import from itself but the hooks.
LAYERS = [
    {"__init__", "_cli", "_command", "_commands", "_options", "_parser", "_report", "_server"},
    {"_engine", "_registry"},
    {"hooks"},
    {"_hook", "_edit"},
    {"_project", "_shell"},
    {"_compose"},
    {"_dockerfile"},
    {"_functools", "_regex", "_typing"},
]
# Imported inside functions, so that a hook's command is one line.
EXCEPTIONS = {("hooks", "_cli")}
# For types alone.
CONTRACT = ("_hook", "_project")
PARSERS = {
    "docker",
    "dockerfile_parse",
    "dxf",
    "requests",
    "ruamel",
    "tree_sitter",
    "tree_sitter_bash",
    "unidiff",
    "tomllib",
    "tomli",
    "rich",
}
# Slow to import, and installed by those alone who want the server.
SERVERS = {"lsprotocol", "pygls"}


def part_of(module: str) -> str:
    first = module.split(".", maxsplit=1)[0]
    return first if first.startswith("_") or not first else "hooks"


def imports(path: Path) -> set[tuple[str, bool]]:
    """Names of what a module imports, and whether for types alone; `dockmend.` is left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    guarded = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for child in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {(alias.name, node in guarded) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = (
                [f"{node.module}.{alias.name}" for alias in node.names]
                if node.module == "dockmend"
                else [node.module or ""]
            )
            found |= {(name, node in guarded) for name in names}
    return found


class TestImports:
    """Front doors, engine, hooks, contract, project and shell, Dockerfile: imports run this way only."""

    @pytest.mark.parametrize("path", MODULES, ids=name_of)
    def test_direction(self, path: Path) -> None:
        rank = {part: index for index, layer in enumerate(LAYERS) for part in layer}
        here = part_of(name_of(path))
        if not here:
            return
        for module, for_types in imports(path):
            if not module.startswith("dockmend.") or module == "dockmend.__version__":
                continue
            there = part_of(module.removeprefix("dockmend."))
            if here == there != "hooks" or (here, there) in EXCEPTIONS:
                continue
            if for_types and here in CONTRACT:
                continue
            assert rank[here] <= rank[there], f"{here} imports {module}"
            assert here != "hooks" or rank[here] < rank[there], f"a hook imports {module}"

    def test_one_module_imports_each_parser(self) -> None:
        users = defaultdict(set)
        for path in MODULES:
            for module, for_types in imports(path):
                root = module.split(".")[0]
                if root in PARSERS and not for_types:
                    users[root].add(name_of(path))
        assert {root: names for root, names in users.items() if len(names) > 1} == {}

    def test_the_server_alone_imports_its_libraries(self) -> None:
        users = {
            part_of(name_of(path))
            for path in MODULES
            if not SERVERS.isdisjoint(name.split(".")[0] for name, _ in imports(path))
        }
        assert users == {"_server"}

    def test_modules_are_small(self) -> None:
        long = {name_of(path): count for path in MODULES if (count := path.read_text().count("\n")) > 400}
        assert long == {}


LATE = {
    "asyncio", "concurrent.futures", "dataclasses", "difflib", "docker", "dockerfile_parse", "dxf", "email", "hashlib",
    "http", "importlib.metadata", "importlib.resources", "inspect", "json", "locale", "logging", "lsprotocol",
    "multiprocessing", "pathlib", "pygls", "random", "requests", "rich", "ruamel", "ruamel.yaml", "shutil", "socket",
    "ssl", "subprocess", "tempfile", "textwrap", "threading", "tomli", "tomllib", "traceback", "tree_sitter",
    "tree_sitter_bash", "typing", "unidiff", "urllib", "xml",
}  # fmt: skip

# What a single hook does without, too.
SLOW = {"collections", "enum", "fnmatch", "functools", "re", "types"}

# `lint` runs another program, and reads what it writes.
NEEDED = {"lint": {"json", "locale", "shutil", "subprocess", "threading"}}

# What a Dockerfile with something to mend needs of those: its scripts and arrays are read, and a patch is made.
WORK = {"difflib", "json"}


class TestStart:
    """What a command imports before it has something to do with it."""

    def imported(self, name: str, folder: Path, *options: str) -> set[str]:
        module = "_cli" if name == "dockmend" else name.replace("-", "_")
        code = f"""
import atexit, sys
before = set(sys.modules)
atexit.register(lambda: print(*(set(sys.modules) - before), file=sys.stderr))
sys.argv[1:] = {[*options, "Dockerfile"]}
from dockmend.{module} import main
sys.exit(main())
"""
        done = subprocess.run([sys.executable, "-I", "-c", code], cwd=folder, capture_output=True, text=True)
        assert done.returncode in (0, 1), done.stderr
        return set(done.stderr.splitlines()[-1].split())

    @pytest.mark.parametrize("name", ["dockmend", *sorted(HOOKS)])
    def test_imports(self, name: str, tmp_path: Path) -> None:
        (tmp_path / "Dockerfile").write_text("FROM scratch\n")
        assert self.imported(name, tmp_path, "--diff") & LATE <= NEEDED.get(name, set())

    @pytest.mark.parametrize("fix", [True, False], ids=["mends", "finds nothing"])
    @pytest.mark.parametrize("name", ["dockmend", "exec-form"])
    def test_imports_as_pre_commit_calls_it(self, name: str, fix: bool, tmp_path: Path) -> None:
        shutil.copytree(TOP / "docs" / "example", tmp_path, dirs_exist_ok=True)
        if not fix:
            (tmp_path / "Dockerfile").write_text('# syntax=docker/dockerfile:1\nFROM scratch\nCMD ["/app"]\n')
        hooks = yaml.safe_load((TOP / ".pre-commit-hooks.yaml").read_text())
        ids = {hook["id"]: hook["entry"].split(" ") for hook in hooks}
        command, *options = ids["dockmend" if name == "dockmend" else pre_commit_id(name)]
        assert command == ("dockmend" if name == "dockmend" else f"dockmend-{name}")
        found = self.imported(name, tmp_path, *options)
        assert not found & {"argparse", "gettext", "dockmend._parser"}
        assert name == "dockmend" or not found & (LATE | SLOW)

    @pytest.mark.parametrize("name", ["dockmend", "exec-form"])
    def test_imports_where_something_is_mended(self, name: str, tmp_path: Path) -> None:
        shutil.copytree(TOP / "docs" / "example", tmp_path, dirs_exist_ok=True)
        found = self.imported(name, tmp_path, "--diff")
        assert found & LATE <= WORK
        others = ("_commands.", "_compose", "_server", "_report.json", "_project.registry", "compose_limits")
        assert [one for one in found if one.removeprefix("dockmend.").startswith(others)] == []


@pytest.mark.parametrize("hook", [None, *_registry.HOOKS])
def test_what_options_are_where_none_is_given(hook: str | None) -> None:
    found = _registry.load(hook) if hook else None
    actions = [one for one in _parser.parser_of(found)._actions if one.dest not in ("help", "version")]
    assert {one.dest: one.default for one in actions}.items() <= _options.DEFAULTS.items()
    with_one = _options.parse(["--jobs=1", "Dockerfile"], found)
    assert vars(with_one) == vars(_options.parse(["Dockerfile"], found))


@pytest.mark.parametrize("name", [name for name, value in _options.DEFAULTS.items() if value is False])
@pytest.mark.parametrize("hook", [None, "exec-form", "pin-digest"])
def test_switches_are_what_argparse_makes_of_them(hook: str | None, name: str) -> None:
    found = _registry.load(hook) if hook else None
    known = [one.dest for one in _parser.parser_of(found)._actions]
    option = f"--{name.replace('_', '-')}"
    if name in known:
        assert vars(_options.parse([option, "a"], found)) == vars(
            _options.parse([option, "--jobs=1", "a"], found)
        )
        assert vars(_options.parse([option, "a"], found))[name] is True
    else:
        with pytest.raises(SystemExit) as error:
            _options.parse([option, "a"], found)
        assert error.value.code == 2


@pytest.mark.skipif(not README.exists(), reason="no README")
def test_ci_runs_the_line_that_the_readme_gives() -> None:
    line = ".ci/venv '.[test]' && .venv/bin/pytest"
    assert f"\n{line}\n" in README.read_text()
    assert f"\n{line} ||" in (TOP / ".ci" / "run").read_text()


@pytest.mark.skipif(not README.exists(), reason="no README")
def test_tiers_that_the_readme_names() -> None:
    rows = dict(re.findall(r"(?m)^\| (quick|full|long) \| `([^`]*)`", README.read_text()))
    assert {name: command.rpartition(" -m ")[2] for name, command in rows.items()} == {
        "quick": "'not slow'",
        "full": ".venv/bin/pytest",
        "long": "fuzz",
    }


def run(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=TOP, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_ruff() -> None:
    run("ruff", "check", "--quiet", ".")


def test_mypy() -> None:
    run("mypy")
