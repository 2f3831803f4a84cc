"""Servers among what a container starts, and where each listens by its own documentation.

Gunicorn https://docs.gunicorn.org/en/stable/settings.html#bind, Uvicorn https://www.uvicorn.org/settings/,
Flask https://flask.palletsprojects.com/en/stable/cli/, Django https://docs.djangoproject.com/en/stable/ref/django-admin/,
Flask-Script https://flask-script.readthedocs.io/en/latest/#default-commands,
and the manual of each program else.
"""

from __future__ import annotations

import posixpath

from dockmend._project.images import TCP
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dockmend._project.start import Run

# Program, and its operand | protocol | port by default | options that tell it, `.` for an operand | variable
_TABLE = """
gunicorn                | http | 8000 | -b --bind       | PORT
uvicorn                 | http | 8000 | --port          | UVICORN_PORT
hypercorn               | http | 8000 | -b --bind
granian                 | http | 8000 | --port          | GRANIAN_PORT
daphne                  | http | 8000 | -p --port
waitress-serve          | http | 8080 | --port --listen
uwsgi                   | http |      | --http --http-socket --http11-socket
flask run               | http | 5000 | -p --port       | FLASK_RUN_PORT
fastapi run             | http | 8000 | --port
fastapi dev             | http | 8000 | --port
streamlit run           | page | 8501 | --server.port   | STREAMLIT_SERVER_PORT
manage.py runserver     | http | 8000 | .
Flask-Script            | http | 5000 | -p --port
django-admin runserver  | http | 8000 | .
http.server             | page | 8000 | .
jupyter                 | page | 8888 | --port
jupyter-lab             | page | 8888 | --port
jupyter-notebook        | page | 8888 | --port
jupyterhub              | page | 8000 | --port
nginx                   | page | 80
openresty               | page | 80
httpd                   | page | 80
httpd-foreground        | page | 80
apache2                 | page | 80
apache2ctl              | page | 80
apachectl               | page | 80
apache2-foreground      | page | 80
lighttpd                | page | 80
caddy                   | page | 80
php-fpm                 | tcp  | 9000
php -S                  | http |      | -S
artisan serve           | http | 8000 | --port
rails server            | http | 3000 | -p --port       | PORT
rails s                 | http | 3000 | -p --port       | PORT
puma                    | http | 9292 | -p --port -b --bind | PORT
rackup                  | http | 9292 | -p --port
unicorn                 | http | 8080 | -p --port -l --listen
thin start              | http | 3000 | -p --port
next start              | page | 3000 | -p --port       | PORT
http-server             | page | 8080 | -p --port       | PORT
serve                   | page | 3000 | -l --listen -p  | PORT
catalina.sh run         | http | 8080
redis-server            | tcp  | 6379 | --port
mongod                  | tcp  | 27017 | --port
mysqld                  | tcp  | 3306 | -P --port
mysqld_safe             | tcp  | 3306 | -P --port
mariadbd                | tcp  | 3306 | -P --port
postgres                | tcp  | 5432 | -p
memcached               | tcp  | 11211 | -p --port
rabbitmq-server         | tcp  | 5672
sshd                    | tcp  | 22   | -p
node                    | tcp  |      | | PORT
dotnet                  | tcp  |      | --urls          | ASPNETCORE_URLS
"""

_POSITIONAL = "."
# Its runserver has options where Django's has an operand, and -h is Django's --help.
_FLASK_SCRIPT = regex(r"(?:-h|-p|--host|--port)(?:\Z|=|(?<=-p)[0-9])")
_INTERPRETER = regex(r"(?:python|php|ruby)[0-9.]*")
_DIGITS = frozenset("0123456789.")
_VERSION = regex(r"(?<=[a-z])[0-9.]+\Z")
_SECURE = ("--cert", "--keyfile", "--key-file", "--ssl", "--https")
_DEFAULTED = regex(r"\$\{([A-Za-z_][A-Za-z0-9_]*):?-([^${}]*)\}")
_VARIABLE = regex(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))")
_PORT = regex(r"(?:.*:)?([0-9]{1,5})/?")
_ADDRESS = regex(r"(?:[\w.\[\]:-]*:)?(?:[0-9]{1,5}|\$\{?[A-Za-z_]\w*(?::?-[0-9]*)?\}?)")


class Server(NamedTuple):
    """A server that a container starts.

    `port` is where it listens, None where that cannot be told; `told` whether the command or a variable
    says so, rather than its default. `protocol` is PAGE or HTTP, or TCP where no more can be told.
    """

    name: str
    protocol: str
    port: int | None
    told: bool


class _Row(NamedTuple):
    words: tuple[str, ...]
    protocol: str
    port: int | None
    options: tuple[str, ...]
    variable: str


def _rows() -> Iterator[_Row]:
    for line in _TABLE.strip().split("\n"):
        words, protocol, port, options, variable = [*(cell.strip() for cell in line.split("|")), "", "", ""][
            :5
        ]
        yield _Row(
            tuple(words.split()), protocol, int(port) if port else None, tuple(options.split()), variable
        )


_ROWS = {row.words: row for row in _rows()}


def find(run: Run, env: Mapping[str, str | None]) -> Server | None:
    """The server that `run` is, with the variables that the image sets; None where none is known."""
    name, words = run.name, run.words[1:]
    if words and words[0].endswith((".py", "artisan", "rails")) and _INTERPRETER.fullmatch(name):
        name, words = posixpath.basename(words[0]), words[1:]
    row = _row(name, words) or _row(_VERSION.sub("", name) if name[-1:] in _DIGITS else name, words)
    if row is not None and row.words == ("manage.py", "runserver") and any(map(_FLASK_SCRIPT.match, words)):
        row = _ROWS["Flask-Script",]
    if row is None or _is_another(row, words):
        return None
    protocol = TCP if any(word.startswith(_SECURE) for word in words) else row.protocol
    told = _told(row, words) or env.get(row.variable)
    if told is None:
        # uWSGI with settings in a file may speak its own protocol.
        return Server(name, protocol if row.port else TCP, row.port, False)
    return Server(name, protocol, port_of(told.partition(";")[0], env), True)


def _is_another(row: _Row, words: Sequence[str]) -> bool:
    """Whether it only has the name of the server: Node's prompt, a tool of .NET's, an argument."""
    if row.words == ("dotnet",):
        return not words or not words[0].endswith(".dll")
    return row.words in (("node",), ("serve",)) and not words


def _row(name: str, words: Sequence[str]) -> _Row | None:
    return _ROWS.get((name,)) or next((_ROWS[name, word] for word in words if (name, word) in _ROWS), None)


def _told(row: _Row, words: Sequence[str]) -> str | None:
    """The value that tells the port, as it is written."""
    for at, word in enumerate(words):
        option, equals, value = word.partition("=")
        if option in row.options:
            return value if equals else "".join(words[at + 1 : at + 2])
        if word[:2] in row.options and word[2:3] in "0123456789:$[":
            return word[2:]
    if _POSITIONAL in row.options:
        return next((word for word in words if _ADDRESS.fullmatch(word)), None)
    return None


def port_of(text: str, env: Mapping[str, str | None]) -> int | None:
    """The port of `8000`, `0.0.0.0:8000`, `tcp://[::]:8000` or `${PORT:-8000}`; None where that is open."""
    if "$" in text:
        text = _DEFAULTED.sub(lambda found: env.get(found[1]) or found[2], text)
        text = _VARIABLE.sub(lambda found: env.get(found[1] or found[2]) or "?", text)
    found = _PORT.fullmatch(text)
    port = int(found[1]) if found else 0
    return port if 0 < port < 65536 else None
