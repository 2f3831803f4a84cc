from __future__ import annotations

import itertools

import pytest

from dockmend import entrypoint_cmd, exec_form
from dockmend._engine.mend import mend_text
from dockmend._project.context import BuildContext
from dockmend.entrypoint_cmd import HOOK
from harness import Row, settings_for, suite

HIDES = "the shell of ENTRYPOINT drops it"

LEFT_ALONE = [
    Row("one of each", 'ENTRYPOINT ["gunicorn", "app:app"]\nCMD ["--reload"]\nHEALTHCHECK NONE\n', says=""),
    Row("a parent stage can be a target", 'FROM debian:12 AS a\nCMD ["a"]\nFROM a\nCMD ["b"]\n', says=""),
    Row("exec-form goes first", 'ENTRYPOINT "java -jar a.jar"\nCMD ["-x"]\n', says=""),
    Row("another stage", 'FROM debian:12\nCMD ["a"]\nFROM debian:12\nCMD ["b"]\n', says=""),
    Row("a trigger is for another build", 'ONBUILD CMD ["a"]\nCMD ["b"]\nONBUILD CMD ["c"]\n', says=""),
    Row("CMD before ENTRYPOINT stays", 'CMD ["--reload"]\nENTRYPOINT ["gunicorn", "app:app"]\n', says=""),
    Row(
        "a linter's comment would slip down",
        '# hadolint ignore=DL3025\nCMD python debug.py\nCMD ["python", "app.py"]\n',
        says="would speak of what follows",
    ),
    Row(
        "a linter's comment at the top of the block",
        '# dockmend: ignore[exec-form] for now\n# start\nCMD python debug.py\nCMD ["python", "app.py"]\n',
        says="would speak of what follows",
    ),
    Row(
        "a linter's comment inside",
        'CMD ["python", \\\n    # hadolint ignore=DL3025\n    "debug.py"]\nCMD ["python", "app.py"]\n',
        says="would speak of what follows",
    ),
    Row("a hidden CMD that may be a command", 'ENTRYPOINT python app.py\nCMD ["cron", "-f"]\n', says=HIDES),
    Row("a hidden CMD in shell form", "ENTRYPOINT python app.py\nCMD cron -f\n", says=HIDES),
    Row("a hiding ENTRYPOINT with a variable", 'ENTRYPOINT python $APP\nCMD ["--reload"]\n', says=HIDES),
    Row("a hiding ENTRYPOINT on two lines", 'ENTRYPOINT python \\\n  app.py\nCMD ["--reload"]\n', says=HIDES),
    Row("a hiding ENTRYPOINT with a comment", 'ENTRYPOINT python app.py # x\nCMD ["--reload"]\n', says=HIDES),
    Row(
        "a hiding ENTRYPOINT of the stage below",
        'FROM debian:12 AS a\nENTRYPOINT python app.py\nFROM a\nCMD ["--reload"]\n',
        says="another stage's",
    ),
    Row(
        "a shell that reads its arguments",
        'ENTRYPOINT ["sh", "-c", "python $0 $@"]\nCMD ["app.py"]\n',
        says="",
    ),
    Row("a script as ENTRYPOINT", 'ENTRYPOINT ["./entrypoint.sh"]\nCMD python app.py\n', says=""),
    Row("a program that starts another", 'ENTRYPOINT ["tini", "--"]\nCMD python app.py\n', says=""),
    Row("a program that is not known", 'ENTRYPOINT ["/usr/bin/acme"]\nCMD python app.py\n', says=""),
    Row("arguments with a comment", 'ENTRYPOINT ["python"]\nCMD app.py # x\n', says="cannot be told"),
    Row("arguments of a stage below", 'FROM debian:12 AS a\nCMD a\nFROM a\nENTRYPOINT ["python"]\n', says=""),
    Row("arguments with a variable", 'ENTRYPOINT ["python"]\nCMD $APP\n', says="cannot be told"),
    Row(
        "arguments in a shell's array",
        'ENTRYPOINT ["python"]\nCMD ["/bin/sh", "-c", "app.py"]\n',
        says="gets",
    ),
    Row(
        "arguments in another shell", 'SHELL ["fish", "-c"]\nENTRYPOINT ["python"]\nCMD app.py\n', says="gets"
    ),
    Row("empty CMD", 'ENTRYPOINT ["python", "app.py", "--port", "80"]\nCMD []\n', says=""),
    Row("an ENTRYPOINT with its script", 'ENTRYPOINT ["python", "app.py"]\n', says=""),
    Row("an option that is no default", 'ENTRYPOINT ["python", "app.py", "--config", "/x.yml"]\n', says=""),
    Row("an option before the script", 'ENTRYPOINT ["gunicorn", "-b", ":80", "app:app"]\n', says=""),
    Row("an option without its value", 'ENTRYPOINT ["python", "app.py", "--port"]\n', says=""),
    Row("options of another program", 'ENTRYPOINT ["acme", "serve", "--port", "80"]\n', says=""),
    Row(
        "defaults on two lines",
        'ENTRYPOINT ["python", "app.py", \\\n  "--port", "80"]\n',
        says="several lines",
    ),
    Row("Windows", "FROM mcr.microsoft.com/windows/nanoserver:1809\nENTRYPOINT app\nCMD x\n", says=""),
]

MENDED = [
    Row("the last CMD counts", 'CMD ["a"]\nEXPOSE 80\nCMD ["b"]\n', 'EXPOSE 80\nCMD ["b"]\n'),
    Row("three of them", 'CMD a\ncmd ["b"]\nCMD ["c"]\n', 'CMD ["c"]\n', says="overrides it"),
    Row("ENTRYPOINT", 'ENTRYPOINT ["a"]\nENTRYPOINT ["b"]\n', 'ENTRYPOINT ["b"]\n'),
    Row(
        "HEALTHCHECK, switched off in the end",
        "HEALTHCHECK --interval=5s CMD curl localhost\nHEALTHCHECK NONE\n",
        "HEALTHCHECK NONE\n",
    ),
    Row("an empty CMD counts too", 'CMD ["a"]\nCMD []\n', "CMD []\n"),
    Row(
        "comments and blank lines stay",
        '# first\nCMD ["a", \\\n    # inner\n\n    "b"]\n# second\nCMD ["c"]\n',
        '# first\n    # inner\n# second\nCMD ["c"]\n',
    ),
    Row(
        "CMD around an ENTRYPOINT",
        'CMD ["a"]\nENTRYPOINT ["tini", "--"]\nCMD ["b"]\n',
        'ENTRYPOINT ["tini", "--"]\nCMD ["b"]\n',
    ),
    Row(
        "each stage by itself",
        'FROM debian:12 AS a\nCMD ["a"]\nCMD ["b"]\nFROM a\nCMD ["c"]\n',
        'FROM debian:12 AS a\nCMD ["b"]\nFROM a\nCMD ["c"]\n',
    ),
    Row(
        "the article's pair, after another ENTRYPOINT",
        'CMD ["python", "manage.py"]\nENTRYPOINT ["gunicorn", "config.wsgi", "-w", "4"]\n'
        'ENTRYPOINT ["gunicorn", "config.wsgi", "-w"]\nCMD ["4"]\n',
        'ENTRYPOINT ["gunicorn", "config.wsgi", "-w"]\nCMD ["4"]\n',
    ),
]

UNSAFE = [
    Row(
        "options in CMD for an ENTRYPOINT in a shell",
        'ENTRYPOINT python app.py\nCMD ["--port", "80"]\n',
        'ENTRYPOINT ["python", "app.py"]\nCMD ["--port", "80"]\n',
        says=HIDES,
    ),
    Row(
        "options in a shell for an ENTRYPOINT in a shell",
        "ENTRYPOINT /opt/scan\nCMD -Dbase=/opt/code -X\n",
        'ENTRYPOINT ["/opt/scan"]\nCMD ["-Dbase=/opt/code", "-X"]\n',
        says=HIDES,
    ),
    Row(
        "an ENTRYPOINT as exec-form leaves it",
        'ENTRYPOINT ["/bin/sh", "-c", "exec python app.py"]\nCMD ["--port", "80"]\n',
        'ENTRYPOINT ["python", "app.py"]\nCMD ["--port", "80"]\n',
    ),
    Row(
        "a script that a shell starts",
        'ENTRYPOINT /docker-entrypoint.sh\nCMD ["nginx"]\n',
        'ENTRYPOINT ["/docker-entrypoint.sh"]\nCMD ["nginx"]\n',
    ),
    Row(
        "an ENTRYPOINT that CMD comes before",
        'CMD ["--port", "80"]\nENTRYPOINT exec python app.py\n',
        'CMD ["--port", "80"]\nENTRYPOINT ["python", "app.py"]\n',
    ),
    Row(
        "a shell form for a program's arguments",
        'ENTRYPOINT ["python3.12"]\nCMD app.py --port 80\n',
        'ENTRYPOINT ["python3.12"]\nCMD ["app.py", "--port", "80"]\n',
        says="gets `/bin/sh -c …`",
    ),
    Row(
        "options that look like defaults",
        'ENTRYPOINT ["python", "app.py", "--port", "8000"]\n',
        'ENTRYPOINT ["python", "app.py"]\nCMD ["--port", "8000"]\n',
        says="look like defaults, `--port 8000`",
    ),
    Row(
        "the article's gunicorn, all of it in ENTRYPOINT",
        'ENTRYPOINT ["gunicorn", "config.wsgi", "-w", "4"]\n',
        'ENTRYPOINT ["gunicorn", "config.wsgi"]\nCMD ["-w", "4"]\n',
    ),
    Row(
        "defaults written with blanks and an indent",
        '  ENTRYPOINT [ "uvicorn", "main:app" , "--host=::", "--reload" ]\n',
        '  ENTRYPOINT [ "uvicorn", "main:app"]\n  CMD ["--host=::", "--reload"]\n',
    ),
]

test_left_alone, test_mended, test_unsafe = suite(
    HOOK,
    LEFT_ALONE,
    MENDED,
    UNSAFE,
    {"onbuild": "a trigger is none of its stage's", "other-escape": "the backtick marks a file for Windows"},
)


@pytest.mark.parametrize("before", [row.before for row in (*LEFT_ALONE, *MENDED, *UNSAFE)])
@pytest.mark.parametrize("unsafe", [False, True])
def test_settles_alike_with_exec_form(before: str, unsafe: bool) -> None:
    hooks = entrypoint_cmd.HOOK, exec_form.HOOK
    texts = set()
    build = BuildContext(None)
    for order in itertools.permutations(hooks):
        text = before if "FROM" in before else f"FROM debian:12\n{before}"
        result = mend_text(text, settings_for(*order, unsafe=unsafe), None, build)
        assert not result.problems
        texts.add(result.text)
        for hook in (*order, *order):
            text = mend_text(text, settings_for(hook, unsafe=unsafe), None, build).text
        texts.add(text)
    assert len(texts) == 1
