"""Images that buildah makes, and containers that run as Docker runs them: first process, signals, user, network.

`.ci/images` makes the base images. Each test has a store of its own above them, so that what it builds and
caches is its own and goes with it. A container is a process in new namespaces (`unshare`), in a copy of the
image that buildah mounts: its first process is PID 1 there, as in Docker, which buildah's own chroot isolation
does not give.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

TOP = Path(__file__).parent.parent.parent
TIMEOUT = 300
# What `docker stop` waits before it kills.
GRACE = 10.0


def why_not() -> str | None:
    """Why nothing can be built here, None where it can."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "images are built as root only"
    missing = [tool for tool in ("buildah", "unshare", "nsenter", "ip") if shutil.which(tool) is None]
    if missing:
        return f"{missing[0]} is not installed (`.ci/images` installs what is needed)"
    if not (bases() / "driver").exists():
        return "the base images are not there (`.ci/images` makes them)"
    return None


def bases() -> Path:
    """The folder of the base images, as `.ci/images` names it."""
    import hashlib

    script = hashlib.sha256((TOP / ".ci" / "images").read_bytes()).hexdigest()
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(cache) / "dockmend" / "images" / script[:12]


@cache
def mount_apart() -> None:
    """Have this process see mounts that no other sees: however it ends, none of them is left."""
    assert ctypes.CDLL(None).unshare(0x00020000) == 0  # CLONE_NEWNS
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)


class Built(NamedTuple):
    """What became of a build: its exit status, all that it printed, the image's number ("" where it failed)."""

    status: int
    output: str
    image: str


class Store:
    """Images of one test, above the base images."""

    def __init__(self, folder: Path) -> None:
        mount_apart()
        self.folder = folder
        driver = (bases() / "driver").read_text().strip()
        self.options = ["--root", str(folder / "root"), "--runroot", str(folder / "run")]
        self.options += ["--storage-driver", driver]
        self.options += ["--storage-opt", f"{driver}.imagestore={bases() / 'store'}"]
        (folder / "tmp").mkdir(parents=True)

    def run(
        self, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        # buildah keeps cache mounts in TMPDIR.
        own = {"BUILDAH_ISOLATION": "chroot", "TMPDIR": str(self.folder / "tmp")}
        return subprocess.run(
            ["buildah", *self.options, *arguments],
            env={**os.environ, **own, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=TIMEOUT,
        )

    def said(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def build(self, context: Path, *options: str, environment: Mapping[str, str] | None = None) -> Built:
        """Build the Dockerfile of that folder, one layer an instruction, as BuildKit does."""
        number = self.folder / "tmp" / "iid"
        number.unlink(missing_ok=True)
        done = self.run(
            *("build", "--pull-never", "--format", "docker", "--layers", "--iidfile", str(number)),
            *(*options, str(context)),
            environment=environment,
        )
        image = number.read_text().strip() if done.returncode == 0 else ""
        return Built(done.returncode, done.stdout + done.stderr, image)

    def built(self, context: Path, *options: str, environment: Mapping[str, str] | None = None) -> Image:
        """The image of a build that has to succeed."""
        done = self.build(context, *options, environment=environment)
        assert done.status == 0, f"{(context / 'Dockerfile').read_text()}\n{done.output}"
        return Image(self, done.image)

    def close(self) -> None:
        """Remove everything, and first what a build that failed has left mounted."""
        mounted = [line.split(" ")[1] for line in Path("/proc/mounts").read_text().splitlines()]
        for point in reversed(mounted):
            if point.startswith(f"{self.folder}/"):
                subprocess.run(["umount", "--lazy", point], check=True)
        shutil.rmtree(self.folder)


class Image:
    """A built image; `config` is what `docker inspect` shows as Config."""

    def __init__(self, store: Store, number: str) -> None:
        self.store = store
        self.number = number
        told = json.loads(store.said("inspect", "--type", "image", number))
        self.config: dict[str, Any] = told["Docker"]["config"]
        self.history: list[str] = [one["created_by"] for one in told["Docker"]["history"]]
        self.layers = len(told["Docker"]["rootfs"]["diff_ids"])

    def saved(self) -> Path:
        """A folder with the image as a registry would store it, layers uncompressed."""
        folder = self.store.folder / "tmp" / f"saved-{self.number[-12:]}"
        if not folder.exists():
            self.store.said("push", "--disable-compression", "--quiet", self.number, f"dir:{folder}")
        return folder

    def megabytes(self) -> float:
        return sum(path.stat().st_size for path in self.saved().iterdir()) / 1e6

    @contextmanager
    def mounted(self) -> Iterator[Path]:
        """The root of a new container of this image."""
        # What ONBUILD says comes first.
        container = self.store.said("from", "--pull-never", self.number).splitlines()[-1]
        try:
            yield Path(self.store.said("mount", container))
        finally:
            self.store.said("rm", container)


def children(number: int) -> list[int]:
    """The processes that the process has started, and that have not ended."""
    return [int(word) for word in Path(f"/proc/{number}/task/{number}/children").read_text().split()]


class Ran(NamedTuple):
    """What a container's process left: exit status as a shell has it, standard output and error."""

    status: int
    output: str
    errors: str


# Within the new namespaces, still with this machine's files: `unshare` itself goes into the image's.
SETUP = """
ip link set lo up
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
shift
exec env -i "$@"
"""


class Container:
    """A container on a mounted image: what `docker run` starts."""

    def __init__(self, image: Image, root: Path) -> None:
        self.root = root
        self.config = image.config
        self.written = image.store.folder / "tmp" / f"log-{image.number[-12:]}"
        for name in ("proc", "dev"):
            (root / name).mkdir(exist_ok=True)
        self.running: subprocess.Popen[str] | None = None

    @property
    def words(self) -> list[str]:
        return [*(self.config.get("Entrypoint") or []), *(self.config.get("Cmd") or [])]

    def accounts(self) -> tuple[str, str, str]:
        """The numbers of user and group, and the user's home, that USER means in this image."""
        name, _, group = (self.config.get("User") or "0").partition(":")
        found = (name, "0", "/")
        for line in self.lines("etc/passwd"):
            if name in (line[0], line[2]):
                found = (line[2], line[3], line[5])
                break
        for line in self.lines("etc/group"):
            if group == line[0]:
                group = line[2]
        return found[0], group or found[1], found[2]

    def lines(self, path: str) -> list[list[str]]:
        file = self.root / path
        return [line.split(":") for line in file.read_text().splitlines()] if file.exists() else []

    def environment(self) -> dict[str, str]:
        given = dict(entry.split("=", 1) for entry in self.config.get("Env") or [])
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return {"PATH": path, "HOME": self.accounts()[2], "HOSTNAME": "container", **given}

    def command(self, words: Sequence[str]) -> list[str]:
        user, group, _ = self.accounts()
        folder = self.config.get("WorkingDir") or "/"
        return [
            *("unshare", "--mount", "--pid", "--net", "--uts", "--ipc", "--fork", "--kill-child"),
            *("sh", "-ec", SETUP, "sh", str(self.root)),
            *(f"{name}={value}" for name, value in self.environment().items()),
            *(str(shutil.which("unshare")), f"--root={self.root}", f"--wd={folder}"),
            *(f"--setgid={group}", f"--setuid={user}", "--", *words),
        ]

    def run(self, *arguments: str) -> Ran:
        """`docker run IMAGE ARGUMENTS`, to its end."""
        words = [*(self.config.get("Entrypoint") or []), *arguments] if arguments else self.words
        with self.begun(words, subprocess.PIPE, subprocess.PIPE) as running:
            output, errors = running.communicate(timeout=60)
        status = running.returncode if running.returncode >= 0 else 128 - running.returncode
        return Ran(status, output, errors)

    @contextmanager
    def begun(self, words: Sequence[str], output: Any, errors: Any) -> Iterator[subprocess.Popen[str]]:
        """The words as the container's first process, killed at the end with all that it has started."""
        running = subprocess.Popen(
            self.command(words),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            text=True,
            errors="surrogateescape",
        )
        try:
            yield running
        finally:
            if running.poll() is None:
                # `--kill-child` does not reach a process that has changed its user.
                for number in children(running.pid) or [running.pid]:
                    os.kill(number, signal.SIGKILL)
                running.wait()

    @contextmanager
    def started(self) -> Iterator[Container]:
        """`docker run --detach`: killed at the end, if it still runs."""
        with open(self.written, "wb") as log, self.begun(self.words, log, log) as self.running:
            yield self

    def log(self) -> str:
        return self.written.read_text(errors="surrogateescape")

    def first(self) -> int:
        """The first process's number on this machine."""
        assert self.running is not None
        own = self.running.pid
        until = time.monotonic() + 10
        while time.monotonic() < until:
            if found := children(own):
                return found[0]
            time.sleep(0.01)
        raise AssertionError(self.log())

    def processes(self) -> list[list[str]]:
        """The words of each process in the container, in the order of their start."""
        space = os.readlink(f"/proc/{self.first()}/ns/pid")
        found = []
        for number in sorted(int(name) for name in os.listdir("/proc") if name.isdigit()):
            try:
                if os.readlink(f"/proc/{number}/ns/pid") == space:
                    words = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")[:-1]
                    found.append([os.fsdecode(word) for word in words])
            except OSError:
                continue
        return found

    def ask(self, port: int, path: str = "/", seconds: float = 30) -> tuple[int, str]:
        """Status and body of GET, tried until something listens."""
        code = (
            "import http.client, sys\n"
            f"c = http.client.HTTPConnection('127.0.0.1', {port}, timeout=10)\n"
            f"c.request('GET', {path!r})\n"
            "r = c.getresponse()\n"
            "print(r.status)\n"
            "sys.stdout.write(r.read().decode())"
        )
        until = time.monotonic() + seconds
        while True:
            done = subprocess.run(
                ["nsenter", "-t", str(self.first()), "--net", "--", sys.executable, "-c", code],
                capture_output=True,
                text=True,
            )
            if done.returncode == 0:
                status, _, body = done.stdout.partition("\n")
                return int(status), body
            assert self.running is not None
            assert self.running.poll() is None, f"the container ended: {self.log()}"
            assert time.monotonic() < until, f"{done.stderr}\n{self.log()}"
            time.sleep(0.1)

    def execute(self, *words: str) -> Ran:
        """`docker exec`: in the container that runs, as its user."""
        user, group, _ = self.accounts()
        done = subprocess.run(
            [
                *(
                    str(shutil.which("nsenter")),
                    "-t",
                    str(self.first()),
                    "--mount",
                    "--pid",
                    "--net",
                    "--ipc",
                    "--uts",
                    "--root",
                    "--wd",
                ),
                *("-G", group, "-S", user, "--", *words),
            ],
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def healthy(self) -> bool | None:
        """Whether HEALTHCHECK's own command says so; None without one."""
        test = (self.config.get("Healthcheck") or {}).get("Test") or ["NONE"]
        if test[0] == "NONE":
            return None
        shell = self.config.get("Shell") or ["/bin/sh", "-c"]
        return self.execute(*(test[1:] if test[0] == "CMD" else [*shell, *test[1:]])).status == 0

    def stop(self) -> float:
        """`docker stop`: the seconds until it has stopped, killed after ten."""
        assert self.running is not None
        begin = time.monotonic()
        os.kill(self.first(), getattr(signal, self.config.get("StopSignal") or "SIGTERM"))
        try:
            self.running.wait(GRACE)
        except subprocess.TimeoutExpired:
            os.kill(self.first(), signal.SIGKILL)
            self.running.wait()
        return time.monotonic() - begin
