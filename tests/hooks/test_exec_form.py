from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import compose_harness
from dockmend._dockerfile.parser import parse
from dockmend._engine.mend import Settings, mend_text
from dockmend._hook import Context
from dockmend._project.context import BuildContext
from dockmend.exec_form import HOOK, main
from harness import Row, suite
from nasty import TEXTS

SCRIPT = '#!/bin/sh\nset -e\necho starting\nexec "$@"\n'
DIGEST = "sha256:" + "0" * 64
FOREIGN = {"onbuild": "a trigger has the shell that the stage ends with"}

LEFT_ALONE = [
    ("exec form", 'CMD ["python", "app.py"]\n'),
    ("exec form over lines", 'CMD ["python", \\\n  # c\n  "app.py"]\n'),
    ("empty exec form", "CMD []\n"),
    ("empty exec form of ENTRYPOINT", "ENTRYPOINT [ ]\nCMD []\n"),
    ("exec form behind two dashes", 'CMD -- ["a"]\n'),
    Row("nothing but a comment of the shell", "CMD # nothing\n", says=""),
    ("no CMD at all", "FROM debian:12\nRUN a b\n"),
    Row("HEALTHCHECK NONE", "HEALTHCHECK NONE\n", says=""),
    Row("HEALTHCHECK with a list", "HEALTHCHECK CMD curl -f http://x/ || exit 1\n", says="for a list"),
    Row("HEALTHCHECK with a pipeline", "HEALTHCHECK --interval=5s CMD a | b\n", says="for a pipeline"),
    Row("HEALTHCHECK with a variable", "HEALTHCHECK CMD nc -z localhost $PORT\n", says="for an expansion"),
    Row("HEALTHCHECK with a redirect", "HEALTHCHECK CMD a >/dev/null\n", says="for a redirect"),
    Row("HEALTHCHECK with a glob", "HEALTHCHECK CMD ls /run/*.pid\n", says="for a glob"),
    Row("HEALTHCHECK with an assignment", "HEALTHCHECK CMD A=1 b\n", says="for an assignment"),
    Row("HEALTHCHECK with a comment", "HEALTHCHECK CMD a # b\n", says="for a comment"),
    Row("HEALTHCHECK with a builtin", "HEALTHCHECK CMD test -f /ready\n", says="runs `test`"),
    Row("HEALTHCHECK of nothing", "HEALTHCHECK CMD # a\n", says="takes a shell"),
    Row("HEALTHCHECK of one string", 'HEALTHCHECK CMD "curl -f x"\n', says="one quoted string"),
    Row(
        "HEALTHCHECK with a login shell",
        'SHELL ["/bin/bash", "-lc"]\nHEALTHCHECK CMD check me\n',
        says="set up before",
    ),
    Row(
        "HEALTHCHECK of a script that only a shell runs",
        "COPY check.sh /\nHEALTHCHECK CMD /check.sh\n",
        context={"check.sh": "curl x\n"},
        says="no `#!` line",
    ),
    Row(
        "HEALTHCHECK on Windows",
        "FROM mcr.microsoft.com/windows/nanoserver\nHEALTHCHECK CMD a b\n",
        says="Windows",
    ),
    Row("HEALTHCHECK with bytes", "HEALTHCHECK CMD a \udcff\n", says="JSON cannot hold"),
    Row("a Windows image", "FROM mcr.microsoft.com/windows/servercore:ltsc2022\nCMD a b\n", says="Windows"),
    Row("a Windows platform", "FROM --platform=windows/amd64 x\nCMD a b\n", says="Windows"),
    Row("a Windows tag", "FROM python:3.12-windowsservercore\nENTRYPOINT a b\n", says="Windows"),
    Row("an escape directive of Windows", "# escape=`\nFROM x\nCMD a `\n  b\n", says="Windows"),
    Row("PowerShell", 'SHELL ["pwsh", "-Command"]\nCMD Get-Date\n', says="is none that is known"),
    Row("cmd", 'SHELL ["cmd", "/S", "/C"]\nENTRYPOINT dir\n', says="is none that is known"),
    Row("Python as the shell", 'SHELL ["python", "-c"]\nCMD print(1)\n', says="is none that is known"),
    Row("a shell without -c", 'SHELL ["/bin/bash"]\nCMD a b\n', says="is none that is known"),
    Row(
        "a shell whose option wants a value",
        'SHELL ["/bin/bash", "-co"]\nCMD a b\n',
        says="is none that is known",
    ),
    Row("a shell with a script", 'SHELL ["/bin/bash", "x", "-c"]\nCMD a b\n', says="is none that is known"),
    Row(
        "the shell of an ONBUILD is not known",
        'ONBUILD SHELL ["/bin/bash", "-c"]\nONBUILD CMD a b\n',
        says="ONBUILD SHELL decides",
    ),
    Row(
        "the base image sets SHELL",
        "FROM quay.io/jupyter/base-notebook:latest\nCMD a && b\n",
        says="the base image sets its own",
    ),
    Row("bytes that are not UTF-8", "CMD a \udcff\n", says="JSON cannot hold"),
    Row("NUL", "CMD a\0b\n", says="JSON cannot hold"),
    Row("an open quote", "CMD echo 'a\n", says="cannot be read"),
    Row("an open quote in quotes", 'CMD echo "a\n', says="cannot be read"),
    Row("an open bracket", "CMD a $(b\n", says="cannot be read"),
    Row("an operator at the end", "CMD a &&\n", says="cannot be read"),
    Row("an array with text behind it", 'CMD ["a", "b"] c\n', says="which array"),
    Row("an array with a quote open", "CMD ['a, b]\n", says="which array"),
    Row("an array with a variable", "CMD ['a', $b]\n", says="which array"),
    Row("an array with its comment over lines", "CMD ['a'] # b \\\n c\n", says="over several lines"),
    Row("a comment over lines", "CMD a b # c \\\n d\n", says="over several lines"),
    Row("one string that is no command", "CMD ' '\n", says="cannot be read"),
    Row("one string with an open quote", 'CMD "a \'b"\n', says="cannot be read"),
    Row("one string and a comment", 'CMD "a && b" # c\n', says="cannot be read"),
]

WORDS = [
    ("one word", "CMD bash\n", 'CMD ["bash"]\n'),
    ("plain words", "CMD python app.py\n", 'CMD ["python", "app.py"]\n'),
    ("ENTRYPOINT", "ENTRYPOINT /app/run --port=80\n", 'ENTRYPOINT ["/app/run", "--port=80"]\n'),
    ("many blanks and tabs", "CMD   a \t  b  c  \n", 'CMD   ["a", "b", "c"]  \n'),
    ("a tab after the keyword", "CMD\ta b\n", 'CMD\t["a", "b"]\n'),
    ("an indent", "  CMD a b\n", '  CMD ["a", "b"]\n'),
    ("single quotes", "CMD nginx -g 'daemon off;'\n", 'CMD ["nginx", "-g", "daemon off;"]\n'),
    ("double quotes", 'CMD nginx -g "daemon off;"\n', 'CMD ["nginx", "-g", "daemon off;"]\n'),
    ("a quoted program", 'CMD "python" app.py\n', 'CMD ["python", "app.py"]\n'),
    ("all words quoted", 'CMD "/mwsd" "-p" "80"\n', 'CMD ["/mwsd", "-p", "80"]\n'),
    ("one quoted word", 'CMD "bash"\n', 'CMD ["bash"]\n'),
    ("empty words", "CMD a '' \"\"\n", 'CMD ["a", "", ""]\n'),
    ("quotes side by side", "CMD a'b'\"c\"d e\n", 'CMD ["abcd", "e"]\n'),
    ("a quote in quotes", 'CMD a \'say "x"\' "it\'s"\n', 'CMD ["a", "say \\"x\\"", "it\'s"]\n'),
    ("escapes in double quotes", 'CMD a "\\$b \\" \\\\ \\x"\n', 'CMD ["a", "$b \\" \\\\ \\\\x"]\n'),
    ("escaped characters", "CMD a\\ b \\$c \\\\ \\'\n", 'CMD ["a b", "$c", "\\\\", "\'"]\n'),
    ("backslashes in single quotes", "CMD a '\\n'\n", 'CMD ["a", "\\\\n"]\n'),
    (
        "quoted dollars and globs",
        "CMD find / -name '*.py' -o -name \\*.js\n",
        'CMD ["find", "/", "-name", "*.py", "-o", "-name", "*.js"]\n',
    ),
    ("quoted operators", "CMD a '&&' \";\" \\| 'b > c'\n", 'CMD ["a", "&&", ";", "|", "b > c"]\n'),
    ("an equals sign in an argument", "CMD java -Da=b c=d\n", 'CMD ["java", "-Da=b", "c=d"]\n'),
    ("braces of find", "CMD find . -exec x {} +\n", 'CMD ["find", ".", "-exec", "x", "{}", "+"]\n'),
    ("braces of nothing", "CMD a {b} }\n", 'CMD ["a", "{b}", "}"]\n'),
    ("a hash in a word", "CMD a b#c\n", 'CMD ["a", "b#c"]\n'),
    ("a quoted hash", "CMD a '#' b\n", 'CMD ["a", "#", "b"]\n'),
    ("a tilde in a word", "CMD a b~ c~d\n", 'CMD ["a", "b~", "c~d"]\n'),
    ("a quoted tilde", "CMD a '~'\n", 'CMD ["a", "~"]\n'),
    ("a bang in a word", "CMD a ! b!\n", 'CMD ["a", "!", "b!"]\n'),
    ("a dash", "CMD a - --\n", 'CMD ["a", "-", "--"]\n'),
    ("keywords as arguments", "CMD a if do\n", 'CMD ["a", "if", "do"]\n'),
    ("a closing bracket", "CMD a ]\n", 'CMD ["a", "]"]\n'),
    ("other letters", "CMD grüße 世界 'ä ö'\n", 'CMD ["grüße", "世界", "ä ö"]\n'),
    ("a no-break space is no blank", "CMD a\u00a0b c\n", 'CMD ["a\u00a0b", "c"]\n'),
    ("a control character", "CMD a \x01\n", 'CMD ["a", "\\u0001"]\n'),
    ("a tab in quotes", "CMD a 'b\tc'\n", 'CMD ["a", "b\\tc"]\n'),
    Row(
        "a carriage return within the line",
        "CMD a \rb\n",
        'CMD ["a", "\\rb"]\n',
        without={"crlf": "the row has its own"},
    ),
    ("exec is left out", "CMD exec python app.py\n", 'CMD ["python", "app.py"]\n'),
    ("exec is left out, blanks too", "ENTRYPOINT exec   a 'b c'\n", 'ENTRYPOINT ["a", "b c"]\n'),
    ("exec on a line of its own", "CMD exec \\\n  a b\n", 'CMD  \\\n  ["a", "b"]\n'),
    ("echo", 'CMD echo "a b"\n', 'CMD ["echo", "a b"]\n'),
    ("true", "CMD true\n", 'CMD ["true"]\n'),
    ("false", "ENTRYPOINT false -n\n", 'ENTRYPOINT ["false", "-n"]\n'),
    ("a shell with its script", 'CMD sh -c "a && b"\n', 'CMD ["sh", "-c", "a && b"]\n'),
    (
        "lines stay",
        "CMD gunicorn \\\n    --bind x \\\n    app\n",
        'CMD ["gunicorn", \\\n    "--bind", "x", \\\n    "app"]\n',
    ),
    (
        "comments and empty lines stay",
        "CMD a \\\n  # one\n  b \\\n\n# two\n  c\n",
        'CMD ["a", \\\n  # one\n  "b", \\\n\n# two\n  "c"]\n',
    ),
    ("the command on the next line", "CMD \\\n  a b\n", 'CMD \\\n  ["a", "b"]\n'),
    ("no blank before the continuation", "CMD a\\\n b\n", 'CMD ["a",\\\n "b"]\n'),
    ("blanks before the continuation", "CMD a   \\\n b\n", 'CMD ["a",   \\\n "b"]\n'),
    ("a word over two lines", "CMD a b\\\nc\n", 'CMD ["a", "b\\\nc"]\n'),
    (
        "a quoted word over lines with a comment",
        "CMD bash -c 'a && \\\n# c\n  b'\n",
        'CMD ["bash", "-c", "a && \\\n# c\n  b"]\n',
    ),
    Row(
        "a continuation at the end of the file",
        "CMD a b \\\n",
        'CMD ["a", "b"] \\\n',
        without={"base-stage": "the next line goes on with it"},
    ),
    ("an instruction in the arguments", "CMD a \\\n# c\nRUN b\n", 'CMD ["a", \\\n# c\n"RUN", "b"]\n'),
    ("behind two dashes", "CMD -- a --b\n", 'CMD -- ["a", "--b"]\n'),
    ("CMD of a stage that does not ship", "FROM a AS b\nCMD x\nFROM c\n", 'FROM a AS b\nCMD ["x"]\nFROM c\n'),
    ("an earlier CMD", "CMD a\nCMD b\n", 'CMD ["a"]\nCMD ["b"]\n'),
    ("an ENTRYPOINT with an empty CMD", "ENTRYPOINT a b\nCMD []\n", 'ENTRYPOINT ["a", "b"]\nCMD []\n'),
    (
        "the CMD of another stage",
        'FROM x AS a\nCMD ["b"]\nFROM y\nENTRYPOINT a b\n',
        'FROM x AS a\nCMD ["b"]\nFROM y\nENTRYPOINT ["a", "b"]\n',
    ),
    (
        "a CMD of the stage below, which ENTRYPOINT drops",
        'FROM x AS a\nCMD ["b"]\nFROM a\nENTRYPOINT a b\n',
        'FROM x AS a\nCMD ["b"]\nFROM a\nENTRYPOINT ["a", "b"]\n',
    ),
    ("an ENTRYPOINT taken back", "ENTRYPOINT []\nCMD a b\n", 'ENTRYPOINT []\nCMD ["a", "b"]\n'),
    ("HEALTHCHECK", "HEALTHCHECK CMD curl -f http://x/\n", 'HEALTHCHECK CMD ["curl", "-f", "http://x/"]\n'),
    (
        "HEALTHCHECK with flags over lines",
        "HEALTHCHECK --interval=5s \\\n    CMD a b\n",
        'HEALTHCHECK --interval=5s \\\n    CMD ["a", "b"]\n',
    ),
    ("HEALTHCHECK with exec", "HEALTHCHECK CMD exec a b\n", 'HEALTHCHECK CMD ["a", "b"]\n'),
    ("HEALTHCHECK with its CMD in lower case", "HEALTHCHECK cmd a b\n", 'HEALTHCHECK cmd ["a", "b"]\n'),
    ("ONBUILD", "ONBUILD CMD a b\n", 'ONBUILD CMD ["a", "b"]\n'),
    ("ONBUILD ENTRYPOINT", "ONBUILD ENTRYPOINT a b\n", 'ONBUILD ENTRYPOINT ["a", "b"]\n'),
    ("ONBUILD HEALTHCHECK", "ONBUILD HEALTHCHECK CMD a b\n", 'ONBUILD HEALTHCHECK CMD ["a", "b"]\n'),
    ("bash", 'SHELL ["/bin/bash", "-c"]\nCMD a b\n', 'SHELL ["/bin/bash", "-c"]\nCMD ["a", "b"]\n'),
    (
        "bash with pipefail",
        'SHELL ["/bin/bash", "-euo", "pipefail", "-c"]\nCMD a b\n',
        'SHELL ["/bin/bash", "-euo", "pipefail", "-c"]\nCMD ["a", "b"]\n',
    ),
    (
        "ash",
        'SHELL ["/bin/ash", "-eo", "pipefail", "-c"]\nENTRYPOINT a\n',
        'SHELL ["/bin/ash", "-eo", "pipefail", "-c"]\nENTRYPOINT ["a"]\n',
    ),
    (
        "the base image sets a shell that passes the same words",
        "FROM jupyter/base-notebook\nCMD a b\n",
        'FROM jupyter/base-notebook\nCMD ["a", "b"]\n',
    ),
]

WRAPPED = [
    (
        "a comment where the shell stays",
        "FROM nginx\nCMD nginx # a\n",
        'FROM nginx\nCMD ["/bin/sh", "-c", "exec nginx # a"]\n',
    ),
    (
        "a comment of an ENTRYPOINT that hides CMD",
        'ENTRYPOINT ./init # a\nCMD ["x"]\n',
        'ENTRYPOINT ["/bin/sh", "-c", "exec ./init # a"]\nCMD ["x"]\n',
    ),
    ("a variable", "CMD node --port $PORT\n", 'CMD ["/bin/sh", "-c", "exec node --port $PORT"]\n'),
    ("a variable in quotes", 'CMD a "$B"\n', 'CMD ["/bin/sh", "-c", "exec a \\"$B\\""]\n'),
    ("a substitution", "CMD a $(b c)\n", 'CMD ["/bin/sh", "-c", "exec a $(b c)"]\n'),
    ("backticks", "CMD a `b`\n", 'CMD ["/bin/sh", "-c", "exec a `b`"]\n'),
    ("arithmetic", "CMD a $((1+2))\n", 'CMD ["/bin/sh", "-c", "exec a $((1+2))"]\n'),
    ("a glob", "CMD java -jar /app/*.jar\n", 'CMD ["/bin/sh", "-c", "exec java -jar /app/*.jar"]\n'),
    ("a question mark", "CMD a b?\n", 'CMD ["/bin/sh", "-c", "exec a b?"]\n'),
    ("a bracket", "CMD a [b]\n", 'CMD ["/bin/sh", "-c", "exec a [b]"]\n'),
    ("a tilde", "CMD a ~/b\n", 'CMD ["/bin/sh", "-c", "exec a ~/b"]\n'),
    ("a tilde behind an equals sign", "CMD make a=~/b\n", 'CMD ["/bin/sh", "-c", "exec make a=~/b"]\n'),
    ("braces", "CMD a {b,c} {1..3}\n", 'CMD ["/bin/sh", "-c", "exec a {b,c} {1..3}"]\n'),
    ("a dollar sign alone", "CMD grep a$ b\n", 'CMD ["/bin/sh", "-c", "exec grep a$ b"]\n'),
    ("a redirect", "CMD a >> /log 2>&1\n", 'CMD ["/bin/sh", "-c", "exec a >> /log 2>&1"]\n'),
    ("a redirect first", "CMD >/log a b\n", 'CMD ["/bin/sh", "-c", ">/log exec a b"]\n'),
    ("an assignment", "CMD A=1 node b\n", 'CMD ["/bin/sh", "-c", "A=1 exec node b"]\n'),
    ("two assignments", "CMD A=$B C='d e' f\n", 'CMD ["/bin/sh", "-c", "A=$B C=\'d e\' exec f"]\n'),
    ("an assignment that only bash knows", "CMD A+=1 node b\n", 'CMD ["/bin/sh", "-c", "A+=1 node b"]\n'),
    ("an assignment alone", "CMD A=1\n", 'CMD ["/bin/sh", "-c", "A=1"]\n'),
    ("a list", "CMD a && b\n", 'CMD ["/bin/sh", "-c", "a && b"]\n'),
    ("a semicolon at the end", "CMD a b;\n", 'CMD ["/bin/sh", "-c", "a b;"]\n'),
    ("in the background", "CMD a & b\n", 'CMD ["/bin/sh", "-c", "a & b"]\n'),
    ("in the background alone", "CMD a &\n", 'CMD ["/bin/sh", "-c", "a &"]\n'),
    ("a pipeline", "CMD a | b\n", 'CMD ["/bin/sh", "-c", "a | b"]\n'),
    ("a subshell", "CMD (a b)\n", 'CMD ["/bin/sh", "-c", "(a b)"]\n'),
    ("a group", "CMD { a; b; }\n", 'CMD ["/bin/sh", "-c", "{ a; b; }"]\n'),
    ("a loop", "CMD while true; do a; done\n", 'CMD ["/bin/sh", "-c", "while true; do a; done"]\n'),
    ("a condition", "CMD if a; then b; fi\n", 'CMD ["/bin/sh", "-c", "if a; then b; fi"]\n'),
    ("a test", "CMD [ -f a ] && b\n", 'CMD ["/bin/sh", "-c", "[ -f a ] && b"]\n'),
    ("a test of strings", 'CMD [ "$A" = b ] && c\n', 'CMD ["/bin/sh", "-c", "[ \\"$A\\" = b ] && c"]\n'),
    ("a bang first", "CMD ! a\n", 'CMD ["/bin/sh", "-c", "! a"]\n'),
    ("a keyword of bash", "CMD time a b\n", 'CMD ["/bin/sh", "-c", "time a b"]\n'),
    ("a builtin", "CMD cd /app\n", 'CMD ["/bin/sh", "-c", "cd /app"]\n'),
    ("a quoted builtin", 'CMD "eval" a\n', 'CMD ["/bin/sh", "-c", "\\"eval\\" a"]\n'),
    ("a sourced file", "CMD . /env && a\n", 'CMD ["/bin/sh", "-c", ". /env && a"]\n'),
    ("printf differs from shell to shell", "CMD printf a\n", 'CMD ["/bin/sh", "-c", "printf a"]\n'),
    ("echo with an option", "CMD echo -n a\n", 'CMD ["/bin/sh", "-c", "echo -n a"]\n'),
    ("echo with an escape", "CMD echo 'a\\nb'\n", 'CMD ["/bin/sh", "-c", "echo \'a\\\\nb\'"]\n'),
    ("echo with a variable", "CMD echo $A\n", 'CMD ["/bin/sh", "-c", "echo $A"]\n'),
    ("a builtin with a comment", "CMD cd /a # b\n", 'CMD ["/bin/sh", "-c", "cd /a # b"]\n'),
    ("a variable and a comment", "CMD a $B # c\n", 'CMD ["/bin/sh", "-c", "exec a $B # c"]\n'),
    ("a job of bash", "CMD %1\n", 'CMD ["/bin/sh", "-c", "%1"]\n'),
    ("a program that a variable names", "CMD $A b\n", 'CMD ["/bin/sh", "-c", "$A b"]\n'),
    ("a program that a variable places", 'CMD "${A}/b"\n', 'CMD ["/bin/sh", "-c", "\\"${A}/b\\""]\n'),
    ("exec with a variable", "CMD exec a $B\n", 'CMD ["/bin/sh", "-c", "exec a $B"]\n'),
    ("exec with an option", "CMD exec -a b c\n", 'CMD ["/bin/sh", "-c", "exec -a b c"]\n'),
    ("exec alone", "CMD exec\n", 'CMD ["/bin/sh", "-c", "exec"]\n'),
    ("exec of a list", "CMD exec a $B || c\n", 'CMD ["/bin/sh", "-c", "exec a $B || c"]\n'),
    ("output to a process of bash", "CMD a >(b)\n", 'CMD ["/bin/sh", "-c", "a >(b)"]\n'),
    ("a list to all but bash", "CMD a &>b\n", 'CMD ["/bin/sh", "-c", "a &>b"]\n'),
    ("a backslash at the end", "CMD a \\\\\n", 'CMD ["a", "\\\\"]\n'),
    ("blanks in the script stay", "CMD a   $B\t c\n", 'CMD ["/bin/sh", "-c", "exec a   $B\\t c"]\n'),
    (
        "backslashes in the script",
        "CMD a $B \\\\ '\\'\n",
        'CMD ["/bin/sh", "-c", "exec a $B \\\\\\\\ \'\\\\\'"]\n',
    ),
    ("other letters in the script", "CMD grüße $B\n", 'CMD ["/bin/sh", "-c", "grüße $B"]\n'),
    (
        "lines of a script stay",
        'CMD set -e \\\n    && a \\\n    # why\n    && b "c"\n',
        'CMD ["/bin/sh", "-c", "set -e \\\n    && a \\\n    # why\n    && b \\"c\\""]\n',
    ),
    (
        "lines of a command stay",
        "CMD \\\n  a -p $B \\\n\n    -q\n",
        'CMD \\\n  ["/bin/sh", "-c", "exec a -p $B \\\n\n    -q"]\n',
    ),
    (
        "SHELL's own words",
        'SHELL ["/bin/bash", "-o", "pipefail", "-c"]\nCMD a $B\n',
        'SHELL ["/bin/bash", "-o", "pipefail", "-c"]\nCMD ["/bin/bash", "-o", "pipefail", "-c", "exec a $B"]\n',
    ),
    (
        "a login shell reads a profile",
        'SHELL ["/bin/bash", "--login", "-c"]\nCMD a b\n',
        'SHELL ["/bin/bash", "--login", "-c"]\nCMD ["/bin/bash", "--login", "-c", "a b"]\n',
    ),
    (
        "a shell that traces",
        'SHELL ["/bin/sh", "-xc"]\nCMD a $B\n',
        'SHELL ["/bin/sh", "-xc"]\nCMD ["/bin/sh", "-xc", "a $B"]\n',
    ),
    (
        "an option of bash",
        'SHELL ["bash", "-O", "extglob", "-c"]\nCMD a b\n',
        'SHELL ["bash", "-O", "extglob", "-c"]\nCMD ["bash", "-O", "extglob", "-c", "a b"]\n',
    ),
    (
        "bash with BASH_ENV",
        'ENV BASH_ENV=/env\nSHELL ["/bin/bash", "-c"]\nCMD a b\n',
        'ENV BASH_ENV=/env\nSHELL ["/bin/bash", "-c"]\nCMD ["/bin/bash", "-c", "a b"]\n',
    ),
    Row(
        "a later SHELL",
        'CMD a $B\nSHELL ["/bin/bash", "-c"]\n',
        'CMD ["/bin/sh", "-c", "exec a $B"]\nSHELL ["/bin/bash", "-c"]\n',
        without=FOREIGN,
    ),
    (
        "ONBUILD with the SHELL that the stage ends with",
        'ONBUILD CMD a $B\nSHELL ["/bin/bash", "-c"]\n',
        'ONBUILD CMD ["/bin/bash", "-c", "exec a $B"]\nSHELL ["/bin/bash", "-c"]\n',
    ),
    (
        "an ENTRYPOINT that hides CMD",
        'ENTRYPOINT ./init\nCMD ["x"]\n',
        'ENTRYPOINT ["/bin/sh", "-c", "exec ./init"]\nCMD ["x"]\n',
    ),
    (
        "an ENTRYPOINT that hides a CMD before it",
        "CMD x\nENTRYPOINT ./init a\n",
        'CMD ["x"]\nENTRYPOINT ["/bin/sh", "-c", "exec ./init a"]\n',
    ),
    (
        "an ENTRYPOINT that hides the CMD of a stage above",
        'FROM x AS a\nENTRYPOINT ./init\nFROM a\nCMD ["x"]\n',
        'FROM x AS a\nENTRYPOINT ["/bin/sh", "-c", "exec ./init"]\nFROM a\nCMD ["x"]\n',
    ),
    (
        "an ENTRYPOINT with exec that hides CMD",
        'ENTRYPOINT exec ./init\nCMD ["x"]\n',
        'ENTRYPOINT ["/bin/sh", "-c", "exec ./init"]\nCMD ["x"]\n',
    ),
    Row(
        "options for an ENTRYPOINT that never reads them",
        "ENTRYPOINT ./init\nCMD -x -y\n",
        'ENTRYPOINT ["/bin/sh", "-c", "exec ./init"]\nCMD ["-x", "-y"]\n',
        without={"onbuild": "a trigger's ENTRYPOINT is not this image's"},
    ),
    (
        "nginx as nginx's entrypoint knows it",
        "FROM nginx\nCMD nginx -g 'x;'\n",
        'FROM nginx\nCMD ["/bin/sh", "-c", "exec nginx -g \'x;\'"]\n',
    ),
    (
        "postgres of Hub, in full",
        f"FROM docker.io/library/postgres:16@{DIGEST}\nCMD postgres -c a=b\n",
        f'FROM docker.io/library/postgres:16@{DIGEST}\nCMD ["/bin/sh", "-c", "exec postgres -c a=b"]\n',
    ),
    (
        "a configuration file of redis",
        "FROM redis:7\nCMD /a.conf\n",
        'FROM redis:7\nCMD ["/bin/sh", "-c", "exec /a.conf"]\n',
    ),
    ("another program of nginx's image", "FROM nginx\nCMD ./start.sh\n", 'FROM nginx\nCMD ["./start.sh"]\n'),
    ("nginx of another base", "FROM debian\nCMD nginx\n", 'FROM debian\nCMD ["nginx"]\n'),
    (
        "nginx under an ENTRYPOINT of this file",
        'FROM nginx\nENTRYPOINT ["tini", "--"]\nCMD nginx -g x\n',
        'FROM nginx\nENTRYPOINT ["tini", "--"]\nCMD ["nginx", "-g", "x"]\n',
    ),
    (
        "an image that a build argument names",
        "ARG BASE=nginx:1.27\nFROM $BASE\nCMD nginx\n",
        'ARG BASE=nginx:1.27\nFROM $BASE\nCMD ["/bin/sh", "-c", "exec nginx"]\n',
    ),
    Row(
        "a script that only a shell runs",
        "COPY run.sh /\nCMD /run.sh a\n",
        'COPY run.sh /\nCMD ["/bin/sh", "-c", "exec /run.sh a"]\n',
        context={"run.sh": "echo hello\n"},
    ),
    Row(
        "a script with its #! line",
        "COPY run.sh /\nCMD /run.sh a\n",
        'COPY run.sh /\nCMD ["/run.sh", "a"]\n',
        context={"run.sh": SCRIPT},
    ),
    Row(
        "a program",
        "COPY run /\nCMD /run a\n",
        'COPY run /\nCMD ["/run", "a"]\n',
        context={"run": b"\x7fELF\x02\x01"},
    ),
    (
        "a script of this file that only a shell runs",
        "COPY <<EOF /run.sh\necho a\nEOF\nCMD /run.sh\n",
        'COPY <<EOF /run.sh\necho a\nEOF\nCMD ["/bin/sh", "-c", "exec /run.sh"]\n',
    ),
]


def under(entrypoint: str, cmd: str = "CMD a b", after: str = 'CMD ["a", "b"]') -> tuple[str, ...]:
    """A row's texts: a CMD under an ENTRYPOINT."""
    return (f"ENTRYPOINT {entrypoint}\n{cmd}\n", f"ENTRYPOINT {entrypoint}\n{after}\n")


UNDER = [
    ("tini", *under('["tini", "--"]')),
    ("tini by its path, with options", *under('["/sbin/tini", "-g", "-p", "SIGTERM", "--"]')),
    ("tini without dashes", *under('["tini"]')),
    ("dumb-init", *under('["dumb-init", "--single-child", "--rewrite", "15:2", "--"]')),
    ("env", *under('["/usr/bin/env", "A=1", "B=2"]')),
    ("gosu", *under('["gosu", "app"]')),
    ("tini and su-exec", *under('["tini", "--", "su-exec", "app:app"]')),
    (
        "a shell that never looks at it",
        *under('["/bin/sh", "-c", "set -e; exec c $D"]'),
    ),
    (
        "a variable under tini",
        *under('["tini", "--"]', "CMD a $B", 'CMD ["/bin/sh", "-c", "exec a $B"]'),
    ),
    (
        "a variable under a program that may look at it",
        *under('["/entrypoint.sh"]', "CMD a $B", 'CMD ["/bin/sh", "-c", "a $B"]'),
    ),
    (
        "a list under a program that may look at it",
        *under('["/entrypoint.sh"]', "CMD a && b", 'CMD ["/bin/sh", "-c", "a && b"]'),
    ),
    (
        "an ENTRYPOINT of the stage below",
        'FROM x AS a\nENTRYPOINT ["tini", "--"]\nFROM a\nCMD a b\n',
        'FROM x AS a\nENTRYPOINT ["tini", "--"]\nFROM a\nCMD ["a", "b"]\n',
    ),
    Row(
        "a script that ends in exec",
        'COPY e.sh /usr/local/bin/\nRUN chmod +x /usr/local/bin/e.sh\nENTRYPOINT ["/usr/local/bin/e.sh"]\nCMD a b\n',
        'COPY e.sh /usr/local/bin/\nRUN chmod +x /usr/local/bin/e.sh\nENTRYPOINT ["/usr/local/bin/e.sh"]\n'
        'CMD ["a", "b"]\n',
        context={"e.sh": SCRIPT},
    ),
    (
        "a script of this file that ends in exec",
        'COPY <<"EOF" /e.sh\n#!/bin/sh\nexec "$@"\nEOF\nENTRYPOINT ["/e.sh"]\nCMD a b\n',
        'COPY <<"EOF" /e.sh\n#!/bin/sh\nexec "$@"\nEOF\nENTRYPOINT ["/e.sh"]\nCMD ["a", "b"]\n',
    ),
    Row(
        "a script of a folder, started by a shell",
        'WORKDIR /app\nCOPY . .\nENTRYPOINT ["sh", "bin/e.sh"]\nCMD a b\n',
        'WORKDIR /app\nCOPY . .\nENTRYPOINT ["sh", "bin/e.sh"]\nCMD ["a", "b"]\n',
        context={"bin/e.sh": 'exec gosu app "$@"\n'},
    ),
]

UNSAFE = [
    Row(
        "strings of an array that touch",
        'CMD ["b""a b"\'c\'"d"]\n',
        'CMD ["b", "a b", "c", "d"]\n',
        says="JSON array that it looks like",
    ),
    Row(
        "one string beside a CMD",
        'ENTRYPOINT "java -jar a.jar"\nCMD ["-x"]\n',
        'ENTRYPOINT ["java", "-jar", "a.jar"]\nCMD ["-x"]\n',
        says="and CMD its arguments",
    ),
    Row(
        "an array beside a CMD",
        "ENTRYPOINT ['a']\nCMD [\"-x\"]\n",
        'ENTRYPOINT ["a"]\nCMD ["-x"]\n',
        says="and CMD its arguments",
    ),
    ("options with a comment", "CMD -x # y\n", '# y\nCMD ["-x"]\n'),
    Row(
        "a comment of the shell, under a program",
        'ENTRYPOINT ["a"]\nCMD b # c\n',
        'ENTRYPOINT ["a"]\n# c\nCMD ["b"]\n',
        says="which now gets a shell and a script; the comment",
    ),
    ("one string", 'CMD "node app.js"\n', 'CMD ["node", "app.js"]\n'),
    (
        "one string in ENTRYPOINT",
        "ENTRYPOINT 'java -jar \"a b.jar\"'\n",
        'ENTRYPOINT ["java", "-jar", "a b.jar"]\n',
    ),
    ("one string over lines", 'CMD "node \\\n  app.js"\n', 'CMD ["node", \\\n  "app.js"]\n'),
    ("one string that takes a shell", "CMD 'a && b $C'\n", 'CMD ["/bin/sh", "-c", "a && b $C"]\n'),
    ("one string and its comment", 'CMD "node app.js" # start\n', '# start\nCMD ["node", "app.js"]\n'),
    ("an array in single quotes", "CMD ['a', 'b c']\n", 'CMD ["a", "b c"]\n'),
    (
        "an array in single quotes, of HEALTHCHECK",
        "HEALTHCHECK CMD ['a', 'b']\n",
        'HEALTHCHECK CMD ["a", "b"]\n',
    ),
    ("an array with a comma at its end", 'CMD ["a", "b", ]\n', 'CMD ["a", "b"]\n'),
    ("an array with a comment", 'CMD ["a", "b"] # start\n', '# start\nCMD ["a", "b"]\n'),
    ("an empty array with a comment", "ENTRYPOINT [] # none\n", "# none\nENTRYPOINT []\n"),
    ("an indented array with a comment", '  CMD ["a"]\t# start\n', '  # start\n  CMD ["a"]\n'),
    ("an array without quotes", "CMD [a, b-c]\n", 'CMD ["a", "b-c"]\n'),
    ("an array of one without quotes", "CMD [bash]\n", 'CMD ["bash"]\n'),
    ("an array with curly quotes", "CMD [“a”, \u2018b\u2019]\n", 'CMD ["a", "b"]\n'),
    ("an array without commas", 'CMD ["a" "b"]\n', 'CMD ["a", "b"]\n'),
    ("an array without its bracket", 'CMD ["a", "b"\n', 'CMD ["a", "b"]\n'),
    (
        "an array with an escape that JSON lacks",
        'CMD ["a\\d", "b\\n\\u00e9"]\n',
        'CMD ["a\\\\d", "b\\n\\u00e9"]\n',
    ),
    ("an array with a no-break space", 'CMD ["a",\u00a0"b"]\n', 'CMD ["a", "b"]\n'),
    ("an array over lines", "CMD ['a', \\\n  # c\n  'b']\n", 'CMD ["a", \\\n  # c\n  "b"]\n'),
    ("a comment of the shell", "CMD python app.py  # start\n", '# start\nCMD ["python", "app.py"]\n'),
    ("options for the base image's entrypoint", "CMD -x y\n", 'CMD ["-x", "y"]\n'),
    ("a quoted option", "CMD '-x' y\n", 'CMD ["-x", "y"]\n'),
    ("an option in ENTRYPOINT", "ENTRYPOINT +x\n", 'ENTRYPOINT ["+x"]\n'),
    ("under a program", *under('["python"]', "CMD app.py", 'CMD ["app.py"]')),
    ("under a script that cannot be seen", *under('["/entrypoint.sh"]')),
    ("under tini with an option that is not known", *under('["tini", "-x", "--"]')),
    ("under tini that lacks a value", *under('["tini", "-p"]')),
    ("under env with an option", *under('["env", "-i"]')),
    ("an assignment under env", *under('["env"]', "CMD 'A=1' b", 'CMD ["A=1", "b"]')),
    ("under gosu without a user", *under('["gosu"]')),
    ("under a shell that looks at it", *under('["/bin/sh", "-c", "exec x \\"$@\\""]')),
    ("under a shell that looks at $0", *under('["/bin/sh", "-c", "exec x $0"]')),
    ("under a shell without a script", *under('["/bin/sh", "-c"]')),
    Row(
        "under a script that looks at it",
        'COPY e.sh /e.sh\nENTRYPOINT ["/e.sh"]\nCMD a b\n',
        'COPY e.sh /e.sh\nENTRYPOINT ["/e.sh"]\nCMD ["a", "b"]\n',
        context={"e.sh": '#!/bin/sh\n[ "$1" = a ] && init\nexec "$@"\n'},
        says="arguments of `/e.sh`",
    ),
    (
        "under a script of this file that looks at it",
        'COPY <<"EOF" /e.sh\n#!/bin/sh\nexec app "$@"\nEOF\nENTRYPOINT ["/e.sh"]\nCMD a b\n',
        'COPY <<"EOF" /e.sh\n#!/bin/sh\nexec app "$@"\nEOF\nENTRYPOINT ["/e.sh"]\nCMD ["a", "b"]\n',
    ),
    Row(
        "under a script that is changed",
        'COPY e.sh /e.sh\nRUN sed -i s/a/b/ /e.sh\nENTRYPOINT ["/e.sh"]\nCMD a b\n',
        'COPY e.sh /e.sh\nRUN sed -i s/a/b/ /e.sh\nENTRYPOINT ["/e.sh"]\nCMD ["a", "b"]\n',
        context={"e.sh": SCRIPT},
    ),
]

test_left_alone, test_mended, test_unsafe = suite(
    HOOK,
    LEFT_ALONE,
    [*WORDS, *WRAPPED, *UNDER],
    UNSAFE,
    without={"other-escape": "a backtick as escape character says Windows"},
)


COMMANDS = st.builds(
    "{}{} {}".format,
    st.sampled_from(["", "", "", "exec ", "A=1 ", ">o ", "cd . && ", "! "]),
    st.sampled_from(["x", "'x'", "./y", "echo", "true", "nosuch", "$X"]),
    st.lists(
        st.sampled_from(
            [
                "a",
                "'b c'",
                '"d  e"',
                "\\f",
                "''",
                '"\\$A \\" \\\\ \\n"',
                "$A",
                '"$A"',
                "*",
                "~",
                "{}",
                "{a,b}",
                "é",
                "# c",
                ">o",
                "2>&1",
                "| cat",
                "; x",
                "&& x b",
                "|| x",
                "\\\n",
                "\\\n  # c\n  ",
                "'g \\\n h'",
                "-n",
                "=",
                "a=~",
                ";",
            ]
        ),
        max_size=5,
    ).map(" ".join),
)


@settings(max_examples=150)
@given(COMMANDS)
def test_the_container_starts_the_same(tmp_path_factory: pytest.TempPathFactory, command: str) -> None:
    text = f"FROM a\nCMD {command}\n"
    before = parse(text)
    assume(not before.problems and len(before.instructions) == 2)
    result = mend_text(text, Settings((HOOK,)), None, BuildContext(None))
    assert not result.problems
    after = parse(result.text).instructions[1].json
    assume(after is not None)
    folder = tmp_path_factory.mktemp("container")
    for name in ("x", "y"):
        (folder / name).write_text('#!/bin/sh\nprintf \'<%s>\' "${0##*/}" "A=$A" "$@"\n[ $# -lt 3 ]\n')
        (folder / name).chmod(0o755)
    started = started_by(("/bin/sh", "-c", before.instructions[1].args.text), folder)
    assert started_by(after or (), folder) == started, result.text


def started_by(argv: tuple[str, ...], folder: Path) -> tuple[int, bytes, list[str]]:
    env = {"PATH": f"{folder}:/usr/bin:/bin", "HOME": "/root", "A": "1 2", "X": "x"}
    (folder / "o").unlink(missing_ok=True)
    try:
        done = subprocess.run(
            argv, capture_output=True, cwd=folder, env=env, stdin=subprocess.DEVNULL, timeout=20
        )
    except FileNotFoundError:
        return 127, b"", sorted(os.listdir(folder))
    out = b"" if b"not found" in done.stdout else done.stdout
    return done.returncode, out, sorted(os.listdir(folder))


@settings(max_examples=300)
@given(TEXTS, st.booleans())
def test_any_text_is_mended_as_declared(text: str, unsafe: bool) -> None:
    result = mend_text(text, Settings((HOOK,), unsafe=unsafe), None, BuildContext(None))
    assert not [problem for problem in result.problems if HOOK.name in problem.message]
    again = mend_text(result.text, Settings((HOOK,), unsafe=unsafe), None, BuildContext(None))
    assert again.text == result.text


@pytest.mark.parametrize(
    "line", ["CMD a b", "CMD /a $B", "HEALTHCHECK CMD ./a", "ENTRYPOINT a && b", "CMD ['a']", "ONBUILD CMD a"]
)
@pytest.mark.slow
def test_time_is_linear(line: str, tmp_path: Path) -> None:
    def seconds(lines: int) -> float:
        text = "FROM a\nWORKDIR /\n" + "COPY a /\n" * (lines // 10) + f"{line}\n" * lines
        doc = parse(text)
        start = time.process_time()
        assert sum(1 for _ in HOOK.check(doc, Context(None, BuildContext(str(tmp_path)), {}))) == lines
        return time.process_time() - start

    assert min(seconds(1600) for _ in range(3)) < 30 * min(seconds(200) for _ in range(3)) + 0.5


@pytest.mark.parametrize(
    "text",
    ["CMD " + "a " * 60_000 + "\n", "CMD " + "a \\\n " * 50_000 + "b\n", "CMD '" + "a\\\n" * 30_000 + "'\n"],
)
def test_a_long_command_is_read_or_left(text: str) -> None:
    result = mend_text("FROM x\n" + text, Settings((HOOK,)), None, BuildContext(None))
    assert result.mended or result.findings or result.problems


def test_the_command_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text("FROM a\nCMD b\n")
    monkeypatch.setattr("sys.argv", ["dockmend-exec-form", str(file)])
    assert main() == 0
    assert file.read_text() == 'FROM a\nCMD ["b"]\n'


def command(written: str, name: str = "command") -> str:
    return f"services:\n  a:\n    image: a:1\n    {name}: {written}\n"


test_compose_left_alone, test_compose_mended, test_compose_unsafe = compose_harness.suite(
    HOOK,
    [
        Row("words", command("gunicorn -w 4 app:app"), says=""),
        Row("a list", command('["sh", "-c", "a && b"]'), says=""),
        Row("a list of words", command('["a", "&&", "b"]'), says=""),
        Row("a shell", command("sh -c 'a && b; c > d'"), says=""),
        Row("operators in quotes", command("""a "b && c" d\\;e"""), says=""),
        Row("a variable of Compose", command("a ${B:-c}"), says=""),
        Row("nothing", command(""), says=""),
        Row("over several lines", command("|\n      a &&\n      b"), says="written over several lines"),
    ],
    [
        Row(
            "in a Dockerfile within",
            "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM a\n        CMD node $$A\n",
            'services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM a\n        CMD ["/bin/sh", "-c", "exec node $$A"]\n',
        ),
    ],
    [
        Row(
            "a list of commands",
            command("npm install && npm start  # both"),
            command('["/bin/sh", "-c", "npm install && npm start"]  # both'),
            says="drops it from `&&` on",
        ),
        Row("quoted", command("'a | b'"), command('["/bin/sh", "-c", "a | b"]'), says="from `|` on"),
        Row("quotes within", command('a "b" > c'), command('["/bin/sh", "-c", "a \\"b\\" > c"]')),
        Row("a variable of the shell", command("a $$B; c"), command('["/bin/sh", "-c", "a $$B; c"]')),
        Row(
            "an entrypoint", command("a; b", "entrypoint"), command('["/bin/sh", "-c", "a; b"]', "entrypoint")
        ),
    ],
    aside=compose_harness.without("command", "entrypoint", "dockerfile_inline"),
)
