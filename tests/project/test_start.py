from __future__ import annotations

from pathlib import Path

import pytest

from dockmend._dockerfile.parser import parse
from dockmend._project import servers, start
from dockmend._project.context import BuildContext
from dockmend._project.start import Run

NOWHERE = BuildContext(None)


def read(text: str, build: BuildContext = NOWHERE) -> start.Start:
    doc = parse(f"FROM debian:12\n{text}")
    assert not doc.problems
    return start.read(doc, doc.stages[-1], build)


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("", []),
        ("CMD []\n", []),
        ('CMD ["python", "app.py"]\n', ["python app.py"]),
        ('ENTRYPOINT ["python"]\nCMD ["app.py"]\n', ["python app.py"]),
        ("CMD python app.py\n", ["python app.py"]),
        ("CMD cd /srv && exec python app.py\n", ["cd /srv", "python app.py"]),
        ('CMD ["sh", "-c", "exec python app.py --port $PORT"]\n', ["python app.py --port $PORT"]),
        ('ENTRYPOINT python app.py\nCMD ["x"]\n', ["python app.py"]),
        (
            'ENTRYPOINT ["tini", "--", "env", "A=1", "gosu", "app"]\nCMD ["python", "app.py"]\n',
            ["python app.py"],
        ),
        ('ENTRYPOINT ["tini", "--"]\nCMD python app.py\n', ["python app.py"]),
        ('CMD ["poetry", "run", "gunicorn", "a"]\n', ["gunicorn a"]),
        ('CMD ["uv", "run", "--with", "x", "--no-sync", "python", "-m", "uvicorn", "a"]\n', ["uvicorn a"]),
        ('CMD ["poetry", "install"]\n', ["poetry install"]),
        ('CMD ["uv", "run", "--help"]\n', ["uv run --help"]),
        ('CMD ["npx", "next", "start"]\n', ["next start"]),
        ('CMD ["python", "-c", "print(1)"]\n', ["python -c print(1)"]),
        ('CMD ["bash"]\n', ["bash"]),
        ('CMD ["bash", "-x", "/run.sh", "a"]\n', ["bash -x /run.sh a"]),
        ('ENTRYPOINT ["/docker-entrypoint.sh"]\nCMD ["nginx"]\n', ["/docker-entrypoint.sh nginx", "nginx"]),
        ('CMD ["./wait-for-it.sh", "db:1", "--", "app"]\n', ["./wait-for-it.sh db:1 -- app", "app"]),
    ],
)
def test_runs(text: str, runs: list[str]) -> None:
    assert [" ".join(run.words) for run in read(text).runs] == runs


@pytest.mark.parametrize(
    ("text", "unseen"),
    [
        ('COPY tests.sh /usr/bin/tests\nCMD ["/usr/bin/tests"]\n', "/usr/bin/tests"),
        ('COPY tests.sh /usr/bin/other\nCMD ["/usr/bin/tests"]\n', None),
        ('COPY a.sh b.sh /srv/\nCMD ["/srv/a"]\n', None),
        ('CMD ["python", "app.py"]\n', None),
        ('CMD ["/run.sh"]\n', "/run.sh"),
        ("CMD sh /srv/x\n", "/srv/x"),
        ("CMD if x; then\n", "CMD"),
        ('ENTRYPOINT ["start-app"]\n', "start-app"),
    ],
)
def test_unseen(text: str, unseen: str | None) -> None:
    assert read(text).unseen == unseen


def test_scripts_that_the_context_shows(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "entrypoint.sh").write_text('#!/bin/bash\nset -e\n. /env.sh\nexec gosu app "$@"\n')
    (tmp_path / "run.sh").write_text("#!/usr/bin/env bash\nfor i in 1 2; do ./loop.sh; done\n")
    (tmp_path / "loop.sh").write_text("#!/bin/sh\n./loop.sh &\nserver --port ${PORT:-80}\n")
    begun = read(
        'WORKDIR /srv\nCOPY bin/ /usr/local/bin/\nCOPY *.sh ./\nENTRYPOINT ["entrypoint.sh"]\nCMD ["./run.sh", "x"]\n',
        BuildContext(str(tmp_path)),
    )
    assert [run.words for run in begun.runs][:2] == [("set", "-e"), (".", "/env.sh")]
    assert ("server", "--port", "${PORT:-80}") in [run.words for run in begun.runs]
    assert {script.name for script in begun.scripts} == {"entrypoint.sh", "./run.sh", "./loop.sh"}
    assert {"gosu", "app"} <= begun.mentions
    assert begun.unseen is None


@pytest.mark.parametrize(
    ("command", "server"),
    [
        ("gunicorn app:app", ("http", 8000, False)),
        ("gunicorn -b :8080 a", ("http", 8080, True)),
        ("gunicorn -b0.0.0.0:80 a", ("http", 80, True)),
        ("gunicorn --bind=[::]:$WEB a", ("http", 9000, True)),
        ("gunicorn --bind unix:/x.sock a", ("http", None, True)),
        ("gunicorn --certfile x a", ("tcp", 8000, False)),
        ("uvicorn a --port ${NONE:-81}", ("http", 81, True)),
        ("uvicorn a --port $NONE", ("http", None, True)),
        ("uvicorn a --port 99999", ("http", None, True)),
        ("flask --app x run", ("http", 5000, False)),
        ("flask db upgrade", None),
        ("python3.12 manage.py runserver 0.0.0.0:8001", ("http", 8001, True)),
        ("./manage.py runserver --noreload", ("http", 8000, False)),
        ("http.server 9001 --bind 0.0.0.0", ("page", 9001, True)),
        ("php -S 0.0.0.0:82 -t public", ("http", 82, True)),
        ("php artisan serve --port=83", ("http", 83, True)),
        ("php-fpm8.2 -F", ("tcp", 9000, False)),
        ("apache2 -D FOREGROUND", ("page", 80, False)),
        ("puma -b tcp://0.0.0.0:3001", ("http", 3001, True)),
        ("streamlit run a.py --server.port=84", ("page", 84, True)),
        ("next start", ("page", 3000, False)),
        ("node server.js", ("tcp", None, False)),
        ("node", None),
        ("sleep 1", None),
    ],
)
def test_servers(command: str, server: tuple[str, int | None, bool] | None) -> None:
    instruction = parse("FROM a\n").instructions[0]
    found = servers.find(Run(tuple(command.split()), instruction), {"WEB": "9000", "NONE": None})
    assert (found and found[1:]) == server


def test_the_variable_of_a_server() -> None:
    instruction = parse("FROM a\n").instructions[0]
    assert servers.find(Run(("node", "a.js"), instruction), {"PORT": "7000"}) == ("node", "tcp", 7000, True)
