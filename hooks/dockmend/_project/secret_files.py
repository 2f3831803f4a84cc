"""Files that hold secrets, by their names and by what is in them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockmend._project.secret_names import is_secret
from dockmend._project.secret_tokens import tokens
from dockmend._regex import regex

KEY, SETTINGS, PASSWORDS = "a private key", "a file of settings and secrets", "a file of passwords"

_NAMES = (
    (regex(r"id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?[^.]*\Z|ssh_host_[a-z0-9]+_key\Z"), KEY),
    (regex(r".*\.(?:key|p12|pfx|ppk|kdbx)\Z|.*(?:key|priv).*\.pem\Z|master\.key\Z"), KEY),
    (
        regex(
            r"\.env\Z|\.env\.(?:local|prod|production|live|staging|secret|secrets)\Z|(?:secrets?|prod)\.env\Z"
        ),
        SETTINGS,
    ),
    (regex(r"secrets\.(?:ya?ml|json|toml|ini)\Z|.*\.tfvars\Z|terraform\.tfstate\Z"), SETTINGS),
    (
        regex(r"\.(?:netrc|git-credentials|pgpass|pypirc|htpasswd|vault_pass|my\.cnf)\Z|_netrc\Z"),
        PASSWORDS,
    ),
    (regex(r"credentials(?:\.json)?\Z|service[_-]?account.*\.json\Z"), PASSWORDS),
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
    if _PUBLIC.search(name) or _PUBLIC_PLACE.search(target):
        return ""
    if name == "credentials" and not re.search(r"\.aws/credentials\Z", path):
        return ""
    return next((what for shape, what in _NAMES if shape.match(name)), "")


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
