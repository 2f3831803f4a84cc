"""The documentation: it builds without a warning, and what it shows is what dockmend does."""

from __future__ import annotations

import json
import os
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files as resources
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml

from dockmend import _options, _registry, _report
from dockmend._commands import COMMANDS
from dockmend._dockerfile.parser import parse
from dockmend._engine import config
from dockmend._engine.ignores import unknown
from dockmend._engine.mend import Settings, check_text, mend_text
from dockmend._hook import FileEdit
from dockmend._project.find import find_context

TOP = Path(__file__).parent.parent
DOCS = TOP / "docs"
pytestmark = pytest.mark.skipif(not DOCS.exists(), reason="no documentation")
BIN = Path(sys.executable).parent


def script(name: str) -> SimpleNamespace:
    """What a script of docs/, which is no package, defines."""
    return SimpleNamespace(**runpy.run_path(str(DOCS / f"{name}.py")))


def fences(language: str, text: str) -> list[str]:
    return re.findall(rf"(?ms)^ *```{language}\n(.*?)^ *```$", text)


# Its settings are those of editors, and tests/server tries them.
TRIED = frozenset({"editors.md"})
WRITTEN = {path.name: path.read_text(encoding="utf-8") for path in sorted(DOCS.glob("*.md"))}


def shown(language: str) -> list[tuple[str, str]]:
    return [
        (name, fence)
        for name, text in WRITTEN.items()
        if name not in TRIED
        for fence in fences(language, text)
    ]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [str(BIN / "mkdocs"), "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class TestSite:
    """What mkdocs makes of docs/."""

    def test_every_hook_has_the_page_that_reports_link_to(self, site: Path) -> None:
        for name in _registry.HOOKS:
            path = _registry.link(name).removeprefix(_registry.SITE)
            assert f'<h1 id="{name}">' in (site / path / "index.html").read_text()

    def test_it_asks_nobody_anything(self, site: Path) -> None:
        for page in site.rglob("*.html"):
            loaded = re.findall(
                r"<(?:script|link|img)[^>]*?(?:src|href)=\"?(https?://[^\" >]+)", page.read_text()
            )
            assert [address for address in loaded if not address.startswith(_registry.SITE)] == []

    def test_every_page_is_listed(self) -> None:
        listed = (TOP / "mkdocs.yml").read_text()
        assert [name for name in WRITTEN if f": {name}\n" not in listed] == []


def test_the_site_is_the_one_that_reports_link_to() -> None:
    assert f"site_url: {_registry.SITE}\n" in (TOP / "mkdocs.yml").read_text()


HEADINGS = ["Why", "Example", "Fix safety", "Left alone", "Options", "References"]


class TestHookPages:
    """The pages of the hooks, which are the docstrings of their modules."""

    @pytest.mark.parametrize("name", _registry.HOOKS)
    def test_headings(self, name: str) -> None:
        hook, page = _registry.load(name), _registry.page(name)
        expected = [one for one in HEADINGS if one != "Options" or hook.options]
        # A page may have more of its own, as of what it asks a registry.
        assert [one for one in re.findall(r"(?m)^## (.*)", page) if one in HEADINGS] == expected
        assert page.split("\n\n")[0].endswith(".")

    @pytest.mark.parametrize("name", _registry.HOOKS)
    def test_every_option_is_on_it(self, name: str) -> None:
        page = _registry.page(name)
        assert [option for option in _registry.load(name).options if f"`{option}`" not in page] == []

    @pytest.mark.parametrize("name", _registry.HOOKS)
    def test_example(self, name: str, tmp_path: Path) -> None:
        """What is shown first becomes what is shown second, by this hook alone."""
        own = TOP / "tests" / "hooks" / f"test_{name.replace('-', '_')}.py"
        if "__doc__" in own.read_text():
            return  # it takes more than the two texts, and is run there
        for file in ("requirements.txt", "app.py", "src/app.py", "pyproject.toml"):
            (tmp_path / file).parent.mkdir(exist_ok=True)
            (tmp_path / file).write_text("flask\n" if file == "requirements.txt" else "")
        (before, after) = (
            text for _, text in re.findall(r"(?ms)^```(\w+)\n(.*?)^```$", _registry.page(name))
        )
        path = tmp_path / "Dockerfile"
        path.write_text(before)
        build = find_context(str(path), None, before)
        settings = Settings((_registry.load(name),), unsafe=True)
        result = mend_text(before, settings, str(path), build)
        if name == "single-process":
            assert result.findings
            assert not check_text(after, settings, str(path), build).findings
        elif name == "dockerignore":
            assert result.files == (FileEdit(str(tmp_path / ".dockerignore"), None, after, str(tmp_path)),)
        else:
            assert (result.text, result.findings) == (after, ())

    def test_the_ids_of_pre_commit(self) -> None:
        known = {hook["id"] for hook in yaml.safe_load((TOP / ".pre-commit-hooks.yaml").read_text())}
        pages = script("pages").pages()
        shown = {re.findall(r"`id: (.*?)`", pages[f"hooks/{name}.md"])[0] for name in _registry.HOOKS}
        assert shown == known - {"dockmend"}

    def test_a_page_of_the_site(self) -> None:
        page = script("pages").hook_page("exec-form")
        assert page.startswith("# exec-form\n\n**CMD and ENTRYPOINT as JSON arrays.**\n\n- Fix: safe\n")
        assert "```\n\nbecomes\n\n```dockerfile\n" in page


def texts(value: object) -> Iterator[str]:
    """The strings in a value of YAML."""
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(item)


class TestExamples:
    """What stands in fences on the written pages."""

    @pytest.mark.parametrize(("page", "text"), shown("sh"))
    def test_commands(self, page: str, text: str) -> None:
        for line in text.split("\n"):
            words = shlex.split(line, comments=True)
            if "|" in words:
                words = words[words.index("|") + 1 :]
            if words[:1] == ["dockmend"] and not set(words[1:2]) & set(COMMANDS):
                _options.parse(words[1:], None)  # ends the process where it makes no sense

    @pytest.mark.parametrize(("page", "text"), shown("toml"))
    def test_settings(self, page: str, text: str, tmp_path: Path) -> None:
        path = tmp_path / ("pyproject.toml" if "[tool.dockmend]" in text else ".dockmend.toml")
        path.write_text(text)
        assert config.load(str(path)) is not None

    @pytest.mark.parametrize(("page", "text"), shown("dockerfile"))
    def test_dockerfiles(self, page: str, text: str) -> None:
        """Those of the page on ignoring: nothing that they name is reported."""
        doc = parse(text)
        assert not doc.problems
        assert not list(unknown(doc, doc.comments, lambda code: _registry.resolve(code) is not None))
        names = ("exec-form", "merge-run", "add-to-copy")
        settings = Settings(tuple(map(_registry.load, names)))
        assert not check_text(text, settings, None, find_context(None, None, text)).findings

    @pytest.mark.parametrize(("page", "text"), shown("python"))
    def test_python(self, page: str, text: str) -> None:
        included = re.fullmatch(r'--8<-- "(.*)"\n', text)  # tests/test_examples.py runs those
        if included:
            assert (DOCS / included[1]).is_file()
        else:
            exec(text, {})

    @pytest.mark.parametrize(("page", "text"), shown("yaml"))
    def test_yaml(self, page: str, text: str, tmp_path: Path) -> None:
        """A configuration of pre-commit, a workflow of GitHub's or a job of GitLab's."""
        value = yaml.safe_load(text)
        if "services" in value:
            settings = Settings((_registry.load("compose-limits"),))
            assert not check_text(text, settings, "/x/compose.yml", find_context(None, None, text)).findings
            return
        if "repos" in value:
            path = tmp_path / ".pre-commit-config.yaml"
            path.write_text(text)
            command = [sys.executable, "-m", "pre_commit", "validate-config", str(path)]
            assert subprocess.run(command, capture_output=True).returncode == 0
            known = {hook["id"] for hook in yaml.safe_load((TOP / ".pre-commit-hooks.yaml").read_text())}
            assert {hook["id"] for repo in value["repos"] for hook in repo["hooks"]} <= known
            return
        name = "github-workflows" if "jobs" in value else "gitlab-ci"
        vendor = resources("check_jsonschema") / "builtin_schemas" / "vendor"
        schema = json.loads((vendor / f"{name}.json").read_text(encoding="utf-8"))
        # YAML 1.1 reads `on` as true.
        value = {"on" if key is True else key: item for key, item in value.items()}
        jsonschema.validators.validator_for(schema)(schema).validate(value)
        lines = [text for text in texts(value) if re.match("(pipx run )?dockmend ", text)]
        assert lines
        for line in lines:
            _options.parse(shlex.split(line.removeprefix("pipx run "))[1:], None)

    def test_every_setting_and_format_is_described(self) -> None:
        rows = set(re.findall(r"(?m)^\| `([a-z-]+)` \|", WRITTEN["configuration.md"]))
        assert rows == set(config._Reader("x", "").keys)
        assert set(re.findall(r"(?m)^\| `([a-z]+)` \| ", WRITTEN["formats.md"])) - {
            "severity", "message", "reason", "fixable", "fix",
        } == set(_report.FORMATS)  # fmt: skip

    @pytest.mark.parametrize("language", ["sh", "toml", "dockerfile", "python", "yaml"])
    def test_there_are_some(self, language: str) -> None:
        assert shown(language)


class TestPicture:
    """docs/report.svg."""

    def test_it_shows_what_dockmend_prints(self) -> None:
        """The text alone: another version of rich may place it otherwise."""
        picture = script("picture")
        printed = re.sub(r"\x1b\[[0-9;]*m", "", picture.shown())
        for svg in ((DOCS / "report.svg").read_text(encoding="utf-8"), picture.picture(picture.shown())):
            assert text_of(svg).split("\n") == [line.rstrip() for line in printed.rstrip("\n").split("\n")]
            assert "@font-face" not in svg
            assert len(re.findall(r"fill: #[0-9a-f]{6}", svg)) >= 6


def text_of(svg: str) -> str:
    """The lines of the terminal that an SVG of rich's shows: 12.2 by 24.4 for a cell."""
    rows: dict[int, str] = {}
    space = "{http://www.w3.org/2000/svg}"
    for group in ElementTree.fromstring(svg).iter(f"{space}g"):
        if (group.get("class") or "").endswith("-matrix"):
            for text in sorted(group.iter(f"{space}text"), key=lambda text: float(text.get("x") or 0)):
                row, column = round((float(text.get("y") or 0) - 20) / 24.4), float(text.get("x") or 0) / 12.2
                rows[row] = rows.get(row, "").ljust(round(column)) + (text.text or "").replace("\xa0", " ")
    return "\n".join(rows.get(row, "").rstrip() for row in range(max(rows) + 1))
