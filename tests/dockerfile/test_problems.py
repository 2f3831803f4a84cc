"""What BuildKit refuses: its parser's errors and those of frontend/dockerfile/instructions."""

from __future__ import annotations

from pathlib import Path

import pytest

import buildkit
from dockmend._dockerfile.parser import parse

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"

# (text behind `FROM a`, a part of the message)
REFUSED = [
    # ParseInstruction, in parse.go
    ("NOPE a\n", "unknown instruction: NOPE"),
    ("RUNN a\n", "did you mean RUN"),
    ("RUN\xa0a\n", "unknown instruction"),
    ("\\\n\\\n", "unknown instruction"),
    # parser.go
    ("RUN <<EOF\na\n", "unterminated heredoc"),
    ("RUN <<A <<B\nA\n", "unterminated heredoc"),
    ("ONBUILD RUN <<EOF\na\n", "unterminated heredoc"),
    ("RUN " + "a" * 70000 + "\n", "longer than the 65535 bytes"),
    ("RUN " + "é" * 33000 + "\n", "longer than the 65535 bytes"),
    # line_parsers.go
    ("ENV A\n", "ENV must have two arguments"),
    ("ENV A=b # c\n", "can't find = in '#'"),
    ("ENV A=1 B\n", "can't find = in 'B'"),
    ("LABEL a\n", "LABEL must have two arguments"),
    ("LABEL a=b c\n", "can't find ="),
    ("ONBUILD ENV A\n", "ENV must have two arguments"),
    ('CMD ["a", 1]\n', "CMD: a JSON array here holds strings only"),
    ("COPY [1, 2]\n", "COPY: a JSON array here holds strings only"),
    ("VOLUME [null]\n", "holds strings only"),
    ("SHELL [{}]\n", "holds strings only"),
    ('RUN [["a"]]\n', "holds strings only"),
    ("HEALTHCHECK CMD [1]\n", "holds strings only"),
    ("ONBUILD CMD [1]\n", "holds strings only"),
    # parseEnv, parseLabel, parseArg
    ("ENV\n", "ENV requires at least one argument"),
    ("LABEL\n", "LABEL requires at least one argument"),
    ("ENV =b\n", "ENV names can not be blank"),
    ("LABEL =b\n", "LABEL names can not be blank"),
    ("ARG\n", "ARG requires at least one argument"),
    ("ARG =b\n", "ARG names can not be blank"),
    ("ARG A =b\n", "ARG names can not be blank"),
    # parseMaintainer, parseWorkdir, parseUser, parseStopSignal
    ("MAINTAINER\n", "MAINTAINER requires exactly one argument"),
    ("WORKDIR\n", "WORKDIR requires exactly one argument"),
    ("USER\n", "USER requires exactly one argument"),
    ("STOPSIGNAL\n", "STOPSIGNAL requires exactly one argument"),
    ("STOPSIGNAL foo\n", "invalid signal: foo"),
    # parseAdd, parseCopy, parseSourcesAndDest
    ("ADD a\n", "ADD requires at least two arguments"),
    ("COPY a\n", "COPY requires at least two arguments"),
    ("COPY\n", "COPY requires at least two arguments"),
    ('COPY ["a"]\n', "COPY requires at least two arguments"),
    ("COPY --from=a b\n", "COPY requires at least two arguments"),
    ("COPY a <<E\nE\n", "COPY cannot accept a heredoc as a destination"),
    ("ADD <<A <<B\nA\nB\n", "ADD cannot accept a heredoc as a destination"),
    ('COPY ["a", "<<E"]\n', "COPY cannot accept a heredoc as a destination"),
    ("COPY --from=$I a b\n", "COPY --from does not support variables"),
    # parseFrom
    ("FROM\n", "FROM requires either one or three arguments"),
    ("FROM a b\n", "FROM requires either one or three arguments"),
    ("FROM a AS\n", "FROM requires either one or three arguments"),
    ("FROM a AS b c\n", "FROM requires either one or three arguments"),
    ("FROM a to b\n", "FROM requires either one or three arguments"),
    ("FROM a AS 1b\n", "invalid name for build stage: '1b'"),
    ("FROM a AS b$c\n", "invalid name for build stage"),
    # parseOnBuild
    ("ONBUILD\n", "ONBUILD requires at least one argument"),
    ("ONBUILD ONBUILD RUN a\n", "chaining ONBUILD"),
    ("onbuild onbuild run a\n", "chaining ONBUILD"),
    ("ONBUILD FROM b\n", "FROM isn't allowed as an ONBUILD trigger"),
    ("ONBUILD MAINTAINER b\n", "MAINTAINER isn't allowed as an ONBUILD trigger"),
    # parseHealthcheck
    ("HEALTHCHECK\n", "HEALTHCHECK requires at least one argument"),
    ("HEALTHCHECK --interval=1s\n", "HEALTHCHECK requires at least one argument"),
    ("HEALTHCHECK NONE a\n", "HEALTHCHECK NONE takes no arguments"),
    ("HEALTHCHECK curl a\n", "unknown type 'curl' in HEALTHCHECK"),
    ("HEALTHCHECK CMD\n", "missing command after HEALTHCHECK CMD"),
    ("HEALTHCHECK CMD []\n", "missing command after HEALTHCHECK CMD"),
    ("HEALTHCHECK --interval=5 CMD a\n", "--interval is a duration"),
    ("HEALTHCHECK --timeout=1x CMD a\n", "--timeout is a duration"),
    ("HEALTHCHECK --interval=1us CMD a\n", "--interval cannot be less than 1ms"),
    ("HEALTHCHECK --start-period=-1s CMD a\n", "--start-period cannot be less than 1ms"),
    ("HEALTHCHECK --retries=x CMD a\n", "--retries is a number"),
    ("HEALTHCHECK --retries=-1 CMD a\n", "--retries"),
    # parseExpose, parseVolume, parseShell
    ("EXPOSE\n", "EXPOSE requires at least one argument"),
    ("VOLUME\n", "VOLUME requires at least one argument"),
    ("VOLUME []\n", "VOLUME requires at least one argument"),
    ('VOLUME [" "]\n', "VOLUME specified can not be an empty string"),
    ("SHELL\n", "SHELL requires at least one argument"),
    ("SHELL []\n", "SHELL requires at least one argument"),
    ("SHELL /bin/bash -c\n", "SHELL requires the arguments to be in JSON form"),
    # bflag.go
    ("CMD --port 80\n", "unknown flag of CMD: --port"),
    ("ENTRYPOINT --x a\n", "unknown flag of ENTRYPOINT: --x"),
    ("MAINTAINER --boo a\n", "unknown flag of MAINTAINER: --boo"),
    ("RUN --mounts=a b\n", "did you mean mount"),
    ("ENV --a B=c\n", "unknown flag of ENV: --a"),
    ("WORKDIR --a /b\n", "unknown flag of WORKDIR: --a"),
    ("ONBUILD --a RUN b\n", "unknown flag of ONBUILD: --a"),
    ("FROM --platfrom=a b\n", "did you mean platform"),
    ("ADD --from=a b c\n", "unknown flag of ADD: --from"),
    ("COPY --checksum=a b c\n", "unknown flag of COPY: --checksum"),
    ("COPY --from a b\n", "missing a value on flag --from"),
    ("COPY --link=x a b\n", "--link is true or false, not 'x'"),
    ("COPY --link= a b\n", "--link is true or false"),
    ("COPY --chown=a --chown=b c d\n", "duplicate flag of COPY: --chown"),
    ("RUN --network a b\n", "missing a value on flag --network"),
    ("RUN --mount=à b\n", "cuts a character"),
    # commands_runmount.go, commands_runnetwork.go, commands_runsecurity.go
    ("RUN --mount=type=foo,target=/x b\n", "unsupported mount type 'foo'"),
    ("RUN --mount=typo=cache b\n", "unexpected key 'typo'"),
    ("RUN --mount=type=bind,from=$A b\n", "does not support variables"),
    ("RUN --network=foo b\n", "--network is one of default, none, host, not 'foo'"),
    ("RUN --security=foo b\n", "--security is one of"),
]  # fmt: skip

# Whole files.
REFUSED_FILES = [
    ("", "no instructions"),
    ("# a\n\n# b\n", "no instructions"),
    ("\ufeff", "no instructions"),
    ("ARG A\n", "there is no FROM"),
    ("RUN a\n", "RUN before the first FROM"),
    ("RUN a\nFROM b\n", "RUN before the first FROM"),
    ("# escape=x\nFROM a\n", "the escape character is ` or \\"),
    ("# escape=`\n# escape=`\nFROM a\n", "only one escape parser directive"),
    ("# syntax=a\n# SYNTAX=b\nFROM a\n", "only one syntax parser directive"),
]

# Texts that look wrong and build.
ACCEPTED = [
    "RUN\n",
    "CMD\n",
    "ENTRYPOINT\n",
    "CMD []\n",
    "ENTRYPOINT []\n",
    "RUN []\n",
    "CMD ['a']\n",
    "CMD -- --port 80\n",
    "RUN --mount=type=cache,target=/x --mount=type=secret,id=a,required --network=none b\n",
    'RUN --mount="type=bind,source=a b,target=/c" d\n',
    "RUN --mount=type=$T,target=/x b\n",
    "RUN --mount=type=bind,ro,target=/x b\n",
    "RUN --mount=type=secret,id=a,env=B c\n",
    "RUN --security=insecure --device=nvidia.com/gpu=all a\n",
    "RUN --network=host a\nRUN --network=default b\n",
    "COPY --from=a --chown=b:c --chmod=u=rw,go=r --link --parents --exclude=d --exclude=e f g/\n",
    "COPY --link=False a b\n",
    "COPY --from=0 a b\n",
    "ADD --keep-git-dir=true --checksum=sha256:0 --unpack=false --link --exclude=d http://x/y /z\n",
    "COPY <<A <<B /d/\nA\nB\n",
    "COPY $A $B /c\n",
    "ENV A=\nENV B \nc=d\n".replace("\nc=d", " d"),
    "ENV A=$A B=${B:?c}\n",
    "ARG A B=1 C=\n",
    "LABEL a='b c' \"d e\"=f\n",
    "USER a b\nWORKDIR a b\nMAINTAINER a b\n",
    "STOPSIGNAL 9\nSTOPSIGNAL sigterm\nSTOPSIGNAL TERM\nSTOPSIGNAL SIGRTMIN+3\nSTOPSIGNAL $S\n",
    "EXPOSE 80-82/udp $P 90/TCP\n",
    'VOLUME /a ["b"]\nVOLUME ["/a b"]\n',
    "HEALTHCHECK NONE\nHEALTHCHECK none\n",
    "HEALTHCHECK --interval=1m30s --timeout=1.5s --start-period=0 --start-interval=500ms --retries=0 cmd a\n",
    "HEALTHCHECK --interval= CMD a\n",
    "ONBUILD NOPE a\n",
    "ONBUILD COPY a\n",
    "ONBUILD RUN\n",
    'SHELL ["a"]\n',
    "FROM b AS C-1_d.e\nFROM --platform=$P b\nFROM scratch\n",
    "FROM b:$V@sha256:0 as c\n",
    "run a\nRuN b\n",
    "RUN " + "a" * 40000 + "\\\n" + "b" * 40000 + "\n",
]


def messages(text: str) -> list[str]:
    return [problem.message for problem in parse(text).problems]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_refused(text: str, message: str) -> None:
    found = parse(f"FROM a\n{text}").problems
    assert any(message in problem.message for problem in found), found
    assert found[0].line == 2


@pytest.mark.parametrize(("text", "message"), REFUSED_FILES)
def test_refused_files(text: str, message: str) -> None:
    assert any(message in found for found in messages(text)), messages(text)


@pytest.mark.parametrize("text", ACCEPTED)
def test_accepted(text: str) -> None:
    assert messages(f"FROM a\n{text}") == []
    buildkit.judge(f"FROM a\n{text}".replace("ONBUILD NOPE", "ONBUILD RUN"))


def test_a_problem_names_its_line() -> None:
    found = parse("FROM a\nRUN b \\\n c\n\nNOPE d\nONBUILD \\\n NOPE\nCOPY e\n").problems
    assert [(problem.line, problem.message.split(":")[0]) for problem in found] == [
        (5, "unknown instruction"),
        (8, "COPY requires at least two arguments, a source and a destination"),
    ]


def test_problems_are_printable() -> None:
    text = "FROM a\n\x1b[31m" + "\u202e" * 500 + "\nSTOPSIGNAL \x1b]0;x\x07\nRUN --\x1b=1 a\n\udcff a\n"
    found = messages(text)
    assert len(found) == 4
    assert all(message.isprintable() and len(message) < 200 for message in found)


def test_what_could_be_read_is_there_all_the_same() -> None:
    doc = parse("FROM a\nNOPE b\nRUN c\n")
    assert [instruction.name for instruction in doc.instructions] == ["FROM", "NOPE", "RUN"]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
@pytest.mark.slow
def test_real_files() -> None:
    def known(text: str) -> bool:
        """What BuildKit's parser says, all that the package can tell."""
        said = buildkit.parse(text)
        return said is not None and not buildkit.unknown(said) and any(s.name == "FROM" for s in said)

    for file in sorted(CORPUS.glob("valid/*/Dockerfile")):
        text = file.read_bytes().decode("utf-8", "surrogateescape")
        assert known(text) is (not messages(text)), (file, messages(text))
    for file in sorted(CORPUS.glob("broken/*/Dockerfile")):
        assert messages(file.read_bytes().decode("utf-8", "surrogateescape")), file
