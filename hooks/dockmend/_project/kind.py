"""What kind of project a build context holds, and what of it no image needs: the tables."""

from __future__ import annotations

import re

from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION_CONTROL = "Version control"
SECRETS = "Secrets"
ENVIRONMENTS = "Virtual environments"
CACHES = "Caches"
DEPENDENCIES = "Installed dependencies"
OUTPUT = "Build output"
DOCKER = "Docker"
DOCUMENTATION = "Documentation"
EDITORS = "Editors"
GROUPS = (
    VERSION_CONTROL, SECRETS, ENVIRONMENTS, CACHES, DEPENDENCIES, OUTPUT, DOCKER, DOCUMENTATION, EDITORS,
)  # fmt: skip


_END_OF_NAME = regex("[:@-]")


class Line(NamedTuple):
    """A line of an ignore file: `samples` are paths that it is there to exclude.

    A file that excludes those in `covered` needs no such line. `extra` lines go into a new file, and
    along with others of their group; an existing file does not lack them.
    """

    pattern: str
    group: str
    samples: tuple[str, ...]
    covered: tuple[str, ...]
    extra: bool = False


class Kind(NamedTuple):
    """A kind of project, known by the names of files at its root (`markers`) or by that of its base image.

    `manifests` are the names of files that say what the project's own build needs.
    """

    name: str
    markers: re.Pattern[str]
    images: frozenset[str]
    manifests: re.Pattern[str]
    lines: tuple[Line, ...]

    def starts_from(self, images: Iterable[str]) -> bool:
        """Whether one of these images, as FROM names them, is of this kind."""
        return any(_END_OF_NAME.split(one.rpartition("/")[2], 1)[0] in self.images for one in images)


def _kind(name: str, markers: str, images: str, manifests: str, *lines: Line) -> Kind:
    return Kind(
        name, regex(rf"(?:{markers})\Z"), frozenset(images.split()), regex(rf"(?:{manifests})\Z"), lines
    )


def line(pattern: str, group: str, *samples: str, extra: bool = False, deep: bool = False) -> Line:
    """A line that is lacked where its first sample, with `deep` its first two, is not excluded."""
    known = samples or (pattern,)
    return Line(pattern, group, known, known[: 1 + deep], extra)


COMMON = (
    line(".git", VERSION_CONTROL, ".git/HEAD", ".git"),
    line("**/.env", SECRETS, ".env"),
    line("**/.env.*", SECRETS, ".env.local", ".env.production"),
    line("**/*.pem", SECRETS, "key.pem"),
    line("**/*.key", SECRETS, "server.key"),
    line(".vscode", EDITORS, ".vscode/settings.json", ".vscode", extra=True),
    line(".idea", EDITORS, ".idea/workspace.xml", ".idea", extra=True),
    line("**/.DS_Store", EDITORS, ".DS_Store", extra=True),
)

KINDS = (
    _kind(
        "Python",
        r"pyproject\.toml|setup\.py|setup\.cfg|requirements[^/]*\.(?:txt|in)|Pipfile|(?:poetry|uv|pdm)\.lock"
        r"|environment\.ya?ml|[^/]*\.py",
        "python pypy uv miniconda miniconda3 micromamba",
        r"pyproject\.toml|setup\.py|setup\.cfg|MANIFEST\.in|hatch\.toml|hatch_build\.py|meson\.build|CMakeLists\.txt",
        line(".venv", ENVIRONMENTS, ".venv/bin/python", ".venv"),
        line("venv", ENVIRONMENTS, "venv/bin/python", "venv"),
        line("**/__pycache__", CACHES, "__pycache__/a.pyc", "package/__pycache__/a.pyc", deep=True),
        line("**/*.pyc", CACHES, "a.pyc", "package/a.pyc", extra=True),
        line(".pytest_cache", CACHES, ".pytest_cache/v", ".pytest_cache", extra=True),
        line(".mypy_cache", CACHES, ".mypy_cache/3.12", ".mypy_cache", extra=True),
        line(".ruff_cache", CACHES, ".ruff_cache/0.9", ".ruff_cache", extra=True),
        line(".tox", CACHES, ".tox/py312", ".tox", extra=True),
        line("build", OUTPUT, "build/lib/a.py", "build", "build/a.whl"),
        line("dist", OUTPUT, "dist/a.whl", "dist", "dist/a.tar.gz"),
        line("**/*.egg-info", OUTPUT, "a.egg-info/PKG-INFO", "src/a.egg-info", "a.egg-info"),
    ),
    _kind(
        "Node",
        r"package\.json",
        "node bun",
        r"package\.json|angular\.json|vue\.config\.js",
        line("**/node_modules", DEPENDENCIES, "node_modules/a/index.js", "node_modules", "app/node_modules"),
        line("npm-debug.log*", CACHES, "npm-debug.log", extra=True),
    ),
    _kind("Go", r"go\.mod", "golang", r"go\.mod"),
    _kind(
        "Maven",
        r"pom\.xml",
        "maven",
        r"pom\.xml",
        line("target", OUTPUT, "target/classes", "target", "target/a.jar", "target/a.war"),
    ),
    _kind(
        "Gradle",
        r"(?:build|settings)\.gradle(?:\.kts)?",
        "gradle",
        r"(?:build|settings)\.gradle(?:\.kts)?",
        line(".gradle", CACHES, ".gradle/8.0", ".gradle"),
        line("build", OUTPUT, "build/libs/a.jar", "build", "build/a.jar"),
    ),
    _kind(
        "Rust",
        r"Cargo\.toml",
        "rust",
        r"Cargo\.toml|build\.rs",
        line("target", OUTPUT, "target/release/a", "target"),
    ),
    _kind(
        "Ruby",
        r"Gemfile|[^/]*\.gemspec",
        "ruby rails",
        r"[^/]*\.gemspec|Gemfile|Rakefile",
        line(".bundle", DEPENDENCIES, ".bundle/config", ".bundle"),
        line("vendor/bundle", DEPENDENCIES, "vendor/bundle/ruby", "vendor/bundle"),
        line("log/*.log", CACHES, "log/development.log"),
        line("tmp/cache", CACHES, "tmp/cache/a", "tmp/cache"),
    ),
    _kind(
        "PHP",
        r"composer\.json",
        "php composer",
        r"composer\.json",
        line("vendor", DEPENDENCIES, "vendor/autoload.php", "vendor"),
    ),
    _kind(
        ".NET",
        r"[^/]*\.(?:cs|fs|vb)proj|[^/]*\.slnx?",
        "sdk aspnet",
        r"[^/]*\.(?:cs|fs|vb)proj|Directory\.Build\.(?:props|targets)",
        line("**/bin", OUTPUT, "bin/Release/a.dll", "bin", "app/bin"),
        line("**/obj", OUTPUT, "obj/project.assets.json", "obj", "app/obj"),
    ),
)

# What a Node project's tools make, by the dependency that makes it.
NODE_OUTPUT = (
    (("typescript", "vite", "webpack", "rollup", "parcel", "tsup", "@nestjs/core"), "dist", "dist/index.js"),
    (("@vue/cli-service", "@angular/cli"), "dist", "dist/index.html"),
    (("react-scripts", "@sveltejs/kit", "@remix-run/dev"), "build", "build/index.html"),
    (("next",), ".next", ".next/BUILD_ID"),
    (("nuxt",), ".nuxt", ".nuxt/index.js"),
    (("nuxt",), ".output", ".output/server/index.mjs"),
    (("@sveltejs/kit",), ".svelte-kit", ".svelte-kit/output"),
    (("jest", "vitest", "nyc", "c8"), "coverage", "coverage/lcov.info"),
)  # fmt: skip

# Tools that read .env files when they build.
READS_ENV = frozenset({
    "react-scripts", "vite", "next", "nuxt", "astro", "gatsby", "@vue/cli-service", "@sveltejs/kit", "parcel",
    "expo", "@craco/craco", "react-app-rewired", "dotenv-webpack", "dotenv-cli", "env-cmd",
})  # fmt: skip

# Commands that make build output: (a word of each set) stands in one command.
MAKERS = {
    "Python": (
        frozenset({"python", "python3", "pip", "pip3", "poetry", "hatch", "uv", "flit", "pdm"}),
        frozenset({"build", "wheel", "setup.py"}),
    ),
    "Maven": (frozenset({"mvn", "mvnw"}), frozenset({"package", "install", "verify", "deploy"})),
    "Gradle": (
        frozenset({"gradle", "gradlew"}),
        frozenset({"build", "assemble", "jar", "bootJar", "shadowJar", "war", "bootWar", "installDist"}),
    ),
    "Rust": (frozenset({"cargo"}), frozenset({"build", "install", "run", "test", "rustc"})),
    ".NET": (frozenset({"dotnet", "msbuild"}), frozenset({"build", "publish", "pack", "run", "test"})),
}
NODE_TOOLS = frozenset({
    "npm", "npx", "yarn", "pnpm", "bun", "bunx", "node", "next", "nuxt", "vite", "tsc", "ng", "webpack",
    "rollup",
})  # fmt: skip

# What a folder of documentation holds; anything else may be the source of a site, or a program's own data.
DOC_FILES = regex(
    r"(?i)docs/(?:.*\.(?:md|rst|txt|adoc|png|jpe?g|gif|svg|webp|pdf|ipynb|puml|drawio|bib|tex|bat)"
    r"|(?:.*/)?(?:conf\.py|makefile|\.gitignore|\.gitkeep|\.nojekyll)|(?:.*/)?_(?:static|templates)/.*)\Z"
)
SITE_TOOLS = frozenset({
    "@docusaurus/core", "vitepress", "vuepress", "nextra", "astro", "gatsby", "@11ty/eleventy", "next",
    "nuxt", "storybook", "docsify", "docsify-cli", "gitbook",
})  # fmt: skip
# Folders that hold what a tool installed, and may hold the project's settings for it.
SETTINGS_TOO = frozenset({".bundle", "vendor/bundle"})
# Names of folders that are copied for the keys in them.
KEY_FOLDER = regex(
    r"(?i)(?:^|[/._-])(?:certs?|certificates?|ssl|tls|pki|keys?|secrets?|credentials?)(?:[/._-]|\Z)"
)
# Compilers that take documentation into the program: go:embed, swag's docs package, include_str!.
COMPILED_DOCS = frozenset({"Go", "Rust"})

# Names that tell what wrote a folder of build output.
OUTPUT_SIGNS = regex(
    r"(?:lib|bdist\..*|temp\..*|libs|tmp|classes|reports|generated|kotlin|maven-(?:status|archiver)|surefire-reports"
    r"|CACHEDIR\.TAG|\.rustc_info\.json|debug|release|Debug|Release|project\.assets\.json|asset-manifest\.json"
    r"|BUILD_ID|[^/]*\.(?:whl|jar|war|egg|tar\.gz|nuget\.(?:dgspec\.json|g\.props|g\.targets)))\Z"
)

# Tools that ask git for a version when the project is built or installed.
GIT_TOOLS = regex(
    r"setuptools[_-](?:scm|git)|versioneer|(?:hatch|flit)[_-](?:vcs|scm)|(?:poetry|uv)-dynamic-versioning|dunamai"
    r"|vcversioner|versioningit|miniver|source *= *[\"'](?:scm|vcs)"
    r"|lefthook|simple-git-hooks|git-(?:rev|describe)|git-commit-id|gradle-git|jgitver|axion-release|git-version|nebula\.release|vergen|shadow-rs|gitinfo"
    r"|minver|nerdbank|sourcelink|\b(?:pbr|built|gix|git2)\b",
    re.IGNORECASE,
)


def kinds(names: Iterable[str], images: Iterable[str]) -> tuple[Kind, ...]:
    """The kinds of a project with files of these names, whose stages start from these images."""
    known, bases = list(names), list(images)
    return tuple(
        kind for kind in KINDS if kind.starts_from(bases) or any(kind.markers.match(name) for name in known)
    )
