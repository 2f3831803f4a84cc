"""Files that hold secrets, by their names and by what is in them."""

from __future__ import annotations

import re

from dockmend._project.secret_names import is_secret
from dockmend._project.secret_tokens import tokens
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY, SETTINGS, PASSWORDS = "a private key", "a file of settings and secrets", "a file of passwords"

_SETTINGS = frozenset(
    """
    .env .env.local .env.prod .env.production .env.live .env.staging .env.secret .env.secrets prod.env
    secret.env secrets.env secrets.yaml secrets.yml secrets.json secrets.toml secrets.ini terraform.tfstate
    """.split()  # noqa: SIM905
)
_PASSWORDS = frozenset(
    """
    .netrc _netrc .git-credentials .pgpass .pypirc .htpasswd .vault_pass .my.cnf credentials credentials.json
    """.split()  # noqa: SIM905
)
# A key of a package repository or a certificate authority is there to be known.
_PUBLIC = regex(
    r"pub|public|gpg|pgp|apt|rpm|sign|repo|release|archive|keyring|snakeoil|ca[-_.]?cert|chain|dhparam|\.crt\.|\Aca\.|sample"
    r"|example|template|dist\Z"
)
_PUBLIC_PLACE = regex(r"/etc/apt|/usr/share/keyrings|/etc/pki/rpm-gpg|/etc/apk/keys|authorized_keys")
_IMPORT = regex(r"(?:apt-key[ \t]+add|rpm[ \t]+--import|\bgpg\b)[^|;&\n]{0,300}")
_SETTING = regex(r"(?m)^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*[=:][ \t]*(\S[^\n\r]*)")


def secret_file(path: str, target: str) -> str:
    """What a file of that name holds, for a message; "" where nothing says that it is a secret.

    `target` is where it goes in the image.
    """
    name = path.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1].lower()
    what = _by_name(name)
    if not what or _PUBLIC.search(name) or _PUBLIC_PLACE.search(target):
        return ""
    return "" if name == "credentials" and not re.search(r"\.aws/credentials\Z", path) else what


def _by_name(name: str) -> str:
    if name.endswith((".key", ".p12", ".pfx", ".ppk", ".kdbx")):
        return KEY
    if name.endswith(".pem") and ("key" in name or "priv" in name):
        return KEY
    if name.startswith(("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519")) and "." not in name:
        return KEY
    if name.startswith("ssh_host_") and name.endswith("_key"):
        return KEY
    if name in _SETTINGS or name.endswith(".tfvars"):
        return SETTINGS
    account = name.startswith(("service_account", "service-account", "serviceaccount"))
    return PASSWORDS if name in _PASSWORDS or (account and name.endswith(".json")) else ""


def imported(script: str) -> Iterator[str]:
    """The names of files that a shell script hands to a package manager as keys to trust."""
    for match in _IMPORT.finditer(script):
        for word in match[0].split():
            yield word.strip("'\"").rpartition("/")[2]


def holds_secret(what: str, content: str) -> bool:
    """Whether a file that `secret_file` took for `what` is one, by its content."""
    if what == KEY:
        return re.search(r"PRIVATE KEY|Private-Lines|[\0\ufffd]", content) is not None
    if what == PASSWORDS:
        return bool(content)
    if any(True for _ in tokens(content)):
        return True
    return any(is_secret(match[1], match[2].strip("\"' \t,")) for match in _SETTING.finditer(content))
