from __future__ import annotations

import os
from pathlib import Path

import pytest

import fake_hooks
from dockmend._engine.config import Config, Configs, load
from dockmend._engine.errors import Failure

EVERYTHING = """
select = ["upper", "DL0002"]
ignore = ["ConsistentInstructionCasing"]
unsafe-fixes = true
severity = { DL0002 = "info" }
context = "app"
fail-on = "error"
output-format = "concise"
exclude = ["vendor"]
per-file-ignores = { "*.dev" = ["stop-signal"] }
upper.but = "run"

[stop-signal]
"""


@pytest.fixture(autouse=True)
def _hooks(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_hooks.install(monkeypatch)


def config(folder: Path, text: str, name: str = ".dockmend.toml") -> Config:
    (folder / name).write_text(text, encoding="utf-8")
    found = load(str(folder / name))
    assert found is not None
    return found


def test_every_setting(tmp_path: Path) -> None:
    assert config(tmp_path, EVERYTHING) == Config(
        path=str(tmp_path / ".dockmend.toml"),
        folder=str(tmp_path),
        select=("upper", "stop-signal"),
        ignore=("upper",),
        unsafe_fixes=True,
        severity={"stop-signal": "info"},
        context=str(tmp_path / "app"),
        fail_on="error",
        output_format="concise",
        exclude=("vendor",),
        per_file_ignores={"*.dev": ("stop-signal",)},
        options={"upper": {"but": "run"}, "stop-signal": {}},
    )


def test_the_same_in_pyproject(tmp_path: Path) -> None:
    text = "[tool.dockmend]\n" + EVERYTHING.replace("[stop-signal]", "[tool.dockmend.stop-signal]")
    path = tmp_path / ".dockmend.toml"
    assert config(tmp_path, text, "pyproject.toml")._replace(path=str(path)) == config(tmp_path, EVERYTHING)


@pytest.mark.parametrize(
    "text",
    [
        '\ufeffselect = ["upper"]\n',
        'select = ["upper"]\r\n',
        'select = [\n  "DL0001",  # a code\n]',
    ],
)
def test_how_it_may_be_written(tmp_path: Path, text: str) -> None:
    (tmp_path / ".dockmend.toml").write_bytes(text.encode())
    found = load(str(tmp_path / ".dockmend.toml"))
    assert found is not None
    assert found.select == ("upper",)


def test_all_hooks(tmp_path: Path) -> None:
    assert config(tmp_path, 'select = ["ALL"]').select == ("ALL",)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('mode = "all"', "all"),
        ("deep = true", True),
        ("most = 7", 7),
        ('names = ["a"]', ("a",)),
        ('by.a = "b"', {"a": "b"}),
        ('but = "x"', "x"),
    ],
)
def test_a_hooks_own_settings(tmp_path: Path, written: str, value: object) -> None:
    assert list(config(tmp_path, f"[upper]\n{written}").options["upper"].values()) == [value]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("selct = []", '`selct` is no setting; did you mean "select"?'),
        ("zzz = 1", "`zzz` is no setting"),
        ("uper.but = 1", '`uper` is no setting; did you mean "upper"?'),
        ("select = 1", "`select` must be a list of strings"),
        ('select = "upper"', "`select` must be a list of strings"),
        ("select = [1]", "`select` must be a list of strings"),
        ('select = ["uper"]', '`select` names no hook: "uper"; did you mean "upper"?'),
        ('unsafe-fixes = "yes"', "`unsafe-fixes` must be true or false"),
        ("severity = 1", "`severity` must be a table"),
        ('severity.upper = "warn"', '`severity.upper` must be one of "info", "warning", "error"; did you mean "warning"?'),
        ('severity.x = "info"', '`severity` names no hook: "x"'),
        ("context = 1", "`context` must be a string"),
        ("fail-on = 2", '`fail-on` must be one of "info", "warning", "error"'),
        ('per-file-ignores."*.x" = ["y"]', '`per-file-ignores.*.x` names no hook: "y"'),
        ("per-file-ignores = []", "`per-file-ignores` must be a table"),
        ("upper = 1", "`upper` must be a table"),
        ("upper.mod = 1", '`upper.mod` is no setting of upper; did you mean "mode"?'),
        ('upper.mode = "al"', '`upper.mode` must be one of "few", "all"; did you mean "all"?'),
        ("upper.deep = 1", "`upper.deep` must be true or false"),
        ("upper.most = true", "`upper.most` must be a whole number"),
        ("upper.names = 1", "`upper.names` must be a list of strings"),
        ("upper.by = 1", "`upper.by` must be a table"),
        ("upper.by.a = 1", "`upper.by.a` must be a string"),
        ("upper.but = 1", "`upper.but` must be a string"),
        ("select = [", "is not valid TOML: "),
        ("x = " + "[" * 100_000, "is not valid TOML: "),
    ],
)  # fmt: skip
def test_mistakes_are_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / ".dockmend.toml"
    path.write_text(text)
    with pytest.raises(Failure) as failure:
        load(str(path))
    assert str(failure.value).startswith(f"{path}: error: {said}")
    assert "\n" not in str(failure.value)


def test_mistakes_in_pyproject_have_the_whole_key(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text("[tool.dockmend]\nselct = []")
    with pytest.raises(Failure, match=r"`tool\.dockmend\.selct` is no setting"):
        load(str(path))


@pytest.mark.parametrize("text", ["tool = 1 # dockmend", "[tool]\ndockmend = 1"])
def test_a_tool_that_is_no_table(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(text)
    with pytest.raises(Failure, match="must be a table"):
        load(str(path))


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / ".dockmend.toml"
    path.write_bytes(b"context = '\xff'")
    with pytest.raises(Failure, match="is not UTF-8"):
        load(str(path))


@pytest.mark.parametrize(
    "text",
    ["", "[tool.ruff]", "[project]\nname = 'dockmend'", "x = [ # not even TOML", "[tool]\nx = 'dockmend'"],
)
def test_a_pyproject_that_does_not_speak_of_it(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert load(str(tmp_path / "pyproject.toml")) is None
    assert Configs().of(str(tmp_path)).ignore == ()


def test_the_nearest_upward_counts(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    (tmp_path / ".dockmend.toml").write_text("")
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.dockmend]")
    (deep.parent / "pyproject.toml").write_text("[tool.other]")
    configs = Configs()
    assert configs.of(str(tmp_path)).path == str(tmp_path / ".dockmend.toml")
    assert configs.of(str(deep)).path == str(tmp_path / "a" / "pyproject.toml")
    (tmp_path / "a" / ".dockmend.toml").write_text("")
    assert configs.of(str(deep)).path == str(tmp_path / "a" / "pyproject.toml")  # read once
    assert Configs().of(str(deep)).path == str(tmp_path / "a" / ".dockmend.toml")


def test_a_folder_deeper_than_any_recursion() -> None:
    assert Configs().of("/d" * 3000).path is None


def test_one_file_for_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / ".dockmend.toml").write_text('ignore = ["upper"]')
    (tmp_path / "mine.toml").write_text('ignore = ["stop-signal"]')
    monkeypatch.chdir(tmp_path)
    assert Configs("mine.toml").of(str(tmp_path / "below")).ignore == ("stop-signal",)
    with pytest.raises(Failure, match="there is no such file"):
        Configs("none.toml").of(str(tmp_path))
    (tmp_path / "pyproject.toml").write_text("")
    assert Configs("pyproject.toml").of(str(tmp_path)).ignore == ()


def test_a_mistake_is_said_for_every_folder_it_holds_for(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / ".dockmend.toml").write_text("x = 1")
    configs = Configs()
    for folder in (tmp_path, tmp_path / "below", tmp_path):
        with pytest.raises(Failure, match="`x` is no setting"):
            configs.of(str(folder))


def test_a_folder_of_that_name_is_no_configuration(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").mkdir()
    os.mkfifo(tmp_path / ".dockmend.toml")
    assert Configs().of(str(tmp_path)).path not in {
        str(tmp_path / ".dockmend.toml"),
        str(tmp_path / "pyproject.toml"),
    }


@pytest.mark.parametrize(
    ("glob", "yes", "no"),
    [
        (
            "vendor",
            ["vendor", "vendor/Dockerfile", "a/vendor/b/Dockerfile"],
            ["vendors/Dockerfile", "a/Dockerfile"],
        ),
        ("vendor/", ["vendor/Dockerfile"], ["Dockerfile"]),
        ("/vendor", ["vendor/Dockerfile"], ["a/vendor/Dockerfile"]),
        ("a/vendor", ["a/vendor/Dockerfile"], ["vendor/Dockerfile", "b/a/vendor/Dockerfile"]),
        ("*.dev", ["a/Dockerfile.dev", "x.dev/Dockerfile"], ["Dockerfile.prod"]),
        ("a/*/Dockerfile", ["a/b/Dockerfile"], ["a/Dockerfile", "a/b/c/Dockerfile"]),
        ("a/**/Dockerfile", ["a/Dockerfile", "a/b/c/Dockerfile"], ["b/a/Dockerfile", "a/b/Dockerfile.x"]),
        ("**", ["Dockerfile"], []),
        ("**/x/**/y", ["x/y", "a/x/b/c/y/d"], ["y/x"]),
        ("[ab]?", ["a1/Dockerfile"], ["c1/Dockerfile"]),
    ],
)
def test_globs(tmp_path: Path, glob: str, yes: list[str], no: list[str]) -> None:
    found = Config(None, str(tmp_path), exclude=(glob,), per_file_ignores={glob: ("upper",)})
    assert [path for path in yes + no if found.excludes(str(tmp_path / path))] == yes
    assert [path for path in yes + no if found.ignored_for(str(tmp_path / path))] == yes
