"""What each hook is for, on an example built before and after: it starts, answers, and has gained what is promised.

What was measured goes to build/gains, and `tests/builds/gains.py` makes the README's table of it.
"""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from builds import projects
from builds.gains import record
from builds.images import GRACE, Container, Image, Store
from dockmend import _registry
from dockmend._hook import UNSAFE

pytestmark = pytest.mark.builds

SECRET = "s3cr3t-of-the-index"
# What they mend is Compose files, and the name that a registry has for an image.
NO_IMAGE = {"compose-limits", "pin-digest"}


class Example:
    """An example's folders: as it stands, and mended by one hook."""

    def __init__(self, name: str, hook: str, folder: Path) -> None:
        self.before = projects.copied(projects.EXAMPLES / name, folder / "app")
        made = projects.mended(self.before, folder / "mended" / "app", "--unsafe-fixes", f"--select={hook}")
        assert made.hooks == {hook}
        self.after = made.folder
        self.both = (self.before, self.after)


@contextmanager
def started(image: Image) -> Iterator[Container]:
    """A container that has answered."""
    with image.mounted() as root, Container(image, root).started() as container:
        port = int(next(iter(image.config["ExposedPorts"])).removesuffix("/tcp"))
        assert container.ask(port) == (200, "app answers")
        yield container


def answers(image: Image) -> Image:
    with started(image):
        return image


@pytest.fixture
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Example:
    """The example that the test's name says: `test_merge_run` has the example merge-run."""
    name = request.function.__name__.removeprefix("test_").replace("_", "-")
    return Example(name, name.removesuffix("-quoted"), tmp_path)


def test_merge_run(example: Example, store: Store) -> None:
    before, after = (answers(store.built(folder)).layers for folder in example.both)
    record("merge-run", "layers", before, after)
    assert after == before - 4


@pytest.mark.parametrize("hook", ["multi-stage", "slim-base", "package-cache"])
def test_size(hook: str, store: Store, tmp_path: Path) -> None:
    both = Example(hook, hook, tmp_path).both
    before, after = (answers(store.built(folder)).megabytes() for folder in both)
    record(hook, "size of the image", f"{before:.0f} MB", f"{after:.0f} MB")
    assert after < before - 10


class Index(SimpleHTTPRequestHandler):
    """A package index as PyPI is one: what it serves may be cached, which not every mirror says."""

    served = 0

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "max-age=600, public")
        super().end_headers()

    def send_head(self):  # type: ignore[no-untyped-def]
        path = Path(self.translate_path(self.path))
        if path.suffix == ".whl" and path.is_file():
            Index.served += path.stat().st_size
        return super().send_head()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def index(requirements: Path, folder: Path) -> Iterator[str]:
    """The address of an index that serves the wheels of these requirements."""
    wheels = folder / "wheels"
    fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:", "--dest", str(wheels)]
    subprocess.run([*fetch, "-r", str(requirements), "itsdangerous==2.2.0"], check=True)
    for wheel in list(wheels.iterdir()):
        name = wheel.name.split("-")[0].lower().replace("_", "-")
        (wheels / "simple" / name).mkdir(parents=True)
        wheel.rename(wheels / "simple" / name / wheel.name)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Index, directory=str(wheels))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/simple"
        server.shutdown()


def test_pip_cache(example: Example, store: Store, tmp_path: Path) -> None:
    sizes: list[float] = []
    again: list[float] = []
    with index(example.before / "requirements.txt", tmp_path) as address:
        settings = tmp_path / "pip.conf"
        # pip caches what comes from hosts that it trusts alone.
        settings.write_text(f"[global]\nindex-url = {address}\ntrusted-host = 127.0.0.1\n")
        volume = f"--volume={settings}:/etc/pip.conf:ro"
        for folder in example.both:
            sizes.append(answers(store.built(folder, volume)).megabytes())
            requirements = folder / "requirements.txt"
            requirements.write_text(requirements.read_text() + "itsdangerous==2.2.0\n")
            Index.served = 0
            store.built(folder, volume)
            again.append(Index.served / 1e6)
    record("pip-cache", "size of the image", *(f"{size:.0f} MB" for size in sizes))
    record("pip-cache", "downloaded again after a new requirement", *(f"{size:.1f} MB" for size in again))
    assert sizes[1] < sizes[0] - 5
    assert again[1] < 0.1
    assert again[0] > 5


def test_dockerignore(example: Example, store: Store, tmp_path: Path) -> None:
    sizes: list[float] = []
    for folder in example.both:
        subprocess.run([sys.executable, "-m", "venv", folder / ".venv"], check=True)
        whole = tmp_path / f"whole{len(sizes)}.dockerfile"
        whole.write_text("FROM scratch\nCOPY . /\n")
        sizes.append(store.built(folder, f"--file={whole}").megabytes())
        answers(store.built(folder))
    record("dockerignore", "size of the build context", *(f"{size * 1000:.0f} kB" for size in sizes))
    assert sizes[1] < 0.1
    assert sizes[0] > 1


def test_exec_form(example: Example, store: Store) -> None:
    before, after = (stopped(store.built(folder)) for folder in example.both)
    record("exec-form", "until it stops on SIGTERM", f"{before:.1f} s", f"{after:.1f} s")
    assert before >= GRACE
    assert after < 2


def stopped(image: Image) -> float:
    with started(image) as container:
        return container.stop()


def test_exec_form_quoted(example: Example, store: Store) -> None:
    with store.built(example.before).mounted() as root:
        assert Container(store.built(example.before), root).run().status == 127
    answers(store.built(example.after))


def test_cache_order(example: Example, store: Store) -> None:
    took = []
    for folder in example.both:
        answers(store.built(folder))
        (folder / "app.py").write_text((folder / "app.py").read_text() + "# changed\n")
        begin = time.monotonic()
        image = store.built(folder)
        took.append(time.monotonic() - begin)
        answers(image)
    record("cache-order", "rebuilt after a change of the source", *(f"{seconds:.1f} s" for seconds in took))
    assert took[1] < took[0] / 2


def test_cache_order_without_a_context(store: Store, tmp_path: Path) -> None:
    """The unsafe half: text on standard input, whose build context nobody knows."""
    folder = projects.copied(projects.EXAMPLES / "cache-order", tmp_path / "app")
    path = folder / "Dockerfile"
    command = [str(projects.DOCKMEND), "--fix", "--unsafe-fixes", "--select=cache-order", "-"]
    with path.open() as given:
        done = subprocess.run(command, stdin=given, capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.index("COPY requirements.txt") < done.stdout.index("COPY . .")
    path.write_text(done.stdout)
    answers(store.built(folder))


def test_non_root_user(example: Example, store: Store) -> None:
    before, after = (user(store.built(folder)) for folder in example.both)
    record("non-root-user", "user of the process", before, after)
    assert before == 0 < after


def user(image: Image) -> int:
    with started(image) as container:
        return int(re.findall(r"(?m)^Uid:\t(\d+)", Path(f"/proc/{container.first()}/status").read_text())[0])


def test_healthcheck(example: Example, store: Store) -> None:
    before, after = (health(store.built(folder)) for folder in example.both)
    words = {None: "not known", True: "healthy", False: "unhealthy"}
    said = [", ".join(words[one] for one in pair) for pair in (before, after)]
    record("healthcheck", "a server that answers, and one that is gone", *said)
    assert before == (None, None)
    assert after == (True, False)


def health(image: Image) -> tuple[bool | None, bool | None]:
    """What HEALTHCHECK says of a server, and of a container whose server is not there."""
    with started(image) as container:
        good = container.healthy()
    image.config["Cmd"] = ["sleep", "60"]
    with image.mounted() as root, Container(image, root).started() as container:
        return good, container.healthy()


def test_no_secrets(example: Example, store: Store) -> None:
    before = store.built(example.before, f"--build-arg=INDEX_TOKEN={SECRET}")
    # What BuildKit does for `env=`, which buildah 1.28 does not know.
    path = example.after / "Dockerfile"
    mount = "--mount=type=secret,id=INDEX_TOKEN"
    assert f"{mount},env=INDEX_TOKEN " in path.read_text()
    taken = 'INDEX_TOKEN="$(cat /run/secrets/INDEX_TOKEN)" && '
    path.write_text(path.read_text().replace(f"{mount},env=INDEX_TOKEN ", f"{mount} {taken}"))
    after = store.built(
        example.after, "--secret=id=INDEX_TOKEN,env=INDEX_TOKEN", environment={"INDEX_TOKEN": SECRET}
    )
    found = [holds_secret(answers(image)) for image in (before, after)]
    record(
        "no-secrets", "the secret in layers or history", *("found" if one else "not found" for one in found)
    )
    assert found == [True, False]


def holds_secret(image: Image) -> bool:
    """Whether the secret stands in what a registry would get: layers, uncompressed, and configuration."""
    return any(SECRET.encode() in path.read_bytes() for path in image.saved().iterdir())


def test_entrypoint_cmd(example: Example, store: Store) -> None:
    for folder in example.both:
        answers(store.built(folder))


def test_image_version(example: Example, store: Store) -> None:
    for folder in example.both:
        answers(store.built(folder))


def test_every_hook_that_mends_unsafely_has_an_example() -> None:
    hooks = (_registry.load(name) for name in _registry.HOOKS)
    unsafe = {hook.name for hook in hooks if hook.safety == UNSAFE} - NO_IMAGE
    assert unsafe <= {path.name for path in projects.EXAMPLES.iterdir()}
