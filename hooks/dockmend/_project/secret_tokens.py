"""Secrets that are known by their shape, wherever they stand.

Own and short, on purpose: detect-secrets, the detector on the package index that is well kept, takes 190 ms
to import (it imports requests) and brings six packages; a hook as a whole takes 60 ms. Only shapes that
their issuer documents and that nothing else has are here, so that a match needs no second opinion.
"""

from __future__ import annotations

from dockmend._project.secret_names import is_stand_in
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# What each is called, its shape, and where its issuer says so.
_SHAPES = (
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    ("an AWS access key", r"(?:AKIA|ASIA)[A-Z2-7]{16}"),
    # https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github
    ("a GitHub token", r"(?:gh[opsur]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{40,255})"),
    # https://docs.gitlab.com/security/tokens/
    ("a GitLab token", r"gl(?:pat|oas|dt|rt|cbt|ptt|ft|imt|agent|soat|ffct)-[A-Za-z0-9_.-]{20,300}"),
    # https://docs.slack.dev/authentication/tokens
    ("a Slack token", r"(?:xox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,250}|xapp-[0-9]-[A-Za-z0-9-]{10,250})"),
    # https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
    (
        "a Slack webhook",
        r"https://hooks\.slack\.com/services/T[A-Z0-9]{6,14}/B[A-Z0-9]{6,14}/[A-Za-z0-9]{20,30}",
    ),
    # https://docs.stripe.com/keys
    ("a Stripe key", r"[rs]k_live_[A-Za-z0-9]{16,250}"),
    # https://cloud.google.com/docs/authentication/api-keys
    ("a Google API key", r"AIza[A-Za-z0-9_-]{35}"),
    # https://developers.google.com/identity/protocols/oauth2
    ("a Google client secret", r"GOCSPX-[A-Za-z0-9_-]{28}"),
    # https://github.blog/changelog/2021-09-23-npm-has-a-new-access-token-format/
    ("an npm token", r"npm_[A-Za-z0-9]{36}"),
    # https://docs.pypi.org/api/secrets/
    ("a PyPI token", r"pypi-(?:AgEIcHlwaS5vcmc|AgENdGVzdC5weXBpLm9yZw)[A-Za-z0-9_-]{50,500}"),
    # https://guides.rubygems.org/api-key-scopes/
    ("a RubyGems key", r"rubygems_[a-f0-9]{48}"),
    # https://docs.docker.com/security/access-tokens/
    ("a Docker token", r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{27,100}"),
    # https://huggingface.co/docs/hub/security-tokens
    ("a Hugging Face token", r"hf_[A-Za-z0-9]{34,40}"),
    # https://platform.openai.com/docs/api-reference/authentication
    ("an OpenAI key", r"sk-(?:[a-z]{3,10}-)?[A-Za-z0-9_-]{20,100}T3BlbkFJ[A-Za-z0-9_-]{20,100}"),
    # https://docs.claude.com/en/api/overview
    ("an Anthropic key", r"sk-ant-[a-z0-9]{3,10}-[A-Za-z0-9_-]{80,120}"),
    # https://docs.digitalocean.com/reference/api/create-personal-access-token/
    ("a DigitalOcean token", r"do[opr]_v1_[a-f0-9]{64}"),
    # https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys
    ("a SendGrid key", r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    # https://core.telegram.org/bots/features#botfather
    ("a Telegram bot token", r"[0-9]{8,10}:AA[A-Za-z0-9_-]{33}"),
    # https://developer.hashicorp.com/vault/docs/concepts/tokens
    ("a Vault token", r"hv[sb]\.[A-Za-z0-9_-]{24,300}"),
    # https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/
    ("a New Relic key", r"NRAK-[A-Z0-9]{27}"),
    # https://docs.databricks.com/aws/en/dev-tools/auth/pat
    ("a Databricks token", r"dapi[a-f0-9]{32}"),
    # https://shopify.dev/changelog/length-of-the-shopify-access-token-is-increasing
    ("a Shopify token", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    # https://github.com/FiloSottile/age
    ("an age key", r"AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}"),
    # https://learn.microsoft.com/en-us/azure/storage/common/storage-configure-connection-string
    ("an Azure storage key", r"AccountKey=[A-Za-z0-9+/]{86}=="),
    # RFC 7519: header and payload are JSON objects, `{"` in base64url
    ("a JSON web token", r"eyJ[A-Za-z0-9_-]{10,300}\.eyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{16,600}"),
)

_TOKEN = regex(
    r"(?<![A-Za-z0-9_])(?:" + "|".join(f"({shape})" for _, shape in _SHAPES) + r")(?![A-Za-z0-9_])"
)
# Any token starts with one of these: a cheap first look at a text.
_HINTS = (
    "AKIA", "ASIA", "gho_", "ghp_", "ghs_", "ghu_", "ghr_", "github_pat_", "glpat-", "gloas-", "gldt-",
    "glrt-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-", "glsoat-", "glffct-", "xox", "xapp-",
    "hooks.slack", "k_live_", "AIza", "GOCSPX-", "npm_", "pypi-", "rubygems_", "dckr_", "hf_", "sk-", "_v1_",
    "SG.", ":AA", "hvs.", "hvb.", "NRAK-", "dapi", "shp", "AGE-SECRET", "AccountKey=", "eyJ",
)  # fmt: skip
# RFC 7468 and RFC 4880: the name of a private key's block.
_PRIVATE = regex(
    r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:[^-]|-(?!----))*(?:-----END [A-Z0-9 ]{0,60}-----)?"
)
# RFC 3986: scheme://user:password@host
_URL = regex(
    r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,20}://([^\s/@:'\"<>]{0,100}):([^\s/@'\"<>]{1,300})@([^\s/'\"<>:]*)"
)
_URL_STAND_INS = frozenset(["pass", "password", "passwd", "pw", "pwd", "secret", "token", "user", "username"])
_LOCAL = regex(
    r"(?i)(?:localhost|127\.0\.0\.1|0\.0\.0\.0|::1|(?:.*\.)?example(?:\.[a-z]+)?|host|hostname)?\Z"
)


class Token(NamedTuple):
    """A secret in `text[start:end]`; `kind` is what to call it ("a GitHub token")."""

    kind: str
    start: int
    end: int


def may_hold(texts: Iterable[str]) -> bool:
    """Whether one of the texts may have a token: a cheap look ahead of asking for the tokens of each."""
    text = "\n".join(texts)
    return any(map(text.__contains__, _HINTS)) or "PRIVATE KEY" in text or ("@" in text and "://" in text)


def tokens(text: str) -> Iterator[Token]:
    """The secrets in `text` that their shape gives away, in no order. Linear in the length of `text`."""
    if any(map(text.__contains__, _HINTS)):
        for match in _TOKEN.finditer(text):
            if len(set(match[0])) > 8 and not is_stand_in(match[0].removeprefix("https://")):
                yield Token(_SHAPES[(match.lastindex or 1) - 1][0], *match.span())
    if "PRIVATE KEY" in text:
        for match in _PRIVATE.finditer(text):
            yield Token("a private key", *match.span())
    if "@" in text and "://" in text:
        for match in _URL.finditer(text):
            user, password, host = match.groups()
            made_up = is_stand_in(password) or password == user
            if not made_up and not (password.lower() in _URL_STAND_INS or _LOCAL.match(host)):
                yield Token("a password in a URL", *match.span(2))
