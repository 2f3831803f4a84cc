from __future__ import annotations

import itertools
import re

import pytest

import compose_harness
from dockmend import merge_run, no_secrets
from dockmend._dockerfile.parser import parse
from dockmend._engine import kinds
from dockmend._engine.mend import Settings, mend_text
from dockmend._hook import Context
from dockmend._project.context import BuildContext
from dockmend._project.secret_names import NONE, STRONG, WEAK, is_random, is_secret, name_strength
from dockmend._project.secret_tokens import tokens
from dockmend.no_secrets import HOOK, check
from harness import Row, suite

# Put together here, so that no scanner takes the tests for a leak.
GITHUB = "ghp" + "_16C7e42F292c6912E7710c838347Ae178B4a"
AWS = "AKIA" + "3SGQVQG7FGA6KKA6"
JWT = "eyJ" + "hbGciOiJIUzI1NiJ9.eyJ" + "zdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"
KEY = "-----BEGIN RSA " + "PRIVATE KEY-----"
RANDOM = "cnwu)=j8md5-47as)zxd)z3r0+y51agif9vv"

TRIGGERS = {"onbuild": "what a trigger's build reads is not known"}
IN_HEREDOC = {"heredoc": "the body names the variable too"}
FIXED = {"heredoc": "the body names it", "other-escape": "Windows is another reason"}
WINDOWS = {"other-escape": "the backtick marks a file for Windows"}

LEFT_ALONE = [
    Row("a user name", "ENV DB_USER=app DB_NAME=shop\n", says=""),
    Row("an empty value, to be given at run time", 'ENV DB_PASSWORD=""\nENV API_KEY=\n', says=""),
    Row("where the secret is", "ENV DB_PASSWORD_FILE=/run/secrets/db\nENV SSL_KEY=/etc/ssl/a.key\n", says=""),
    Row("a placeholder", "ENV API_TOKEN=changeme SECRET_KEY=<your-key> DB_PASSWORD=xxxx\n", says=""),
    Row("a default to be replaced", "ENV PASSWORD default\n", says=""),
    Row("a variable in a script within the script", 'RUN su -c "echo $PW | vncpasswd -f" app\n', says=""),
    Row("a placeholder with stars", "ENV AWS_SECRET_ACCESS_KEY=**setme**\n", says=""),
    Row("a constant of a template", "RUN curl http://bot:REPO_PASSWORD@repo.acme.io/x\n", says=""),
    Row("a switch", "ENV MYSQL_ALLOW_EMPTY_PASSWORD=yes MYSQL_RANDOM_ROOT_PASSWORD=yes\n", says=""),
    Row("a switch without a word for it", "ENV ANSIBLE_HOST_KEY_CHECKING=False REQUIRE_AUTH=true\n", says=""),
    Row("an algorithm", "ENV PASSWORD_HASH_ALGO=argon2id TOKEN_EXPIRY=3600\n", says=""),
    Row("an address", "ENV TOKEN_URL=https://a.example/t KEY_SERVER=keys.openpgp.org\n", says=""),
    Row("what Go looks for", "ENV GOPRIVATE=github.com/acme GONOSUMDB=github.com/acme\n", says=""),
    Row("a fingerprint", "ENV GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D\n", says=""),
    Row("a public key", "ENV SSH_PUBLIC_KEY='ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA'\n", says=""),
    Row("a public variable of a front end", "ARG NEXT_PUBLIC_API_KEY\nARG VITE_API_KEY\n", says=""),
    Row(
        "a stand-in for one command",
        "RUN SECRET_KEY_BASE=dummy bundle exec rake assets:precompile\n",
        says="",
    ),
    Row("a short stand-in", "RUN SECRET_KEY=foo python manage.py collectstatic\n", says=""),
    Row("a number of tokens", "ENV MAX_TOKENS=4096 TOKEN=1024\n", says=""),
    Row("a model of words", "ENV TIKTOKEN_ENCODING_NAME=cl100k_base\n", says=""),
    Row("a stand-in that repeats itself", "ENV DEVISE_SECRET=boopboop COOKIE_TOKEN=abcabcabc\n", says=""),
    Row(
        "options of a variable without a secret",
        "ENV JAVA_OPTS='-Xmx1g -Dkey.store.password=changeit -Dfile.encoding=UTF-8 --password=$PASSWORD'\n",
        says="",
    ),
    Row("no password at all", "RUN adduser --disabled-password --gecos '' app\n", says=""),
    Row("a password from a variable", 'RUN echo "root:${ROOT_PASSWORD}" | chpasswd\n', says=""),
    Row("a hash for chpasswd", "RUN echo 'root:$6$abc' | chpasswd -e\n", says=""),
    Row(
        "a URL without a password", "RUN git clone https://github.com/acme/a.git && npm i @acme/a\n", says=""
    ),
    Row("a URL of a local stand-in", "ENV DATABASE_URL=postgres://user:password@localhost/app\n", says=""),
    Row("a default everyone knows", "ENV AMQP_URL=amqp://guest:guest@rabbit:5672\n", says=""),
    Row("a token of one character", f"RUN echo ghp_{'x' * 36}\n", says=""),
    Row("Amazon's own example", "ENV AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\n", says=""),
    Row("a secret mount", "RUN --mount=type=secret,id=t,env=NPM_TOKEN npm ci\n", says=""),
    Row("the example of settings", "COPY .env.example .env.sample /app/\n", says=""),
    Row(
        "a public key file",
        "COPY id_rsa.pub /root/.ssh/authorized_keys\nCOPY ca.pem server.crt /etc/ssl/\n",
        says="",
    ),
    Row("a key of a repository", "COPY acme.key /etc/apt/trusted.gpg.d/\n", says=""),
    Row("a key that apt is told to trust", "COPY wiki.key /tmp/\nRUN apt-key add /tmp/wiki.key\n", says=""),
    Row(
        "from another stage",
        "FROM alpine:3.20 AS b\nFROM alpine:3.20\nCOPY --from=b /server.key /etc/\n",
        says="",
    ),
    Row("settings without a secret", "COPY .env /app/\n", context={".env": "DEBUG=1\nPASSWORD=\n"}, says=""),
    Row(
        "a certificate by its content",
        "COPY tls.key /a/\n",
        context={"tls.key": "-----BEGIN CERTIFICATE-----"},
        says="",
    ),
    Row("notes on credentials", "COPY credentials /docs/\nCOPY --chown=app service.json /a/\n", says=""),
    # Reported, and not mended.
    Row("Amazon's credentials", "COPY .aws/credentials /root/.aws/credentials\n", says="a file of passwords"),
    Row(
        "passwords by their content",
        "COPY .netrc /root/\n",
        context={".netrc": "machine a\n"},
        says="a file of passwords",
    ),
    Row(
        "settings with a token",
        "COPY secrets.yml /a/\n",
        context={"secrets.yml": f"- {GITHUB}\n"},
        says="settings and secrets",
    ),
    Row(
        "the article's password",
        'ENV DATABASE_PASSWORD "SuperSecretSauce"\n',
        says="the value of DATABASE_PASSWORD",
    ),
    Row("a weak password is one too", "ENV MYSQL_ROOT_PASSWORD=root\n", says="ENV spells out"),
    Row("the old form of ENV", "ENV SECRET_KEY abc def\n", says="the value of SECRET_KEY"),
    Row("one of several", f"ENV A=1 \\\n    JWT_SECRET={RANDOM} \\\n    B=2\n", says="JWT_SECRET"),
    Row("in camel case", "ENV dbPassword=hunter22\n", says="dbPassword"),
    Row("a default of an ARG", "ARG API_KEY=hunter22hunter22\n", says="ARG spells out the value of API_KEY"),
    Row("a token by its shape", f"RUN git clone https://{GITHUB}@github.com/acme/a\n", says="a GitHub token"),
    Row("a token in a label", f'LABEL note="{AWS}"\n', says="an AWS access key"),
    Row("a token in JSON", f'CMD ["app", "--jwt", "{JWT}"]\n', says="a JSON web token"),
    Row("a private key in a heredoc", f"COPY <<EOF /root/.ssh/id\n{KEY}\nMIIE\nEOF\n", says="a private key"),
    Row(
        "a password in a URL",
        "RUN pip install -i https://ci:hunter2@pypi.acme.io/simple a\n",
        says="in a URL",
    ),
    Row("a password for apt", "ADD https://ci:hunter2@files.acme.io/a.tgz /\n", says="a password in a URL"),
    Row("root's password", "RUN echo 'root:screencast' | chpasswd\n", says="set with chpasswd"),
    Row("a password for VNC", "RUN echo hunter2 | vncpasswd -f > ~/.vnc/passwd\n", says="set with vncpasswd"),
    Row(
        "a script within the script",
        """RUN su - app -c "echo hunter2 | vncpasswd -f >.vnc/passwd" && bash -c 'x'\n""",
        says="set with vncpasswd",
    ),
    Row(
        "root's password, by another shell",
        """RUN bash -c "echo 'root:hunter2' | chpasswd"\n""",
        says="chpasswd",
    ),
    Row("by echo in its place", "RUN /bin/echo 'root:123456' |chpasswd\n", says="set with chpasswd"),
    Row("an option", "RUN deploy --user ci --password hunter2\n", says="the value of --password"),
    Row("an option with an equals sign", "RUN deploy --api-token='hunter2hunter2'\n", says="--api-token"),
    Row(
        "an option in a variable",
        "ENV JENKINS_OPTS --httpsPort=8443 --httpsKeyStorePassword=hunter2\n",
        says="the value of --httpsKeyStorePassword",
    ),
    Row(
        "a property of Java in a variable",
        "ENV A=1 JAVA_OPTS='-Xmx1g -Dkey.store.password=hunter2'\n",
        says="the value of -Dkey.store.password",
    ),
    Row("an easy password is one all the same", "ENV ADMIN_PASSWORD=adminadmin\n", says="ENV spells out"),
    Row("an option in JSON", 'ENTRYPOINT ["deploy", "--password=hunter2"]\n', says="--password"),
    Row("for curl", "RUN curl -u ci:hunter2 https://acme.io/a\n", says="given to curl"),
    Row("for ssh", "RUN sshpass -p hunter2 ssh ci@acme.io\n", says="given to sshpass"),
    Row("in SQL", "RUN psql -c \"CREATE USER a WITH PASSWORD 'hunter2'\"\n", says="a password in SQL"),
    Row("exported", "RUN export PGPASSWORD=hunter2 && psql\n", says="the value of PGPASSWORD"),
    Row("in a script", "RUN <<EOF\nexport PGPASSWORD=hunter2\nEOF\n", says="the value of PGPASSWORD"),
    Row("on standard input", "RUN echo hunter2 | passwd --stdin root\n", says="set with passwd"),
    Row("settings", "COPY .env /app/\n", says="a file of settings and secrets"),
    Row(
        "settings by their content",
        "COPY .env /app/\n",
        context={".env": "DB_PASSWORD=hunter2\n"},
        says="settings",
    ),
    Row("a key", "ADD .ssh/id_rsa /root/.ssh/\n", says="a private key"),
    Row("a key in JSON form", 'COPY ["server.key", "/etc/ssl/"]\n', says="a private key"),
    Row("a build argument nobody names", "ARG NPM_TOKEN\nRUN npm ci\n", says="no RUN names NPM_TOKEN"),
    Row(
        "a build argument kept",
        "ARG BOT_TOKEN\nENV BOT_TOKEN=${BOT_TOKEN}\n",
        says="ENV keeps the build argument BOT_TOKEN",
    ),
    Row(
        "a build argument that a label shows",
        "ARG NPM_TOKEN\nLABEL t=$NPM_TOKEN\nRUN echo $NPM_TOKEN\n",
        says="the LABEL of line 3 reads it too",
        without=dict.fromkeys(("other-escape", "later-stage"), "another line"),
    ),
    Row(
        "while merge-run joins the RUN that reads it with another",
        "ARG NPM_TOKEN\nRUN use $NPM_TOKEN\nRUN true\n",
        says="with another first",
        without=dict.fromkeys(("heredoc", "other-escape"), "merge-run leaves them apart"),
    ),
    Row(
        "for the whole file",
        "ARG NPM_TOKEN\nFROM alpine:3.20\nRUN true\n",
        says="declared for the whole file",
    ),
    Row(
        "one of several arguments",
        "ARG NPM_TOKEN A=1\nRUN echo $NPM_TOKEN\n",
        says="an instruction of its own",
    ),
    Row(
        "an old syntax",
        "# syntax=docker/dockerfile:1.4\nFROM alpine:3.20\nARG NPM_TOKEN\nRUN echo $NPM_TOKEN\n",
        says="not `docker/dockerfile:1.4`",
    ),
    Row(
        "another frontend",
        "# syntax=acme/frontend\nFROM alpine:3.20\nARG NPM_TOKEN\nRUN echo $NPM_TOKEN\n",
        says="acme",
    ),
    Row(
        "in a mount",
        "ARG NPM_TOKEN\nRUN --mount=type=cache,id=$NPM_TOKEN,target=/c true\n",
        says="reads it too",
    ),
    Row(
        "for Windows",
        "FROM mcr.microsoft.com/windows/nanoserver:ltsc2022\nARG A_TOKEN\nRUN echo %A_TOKEN%\n",
        says="Windows",
    ),
    Row(
        "a trigger",
        "ONBUILD ARG NPM_TOKEN\nONBUILD RUN echo $NPM_TOKEN\n",
        says="the build that the trigger is for",
    ),
]

MOUNT = "--mount=type=secret,id=NPM_TOKEN,env=NPM_TOKEN"
EIGHT = [f"A{n}_TOKEN" for n in range(8)]
UNSAFE = [
    Row(
        "as many as can be",
        "".join(f"ARG {name}\n" for name in EIGHT) + f"RUN echo {'$'.join(EIGHT)}\n",
        f"RUN {' '.join(f'--mount=type=secret,id={name},env={name}' for name in EIGHT)} echo {'$'.join(EIGHT)}\n",
    ),
    Row(
        "the RUN that reads it",
        "ARG NPM_TOKEN\nCOPY a .\nRUN NPM_TOKEN=$NPM_TOKEN npm ci\nCOPY . .\nRUN npm run build\n",
        f"COPY a .\nRUN {MOUNT} NPM_TOKEN=$NPM_TOKEN npm ci\nCOPY . .\nRUN npm run build\n",
        says="build with `--secret id=NPM_TOKEN,env=NPM_TOKEN`",
    ),
    Row(
        "each RUN that reads it, and no earlier one",
        "RUN echo $NPM_TOKEN\n# it\nARG NPM_TOKEN=\nRUN a ${NPM_TOKEN}\nCOPY b /\nRUN env NPM_TOKEN\n",
        f"RUN echo $NPM_TOKEN\n# it\nRUN {MOUNT} a ${{NPM_TOKEN}}\nCOPY b /\nRUN {MOUNT} env NPM_TOKEN\n",
    ),
    Row(
        "behind the flags that are there",
        "ARG NPM_TOKEN\nRUN --mount=type=cache,target=/c \\\n    --network=default \\\n    use $NPM_TOKEN\n",
        f"RUN --mount=type=cache,target=/c \\\n    --network=default {MOUNT} \\\n    use $NPM_TOKEN\n",
    ),
    Row(
        "a script",
        "ARG NPM_TOKEN\nRUN <<EOF\nuse $NPM_TOKEN\nEOF\n",
        f"RUN {MOUNT} <<EOF\nuse $NPM_TOKEN\nEOF\n",
    ),
    Row(
        "with a syntax that has it",
        "# syntax=docker/dockerfile:1\nFROM alpine:3.20\nARG NPM_TOKEN\nRUN use $NPM_TOKEN\n",
        f"# syntax=docker/dockerfile:1\nFROM alpine:3.20\nRUN {MOUNT} use $NPM_TOKEN\n",
    ),
]

test_left_alone, test_mended, test_unsafe = suite(
    HOOK,
    [
        row._replace(without={**TRIGGERS, **(FIXED if "ARG" in row.before else {}), **row.without})
        for row in LEFT_ALONE
    ],
    (),
    [row._replace(without={**IN_HEREDOC, **WINDOWS, **row.without}) for row in UNSAFE],
)


@pytest.mark.parametrize(
    ("name", "strength"),
    [
        ("NPM_TOKEN", STRONG),
        ("GITHUB_PAT", STRONG),
        ("SECRET_KEY_BASE", STRONG),
        ("AWS_ACCESS_KEY_ID", STRONG),
        ("PGPASSWORD", STRONG),
        ("--http-password", STRONG),
        ("HTTP_AUTH", STRONG),
        ("apiKey", STRONG),
        ("DB_PASSWORD_1", STRONG),
        ("MAP_KEY", WEAK),
        ("PASS", WEAK),
        ("AUTH", NONE),
        ("REPO_KEY", NONE),
        ("KEY_PREFIX", NONE),
        ("PATH", NONE),
        ("MONKEY", NONE),
        ("", NONE),
    ],
)
def test_names(name: str, strength: int) -> None:
    assert name_strength(name) == strength


def test_a_weak_name_needs_a_random_value() -> None:
    assert is_secret("CRON_KEY", "fd6c7849-904d-47ea-922b-5143358ba0de")
    assert not is_secret("MAP_KEY", "satellite-overview")
    assert not is_secret("SIGNING_KEY", "0x7169605F62C751356D054A26A821E680E5FA6305")
    assert not is_random("aaaaaaaaaaaaaaaaaaaaaaa1")


TOKENS = [
    *(GITHUB, AWS, JWT, KEY),
    "glpat-" + "a1b2c3d4e5f6g7h8i9j0",
    "xoxb-" + "123456789012-abcdefABCDEF",
    "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "AIza" + "SyDaGmWKa4JsXZ-HjGw7ISLn_3namBGewQe",
    "npm_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "pypi-" + "AgEIcHlwaS5vcmc" + "CJDVkYTM2ZTQtOGIxYS00" * 4,
    "hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789",
]


@pytest.mark.parametrize("text", TOKENS)
def test_tokens(text: str) -> None:
    assert len(list(tokens(f"x={text};"))) == 1
    assert not list(tokens(f"x{text}x")) or text == KEY


def test_in_any_order_with_merge_run() -> None:
    text = "FROM alpine:3.20\nARG NPM_TOKEN\nRUN a && use $NPM_TOKEN\nRUN b\n"
    wanted = f"FROM alpine:3.20\nRUN {MOUNT} a && use $NPM_TOKEN \\\n    && b\n"
    for hooks in itertools.permutations((HOOK, merge_run.HOOK)):
        assert mend_text(text, Settings(hooks, unsafe=True), None, BuildContext(None)).text == wanted


def _findings(text: str) -> str:
    context = Context(None, BuildContext(None), {})
    return "\n".join(f"{one.message} {one.reason}" for one in check(parse(text), context))


EVERYWHERE = f"""\
FROM alpine:3.20
ENV DB_PASSWORD=hunter2café API="{RANDOM}" SECRET_KEY='two words'
RUN curl -u ci:hunter3 https://ci:hunter4@acme.io/ && echo "root:hunter5" | chpasswd \\
    # a comment
    && git clone https://{GITHUB}@github.com/a/b
COPY <<EOF /k
{KEY}
MIIEpAIBAAKCAQEA
-----END RSA PRIVATE KEY-----
EOF
CMD ["app", "--password=hunter6"]
"""
SPELLED = ["hunter2", "two words", "hunter3", "hunter4", "hunter5", GITHUB, "MIIEp", "hunter6"]


def test_no_message_shows_a_secret() -> None:
    said = _findings(EVERYWHERE)
    assert said.count("spells out") == len(SPELLED)
    assert not [value for value in SPELLED if value in said]


def test_masked_text_keeps_lines_columns_and_bytes() -> None:
    masked = kinds.masked(EVERYWHERE, None)
    assert not [value for value in SPELLED if value in masked]
    assert [len(line) for line in masked.split("\n")] == [len(line) for line in EVERYWHERE.split("\n")]
    assert len(masked.encode()) == len(EVERYWHERE.encode())
    assert "# a comment" in masked
    assert kinds.masked(masked, None) == masked
    assert kinds.masked("FROM alpine\n", None) == "FROM alpine\n"


def test_the_page_shows_what_happens() -> None:
    before, after = re.findall(r"```dockerfile\n(.*?)```", no_secrets.__doc__ or "", re.DOTALL)
    settings = Settings((HOOK,), unsafe=True)
    assert mend_text(before, settings, None, BuildContext(None)).text == after


def variable(line: str) -> str:
    return f"services:\n  db:\n    image: postgres:17\n    environment:\n{line}"


PLAIN = variable("      POSTGRES_PASSWORD: hunter2\n")
DOTENV = {".env": "OTHER=x\nPOSTGRES_PASSWORD=hunter2\n"}

test_compose_left_alone, _, test_compose_mended = compose_harness.suite(
    HOOK,
    [
        Row("a variable", variable("      POSTGRES_PASSWORD: ${PASSWORD}\n"), says=""),
        Row("taken over", variable("      POSTGRES_PASSWORD:\n"), says=""),
        Row("taken over in a list", variable("      - POSTGRES_PASSWORD\n"), says=""),
        Row("a file", variable("      POSTGRES_PASSWORD_FILE: /run/secrets/db\n"), says=""),
        Row("a placeholder", variable("      POSTGRES_PASSWORD: changeme\n"), says=""),
        Row("spelled out", PLAIN, says="the value of POSTGRES_PASSWORD: whoever has the file"),
        Row("in a list", variable("      - POSTGRES_PASSWORD=hunter2\n"), says="POSTGRES_PASSWORD"),
        Row("a default", variable("      X: ${DB_PASSWORD:-hunter2}\n"), says="a default of DB_PASSWORD"),
        Row(
            "a build argument",
            f"services:\n  a:\n    build:\n      context: .\n      args:\n        TOKEN: {GITHUB}\n",
            says="the value of TOKEN",
        ),
        Row("a token", variable(f"      X: {GITHUB}\n"), says="a GitHub token"),
        Row(
            "in a URL",
            variable("      X: postgres://app:hunter2@db.internal/app\n"),
            says="a password in a URL",
        ),
        Row(
            "in a command",
            "services:\n  a:\n    image: redis:8\n    command: redis-server --requirepass-token hunter2x\n",
        ),
        Row(
            "merged",
            "x-e: &e\n  DB_PASSWORD: hunter2\nservices:\n  a:\n    environment: *e\n",
            says="DB_PASSWORD",
        ),
        Row("another in .env", PLAIN, context={".env": "POSTGRES_PASSWORD=other\n"}, says="revoke"),
        Row(
            "in a Dockerfile within",
            "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM a:1\n        ENV DB_PASSWORD=hunter2\n",
            says="ENV spells out the value of DB_PASSWORD",
        ),
    ],
    unsafe=[
        Row(
            "in .env too",
            PLAIN,
            variable("      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD}\n"),
            DOTENV,
            says="where it stands as well",
        ),
        Row(
            "in a list and in .env",
            variable("      - 'POSTGRES_PASSWORD=hunter2'\n"),
            variable("      - 'POSTGRES_PASSWORD=${POSTGRES_PASSWORD}'\n"),
            {".env": "export POSTGRES_PASSWORD='hunter2'\n"},
        ),
        Row(
            "in brackets and in .env",
            variable("      {POSTGRES_PASSWORD: hunter2}\n"),
            variable('      {POSTGRES_PASSWORD: "${POSTGRES_PASSWORD}"}\n'),
            {".env": 'POSTGRES_PASSWORD="hunter2"\r\n'},
        ),
    ],
    aside=compose_harness.without("environment"),
)


def test_no_report_shows_a_secret_of_a_compose_file() -> None:
    text = variable(f"      POSTGRES_PASSWORD: hunter2\n      X: ${{Y_TOKEN:-{GITHUB}}}\n")
    masked = kinds.masked(text, "compose.yaml")
    assert "hunter2" not in masked
    assert GITHUB not in masked
    assert [len(line) for line in masked.split("\n")] == [len(line) for line in text.split("\n")]
