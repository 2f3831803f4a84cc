"""The client: the one module that knows the libraries which the extra `registry` installs.

python-dxf speaks the registries' protocol, tokens included; the Docker SDK reads Docker's own configuration
and asks its credential helpers. https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

from __future__ import annotations

import json
import shutil
from threading import Lock

import requests
from docker.auth import load_config
from dxf import DXF, DXFBase, hash_bytes
from dxf.exceptions import DXFAuthInsecureError, DXFUnauthorizedError
from urllib3.exceptions import ProtocolError

from dockmend import __version__
from dockmend._project.registry.cache import DIGEST
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TypeVar

    from dockmend._project.registry.endpoint import Endpoint

    Kind = TypeVar("Kind")

# Seconds to wait for a connection, and for each part of an answer.
TIMEOUT = 10


_MANIFESTS = frozenset(
    f"application/vnd.{kind}+json"
    for kind in (
        "oci.image.index.v1", "oci.image.manifest.v1", "docker.distribution.manifest.list.v2",
        "docker.distribution.manifest.v2",
    )
)  # fmt: skip
# https://docs.docker.com/engine/deprecated/#pushing-and-pulling-with-image-manifest-v2-schema-1
_OLD = "application/vnd.docker.distribution.manifest.v1+"
# https://github.com/opencontainers/image-spec/blob/main/annotations.md#pre-defined-annotation-keys
_CREATED = "org.opencontainers.image.created"
# What builds the same bits every time says 1970, 1980 or year 1.
_DAY = regex(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}(?=T|\Z)")
_LARGEST = 4 << 20
_URL = regex(r"https?://(?:[^/?#@]*@)?([^/?#@]+)")


class Refused(Exception):
    """A registry gave no answer; the text is a clause that says why."""


class _Garbage(Exception):
    """What a registry does not answer."""


class Client:
    """Asks registries, with the credentials that Docker's configuration has for them.

    A host that could not be reached, or did not answer in time, is asked no more.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._credentials: dict[str, tuple[str, str] | None] = {}
        self._doubts: dict[str, str] = {}
        self._down: dict[str, str] = {}

    def digest(self, at: Endpoint, repository: str, tag: str) -> str:
        """The digest of `tag`: of the index where there is one, not of one platform. Raises Refused."""
        return self._ask(at, repository, lambda dxf: _digest(dxf, tag))

    def created(self, at: Endpoint, repository: str, digest: str) -> str:
        """The day on which the image of that digest was made, as "2026-10-31"; "" where it cannot be told."""
        try:
            day = self._ask(at, repository, lambda dxf: _created(dxf, digest))
        except Refused:
            return ""
        match = _DAY.match(day) if isinstance(day, str) else None
        return match[0] if match else ""

    def _ask(self, at: Endpoint, repository: str, question: Callable[[DXF], Kind]) -> Kind:
        if at.host in self._down:
            raise Refused(self._down[at.host])

        def authenticate(dxf: DXFBase, response: requests.Response) -> None:
            user, secret = self._credentials_for(at.name) or (None, None)
            agent = f"dockmend/{__version__}"
            dxf.authenticate(user, secret, actions=["pull"], response=response, user_agent=agent)

        for plain in at.plain:
            try:
                with DXF(at.host, at.prefix + repository, authenticate, plain, timeout=TIMEOUT) as dxf:
                    return question(dxf)
            except Refused:
                raise
            except Exception as error:
                if not plain and True in at.plain and not _is_tls(error):
                    continue
                reason = self._why(at, error)
                if isinstance(error, requests.ConnectionError | requests.Timeout):
                    self._down[at.host] = reason
                raise Refused(reason) from error
        raise AssertionError("there is always one way to ask")

    def _why(self, at: Endpoint, error: Exception) -> str:
        """A clause that says what went wrong; nothing of the error's own text, which may hold anything."""
        status = error.response.status_code if isinstance(error, requests.HTTPError) else 0
        if isinstance(error, DXFUnauthorizedError) or status in (401, 403):
            known = self._credentials.get(at.name)
            doubt = self._doubts.get(at.name)
            if doubt is None:
                doubt = (
                    "does not accept what Docker's configuration has for it"
                    if known
                    else "shows it only after `docker login`"
                )
                return f"{at.name} does not know the image, or {doubt}"
            return f"{at.name} does not show the image without credentials, and {doubt}"
        if isinstance(error, DXFAuthInsecureError):
            return f"{at.name} asks for credentials over plain HTTP, where everybody could read them"
        if status == 404:
            return f"{at.name} has no such image or tag"
        if status == 429:
            return f"{at.name} has had too many requests; log in with `docker login`, or try later"
        if status:
            return f"{at.name} refuses, with status {status}"
        # What gives out tokens may be another host.
        url = _URL.match(getattr(getattr(error, "request", None), "url", None) or "")
        host = at.name if url is None or url[1] == at.host else url[1]
        if isinstance(error, requests.exceptions.SSLError):
            return f"the TLS certificate of {host} cannot be trusted"
        if isinstance(error, requests.Timeout):
            return f"{host} did not answer within {TIMEOUT} seconds"
        if isinstance(error, requests.exceptions.ProxyError):
            return f"the proxy on the way to {host} cannot be reached"
        if isinstance(error, requests.ConnectionError):
            broken = any(isinstance(part, ProtocolError) for part in error.args)
            return f"{host} breaks off the connection" if broken else f"{host} cannot be reached"
        return f"{host} does not answer as a registry does"

    def _credentials_for(self, name: str) -> tuple[str, str] | None:
        """User and secret for a registry; None where there are none, or none that can be used."""
        with self._lock:
            if name not in self._credentials:
                self._credentials[name] = None
                try:
                    self._credentials[name] = self._from_docker(name)
                except Exception:
                    # The text of such an error may hold what the helper or the file said.
                    self._doubts.setdefault(name, "Docker's configuration cannot be read or its helper fails")
            return self._credentials[name]

    def _from_docker(self, name: str) -> tuple[str, str] | None:
        config = load_config()
        store = config.get_credential_store(name)
        if store and shutil.which(f"docker-credential-{store}") is None:
            self._doubts[name] = f"docker-credential-{store}, which would have them, is not on the PATH"
            return None
        found = config.resolve_authconfig(name) or {}
        if found.get("IdentityToken"):
            self._doubts[name] = "Docker has an identity token, which cannot be used here"
            return None
        user, secret = (found.get(key) or found.get(key.lower()) for key in ("Username", "Password"))
        return (user, secret) if user and secret else None


def _is_tls(error: Exception) -> bool:
    """Whether TLS was spoken at the other end, or nobody was there to speak."""
    return not isinstance(error, requests.exceptions.SSLError) or "CERTIFICATE_VERIFY_FAILED" in str(error)


def _digest(dxf: DXF, tag: str) -> str:
    """By HEAD, which Docker Hub does not count as a pull."""
    digest, response = dxf.head_manifest_and_response(tag)
    kind = _kind(response)
    if not DIGEST.fullmatch(digest or ""):
        _, response = dxf.get_manifest_and_response(tag)
        kind = _kind(response)
        if kind not in _MANIFESTS:
            raise _Garbage
        digest = hash_bytes(response.content)
    if kind.startswith(_OLD):
        raise Refused("it is there only in a format (schema 1) that Docker no longer pulls")
    return digest


def _kind(response: requests.Response) -> str:
    return response.headers.get("Content-Type", "").partition(";")[0].strip()


def _created(dxf: DXF, digest: str) -> object:
    """From the annotations of the index where they say it, or else from the configuration of one platform."""
    manifest = _manifest(dxf, digest)
    # Attestations are listed as images of an unknown platform.
    listed = [one for one in manifest.get("manifests", ()) if one.get("platform", {}).get("os") != "unknown"]
    for noted in (manifest, *listed[:1]):
        if _CREATED in noted.get("annotations", {}):
            return noted["annotations"][_CREATED]
    if listed:
        manifest = _manifest(dxf, listed[0]["digest"])
    content = b""
    for chunk in cast("Iterable[bytes]", dxf.pull_blob(manifest["config"]["digest"])):
        content += chunk
        if len(content) > _LARGEST:
            raise _Garbage
    return json.loads(content).get("created")


def _manifest(dxf: DXF, digest: str) -> dict[str, Any]:
    _, response = dxf.get_manifest_and_response(digest)
    if hash_bytes(response.content) != digest:
        raise _Garbage
    manifest: dict[str, Any] = json.loads(response.content)
    return manifest
