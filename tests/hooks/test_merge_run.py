from __future__ import annotations

import pytest

from dockmend._dockerfile.parser import parse
from dockmend._engine.mend import mend_text
from dockmend._hook import INFO, Context
from dockmend._project.context import BuildContext
from dockmend.merge_run import HOOK, check
from harness import Row, settings_for, suite

NOWHERE = BuildContext(None)
ALL = {"stages": "all"}


def apart(reason: str, first: str, second: str = "make", says: str | None = None) -> Row:
    return Row(reason, f"RUN {first}\nRUN {second}\n", says=says)


def joined(reason: str, first: str, second: str, after: str) -> Row:
    return Row(reason, f"RUN {first}\nRUN {second}\n", after + "\n")


# Such a RUN beside another is reported, with its reason.
SILENT = {"heredoc": "the RUN of the here-document stands beside another one"}

LEFT_ALONE = [
    Row("one RUN", "RUN make\n", says="", without=SILENT),
    Row("something in between", "RUN make\nENV A=1\nRUN make\n", says="", without=SILENT),
    Row("WORKDIR in between", "RUN make\nWORKDIR /app\nRUN make\n", says="", without=SILENT),
    Row("another stage", "FROM a AS b\nRUN make\nFROM b\nRUN make\n", says="", without=SILENT),
    Row("a stage that does not ship", "FROM a AS b\nRUN make\nRUN make\nFROM c\nCOPY --from=b /x /x\n",
        says="",
        without={"base-stage": "ships the last stage",
        "later-stage": "no stage is added behind the one that ships"}),
    Row("unequal flags", "RUN --network=none make\nRUN make\n", says="", without=SILENT),
    Row("flags in another order", "RUN --network=none --security=insecure make\n"
        "RUN --security=insecure --network=none make\n", says=""),
    Row("a tmpfs mount",
        "RUN --mount=type=tmpfs,target=/t make\nRUN --mount=type=tmpfs,target=/t make\n", says="mount"),
    Row("a writable bind mount", "RUN --mount=target=/s,rw make\nRUN --mount=target=/s,rw make\n",
        says="mount"),
    Row("a bind mount that is not read-only", "RUN --mount=target=/s,readonly=false make\n"
        "RUN --mount=target=/s,readonly=false make\n", says="mount"),
    Row("a here-document above", "RUN <<EOF\nmake\nEOF\nRUN make\n", says="here-document"),
    Row("a here-document below", "RUN make\nRUN cat <<EOF > /x\nmake\nEOF\n", says="here-document"),
    Row("the exec form", 'RUN ["make"]\nRUN make\n', says="exec form"),
    Row("another shell", 'SHELL ["/bin/bash", "-c"]\nRUN make\nRUN make\n', says="/bin/sh -c"),
    Row("the same shell with options", 'SHELL ["/bin/sh", "-ec"]\nRUN make\nRUN make\n', says="/bin/sh -c"),
    Row("a base image with a SHELL", "FROM jupyter/base-notebook:1\nRUN make\nRUN make\n", says="/bin/sh -c"),
    Row("a base image with a SHELL, by an argument", "ARG B=cimg/base\nFROM $B:1\nRUN make\nRUN make\n",
        says="/bin/sh -c"),
    Row("a SHELL by the base's trigger", 'FROM a AS b\nONBUILD SHELL ["/bin/bash", "-c"]\nFROM b\nRUN make\nRUN make\n',
        says="ONBUILD"),
    Row("a Windows image", "FROM mcr.microsoft.com/windows/servercore:ltsc2022\nRUN make\nRUN make\n",
        says="Windows"),
    Row("options by SHELLOPTS", "ENV SHELLOPTS=errexit\nRUN make\nRUN make\n", says="SHELLOPTS"),
    Row("under ONBUILD", "ONBUILD RUN make\nONBUILD RUN make\n", says=""),
    Row("a RUN and a trigger", "RUN make\nONBUILD RUN make\nRUN make\n", says="", without=SILENT),
    Row("a linter's comment above", "RUN make\n# hadolint ignore=DL3003\nRUN cd / && make\n",
        says="a comment for a tool"),
    Row("our own comment above", "RUN make\n# dockmend: ignore[lint] why\nRUN make\n",
        says="a comment for a tool"),
    Row("our comment that asks for peace", "RUN make\n# dockmend: ignore[merge-run]\nRUN make\n",
        says="", without=SILENT),
    Row("hadolint's comment that asks for peace", "# hadolint ignore=DL3059\nRUN make\nRUN make\n",
        says="", without=SILENT),
    Row("the file asks for peace", "# dockmend: file-ignore[DL3059]\nFROM a\nRUN make\nRUN make\n", says=""),
    Row("no-break spaces behind", "RUN make\u00a0\nRUN make\n", says="blank"),
    apart("a background job", "mysqld_safe & sleep 5", says="background job"),
    apart("a service", "service mysql start && make", says="`service`"),
    apart("a service in another shell", "su - postgres -c 'pg_ctl start'", says="`pg_ctl`"),
    apart("a service in a substitution", "x=$(service mysql start)", says="`service`"),
    apart("a start script", "/usr/local/bin/start.sh", says="`/usr/local/bin/start.sh`"),
    apart("a key server's agents", "gpg --recv-keys 1", says="`gpg`"),
    apart("/etc/hosts written", "echo 127.0.0.1 x >> /etc/hosts", says="/etc/hosts"),
    apart("/etc/hosts edited", "sed -i s/a/b/ /etc/hosts", says="`sed`"),
    apart("/etc/hosts by another way", "cd /etc && echo >> hosts", says="anew"),
    apart("a device made", "mknod /dev/net/tun c 10 200", says="`mknod`"),
    apart("a kernel setting", "sysctl -w a=b", says="`sysctl`"),
    apart("root's groups", "usermod -aG docker root", says="user in force"),
    Row("the groups of the user in force", "USER app\nRUN sudo usermod -aG docker app\nRUN make\n",
        says="user in force"),
    Row("the base's unknown user by sudo", "RUN sudo usermod -aG docker app\nRUN make\n",
        says="user in force"),
    Row("the working directory removed", "WORKDIR /app\nRUN rm -rf /app\nRUN make\n",
        says="working directory"),
    Row("a parent moved", "WORKDIR /a/b\nRUN mv /a /c\nRUN make\n", says="working directory"),
    Row("something unknown removed", "WORKDIR /a\nRUN rm -rf $X\nRUN make\n", says="working directory"),
    Row("removed by a relative name", "WORKDIR /a/b\nRUN cd .. && rm -rf b\nRUN make\n",
        says="working directory"),
    Row("removed by find", "WORKDIR /a/b\nRUN find /a -name b -exec rm -rf {} +\nRUN make\n",
        says="working directory"),
    apart("another /bin/sh", "ln -sf bash /bin/sh", says="/bin/sh"),
    apart("another /bin/sh by Debian", "echo dash dash/sh boolean false | debconf-set-selections && "
          "dpkg-reconfigure -f noninteractive dash", says="/bin/sh"),
    apart("processes listed", "make", "ps aux | grep make", says="`ps`"),
    apart("errexit before the end", "set -e; make; make install", says="set -e"),
    apart("errexit in a subshell", "(set -e; make; make install)", says="set -e"),
    apart("errexit in a substitution", 'echo "$(set -e; false; make)"', says="set -e"),
    apart("errexit in a loop", "set -e && for i in a b; do make $i; done", says="set -e"),
    apart("errexit with a function", "f() { set -e; make; make install; } && f", says="set -e"),
    apart("a file that may set errexit", ". ./env", says="set -e"),
    apart("a trap on errors", "trap 'echo no' ERR", says="trap"),
    apart("a comment at the end", "make # it", says="shell comment"),
    apart("a comment behind what needs braces", "make", "make || true # it", says="shell comment"),
    apart("nothing but a comment", "make", "# it", says="nothing"),
    apart("an unbalanced quote", "make", "echo 'it", says="syntax error"),
    apart("bash's test operators", "make", "[[ -f a && -f b ]]", says="bash"),
    apart("what dash takes for a background job", "make &> /dev/null", says="`&>`"),
    apart("an array", "make", "a=(b c)", says="script"),
    apart("a counter of the shell", "make", "echo $SECONDS", says="$SECONDS"),
]  # fmt: skip

MENDED = [
    joined("plain commands", "a 1", "b 2", "RUN a 1 \\\n    && b 2"),
    Row("three", "RUN a\nRUN b\nRUN c\n", "RUN a \\\n    && b \\\n    && c\n", says="3 consecutive RUN"),
    joined("&& lists", "a && b", "c && d", "RUN a && b \\\n    && c && d"),
    joined("pipelines and negations", "! a | b", "! c | d", "RUN ! a | b \\\n    && ! c | d"),
    joined("a list first", "a; b", "c", "RUN a; b \\\n    && c"),
    joined("a list behind", "a", "b; c", "RUN a \\\n    && { b; c; }"),
    joined("|| first", "a || b", "c", "RUN a || b \\\n    && c"),
    joined("|| behind", "a", "b || c", "RUN a \\\n    && { b || c; }"),
    joined("a trailing ; first", "a;", "b", "RUN { a; } \\\n    && b"),
    joined("a trailing ; behind", "a", "b;", "RUN a \\\n    && b;"),
    joined("a list with a trailing ; behind", "a", "b; c ;", "RUN a \\\n    && { b; c ; }"),
    joined("a background job behind", "a", "b &", "RUN a \\\n    && { b & }"),
    joined("compound commands", "if a; then b; fi", "{ c; }", "RUN if a; then b; fi \\\n    && { c; }"),
    joined("a directory", "cd /x && a", "b", "RUN ( cd /x && a ) \\\n    && b"),
    joined("a directory behind", "a", "cd /x && b", "RUN a \\\n    && cd /x && b"),
    joined("a directory in a subshell", "(cd /x && a)", "(cd /y && b)",
        "RUN (cd /x && a) \\\n    && (cd /y && b)"),
    joined("a subshell that starts with one", "(a) && cd x", "b", "RUN ( (a) && cd x ) \\\n    && b"),
    joined("variables", "A=1; export B=2", "b", "RUN ( A=1; export B=2 ) \\\n    && b"),
    joined("a variable of one command", "A=1 a", "b", "RUN A=1 a \\\n    && b"),
    joined("a variable by expansion", "a ${B:=c}", "b", "RUN ( a ${B:=c} ) \\\n    && b"),
    joined("a counter", "a $((i++))", "b", "RUN ( a $((i++)) ) \\\n    && b"),
    joined("a loop", "for i in 1 2; do a $i; done", "b", "RUN ( for i in 1 2; do a $i; done ) \\\n    && b"),
    joined("options", "set -x && a", "b", "RUN ( set -x && a ) \\\n    && b"),
    joined("errexit without effect", "set -ex; a && b", "c", "RUN ( set -ex; a && b ) \\\n    && c"),
    joined("errexit at the end", "a", "set -e; b; c", "RUN a \\\n    && { set -e; b; c; }"),
    joined("exit", "a || exit 0", "b", "RUN ( a || exit 0 ) \\\n    && b"),
    joined("exit with failure", "a || exit 1", "b", "RUN a || exit 1 \\\n    && b"),
    joined("a trap", "trap 'x y' EXIT && a", "b", "RUN ( trap 'x y' EXIT && a ) \\\n    && b"),
    joined("a function", "f() { a; } && f", "b", "RUN ( f() { a; } && f ) \\\n    && b"),
    joined("a sourced file", ". ./env && a", "b", "RUN ( . ./env && a ) \\\n    && b"),
    joined("a program in a variable's folder", "$A/b", "c", "RUN $A/b \\\n    && c"),
    joined("pip replaced", "pip install -U pip", "pip install x",
           "RUN ( pip install -U pip ) \\\n    && pip install x"),
    Row("pip replaced in between", "RUN pip install x\nRUN easy_install -U pip\nRUN pip install y\n",
        "RUN ( pip install x ) \\\n    && easy_install -U pip \\\n    && pip install y\n"),
    joined("npm replaced by n", "npm install -g n && n stable", "npm ci",
           "RUN ( npm install -g n && n stable ) \\\n    && npm ci"),
    joined("a package that is only named like it", "yum install yum-utils", "yum install x",
           "RUN yum install yum-utils \\\n    && yum install x"),
    joined("installed before it is first run", "apt-get install -y curl", "curl x",
           "RUN apt-get install -y curl \\\n    && curl x"),
    joined("a server's own test", "nginx -t", "a", "RUN nginx -t \\\n    && a"),
    joined("a key without a server", "curl x | gpg --dearmor -o y", "a",
           "RUN curl x | gpg --dearmor -o y \\\n    && a"),
    joined("a new user", "useradd -m app", "chown app /x", "RUN useradd -m app \\\n    && chown app /x"),
    joined("caches removed", "rm -rf /var/lib/apt/lists/*", "a",
        "RUN rm -rf /var/lib/apt/lists/* \\\n    && a"),
    Row("another folder removed", "WORKDIR /app\nRUN rm -rf /tmp/* src ../b\nRUN a\n",
        "WORKDIR /app\nRUN rm -rf /tmp/* src ../b \\\n    && a\n"),
    Row("a known variable removed", "WORKDIR /app\nENV D=/tmp/d\nRUN rm -rf $D\nRUN a\n",
        "WORKDIR /app\nENV D=/tmp/d\nRUN rm -rf $D \\\n    && a\n"),
    joined("logs to stdout", "ln -sf /dev/stdout /var/log/a", "b",
        "RUN ln -sf /dev/stdout /var/log/a \\\n    && b"),
    Row("several groups", "RUN a\nRUN b\nRUN service x start\nRUN c\nRUN d\n",
        "RUN a \\\n    && b \\\n    && service x start\nRUN c \\\n    && d\n"),
    Row("a group above and one below a here-document", "RUN a\nRUN b\nRUN <<EOF\nc\nEOF\nRUN d\nRUN e\n",
        "RUN a \\\n    && b\nRUN <<EOF\nc\nEOF\nRUN d \\\n    && e\n"),
    Row("equal flags", "RUN --mount=type=cache,target=/c --network=none a\n"
        "RUN --mount=type=cache,target=/c --network=none b\n",
        "RUN --mount=type=cache,target=/c --network=none a \\\n    && b\n"),
    Row("flags on lines of their own", "RUN --network=none \\\n    a\nRUN \\\n  --network=none \\\n    b\n",
        "RUN --network=none \\\n    a \\\n    && b\n"),
    Row("continuations", "RUN a \\\n      b\nRUN c \\\n      d\n",
        "RUN a \\\n      b \\\n    && c \\\n      d\n"),
    Row("the command on its own line", "RUN \\\n  a\nRUN \\\n  b\n", "RUN \\\n  a \\\n    && b\n"),
    Row("comments in between", "RUN a\n# one\n\n  # two\nRUN b\n", "RUN a \\\n# one\n  # two\n    && b\n"),
    Row("comments inside", "RUN a \\\n  # one\n  && b\nRUN \\\n  # two\n  c \\\n# three\n  d\n",
        "RUN a \\\n  # one\n  && b \\\n  # two\n    && c \\\n# three\n  d\n"),
    Row("empty lines in between", "RUN a\n\n  \t\n\nRUN b\n", "RUN a \\\n    && b\n"),
    Row("empty lines inside", "RUN a \\\n\n  b\nRUN c \\\n\n  d\n",
        "RUN a \\\n\n  b \\\n    && c \\\n\n  d\n"),
    Row("trailing blanks", "RUN a  \nRUN b\t\nRUN c \n", "RUN a  \\\n    && b\t\\\n    && c \n"),
    Row("trailing blanks behind braces", "RUN a;  \nRUN b\n", "RUN { a; }  \\\n    && b\n"),
    Row("indented, and a tab behind the keyword", "  RUN\ta\n    Run   b\n", "  RUN\ta \\\n    && b\n",
        without={"lower-case": "the case is mixed already"}),
    Row("a comment at the very end", "RUN a\nRUN b # it\n", "RUN a \\\n    && b # it\n"),
    Row("what only looks like JSON", "RUN [ -f a ]\nRUN [ -f b ]\n", "RUN [ -f a ] \\\n    && [ -f b ]\n"),
    Row("a test that may fail", "RUN a\nRUN [ -f b ] && c || true\n",
        "RUN a \\\n    && { [ -f b ] && c || true; }\n"),
    Row("a shift and quotes that are no here-document", "RUN a $((1<<2)) '<<EOF'\nRUN b\n",
        "RUN a $((1<<2)) '<<EOF' \\\n    && b\n"),
    Row("non-ASCII", "RUN echo 'é' \"☃\"\nRUN cd ☃ && a\nRUN b\n",
        "RUN echo 'é' \"☃\" \\\n    && ( cd ☃ && a ) \\\n    && b\n"),
    Row("bytes that are no UTF-8", "RUN echo '\udcff'\nRUN b\n", "RUN echo '\udcff' \\\n    && b\n"),
    Row("the base of the stage that ships", "FROM a AS b\nRUN c\nRUN d\nFROM b\nRUN e\n",
        "FROM a AS b\nRUN c \\\n    && d\nFROM b\nRUN e\n"),
    Row("SHELL set back to the default", 'FROM jupyter/base\nSHELL ["/bin/sh", "-c"]\nRUN a\nRUN b\n',
        'FROM jupyter/base\nSHELL ["/bin/sh", "-c"]\nRUN a \\\n    && b\n'),
    Row("any stage", "FROM a AS b\nRUN c\nRUN d\nFROM e\n", "FROM a AS b\nRUN c \\\n    && d\nFROM e\n",
        options=ALL),
    Row("peace for another RUN", "# hadolint ignore=DL3008\nRUN a\nRUN b\n",
        "# hadolint ignore=DL3008\nRUN a \\\n    && b\n"),
]  # fmt: skip

WITHOUT = {
    "onbuild": "triggers are never joined",
    "other-escape": "a file with backticks is taken for Windows",
}

test_left_alone, test_mended, _ = suite(HOOK, LEFT_ALONE, MENDED, without=WITHOUT)


def _check(text: str, **options: str) -> list[tuple[str, str]]:
    doc = parse(text)
    found = check(doc, Context(None, NOWHERE, {"stages": "shipping", **options}))
    return [(doc.text[f.span.start : f.span.end] + str(doc.position(f.span.start)), f.reason) for f in found]


def test_a_finding_stands_at_the_second_run() -> None:
    assert _check("FROM a\nRUN a\nRUN b\nRUN c\n") == [("RUN(3, 1)", "")]


def test_a_run_that_stays_apart_informs() -> None:
    doc = parse("FROM a\nRUN a &\nRUN b\n")
    (found,) = check(doc, Context(None, NOWHERE, {"stages": "shipping"}))
    assert found.severity == INFO
    assert found.fix is None
    assert doc.position(found.span.start) == (3, 1)


@pytest.mark.parametrize("length", [30_000, 49_900, 60_000])
def test_a_script_stays_short_enough_for_one_argument(length: int) -> None:
    text = "FROM a\n" + f"RUN echo {'x' * length}\n" * 3
    result = mend_text(text, settings_for(HOOK), None, NOWHERE)
    scripts = [one.args.text for one in parse(result.text).instructions if one.name == "RUN"]
    assert len(scripts) == {30_000: 1, 49_900: 2, 60_000: 3}[length]
    assert max(map(len, scripts)) < 100_000


@pytest.mark.slow
def test_many_runs_take_linear_time() -> None:
    text = "FROM a\n" + "RUN pip install -U pip x && cd /tmp/x && rm -rf $y\n" * 2000
    result = mend_text(text, settings_for(HOOK), None, NOWHERE)
    assert not result.problems
    assert result.text.count("\nRUN") < 6
