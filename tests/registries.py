"""Registries on this machine: Debian's docker-registry on loopback, with images that skopeo pushed.

One folder holds the images of all of them, so that they differ only in how they let themselves be asked:
without a password over plain HTTP and over TLS, with htpasswd, with tokens, and as a mirror.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import trustme
import yaml
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

MISSING = [tool for tool in ("docker-registry", "skopeo") if shutil.which(tool) is None]
USER, SECRET = "reader", "secret"
# Of SECRET, by bcrypt with 16 rounds.
HTPASSWD = f"{USER}:$2b$04$cSsAJ8eOl..LBjmHPWxDaOYrSBlknRU4ccFcHkt3ZXAQSl7zB1QqK\n"
LONG_ENOUGH = 20


class Servers:
    """The registries, each as HOST:PORT; `asked` are the scopes that tokens were given for.

    `leaf` is the certificate of those that speak TLS, and `authority` that of its issuer.
    """

    def __init__(self, folder: Path, leaf: trustme.LeafCert) -> None:
        self.folder = folder
        self.leaf = leaf
        self.storage = folder / "storage"
        self.authority = folder / "authority.pem"
        self.plain = self.tls = self.basic = self.tokens = self.mirror = ""
        self.asked: list[str] = []
        self.digests: dict[Path, str] = {}
        self.pushed: dict[str, Path] = {}

    def push(self, name: str, *platforms: str, made: str = "2026-10-01T00:00:00Z", noted: str = "") -> str:
        """Push an image of one platform, or an index of several, as REPOSITORY:TAG; its digest.

        `made` is in the image's configuration; `noted` in the annotations of the index.
        """
        content = repr((name, platforms, made, noted))
        place = self.folder / "layouts" / hashlib.sha256(content.encode()).hexdigest()
        if not place.exists():
            self.digests[place] = layout(place, platforms or ("linux/amd64",), made, noted)
        if self.pushed.get(name) == place:
            return self.digests[place]
        self.pushed[name] = place
        subprocess.run(
            ["skopeo", "--insecure-policy", "copy", "--quiet", "--all", "--preserve-digests",
             "--dest-tls-verify=false", f"oci:{place}:made", f"docker://{self.plain}/{name}"],
            check=True, capture_output=True, timeout=60, env={**os.environ, "HOME": str(self.folder)},
        )  # fmt: skip
        return self.digests[place]


@contextmanager
def running(folder: Path) -> Iterator[Servers]:
    """Start the registries; they end with the context."""
    if MISSING and "CI" not in os.environ:
        pytest.skip(f"{' and '.join(MISSING)} are not installed; .ci/run does that")
    authority = trustme.CA()
    leaf = authority.issue_cert("127.0.0.1", "localhost", key_type=trustme.KeyType.RSA)
    servers = Servers(folder, leaf)
    authority.cert_pem.write_to_path(str(servers.authority))
    leaf.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    tls = {"certificate": str(folder / "server.pem"), "key": str(folder / "server.pem")}
    (folder / "htpasswd").write_text(HTPASSWD)
    with ExitStack() as stack:
        start = stack.enter_context
        servers.plain = start(registry(servers, "plain"))
        servers.tls = start(registry(servers, "tls", http={"tls": tls}))
        basic = {"htpasswd": {"realm": "here", "path": str(folder / "htpasswd")}}
        servers.basic = start(registry(servers, "basic", http={"tls": tls}, auth=basic))
        realm = start(token_server(servers))
        bearer = {"realm": f"https://{realm}/token", "service": "here", "issuer": "tests"}
        bearer["rootcertbundle"] = str(servers.authority)
        servers.tokens = start(registry(servers, "tokens", http={"tls": tls}, auth={"token": bearer}))
        proxy = {"remoteurl": f"http://{servers.plain}"}
        storage = {"filesystem": {"rootdirectory": str(folder / "mirrored")}}
        servers.mirror = start(registry(servers, "mirror", proxy=proxy, storage=storage))
        yield servers


@contextmanager
def registry(
    servers: Servers, name: str, http: Mapping[str, Any] | None = None, **settings: Any
) -> Iterator[str]:
    """Run a docker-registry with these settings; its HOST:PORT."""
    address = f"127.0.0.1:{free_port()}"
    config = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(servers.storage)}},
        "http": {"addr": address, **(http or {})},
        **settings,
    }
    path = servers.folder / f"{name}.yml"
    path.write_text(yaml.safe_dump(config))
    with open(servers.folder / f"{name}.log", "wb") as log:
        process = subprocess.Popen(["docker-registry", "serve", str(path)], stdout=log, stderr=log)
    try:
        wait_for(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(LONG_ENOUGH)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    host, port = address.split(":")
    end = time.monotonic() + LONG_ENOUGH
    while process.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"no registry listens at {address}")


def layout(folder: Path, platforms: tuple[str, ...], made: str, noted: str) -> str:
    """Make an OCI image layout that holds one image, or an index of several; the digest of what it holds.

    https://github.com/opencontainers/image-spec/blob/main/image-layout.md
    """
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')

    def blob(content: bytes, kind: str) -> dict[str, Any]:
        digest = hashlib.sha256(content).hexdigest()
        (blobs / digest).write_bytes(content)
        return {
            "mediaType": f"application/vnd.oci.image.{kind}",
            "digest": f"sha256:{digest}",
            "size": len(content),
        }

    def value(content: Mapping[str, Any], kind: str) -> dict[str, Any]:
        return blob(json.dumps(content).encode(), f"{kind}.v1+json")

    listed = []
    for platform in platforms:
        system, architecture = platform.split("/")
        layer = blob(f"{folder.name} {platform}".encode(), "layer.v1.tar")
        about = {
            "created": made,
            "os": system,
            "architecture": architecture,
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]},
        }
        config = value(about, "config")
        image = value(
            {"schemaVersion": 2, "mediaType": _type("manifest"), "config": config, "layers": [layer]},
            "manifest",
        )
        listed.append({**image, "platform": {"os": system, "architecture": architecture}})
    held = {key: listed[0][key] for key in ("mediaType", "digest", "size")}
    if len(listed) > 1:
        index = {"schemaVersion": 2, "mediaType": _type("index"), "manifests": listed}
        if noted:
            index["annotations"] = {"org.opencontainers.image.created": noted}
        held = value(index, "index")
    named = {**held, "annotations": {"org.opencontainers.image.ref.name": "made"}}
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [named]}))
    return str(held["digest"])


def _type(kind: str) -> str:
    return f"application/vnd.oci.image.{kind}.v1+json"


@contextmanager
def token_server(servers: Servers) -> Iterator[str]:
    """Serve tokens over TLS: for repositories under `private/` to USER with SECRET alone, else to everybody.

    https://distribution.github.io/distribution/spec/auth/jwt/
    """
    leaf = servers.leaf
    key = serialization.load_pem_private_key(leaf.private_key_pem.bytes(), None)
    assert isinstance(key, RSAPrivateKey)

    class Handler(Quiet):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            [scope] = query["scope"]
            servers.asked.append(scope)
            name = scope.split(":")[1]
            given = self.headers.get("Authorization")
            known = given == "Basic " + base64.b64encode(f"{USER}:{SECRET}".encode()).decode()
            if given and not known:
                self.answer(401, b"{}")
                return
            allowed = known or not name.startswith("private/")
            access = [{"type": "repository", "name": name, "actions": ["pull"] if allowed else []}]
            self.answer(200, json.dumps({"token": token(access, query["service"][0])}).encode())

    def token(access: list[dict[str, Any]], service: str) -> str:
        certificate = ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())
        head = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(certificate).decode()]}
        now = int(time.time())
        claims = {"iss": "tests", "aud": service, "sub": "", "nbf": now - 60, "iat": now, "exp": now + 300}
        text = ".".join(
            _encoded(json.dumps(part).encode()) for part in (head, {**claims, "jti": "1", "access": access})
        )
        return f"{text}.{_encoded(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    with serving(Handler, leaf) as address:
        yield address


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Quiet(BaseHTTPRequestHandler):
    """A handler that logs nothing."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], leaf: trustme.LeafCert | None = None) -> Iterator[str]:
    """Serve with that handler on loopback, over TLS where a certificate is given; its HOST:PORT."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        if leaf is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            leaf.configure_cert(context)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
