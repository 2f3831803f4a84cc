"""Which names are those of secrets, and which values are none.

BuildKit's SecretsUsedInArgOrEnv (dockerfile2llb/validate.go, getSecretsRegex) asks whether a name has one
of the words apikey, auth, credential(s), key, password, pword, passwd, secret, token, and none of public,
file, version. Taken alone that also names sizes, prefixes, switches and fingerprints; here the word has
to be what the name is about, and the value has to be one that could open something.
"""

from __future__ import annotations

from math import log2

from dockmend._regex import regex

NONE, WEAK, STRONG = 0, 1, 2

_PARTS = regex(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SECRET = frozenset(
    """
    PASSWORD PASSWD PASSWORDS PASS PWORD PWD PASSPHRASE SECRET SECRETS TOKEN CREDENTIAL CREDENTIALS
    APIKEY SECRETKEY PRIVATEKEY ACCESSKEY AUTHTOKEN ACCESSTOKEN APITOKEN CLIENTSECRET PAT
    """.split()  # noqa: SIM905
)
# Every name of a secret has one of these: a cheap first look at it.
_HINTS = ("AUTH", "CREDENTIAL", "KEY", "PASS", "PAT", "PWD", "PWORD", "SECRET", "TOKEN")
_GLUED = regex(r"[A-Z]{2,}(?:PASSWORD|PASSWD)\Z")
# What makes a key one to keep.
_KEYS = frozenset(
    """
    ACCESS ACCOUNT API APP AUTH CRYPT DEPLOY ENCRYPTION FERNET JWT LICENSE MASTER PRIVATE RSA SECRET
    SERVICE SIGNING SSH STORAGE
    """.split()  # noqa: SIM905
)
_AUTHS = frozenset(
    """
    BASIC COMPOSER DOCKER HTTP HTTPS NPM PROXY REGISTRY
    """.split()  # noqa: SIM905
)
# After the word: still the secret itself (SECRET_KEY_BASE, TOKEN_PROD, PASSWORD_1).
_AFTER = frozenset(
    """
    BASE BASE64 B64 DEFAULT DEV LIVE NEW OLD PROD PRODUCTION ROOT STAGING VALUE
    """.split()  # noqa: SIM905
)
# Anywhere: not a secret, but something about one.
_ABOUT = frozenset(
    """
    ALLOW DISABLE DISABLED EMPTY ENABLE ENABLED FINGERPRINT GENERATE HASH HIDE MAX MIN NO PUB PUBLIC
    RANDOM REQUIRE REQUIRED SHOW SKIP USE VALIDATE VERIFY VERSION WITHOUT
    """.split()  # noqa: SIM905
)
# Keys that lock nothing: of signatures anyone may check, of caches, tables and hosts.
_OPEN_KEYS = frozenset(
    """
    APT CACHE FOREIGN GPG HOST PARTITION PGP PRIMARY REPO REPOSITORY SORT
    """.split()  # noqa: SIM905
)
# Built into what is sent to browsers: public by design.
_BUNDLED = ("VITE_", "REACT_APP_", "VUE_APP_", "GATSBY_")
_NOT_PASSWORDS = frozenset(
    """
    PWD OLDPWD PASS PAT
    """.split()  # noqa: SIM905
)

_SWITCHES = frozenset(
    """
    true false yes no on off 0 1 y n enabled disabled none
    """.split()  # noqa: SIM905
)
_STAND_INS = frozenset(
    """
    bar baz build buildtime changeit collectstatic default development dev empty fixme foo ignored insecure
    irrelevant missing nil nothing null temp temporary test testing tmp tbd todo undefined unsafe unset
    unused
    """.split()  # noqa: SIM905
)
_STAND_IN = regex(
    r"(?i)change.?(?:me|this|it\b|the|in|before)|(?:fill|set|update).?me\Z|replace|insert|^enter\b|example"
    r"|dummy|holder|sample|fake|mock|redacted|not.?(?:a.?)?(?:real|secret|needed|used)|[ _-]here\Z"
    r"|(?-i:Your|Here\b)|\byour|\bsome.?(?:pass|secret|token|key)|<[^<>]*>|\{\{|\*\*|\.\.\.|xxx|\A\[.*\]\Z|\A%.*%\Z"
)
# What a machine makes: boopboop is none.
_MADE = frozenset({"KEY", "SECRET", "TOKEN"})
_REPEATED = regex(r"([A-Za-z0-9]{2,6}?)\1+\Z")
_CONSTANT = regex(r"[A-Z]+(?:_[A-Z0-9]+)+\Z")
_VARIABLE = regex(r"\$(?:\{?[A-Za-z_0-9]|\()")
_PATH = regex(r"(?:\.{0,2}|~|[A-Za-z]:)[/\\]|\Afile:")
_FILE = regex(r"(?i)\.(?:pem|key|crt|cer|p12|pfx|jks|json|ya?ml|txt|env|conf|cfg|ini|toml|asc|gpg)\Z")
_FINGERPRINT = regex(r"(?:0x)?[0-9A-Fa-f]{8}(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{32})?\Z")


def name_strength(name: str) -> int:
    """How sure it is that what is called `name` is secret: NONE, WEAK (its value decides) or STRONG.

    `name` is that of a variable, an option or a key: NPM_TOKEN, dbPassword, --http-password.
    """
    upper = name.upper()
    # PATH has no PAT, a personal access token, in it.
    if upper.startswith(_BUNDLED) or not any(map(upper.replace("PATH", "").__contains__, _HINTS)):
        return NONE
    words = [part.upper() for part in _PARTS.findall(name)]
    if not words or _ABOUT & set(words):
        return NONE
    if words[-2:] == ["KEY", "ID"] and "ACCESS" in words:
        return STRONG
    while len(words) > 1 and (words[-1] in _AFTER or words[-1].isdigit()):
        words.pop()
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in _SECRET or _GLUED.match(last):
        return WEAK if last in _NOT_PASSWORDS and not before else STRONG
    if last == "KEY":
        if _OPEN_KEYS & set(words):
            return NONE
        return STRONG if before in _KEYS else WEAK
    if last == "AUTH":
        return STRONG if before in _AUTHS else NONE
    return NONE


def is_secret(name: str, value: str) -> bool:
    """Whether `value`, literal and without quotes, given to `name`, is a secret worth keeping."""
    strength = name_strength(name)
    if not strength or is_stand_in(value):
        return False
    words = {part.upper() for part in _PARTS.findall(name)}
    if "TOKEN" in words and value.isdigit() and len(value) < 8:
        return False
    if words & _MADE and _REPEATED.match(value):
        return False
    if strength == STRONG and not words & {"KEY", "AUTH"}:
        return True
    if _FINGERPRINT.match(value):
        return False
    return strength == STRONG or is_random(value)


def is_stand_in(value: str) -> bool:
    """Whether a value given for a secret is empty, a variable, a path, a switch or a placeholder."""
    if len(value) < 3 or _VARIABLE.search(value) or _PATH.match(value) or _FILE.search(value):
        return True
    low = value.lower()
    if low in _SWITCHES or low in _STAND_INS or _STAND_IN.search(value):
        return True
    if _CONSTANT.match(value) and name_strength(value):
        # PRIV_REPO_PASSWORD, to be put in by a template
        return True
    # One character over and over: ******, xxxx, 0000.
    return len(set(low)) == 1 or ("://" in value and "@" not in value)


def is_random(value: str) -> bool:
    """Whether a value looks made by a machine: long, without blanks, digits among letters, much variety."""
    if len(value) < 16 or any(char in value for char in " \t\n"):
        return False
    if not any(char.isdigit() for char in value) or not any(char.isalpha() for char in value):
        return False
    shares = [value.count(char) / len(value) for char in dict.fromkeys(value)]
    entropy = -sum(share * log2(share) for share in shares)
    return entropy >= 3.0
