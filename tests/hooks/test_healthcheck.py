from __future__ import annotations

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from dockmend import entrypoint_cmd, exec_form, healthcheck, non_root_user
from dockmend._dockerfile.parser import parse
from dockmend._engine.mend import mend_text
from dockmend._hook import Context
from dockmend._project.context import BuildContext
from dockmend.healthcheck import HOOK
from harness import Row, settings_for, suite

HEAD = "HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \\\n    CMD "
PYTHON = (
    """["python", "-c", "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8000); """
    """c.request('GET', '/'); exit(c.getresponse().status >= 500)"]\n"""
)
PYTHON_TCP = """["python", "-c", "import socket; socket.create_connection(('127.0.0.1', {})).close()"]\n"""
NODE_TCP = (
    """["node", "-e", "require('net').connect(3000, '127.0.0.1', function () { process.exit(0) })"""
    """.on('error', function () { process.exit(1) })"]\n"""
)
CURL = '["curl", "--fail", "--silent", "--show-error", "--output", "/dev/null", "http://127.0.0.1:{}/"]\n'
WGET = '["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:{}/"]\n'
BASH = '["bash", "-c", ": < /dev/tcp/127.0.0.1/{}"]\n'

DISGUISES = {
    "base-stage": "it goes into the last stage",
    "heredoc": "it goes after the last step",
    "other-escape": "the backtick marks a file for Windows",
}
SERVED = 'CMD ["gunicorn", "app:app"]\n'

LEFT_ALONE = [
    Row("no service", 'FROM python:3\nCMD ["python", "job.py"]\n', says=""),
    Row("one is there", f"FROM python:3\nHEALTHCHECK CMD python check.py\nEXPOSE 80\n{SERVED}", says=""),
    Row("it is switched off", f"FROM python:3\nHEALTHCHECK NONE\n{SERVED}", says=""),
    Row("the stage below has one", f"FROM python:3 AS a\nHEALTHCHECK CMD true\nFROM a\n{SERVED}", says=""),
    Row(
        "a service of another stage", f"FROM python:3\n{SERVED}FROM debian:12\nCOPY --from=0 /a /a\n", says=""
    ),
    Row("Windows", "FROM mcr.microsoft.com/windows/nanoserver:1809\nEXPOSE 80\nCMD x\n", says=""),
    Row("scratch", 'FROM scratch\nEXPOSE 80\nCMD ["/app"]\n', says="nothing in the image"),
    Row("distroless", 'FROM gcr.io/distroless/cc\nEXPOSE 80\nCMD ["/app"]\n', says="nothing in the image"),
    Row("a strange image", 'FROM acme/app\nEXPOSE 80\nCMD ["/app"]\n', says="nothing in the image"),
    Row("ports enough", 'FROM python:3\nEXPOSE 80 8080\nCMD ["./app"]\n', says="on which port"),
    Row("a range", 'FROM python:3\nEXPOSE 80-90\nCMD ["./app"]\n', says="on which port"),
    Row(
        "a port of the command line", 'FROM python:3\nARG P\nEXPOSE $P\nCMD ["./app"]\n', says="on which port"
    ),
    Row("a socket", 'FROM python:3\nCMD ["gunicorn", "-b", "unix:/x.sock", "a"]\n', says="on which port"),
    Row("a port that a run tells", "FROM python:3\nCMD gunicorn -b :$WEB_PORT a\n", says="on which port"),
    Row("UDP", 'FROM python:3\nEXPOSE 53/udp\nCMD ["./app"]\n', says="UDP"),
    Row("two CMDs", f"FROM python:3\nEXPOSE 8000\nCMD python\n{SERVED}", says="more than one CMD"),
    Row("a shell to type into", "FROM debian:12\nEXPOSE 80\nCMD /bin/bash -l\n", says=""),
    Row("node without a port", 'FROM node:22\nCMD ["node", "job.js"]\n', says=""),
    Row(
        "curl goes again",
        'FROM debian:12\nSHELL ["x"]\nEXPOSE 53/udp\nRUN apt-get install curl\n',
        says="UDP",
    ),
    Row(
        "an interpreter that only a condition starts",
        "FROM acme/app\nEXPOSE 80\nCMD test -f a && node a.js || ./b\n",
        says="nothing in the image",
    ),
    Row(
        "an interpreter that a variable names",
        'FROM acme/app\nEXPOSE 80\nCMD ["$HOME/node", "a.js"]\n',
        says="nothing in the image",
    ),
    Row(
        "a port that is UDP's by its number", "FROM alpine:3.20\nEXPOSE 8125\nCMD a\n", says="a port for UDP"
    ),
    Row(
        "an image for others",
        "FROM ubuntu:22.04\nRUN apt-get install -y a\nEXPOSE 80\n",
        says="what is started is not said here",
    ),
    Row("one string", 'FROM python:3\nEXPOSE 80\nCMD "gunicorn a:b"\n', says="exec-form goes first"),
    Row(
        "two systems",
        "FROM acme/app\nRUN apk add a\nRUN yum install b\nEXPOSE 80\nCMD a\n",
        says="nothing in the image",
    ),
    Row(
        "a system that a condition tells",
        "FROM acme/app\nRUN a || apk add a; if b; then apt-get update; fi\nEXPOSE 80\nCMD a\n",
        says="nothing in the image",
    ),
    Row(
        "Wolfi, which has apk and not all of busybox",
        "FROM cgr.dev/chainguard/wolfi-base\nRUN apk add a\nEXPOSE 80\nCMD a\n",
        says="nothing in the image",
    ),
    Row(
        "an interpreter that only a RUN finds",
        "FROM acme/app\nRUN . /v/bin/activate && python a.py\nRUN PATH=/x node a\nEXPOSE 80\nCMD a\n",
        says="nothing in the image",
    ),
    Row(
        "an interpreter that goes again",
        "FROM cgr.dev/a\nRUN python a.py && apk del python\nEXPOSE 80\nCMD a\n",
        says="nothing in the image",
    ),
    Row("a tool of .NET's", 'FROM mcr.microsoft.com/dotnet/aspnet:6.0\nCMD ["dotnet", "ef"]\n', says=""),
    Row(
        ".NET's applications that may serve nothing",
        'FROM mcr.microsoft.com/dotnet/runtime:6.0\nCMD ["dotnet", "a.dll"]\n',
        says="",
    ),
    Row(
        "such a port, and an init before the script",
        'FROM alpine:3.20\nEXPOSE 80\nENTRYPOINT ["tini", "--"]\nCMD ["entrypoint.sh", "crond", "-f"]\n',
        says="which is no server",
    ),
    Row(
        "a port that is open now and then",
        'FROM alpine:3.20\nEXPOSE 80\nENTRYPOINT ["entrypoint.sh"]\nCMD ["crond", "-f"]\n',
        says="which is no server",
    ),
    Row("a client with a port", "FROM alpine:3.20\nEXPOSE 80\nCMD certbot renew\n", says="is no server"),
    Row("an image that is open", "FROM $BASE\nEXPOSE 80\n", says="nothing in the image"),
]

UNSAFE = [
    Row(
        "an application that may have nothing at its root",
        "FROM python:2.7-alpine\nCMD flask run\n",
        f"FROM python:2.7-alpine\n{HEAD}{PYTHON_TCP.format(5000)}CMD flask run\n",
        says="nothing takes a connection on port 5000",
    ),
    Row(
        "what stays of Alpine's packages",
        "FROM acme/app\nRUN apk add --virtual=.run curl && apk add -t .a wget && apk del .a\nCMD nginx\n",
        "FROM acme/app\nRUN apk add --virtual=.run curl && apk add -t .a wget && apk del .a\n"
        f"{HEAD}{CURL.format(80)}CMD nginx\n",
    ),
    Row(
        "a server that asks for a password there",
        "FROM jenkins/jenkins:2.401\nCOPY a b\n",
        f'FROM jenkins/jenkins:2.401\nCOPY a b\n{HEAD}["bash", "-c", ": < /dev/tcp/127.0.0.1/8080"]\n',
    ),
    Row(
        "a port of TCP in spite of its number",
        "FROM alpine:3.20\nEXPOSE 8125/tcp\nCMD a\n",
        f'FROM alpine:3.20\nEXPOSE 8125/tcp\n{HEAD}["nc", "-z", "127.0.0.1", "8125"]\nCMD a\n',
    ),
    Row(
        "the article's gunicorn, asked by Python",
        f"FROM python:3.12-slim\nEXPOSE 8000\n{SERVED}",
        f"FROM python:3.12-slim\nEXPOSE 8000\n{HEAD}{PYTHON}{SERVED}",
        says="the gunicorn on port 8000",
    ),
    Row(
        "the port of the command",
        'FROM python:3.12-slim\nCMD ["uvicorn", "main:app", "--port", "8000"]\n',
        f'FROM python:3.12-slim\n{HEAD}{PYTHON}CMD ["uvicorn", "main:app", "--port", "8000"]\n',
    ),
    Row(
        "the port of a variable, in a shell",
        "FROM python:3.12-slim\nENV PORT=8000\nCMD exec gunicorn --bind 0.0.0.0:$PORT app:app\n",
        f"FROM python:3.12-slim\nENV PORT=8000\n{HEAD}{PYTHON}CMD exec gunicorn --bind 0.0.0.0:$PORT app:app\n",
    ),
    Row(
        "the port that EXPOSE tells, by its default",
        "FROM python:3.12-slim\nENV PORT=8000\nEXPOSE $PORT\nENTRYPOINT poetry run daphne app:app\n",
        f"FROM python:3.12-slim\nENV PORT=8000\nEXPOSE $PORT\n{HEAD}{PYTHON}ENTRYPOINT poetry run daphne app:app\n",
    ),
    Row(
        "a server in a script that the context shows",
        'FROM python:3.12-slim\nCOPY run.sh /run.sh\nENTRYPOINT ["/run.sh"]\nCMD ["daphne", "app:app"]\n',
        f"FROM python:3.12-slim\nCOPY run.sh /run.sh\n{HEAD}{PYTHON}"
        'ENTRYPOINT ["/run.sh"]\nCMD ["daphne", "app:app"]\n',
        context={"run.sh": '#!/bin/sh\npython manage.py migrate\nexec "$@"\n'},
    ),
    Row(
        "a parent stage's EXPOSE and CMD",
        f"FROM python:3.12-slim AS a\nEXPOSE 8000\n{SERVED}FROM a\nCOPY . .\n",
        f"FROM python:3.12-slim AS a\nEXPOSE 8000\n{SERVED}FROM a\nCOPY . .\n{HEAD}{PYTHON}",
    ),
    Row(
        "an unknown program: whether it takes a connection",
        'FROM python:3.12-slim\nEXPOSE 5000/tcp\nCMD ["python", "app.py"]\n',
        f'FROM python:3.12-slim\nEXPOSE 5000/tcp\n{HEAD}{PYTHON_TCP.format(5000)}CMD ["python", "app.py"]\n',
        says="nothing takes a connection",
    ),
    Row(
        "TLS",
        'FROM python:3.12-slim\nCMD ["gunicorn", "--certfile=x", "-b:8443", "a"]\n',
        f'FROM python:3.12-slim\n{HEAD}{PYTHON_TCP.format(8443)}CMD ["gunicorn", "--certfile=x", "-b:8443", "a"]\n',
    ),
    Row(
        "Python 2",
        f"FROM python:2.7\n{SERVED}",
        f"FROM python:2.7\n{HEAD}{PYTHON_TCP.format(8000)}{SERVED}",
    ),
    Row(
        "node",
        'FROM node:22-slim\nEXPOSE 3000\nCMD ["npm", "start"]\n',
        f'FROM node:22-slim\nEXPOSE 3000\n{HEAD}{NODE_TCP}CMD ["npm", "start"]\n',
    ),
    Row(
        "curl that the file installs",
        "FROM ubuntu:24.04\nRUN apt-get update && apt-get install -y curl nginx\n"
        'EXPOSE 80 443\nCMD ["nginx", "-g", "daemon off;"]\n',
        "FROM ubuntu:24.04\nRUN apt-get update && apt-get install -y curl nginx\n"
        f'EXPOSE 80 443\n{HEAD}{CURL.format(80)}CMD ["nginx", "-g", "daemon off;"]\n',
        says="answers 400 or above",
    ),
    Row(
        "curl that goes again",
        "FROM ubuntu:24.04\nRUN apt-get update && apt-get install -y curl nginx\nRUN apt-get purge -y curl\n"
        'EXPOSE 80\nCMD ["nginx", "-g", "daemon off;"]\n',
        "FROM ubuntu:24.04\nRUN apt-get update && apt-get install -y curl nginx\nRUN apt-get purge -y curl\n"
        f'EXPOSE 80\n{HEAD}{BASH.format(80)}CMD ["nginx", "-g", "daemon off;"]\n',
    ),
    Row(
        "busybox's wget, for what the base image starts",
        "FROM nginx:1.18-alpine\nCOPY dist /usr/share/nginx/html\n",
        f"FROM nginx:1.18-alpine\nCOPY dist /usr/share/nginx/html\n{HEAD}{WGET.format(80)}",
    ),
    Row(
        "the server's own tool",
        "FROM redis:7\nCOPY redis.conf /etc/\n",
        f'FROM redis:7\nCOPY redis.conf /etc/\n{HEAD}["redis-cli", "ping"]\n',
    ),
    Row(
        "MySQL's own tool, which denied access is an answer to",
        "FROM mysql:5.6\nCOPY custom.cnf /etc/mysql/conf.d/\n",
        f'FROM mysql:5.6\nCOPY custom.cnf /etc/mysql/conf.d/\n{HEAD}["mysqladmin", "--host=127.0.0.1", "ping"]\n',
        says="unhealthy where `mysqladmin --host=127.0.0.1 ping` fails",
    ),
    Row(
        "uWSGI, whose protocol a file tells",
        'FROM python:3.12-slim\nEXPOSE 5000\nCMD ["uwsgi", "app.ini"]\n',
        f'FROM python:3.12-slim\nEXPOSE 5000\n{HEAD}{PYTHON_TCP.format(5000)}CMD ["uwsgi", "app.ini"]\n',
    ),
    Row(
        "uWSGI over HTTP",
        'FROM python:3.12-slim\nCMD ["uwsgi", "--http", ":8000", "app.ini"]\n',
        f'FROM python:3.12-slim\n{HEAD}{PYTHON}CMD ["uwsgi", "--http", ":8000", "app.ini"]\n',
    ),
    Row(
        "Flask-Script, whose options Django's runserver has not",
        'FROM python:3.6-slim\nCMD ["python", "manage.py", "runserver", "-h", "0.0.0.0"]\n',
        f"FROM python:3.6-slim\n{HEAD}{PYTHON.replace('8000', '5000')}"
        'CMD ["python", "manage.py", "runserver", "-h", "0.0.0.0"]\n',
    ),
    Row(
        "Flask-Script's port",
        'FROM python:3.6-slim\nCMD ["python", "manage.py", "runserver", "--host=0.0.0.0", "-p8000"]\n',
        f"FROM python:3.6-slim\n{HEAD}{PYTHON}"
        'CMD ["python", "manage.py", "runserver", "--host=0.0.0.0", "-p8000"]\n',
    ),
    Row(
        "Django's runserver",
        'FROM python:3.6-slim\nCMD ["python", "manage.py", "runserver", "0.0.0.0:8000", "--insecure"]\n',
        f"FROM python:3.6-slim\n{HEAD}{PYTHON}"
        'CMD ["python", "manage.py", "runserver", "0.0.0.0:8000", "--insecure"]\n',
    ),
    Row(
        "what the container starts, in an image that is not known",
        'FROM acme/app\nEXPOSE 3000\nCMD ["/opt/bin/node", "app.js"]\n',
        f"FROM acme/app\nEXPOSE 3000\n{HEAD}{NODE_TCP.replace('node', '/opt/bin/node', 1)}"
        'CMD ["/opt/bin/node", "app.js"]\n',
    ),
    Row(
        "what that is written in",
        "FROM acme/app\nEXPOSE 3000\nCMD npm start\n",
        f"FROM acme/app\nEXPOSE 3000\n{HEAD}{NODE_TCP}CMD npm start\n",
    ),
    Row(
        "the image's own interpreter before one to build with",
        'FROM node:22-alpine\nRUN apk add python3 make\nEXPOSE 3000\nCMD ["node", "app.js"]\n',
        f'FROM node:22-alpine\nRUN apk add python3 make\nEXPOSE 3000\n{HEAD}{NODE_TCP}CMD ["node", "app.js"]\n',
    ),
    Row(
        "an interpreter that the file installs before wget",
        "FROM alpine:3.20\nRUN apk add py3-gunicorn python3\n" + SERVED,
        "FROM alpine:3.20\nRUN apk add py3-gunicorn python3\n"
        + HEAD
        + PYTHON.replace("python", "python3", 1)
        + SERVED,
    ),
    Row(
        "curl past a proxy",
        "FROM nginx:1.27\nENV http_proxy=http://proxy:8080\nCOPY a b\n",
        f"FROM nginx:1.27\nENV http_proxy=http://proxy:8080\nCOPY a b\n{HEAD}"
        + CURL.format(80).replace('"curl"', '"curl", "--noproxy", "127.0.0.1"'),
        says="answers 400 or above",
    ),
    Row(
        "no wget, which may not get past one",
        "FROM nginx:1.18-alpine\nENV http_proxy=http://proxy:8080\nCOPY a b\n",
        "FROM nginx:1.18-alpine\nENV http_proxy=http://proxy:8080\nCOPY a b\n"
        f'{HEAD}["nc", "-z", "127.0.0.1", "80"]\n',
    ),
    Row(
        "bash, by the package manager of an image that is not known",
        "FROM acme/app\nRUN apt-get update\nEXPOSE 80\nCMD a\n",
        f"FROM acme/app\nRUN apt-get update\nEXPOSE 80\n{HEAD}{BASH.format(80)}CMD a\n",
    ),
    Row(
        "busybox's nc, by apk",
        "FROM acme/app\nRUN apk add a && apk del a\nEXPOSE 4000\nCMD a\n",
        f'FROM acme/app\nRUN apk add a && apk del a\nEXPOSE 4000\n{HEAD}["nc", "-z", "127.0.0.1", "4000"]\nCMD a\n',
    ),
    Row(
        "an interpreter that a RUN runs",
        "FROM acme/app\nRUN python manage.py migrate\nEXPOSE 8000\nCMD a\n",
        f"FROM acme/app\nRUN python manage.py migrate\nEXPOSE 8000\n{HEAD}{PYTHON_TCP.format(8000)}CMD a\n",
    ),
    Row(
        "an argument that has the name of a server",
        'FROM alpine:3.20\nEXPOSE 4000\nENTRYPOINT ["run-book.sh"]\nCMD ["serve"]\n',
        f'FROM alpine:3.20\nEXPOSE 4000\n{HEAD}["nc", "-z", "127.0.0.1", "4000"]\n'
        'ENTRYPOINT ["run-book.sh"]\nCMD ["serve"]\n',
        says="the service on port 4000",
    ),
    Row(
        "the port of .NET's images",
        'FROM mcr.microsoft.com/dotnet/aspnet:6.0\nCOPY a .\nCMD ["dotnet", "a.dll"]\n',
        f"FROM mcr.microsoft.com/dotnet/aspnet:6.0\nCOPY a .\n{HEAD}{BASH.format(80)}"
        'CMD ["dotnet", "a.dll"]\n',
        says="the dotnet on port 80",
    ),
    Row(
        "the port of .NET's later images",
        'FROM mcr.microsoft.com/dotnet/aspnet:8.0\nCOPY a .\nCMD ["dotnet", "a.dll"]\n',
        f"FROM mcr.microsoft.com/dotnet/aspnet:8.0\nCOPY a .\n{HEAD}{BASH.format(8080)}"
        'CMD ["dotnet", "a.dll"]\n',
    ),
    Row(
        "the port that .NET is told",
        "FROM microsoft/dotnet:2.1-aspnetcore-runtime\nENV ASPNETCORE_URLS=http://+:5000;https://+:5001\n"
        'EXPOSE 80\nCMD ["dotnet", "a.dll"]\n',
        "FROM microsoft/dotnet:2.1-aspnetcore-runtime\nENV ASPNETCORE_URLS=http://+:5000;https://+:5001\n"
        f'EXPOSE 80\n{HEAD}{BASH.format(5000)}CMD ["dotnet", "a.dll"]\n',
    ),
    Row(
        "busybox's nc",
        'FROM alpine:3.20\nEXPOSE 4000\nCMD ["/app"]\n',
        f'FROM alpine:3.20\nEXPOSE 4000\n{HEAD}["nc", "-z", "127.0.0.1", "4000"]\nCMD ["/app"]\n',
    ),
    Row(
        "80 of 80 and 443, set off by empty lines",
        'FROM debian:12\nEXPOSE 80 443\n\n# start\nCMD ["/app"]\n',
        f'FROM debian:12\nEXPOSE 80 443\n\n{HEAD}{BASH.format(80)}\n# start\nCMD ["/app"]\n',
    ),
]

test_left_alone, test_mended, test_unsafe = suite(HOOK, LEFT_ALONE, [], UNSAFE, DISGUISES)

HOOKS = (HOOK, non_root_user.HOOK, entrypoint_cmd.HOOK, exec_form.HOOK)


@pytest.mark.parametrize("before", [row.before for row in (*LEFT_ALONE, *UNSAFE)])
def test_settles_alike_in_any_order(before: str) -> None:
    build = BuildContext(None)
    together = set()
    for order in (HOOKS[at:] + HOOKS[:at] for at in range(len(HOOKS))):
        result = mend_text(before, settings_for(*order, unsafe=True), None, build)
        assert not result.problems
        together.add(result.text)
    apart = set()
    for order in (HOOKS, HOOKS[::-1]):
        text = before
        for hook in (*order, *order):
            text = mend_text(text, settings_for(hook, unsafe=True), None, build).text
        apart.add(text)
    assert len(together | apart) == 1


class _Answer(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (302, True), (404, True), (500, False)])
def test_the_python_probe_asks(status: int, healthy: bool) -> None:
    server = HTTPServer(("127.0.0.1", 0), type("Answer", (_Answer,), {"status": status}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        text = f'FROM python:3\nCMD ["uvicorn", "a:b", "--port", "{server.server_port}"]\n'
        assert (subprocess.run(_probe(text)).returncode == 0) is healthy
        text = f'FROM python:3\nEXPOSE {server.server_port}\nCMD ["python", "app.py"]\n'
        assert subprocess.run(_probe(text)).returncode == 0
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert subprocess.run(_probe(text), stderr=subprocess.DEVNULL).returncode == 1


def _probe(text: str) -> list[str]:
    """The command of the HEALTHCHECK that the text gets, run by this Python."""
    (finding,) = healthcheck.check(parse(text), Context(None, BuildContext(None), {}))
    assert finding.fix is not None
    words = json.loads(finding.fix.edits[0].text.partition("CMD ")[2])
    assert words[0] == "python"
    return [sys.executable, *words[1:]]
