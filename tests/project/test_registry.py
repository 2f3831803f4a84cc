"""What registries say of images: real ones first, then stand-ins for what a real one does not do on demand."""

from __future__ import annotations

import base64
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from dxf import hash_bytes

from dockmend._project import registry
from dockmend._project.reference import Image, written
from dockmend._project.registry import LIFE, Answer, Question, answers, ask, cache
from dockmend._project.registry import client as clients
from dockmend._project.registry.endpoint import endpoint
from registries import SECRET, USER, Quiet, Servers, serving

BOTH = ("linux/amd64", "linux/arm64")
DIGEST = f"sha256:{'5' * 64}"
INDEX = "application/vnd.oci.image.index.v1+json"
LOGIN = base64.b64encode(f"{USER}:{SECRET}".encode()).decode()


def image(reference: str) -> Image:
    found = written(reference)
    assert found is not None
    return found


def answer(reference: str, mirror: str = "", *, fresh: bool = False) -> Answer:
    question = Question(image(reference), mirror, fresh)
    return answers([question])[question]


def digest(reference: str, mirror: str = "", *, fresh: bool = False) -> str:
    found = answer(reference, mirror, fresh=fresh)
    assert not found.reason
    return found.digest


def configure(home: Path, **config: Any) -> None:
    (home / ".docker" / "config.json").write_text(json.dumps(config))


def helper(name: str, home: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put `docker-credential-NAME` on the PATH."""
    path = home / "bin" / f"docker-credential-{name}"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{path.parent}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def trusted(registries: Servers, client: Path, monkeypatch: pytest.MonkeyPatch) -> Servers:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(registries.authority))
    return registries


class TestRealRegistries:
    def test_the_digest_is_that_of_the_index(self, trusted: Servers) -> None:
        pushed = trusted.push("library/index:1", *BOTH)
        for host in (trusted.plain, trusted.tls, trusted.tokens, trusted.mirror):
            assert digest(f"{host}/library/index:1") == pushed

    def test_an_image_of_one_platform(self, trusted: Servers) -> None:
        pushed = trusted.push("single:1")
        assert digest(f"{trusted.tls}/single:1") == pushed

    def test_latest_where_there_is_no_tag(self, trusted: Servers) -> None:
        pushed = trusted.push("untagged:latest")
        assert digest(f"{trusted.plain}/untagged") == pushed

    def test_a_token_is_asked_for_the_one_repository(self, trusted: Servers) -> None:
        pushed = trusted.push("library/dance:1", *BOTH)
        trusted.asked.clear()
        assert digest("dance:1", trusted.tokens) == pushed
        assert trusted.asked == ["repository:library/dance:pull"]

    @pytest.mark.parametrize("server", ["basic", "tokens"])
    def test_a_password_in_dockers_configuration(self, trusted: Servers, client: Path, server: str) -> None:
        host = getattr(trusted, server)
        pushed = trusted.push("private/image:1")
        configure(client, auths={host: {"auth": LOGIN}})
        assert digest(f"{host}/private/image:1") == pushed

    @pytest.mark.parametrize("server", ["basic", "tokens"])
    @pytest.mark.parametrize("key", ["credHelpers", "credsStore"])
    def test_a_password_from_a_credential_helper(
        self, trusted: Servers, client: Path, monkeypatch: pytest.MonkeyPatch, server: str, key: str
    ) -> None:
        host = getattr(trusted, server)
        pushed = trusted.push("private/image:1")
        said = json.dumps({"ServerURL": host, "Username": USER, "Secret": SECRET})
        helper("here", client, monkeypatch, f"read name; test $1$name = get{host} && echo '{said}'")
        configure(client, **{key: {host: "here"} if key == "credHelpers" else "here"})
        assert digest(f"{host}/private/image:1") == pushed

    def test_another_configuration_folder(
        self, trusted: Servers, client: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pushed = trusted.push("private/image:1")
        configure(client, auths={trusted.basic: {"auth": LOGIN}})
        (client / ".docker").rename(client / "elsewhere")
        monkeypatch.setenv("DOCKER_CONFIG", str(client / "elsewhere"))
        assert digest(f"{trusted.basic}/private/image:1") == pushed

    def test_no_password(self, trusted: Servers) -> None:
        trusted.push("private/image:1")
        for host in (trusted.basic, trusted.tokens):
            said = f"{host} does not know the image, or shows it only after `docker login`"
            assert answer(f"{host}/private/image:1").reason == said

    @pytest.mark.parametrize("server", ["basic", "tokens"])
    def test_a_wrong_password(self, trusted: Servers, client: Path, server: str) -> None:
        host = getattr(trusted, server)
        trusted.push("private/image:1")
        configure(client, auths={host: {"auth": base64.b64encode(b"reader:other").decode()}})
        said = answer(f"{host}/private/image:1").reason
        assert (
            said
            == f"{host} does not know the image, or does not accept what Docker's configuration has for it"
        )

    @pytest.mark.parametrize(
        ("config", "script", "said"),
        [
            (
                {"credsStore": "nowhere"},
                "",
                "docker-credential-nowhere, which would have them, is not on the PATH",
            ),
            (
                {"credsStore": "here"},
                "echo boom; exit 1",
                "Docker's configuration cannot be read or its helper fails",
            ),
            (
                {"credsStore": "here"},
                "echo no json",
                "Docker's configuration cannot be read or its helper fails",
            ),
            ({"credHelpers": 1}, "", "Docker's configuration cannot be read or its helper fails"),
            (
                {"credsStore": "here"},
                'echo \'{"Username": "<token>", "Secret": "s3cr3t"}\'',
                "Docker has an identity token, which cannot be used here",
            ),
        ],
    )
    def test_credentials_that_cannot_be_had(
        self,
        trusted: Servers,
        client: Path,
        monkeypatch: pytest.MonkeyPatch,
        config: dict[str, Any],
        script: str,
        said: str,
    ) -> None:
        pushed = trusted.push("library/public:1")
        trusted.push("private/image:1")
        helper("here", client, monkeypatch, script)
        configure(client, **config)
        assert digest(f"{trusted.tokens}/library/public:1") == pushed
        host = trusted.basic
        assert answer(f"{host}/private/image:1").reason == (
            f"{host} does not show the image without credentials, and {said}"
        )

    def test_a_helper_that_knows_nothing(
        self, trusted: Servers, client: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        helper("here", client, monkeypatch, "echo credentials not found in native keychain; exit 1")
        configure(client, credsStore="here", auths={trusted.basic: {}})
        assert "only after `docker login`" in answer(f"{trusted.basic}/private/image:1").reason

    def test_a_configuration_that_is_no_json(self, trusted: Servers, client: Path) -> None:
        (client / ".docker" / "config.json").write_text("{")
        pushed = trusted.push("library/public:1")
        assert digest(f"{trusted.tokens}/library/public:1") == pushed

    def test_no_such_image_and_no_such_tag(self, trusted: Servers) -> None:
        trusted.push("single:1")
        for host in (trusted.plain, trusted.tokens, trusted.mirror):
            for name in ("nobody/nothing:1", "single:2"):
                assert answer(f"{host}/{name}").reason == f"{host} has no such image or tag"

    def test_a_mirror_is_asked_in_the_registrys_place(self, trusted: Servers) -> None:
        pushed = trusted.push("library/mirrored:1", *BOTH)
        assert digest("mirrored:1", trusted.mirror) == pushed
        assert digest("mirrored:1", f"http://{trusted.plain}/") == pushed
        assert digest("quay.example.org/mirrored:1", f"https://{trusted.tls}/library") == pushed

    def test_a_certificate_that_is_not_trusted(self, registries: Servers, client: Path) -> None:
        host = registries.tls
        assert answer(f"{host}/single:1").reason == f"the TLS certificate of {host} cannot be trusted"

    def test_a_moved_tag(self, trusted: Servers, client: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        name = f"{trusted.plain}/moved:1"
        old = trusted.push("moved:1", *BOTH)
        assert digest(name) == old
        new = trusted.push("moved:1", *BOTH, made="2026-10-02T00:00:00Z")
        assert digest(name) == old, "known in this process"
        registry._answers.clear()
        assert digest(name) == old, "kept on disk"
        assert digest(name, fresh=True) == new
        registry._answers.clear()
        assert digest(name) == new, "what was asked for anew is kept"

    def test_answers_do_not_outlive_their_time(
        self, trusted: Servers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        name = f"{trusted.plain}/aging:1"
        old = trusted.push("aging:1")
        assert digest(name) == old
        new = trusted.push("aging:1", made="2026-10-02T00:00:00Z")
        monkeypatch.setattr(registry, "LIFE", 0)
        assert digest(name) == new

    @pytest.mark.parametrize(
        ("platforms", "made", "noted", "day"),
        [
            (BOTH, "2026-10-02T03:04:05Z", "", "2026-10-02"),
            (BOTH, "2026-10-02T03:04:05Z", "2026-10-03T03:04:05Z", "2026-10-03"),
            (("linux/amd64",), "2026-10-02T03:04:05.678Z", "", "2026-10-02"),
            (("unknown/unknown", "linux/amd64"), "2026-10-02T03:04:05Z", "", "2026-10-02"),
            (("linux/amd64",), "1970-01-01T00:00:00Z", "", ""),
            (("linux/amd64",), "0001-01-01T00:00:00Z", "", ""),
            (("linux/amd64",), "", "", ""),
        ],
    )
    def test_the_day_on_which_an_image_was_made(
        self, trusted: Servers, platforms: tuple[str, ...], made: str, noted: str, day: str
    ) -> None:
        pushed = trusted.push("dated:1", *platforms, made=made, noted=noted)
        assert answer(f"{trusted.tokens}/dated:1@{pushed}") == Answer(created=day)

    def test_no_day_of_an_image_that_is_not_there(self, trusted: Servers) -> None:
        assert answer(f"{trusted.plain}/dated:1@{DIGEST}") == Answer()


class Fake(Quiet):
    """A registry of the test's own making."""

    status = 200
    body = b""
    sent: dict[str, str] = {}  # noqa: RUF012
    seen: list[str] = []  # noqa: RUF012

    def do_HEAD(self) -> None:  # noqa: N802
        type(self).seen.append(f"{self.command} {self.path}")
        self.answer(self.status, self.body, **self.sent)

    do_GET = do_HEAD  # noqa: N815


def fake(status: int = 200, body: bytes = b"", **sent: str) -> type[Fake]:
    return type("Fake", (Fake,), {"status": status, "body": body, "sent": sent, "seen": []})


@pytest.mark.usefixtures("client")
class TestOddRegistries:
    @pytest.mark.parametrize(
        ("handler", "said"),
        [
            (fake(429), "has had too many requests; log in with `docker login`, or try later"),
            (fake(403), "does not know the image, or shows it only after `docker login`"),
            (fake(503), "refuses, with status 503"),
            (fake(200, b"<html>", Content_Type="text/html"), "does not answer as a registry does"),
            (fake(200, b"{}"), "does not answer as a registry does"),
            (
                fake(200, b"{}", Docker_Content_Digest="../../x", Content_Type="text/plain"),
                "does not answer as a registry does",
            ),
            (
                fake(401, WWW_Authenticate='Basic realm="here"'),
                "asks for credentials over plain HTTP, where everybody could read them",
            ),
            (fake(302, Location="/v2/again"), "does not answer as a registry does"),
        ],
    )
    def test_what_is_no_answer(self, handler: type[Fake], said: str) -> None:
        with serving(handler) as host:
            assert answer(f"{host}/image:1").reason == f"{host} {said}"

    def test_an_old_format(self) -> None:
        old = "application/vnd.docker.distribution.manifest.v1+prettyjws"
        with serving(fake(200, Docker_Content_Digest=DIGEST, Content_Type=old)) as host:
            assert "schema 1" in answer(f"{host}/image:1").reason

    def test_a_digest_that_only_the_content_tells(self) -> None:
        with serving(fake(200, b"{}", Content_Type=f"{INDEX}; charset=utf-8")) as host:
            assert digest(f"{host}/image:1") == hash_bytes(b"{}")

    def test_a_day_that_the_content_does_not_tell(self) -> None:
        with serving(fake(200, b"{}", Content_Type=INDEX)) as host:
            assert answer(f"{host}/image:1@{DIGEST}") == Answer()
            assert answer(f"{host}/image:1@{hash_bytes(b'{}')}") == Answer()

    def test_a_configuration_that_is_too_large(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(clients, "_LARGEST", 10)
        content = json.dumps({"config": {"digest": DIGEST}}).encode()
        with serving(fake(200, content, Content_Type=INDEX)) as host:
            assert answer(f"{host}/image:1@{hash_bytes(content)}") == Answer()

    def test_what_speaks_no_http(self) -> None:
        with listening(b"220 mail.example.org\r\n") as host:
            assert answer("image:1", f"http://{host}").reason == f"{host} breaks off the connection"

    def test_nobody_there(self) -> None:
        with listening(b"") as host:
            pass
        assert answer(f"{host}/image:1").reason == f"{host} cannot be reached"

    def test_no_proxy_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with listening(b"") as host:
            pass
        monkeypatch.setenv("HTTPS_PROXY", f"http://{host}")
        said = answer("registry.invalid/image:1").reason
        assert said == "the proxy on the way to registry.invalid cannot be reached"

    @pytest.mark.parametrize("realm", ["https://{there}/token", "no address"])
    def test_tokens_that_cannot_be_had(self, trusted: Servers, realm: str) -> None:
        with listening(b"") as there:
            pass
        challenge = f'Bearer realm="{realm.format(there=there)}",service="here"'
        leaf = trusted.leaf
        with serving(fake(401, WWW_Authenticate=challenge), leaf) as host:
            named = there if "there" in realm else host
            assert answer(f"{host}/image:1").reason in (
                f"{named} cannot be reached",
                f"{named} does not answer as a registry does",
            )

    def test_one_that_hangs_is_waited_for_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(clients, "TIMEOUT", 0.3)
        monkeypatch.setattr(registry, "_THREADS", 1)
        with listening(None) as host:
            begun = time.monotonic()
            found = answers(Question(image(f"image:{i}"), f"http://{host}") for i in range(50))
            assert time.monotonic() - begun < 5
        assert {one.reason for one in found.values()} == {f"{host} did not answer within 0.3 seconds"}

    def test_what_no_limit_of_the_client_covers(
        self, client: Path, trusted: Servers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        helper("hangs", client, monkeypatch, "exec sleep 3 <&- >&- 2>&-")
        configure(client, credsStore="hangs")
        monkeypatch.setattr(registry, "_PATIENCE", 0.5)
        found = answer(f"{trusted.basic}/image:1")
        assert found.reason == f"{trusted.basic} gave no answer within 0.5 seconds"

    def test_each_image_is_asked_for_once(self) -> None:
        handler = fake(200, Docker_Content_Digest=DIGEST, Content_Type=INDEX)
        with serving(handler) as host:
            questions = [Question(image(f"{name}:1"), f"http://{host}") for name in "abcdefghij" * 3]
            steps = list(ask(questions))
            assert steps[-1] == (10, 10)
            assert list(ask(questions)) == []
            assert {one.digest for one in answers(questions).values()} == {DIGEST}
        assert sorted(handler.seen) == [f"HEAD /v2/library/{name}/manifests/1" for name in "abcdefghij"]


@contextmanager
def listening(said: bytes | None) -> Iterator[str]:
    """Listen, say that to whoever calls and hang up, or keep them waiting; the HOST:PORT."""
    kept: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                caller, _ = server.accept()
            except OSError:
                return
            kept.append(caller)
            if said is not None:
                caller.sendall(said)
                caller.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    for caller in kept:
        caller.close()


@pytest.mark.parametrize(
    ("reference", "mirror", "said"),
    [
        ("image:1", "", "https://registry-1.docker.io/library/image:1"),
        ("index.docker.io/library/image:1", "", "https://registry-1.docker.io/library/image:1"),
        ("ghcr.io/a/b:1", "", "https://ghcr.io/a/b:1"),
        ("[::1]:5000/image:1", "", "https://[::1]:5000/image:1"),
        ("image:1", "mirror.example.org/hub/cache/", "https://mirror.example.org/hub/cache/library/image:1"),
        ("image:1", "http://mirror.example.org:5000", "http://mirror.example.org:5000/library/image:1"),
        (
            "image:1",
            "ftp://mirror.example.org",
            "`ftp://mirror.example.org` in `mirrors` is no registry's name",
        ),
        ("image:1", "https://me:pw@mirror.example.org", "in `mirrors` is no registry's name"),
        ("a_b.example.org/image:1", "", "`a_b.example.org` is no registry's name"),
        ("-x.example.org/image:1", "", "`-x.example.org` is no registry's name"),
    ],
)
def test_where_a_registry_is_asked(reference: str, mirror: str, said: str) -> None:
    at = endpoint(image(reference), mirror)
    assert said in (at if isinstance(at, str) else at.url(image(reference).repository, "1"))


@pytest.mark.parametrize(
    ("host", "plain"),
    [
        ("localhost:5000", (False, True)),
        ("127.0.0.2", (False, True)),
        ("127.example.org", (False,)),
        ("localhost.example.org", (False,)),
    ],
)
def test_plain_http_is_for_this_machine(host: str, plain: tuple[bool, ...]) -> None:
    at = endpoint(image(f"{host}/image:1"), "")
    assert not isinstance(at, str)
    assert at.plain == plain


def test_a_name_that_is_no_registrys_is_not_asked() -> None:
    assert (
        answer("image:1", "no mirror").reason
        == "`no mirror` in `mirrors` is no registry's name: it is HOST or HOST:PORT"
    )


@pytest.mark.usefixtures("client")
class TestCache:
    def entry(self) -> Path:
        cache.keep("key", DIGEST, LIFE)
        [path] = Path(os.environ["HOME"]).glob(".cache/dockmend/digests/*")
        return path

    def test_kept(self) -> None:
        path = self.entry()
        assert cache.kept("key", LIFE) == DIGEST
        assert cache.kept("other", LIFE) == ""
        assert path.parent.stat().st_mode & 0o777 == 0o700

    @pytest.mark.parametrize(
        "change",
        [
            {"key": "other"},
            {"digest": "sha256:1"},
            {"digest": None},
            {"asked": 1e11},
            {"asked": 1e9},
            {"asked": "now"},
        ],
    )
    def test_what_does_not_count(self, change: dict[str, object]) -> None:
        path = self.entry()
        path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
        assert cache.kept("key", LIFE) == ""

    @pytest.mark.parametrize("content", ["", "{", "[]", "null", "[" * 100_000, "\udcff"])
    def test_what_cannot_be_read(self, content: str) -> None:
        path = self.entry()
        path.write_bytes(content.encode("utf-8", "surrogateescape"))
        assert cache.kept("key", LIFE) == ""
        cache.keep("key", DIGEST, LIFE)
        assert cache.kept("key", LIFE) == DIGEST

    def test_the_old_goes(self) -> None:
        path = self.entry()
        os.utime(path, (0, 0))
        cache.keep("other", DIGEST, LIFE)
        assert not path.exists()
        assert cache.kept("other", LIFE) == DIGEST

    def test_nowhere_to_keep(self, client: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (client / ".cache").write_text("a file")
        cache.keep("key", DIGEST, LIFE)
        assert cache.kept("key", LIFE) == ""
        monkeypatch.setattr(os.path, "expanduser", lambda path: path)
        cache.keep("key", DIGEST, LIFE)
        assert cache.kept("key", LIFE) == ""

    def test_another_place(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        cache.keep("key", DIGEST, LIFE)
        assert len(list((tmp_path / "cache" / "dockmend" / "digests").iterdir())) == 1
        monkeypatch.setenv("XDG_CACHE_HOME", "relative")
        assert cache.kept("key", LIFE) == ""


@pytest.mark.usefixtures("client")
def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dockmend._project.registry.client", None)
    assert "pip install 'dockmend[registry]'" in answer("registry.invalid/image:1").reason
