from __future__ import annotations

import pytest

from dockmend import entrypoint_cmd, exec_form, healthcheck, non_root_user
from dockmend._engine.mend import check_text, mend_text
from dockmend._project.context import BuildContext
from dockmend.non_root_user import HOOK
from harness import Row, settings_for, suite

RUN = "RUN useradd --system --create-home app\nUSER app\n"
JOINED = " \\\n    && useradd --system --create-home app\nUSER app\n"
ALPINE = "RUN addgroup -S app && adduser -S -G app app\nUSER app\n"
APP = 'CMD ["python", "app.py"]\n'

DISGUISES = {
    "base-stage": "the last stage gets the user",
    "heredoc": "it goes after the last step",
    "other-escape": "the backtick marks a file for Windows",
}

LEFT_ALONE = [
    Row("a user", f"FROM python:3\nRUN useradd app\nUSER app\n{APP}", says=""),
    Row("a user of the stage below", f"FROM python:3 AS a\nUSER 1000\nFROM a\n{APP}", says=""),
    Row("a user that the command line gives", f"FROM python:3\nARG UID=0\nUSER $UID\n{APP}", says=""),
    Row("an image whose user is not known", "FROM acme/app\nCMD app\n", says=""),
    Row("an image that has a user", "FROM bitnami/redis\nCOPY . .\nCMD app\n", says=""),
    Row("distroless' nonroot", 'FROM gcr.io/distroless/cc:nonroot\nCMD ["/app"]\n', says=""),
    Row("root in another stage alone", "FROM python:3\nCMD a\nFROM bitnami/redis\nCMD b\n", says=""),
    Row("a base for others", "FROM debian:12\nRUN apt-get update\n", says=""),
    Row("a shell to type into", 'FROM debian:12\nCMD ["bash"]\n', says=""),
    Row("an interpreter to type into", 'FROM python:3\nCMD ["python3.12"]\n', says=""),
    Row("gosu", 'FROM python:3\nENTRYPOINT ["gosu", "app", "python"]\n', says=""),
    Row("setpriv in a shell", "FROM python:3\nCMD setpriv --reuid=app python app.py\n", says=""),
    Row(
        "su-exec in a script that the context shows",
        'FROM python:3\nCOPY run.sh /\nENTRYPOINT ["/run.sh"]\n',
        context={"run.sh": '#!/bin/sh\nchown app /data\nexec su-exec app "$@"\n'},
        says="",
    ),
    Row(
        "gosu for a script that cannot be seen",
        'FROM debian:12\nRUN apt-get install gosu\nCMD ["/run.sh"]\n',
        says="",
    ),
    Row(
        "gosu from where its makers have it",
        "FROM debian:12\nRUN curl -o /bin/gosu https://github.com/tianon/gosu/releases/download/1.17/gosu-amd64\n"
        'COPY run.sh /\nCMD ["/run.sh"]\n',
        says="",
    ),
    Row(
        "gosu out of an archive",
        'FROM alpine:3.20\nRUN cp bin/gosu bin/dumb-init /bin\nENTRYPOINT ["docker-entrypoint.sh"]\n',
        says="",
    ),
    Row(
        "a server for such a script",
        "FROM debian:12\nRUN apt-get install -y openssh-server\nCMD /run.sh\n",
        says="",
    ),
    Row(
        "a user that the command takes",
        'FROM python:3\nCMD ["gunicorn", "--user", "www-data", "a"]\n',
        says="",
    ),
    Row("a server that gives root up", 'FROM debian:12\nCMD ["nginx", "-g", "daemon off;"]\n', says=""),
    Row("a server with its version", 'FROM debian:12\nCMD ["php-fpm8.2", "-F"]\n', says=""),
    Row("what has to be root", 'FROM debian:12\nCMD ["cron", "-f"]\n', says=""),
    Row(
        "what reads the host's logs",
        "FROM fluent/fluentd:v1.16-debian\nUSER root\nCOPY a b\nCMD exec fluentd -c /a\n",
        says="",
    ),
    Row(
        "a start that fetches into what is root's",
        "FROM ruby:3\nRUN gem install a\nEXPOSE 3000\nCMD hg pull\n",
        says="`hg` builds, fetches or installs when it starts",
    ),
    Row(
        "Rails, which writes below tmp",
        "FROM ruby:3\nWORKDIR /app\nCOPY . .\nCMD bundle exec rails s -b 0.0.0.0\n",
        says="`rails` writes below its working directory",
    ),
    Row(
        "a store",
        'FROM debian:12\nRUN a\nVOLUME /db\nCOPY b c\nENTRYPOINT ["/bin/redis-server"]\n',
        says="`redis-server` keeps its data in VOLUME /db",
    ),
    Row("a mail server", 'FROM debian:12\nCMD ["exim", "-bd"]\n', says=""),
    Row(
        "a server of some version for a script that cannot be seen",
        "FROM debian:12\nRUN apt-get install -y mysql-server-5.6\nCMD /run.sh\n",
        says="",
    ),
    Row("a wrapper of a server", "FROM alpine:3.20\nCMD /usr/bin/hiawatha-wrapper\n", says=""),
    Row("an image's init and an argument", 'FROM lscr.io/linuxserver/nginx\nCMD ["a"]\n', says=""),
    Row("a script of init", "FROM debian:12\nCMD /etc/init.d/x start && tail -f /x\n", says=""),
    Row("an init system", 'FROM debian:12\nENTRYPOINT ["/sbin/init"]\n', says=""),
    Row("an image with an init system", "FROM phusion/baseimage:0.11\nCOPY . .\n", says=""),
    Row(
        "an official image that gives root up",
        "FROM postgres:16\nCOPY init.sql /docker-entrypoint-initdb.d/\n",
        says="",
    ),
    Row("a file system of its own", 'FROM scratch\nADD root.tar.xz /\nCMD ["/bin/app"]\n', says=""),
    Row("Windows", "FROM mcr.microsoft.com/windows/nanoserver:1809\nUSER root\nCMD app\n", says=""),
    Row(
        "a script that cannot be seen", 'FROM python:3\nCMD ["/run.sh"]\n', says="what `/run.sh` does as root"
    ),
    Row("a strange image and USER root", "FROM acme/app\nUSER root\nCMD app\n", says="is not known"),
    Row("an explicit root that starts nothing", "FROM acme/app\nUSER 0:0\nRUN x\n", says="may be a base"),
    Row("triggers", f"FROM python:3\nONBUILD RUN pip install x\n{APP}", says="ONBUILD"),
    Row("another shell", f'FROM python:3\nSHELL ["fish", "-c"]\n{APP}', says="SHELL"),
    Row(
        "a program for root alone",
        'FROM php:8-cli\nRUN chmod 700 /usr/bin/a\nCOPY b c\nENTRYPOINT ["a"]\n',
        says="line 2 lets root alone run `a`",
        without={"later-stage": "the lines are others"},
    ),
    Row(
        "a script that only root gets to execute",
        "FROM python:3\nRUN chmod u+x /app/*.py\nCOPY a b\nCMD /app/main.py\n",
        says="lets root alone run `/app/main.py`",
    ),
    Row(
        "a script that others cannot read",
        f"FROM python:3\nCOPY --chmod=0700 app.py .\n{APP}",
        says="lets root alone read `app.py`",
    ),
    Row(
        "what ADD fetches, which only root gets to read",
        'FROM busybox:1.36\nADD "https://acme.io/a-$V" /a.jar\nRUN echo b\nCMD ["cat", "/a.jar"]\n',
        says="lets root alone read `/a.jar`",
    ),
    Row(
        "such a client, made executable",
        "FROM alpine:3.20\nRUN mv docker/* /usr/bin/ && chmod +x /usr/bin/docker && rm -r docker\nCOPY a /\nCMD /a\n",
        says="",
    ),
    Row(
        "such a client by Docker's own installer",
        "FROM python:3\nRUN curl -fsSL https://get.docker.com | sh\nCMD python app.py\n",
        says="",
    ),
    Row(
        "a client of Docker's socket, which is root's",
        "FROM alpine:3.20\nCOPY --from=docker:27-cli /usr/local/bin/docker /bin/docker\nCOPY a /\nCMD /a\n",
        says="",
    ),
    Row(
        "the same as a package",
        "FROM debian:12\nRUN apt-get install -y docker.io\nCOPY a /\nCMD /a\n",
        says="",
    ),
    Row("no array", "FROM python:3\nCOPY a b\nCMD ['python', 'a.py']\n", says="exec-form goes first"),
    Row("a daemon that gives root up", 'FROM alpine:3.20\nCMD ["rsync", "--daemon"]\n', says=""),
    Row("settings that have it give root up", "FROM python:3\nENV UWSGI_UID=app\nCMD uwsgi\n", says=""),
    Row(
        "a tool of the system",
        'FROM alpine:3.20\nRUN apk add ffmpeg\nENTRYPOINT ["ffmpeg"]\n',
        says="whether `ffmpeg` has to be root is not known",
    ),
    Row(
        "a program from elsewhere",
        "FROM debian:12\nRUN curl https://acme.io/a.tgz | tar xz -C /opt\nCMD /opt/a/bin/b -f\n",
        says="whether `b` has to be root is not known",
    ),
    Row(
        "a script that another program starts",
        'FROM alpine:3.20\nCOPY a b ./\nCMD ["/bin/decrypt", "./a.sh"]\n',
        says="what `./a.sh` does as root is not known",
    ),
    Row(
        "settings in root's home",
        f"FROM python:3\nRUN mkdir -p ~/.jupyter && echo a >> ~/.jupyter/b.py\nCOPY a b\n{APP}",
        says="puts files into /root",
    ),
    Row(
        "what an installer puts into root's home",
        "FROM node:22\nRUN curl -fsSL https://bun.sh/install | bash\nCOPY a b\nCMD node app.js\n",
        says="puts files into /root",
    ),
    Row(
        "a script under another name",
        'FROM node:22\nCOPY runtests.sh /usr/bin/runtests\nCMD ["/usr/bin/runtests"]\n',
        says="what `/usr/bin/runtests` does as root is not known",
    ),
    Row(
        "make at the start",
        'FROM gcc:14\nWORKDIR /app\nCOPY . .\nCMD ["make"]\n',
        says="`make` builds, fetches or installs when it starts",
    ),
    Row(
        "a tool that builds at the start",
        "FROM maven:3\nCOPY . .\nRUN mvn install\nCMD exec mvn exec:java -Dexec.args=/data\n",
        says="`mvn` builds, fetches or installs when it starts",
    ),
    Row(
        "a tool that builds, in exec form",
        'FROM mcr.microsoft.com/dotnet/sdk:8.0\nCOPY . /a\nCMD ["dotnet", "run"]\n',
        says="`dotnet` builds, fetches or installs when it starts",
    ),
    Row(
        "files that change at the start",
        "FROM python:3\nCOPY a b\nCMD mkdir -p /tmp/a && cp /b /etc/a.conf && python /app.py\n",
        says="it starts with `cp`, which changes what is root's",
    ),
    Row(
        "files that another program has changed",
        "FROM python:3\nCOPY a b\nCMD echo $HOST | xargs -I h sed -ir s/a/h/ /etc/a.conf && python /app.py\n",
        says="it starts with `sed`",
    ),
    Row(
        "what ADD fetches into a folder",
        'FROM busybox:1.36\nADD https://acme.io/a.jar /srv/\nCMD ["cat", "/srv/a.jar"]\n',
        says="lets root alone read `/srv/a.jar`",
    ),
    Row(
        "a folder for root alone",
        f"FROM python:3\nWORKDIR /app\nRUN chmod -R 750 /app\nCOPY a b\n{APP}",
        says="lets root alone read `app.py`",
    ),
    Row(
        "a RUN that merge-run joins first",
        f"FROM python:3\nRUN a\nRUN b\n{APP}",
        says="merge-run joins it with the RUN of line 2 first",
        without={
            "later-stage": "the lines are others",
            "umbrella": "merge-run does so",
        },
    ),
    Row(
        "a RUN that cache-order puts a COPY behind",
        f"FROM python:3\nCOPY . /app\nWORKDIR /app\nRUN pip install -r requirements.txt\n{APP}",
        says="cache-order puts the COPY of line 2 behind it first",
        without={"later-stage": "the lines are others"},
    ),
    Row("an application in /root", f"FROM python:3\nWORKDIR /root/app\nCOPY . .\n{APP}", says="/root"),
    Row("several users", f"FROM python:3\nRUN useradd a && useradd b\n{APP}", says="a, b"),
    Row("a group alone", f"FROM python:3\nRUN groupadd app\n{APP}", says="not understood"),
    Row(
        "a user whose name a variable has", f"FROM python:3\nRUN useradd $NAME\n{APP}", says="not understood"
    ),
    Row("a user written by hand", f"FROM python:3\nRUN echo x >> /etc/passwd\n{APP}", says="not understood"),
    Row("a small image without useradd", "FROM redhat/ubi9-minimal\nCMD app\n", says="is not known"),
]

UNSAFE = [
    Row(
        "Rails in a folder that is given away",
        "FROM ruby:3\nWORKDIR /app\nCOPY --chown=1000 . .\nCMD rails s\n",
        f"FROM ruby:3\nWORKDIR /app\nCOPY --chown=1000 . .\n{RUN}CMD rails s\n",
    ),
    Row(
        "a store whose data are given away",
        "FROM debian:12\nVOLUME /db\nRUN chown a /db\nCOPY b c\nCMD redis-server\n",
        f"FROM debian:12\nVOLUME /db\nRUN chown a /db\nCOPY b c\n{RUN}CMD redis-server\n",
    ),
    Row(
        "a client that is known",
        'FROM debian:12\nCOPY b c\nENTRYPOINT ["/usr/bin/curl"]\n',
        f'FROM debian:12\nCOPY b c\n{RUN}ENTRYPOINT ["/usr/bin/curl"]\n',
    ),
    Row(
        "the port that .NET's images set",
        'FROM mcr.microsoft.com/dotnet/aspnet:6.0\nCOPY a .\nCMD ["dotnet", "a.dll"]\n',
        f'FROM mcr.microsoft.com/dotnet/aspnet:6.0\nCOPY a .\n{RUN}CMD ["dotnet", "a.dll"]\n',
        says="nor everywhere listen on port 80",
    ),
    Row(
        "another port for .NET",
        "FROM mcr.microsoft.com/dotnet/core/aspnet:3.1\nENV ASPNETCORE_URLS=http://+:5000\nCOPY a .\n"
        'CMD ["dotnet", "a.dll"]\n',
        "FROM mcr.microsoft.com/dotnet/core/aspnet:3.1\nENV ASPNETCORE_URLS=http://+:5000\nCOPY a .\n"
        f'{RUN}CMD ["dotnet", "a.dll"]\n',
        says="where root alone may",
    ),
    Row(
        "an image whose system a RUN tells",
        f"ARG V\nFROM python:$V\nRUN apt-get update\nCOPY a .\n{APP}",
        f"ARG V\nFROM python:$V\nRUN apt-get update\nCOPY a .\n{RUN}{APP}",
    ),
    *(
        Row(
            f"a program {where}",
            f"FROM busybox:1.36\n{what}\nCOPY x /\nCMD {start}\n",
            f"FROM busybox:1.36\n{what}\nCOPY x /\nRUN addgroup -S app && adduser -S -G app app\nUSER app\n"
            f"CMD {start}\n",
        )
        for where, what, start in (
            ("of the project", "COPY server /usr/bin/", "server -f"),
            ("by its new name", 'COPY ["a", "/usr/bin/server"]', "/usr/bin/server"),
            ("in a folder of it", "COPY . /app/", "/app/bin/server"),
            ("in the working directory", "WORKDIR /srv", "bin/server"),
            ("that the file builds", "RUN go build -o /bin/server .", "/bin/server"),
        )
    ),
    Row(
        "an installer that a variable sends elsewhere",
        "FROM python:3\nENV POETRY_HOME=/opt/poetry\nRUN curl -sSL https://install.python-poetry.org | bash\n"
        "COPY a b\nCMD python app.py\n",
        "FROM python:3\nENV POETRY_HOME=/opt/poetry\nRUN curl -sSL https://install.python-poetry.org | bash\n"
        "COPY a b\nRUN useradd --system --create-home app\nUSER app\nCMD python app.py\n",
    ),
    Row(
        "caches and keys in root's home, and what is read there alone",
        "FROM python:3\nRUN . ~/.nvm/nvm.sh && npm ci && rm -rf /root/a && mkdir ~/.ssh && ls ~/.cache/pip\n"
        "COPY a b\nCMD python app.py\n",
        "FROM python:3\nRUN . ~/.nvm/nvm.sh && npm ci && rm -rf /root/a && mkdir ~/.ssh && ls ~/.cache/pip\n"
        "COPY a b\nRUN useradd --system --create-home app\nUSER app\nCMD python app.py\n",
    ),
    Row(
        "files that everyone may change, and a port of ENV",
        "FROM python:3\nENV PORT=80\nVOLUME /tmp /data\nCOPY a b\nCMD mkdir -p /tmp/a && exec python /app.py\n",
        "FROM python:3\nENV PORT=80\nVOLUME /tmp /data\nCOPY a b\nRUN useradd --system --create-home app\n"
        "USER app\nCMD mkdir -p /tmp/a && exec python /app.py\n",
        says="as to VOLUME /data unless it is given them, nor everywhere listen on port 80",
    ),
    Row(
        "what ADD fetches and a RUN lets all execute",
        'FROM busybox:1.36\nADD https://acme.io/a /bin/a\nRUN chmod +x /bin/a\nCMD ["a"]\n',
        "FROM busybox:1.36\nADD https://acme.io/a /bin/a\nRUN chmod +x /bin/a \\\n"
        '    && addgroup -S app && adduser -S -G app app\nUSER app\nCMD ["a"]\n',
    ),
    Row(
        "the article's application",
        "FROM python:3.12-slim\nWORKDIR /app\nCOPY --from=builder /app/wheels /wheels\n"
        'RUN pip install --no-cache /wheels/*\nCOPY . .\nCMD ["gunicorn", "-w", "4", "main:app"]\n',
        "FROM python:3.12-slim\nWORKDIR /app\nCOPY --from=builder /app/wheels /wheels\n"
        f'RUN pip install --no-cache /wheels/*\nCOPY . .\n{RUN}CMD ["gunicorn", "-w", "4", "main:app"]\n',
        says="WORKDIR /app",
    ),
    Row("Alpine", f"FROM python:3-alpine\nCOPY . .\n{APP}", f"FROM python:3-alpine\nCOPY . .\n{ALPINE}{APP}"),
    Row("Fedora", f"FROM fedora:41\nCOPY . .\n{APP}", f"FROM fedora:41\nCOPY . .\n{RUN}{APP}"),
    Row(
        "the image's own user",
        'FROM node:22\nCMD ["node", "a.js"]\n',
        'FROM node:22\nUSER node\nCMD ["node", "a.js"]\n',
    ),
    Row(
        "distroless",
        'FROM gcr.io/distroless/cc\nCOPY app /\nCMD ["/app"]\n',
        'FROM gcr.io/distroless/cc\nCOPY app /\nUSER nonroot\nCMD ["/app"]\n',
    ),
    Row(
        "scratch",
        'FROM scratch\nCOPY app /\nENTRYPOINT ["/app"]\n',
        'FROM scratch\nCOPY app /\nUSER 65532:65532\nENTRYPOINT ["/app"]\n',
    ),
    Row(
        "a user that is made and never used",
        f"FROM python:3\nRUN groupadd -r app && useradd -r -g app web\nCOPY . .\n{APP}",
        f"FROM python:3\nRUN groupadd -r app && useradd -r -g app web\nCOPY . .\nUSER web\n{APP}",
    ),
    Row(
        "the user of the base image again",
        "FROM jenkins/jenkins:lts\nUSER root\nRUN apt-get update\n",
        "FROM jenkins/jenkins:lts\nUSER root\nRUN apt-get update\nUSER jenkins\n",
        says="the last USER is root",
    ),
    Row(
        "the user from before",
        f"FROM acme/app\nUSER web\nRUN x\nUSER 0\nRUN y\n{APP}",
        f"FROM acme/app\nUSER web\nRUN x\nUSER 0\nRUN y\nUSER web\n{APP}",
    ),
    Row(
        "after the last step, before the start, with what the user may not",
        "FROM python:3.12\nCOPY . /srv\nEXPOSE 80 8080\nVOLUME /data\n\n# start\nHEALTHCHECK NONE\n"
        'ENTRYPOINT ["python", "a.py"]\n',
        "FROM python:3.12\nCOPY . /srv\nEXPOSE 80 8080\nVOLUME /data\n\n"
        f'{RUN}\n# start\nHEALTHCHECK NONE\nENTRYPOINT ["python", "a.py"]\n',
        says="VOLUME /data unless it is given them, nor everywhere listen on port 80",
    ),
    Row(
        "a start ahead of the last step",
        f"FROM python:3.12\n{APP}COPY . .\n",
        f"FROM python:3.12\n{APP}COPY . .\n{RUN}",
    ),
    Row(
        "an application that something else starts",
        "FROM python:3.12\nCOPY . .\nRUN ./setup.py\n",
        f"FROM python:3.12\nCOPY . .\nRUN ./setup.py{JOINED}",
    ),
    Row(
        "with the last RUN, and what it needs around it",
        f"FROM python:3.12\nRUN cd /a && make\n{APP}",
        f"FROM python:3.12\nRUN ( cd /a && make ){JOINED}{APP}",
    ),
    Row(
        "with a RUN that has a mount",
        f"FROM python:3.12\nRUN --mount=type=cache,target=/c a  \n{APP}",
        "FROM python:3.12\nRUN --mount=type=cache,target=/c a \\\n"
        f"    && useradd --system --create-home app  \nUSER app\n{APP}",
    ),
    Row(
        "behind a RUN that nothing can join",
        f"FROM python:3.12\nRUN service x start\n{APP}",
        f"FROM python:3.12\nRUN service x start\n{RUN}{APP}",
    ),
    Row(
        "behind a here-document",
        f"FROM python:3.12\nRUN <<E\na\nE\n{APP}",
        f"FROM python:3.12\nRUN <<E\na\nE\n{RUN}{APP}",
    ),
    Row(
        "a mode that others may use",
        f"FROM python:3.12\nRUN chmod 700 app.py; chmod 755 app.py\nCOPY . .\n{APP}",
        f"FROM python:3.12\nRUN chmod 700 app.py; chmod 755 app.py\nCOPY . .\n{RUN}{APP}",
    ),
    Row(
        "a port of a variable",
        f"FROM python:3.12\nENV PORT=80\nEXPOSE $PORT\n{APP}",
        f"FROM python:3.12\nENV PORT=80\nEXPOSE $PORT\n{RUN}{APP}",
        says="listen on port 80",
    ),
    Row(
        "an image's init, and something else that is started",
        'FROM phusion/baseimage:0.11\nCMD ["jupyter", "notebook"]\n',
        f'FROM phusion/baseimage:0.11\n{RUN}CMD ["jupyter", "notebook"]\n',
    ),
    Row(
        "an application that an image starts",
        "FROM tomcat:10\nCOPY app.war /usr/local/tomcat/webapps/\n",
        f"FROM tomcat:10\nCOPY app.war /usr/local/tomcat/webapps/\n{RUN}",
    ),
    Row(
        "a script that the context shows",
        'FROM python:3.12\nCOPY run.sh /\nENTRYPOINT ["/run.sh"]\n',
        f'FROM python:3.12\nCOPY run.sh /\n{RUN}ENTRYPOINT ["/run.sh"]\n',
        context={"run.sh": "#!/bin/sh\npython manage.py migrate\nexec gunicorn app:app\n"},
    ),
    Row(
        "a stage below",
        f"FROM python:3.12 AS a\nCOPY . .\nFROM a\n{APP}",
        f"FROM python:3.12 AS a\nCOPY . .\nFROM a\n{RUN}{APP}",
    ),
]

test_left_alone, test_mended, test_unsafe = suite(HOOK, LEFT_ALONE, [], UNSAFE, DISGUISES)

HOOKS = (non_root_user.HOOK, healthcheck.HOOK, entrypoint_cmd.HOOK, exec_form.HOOK)


@pytest.mark.parametrize("before", [row.before for row in (*LEFT_ALONE, *UNSAFE)])
def test_settles_alike_in_any_order(before: str) -> None:
    build = BuildContext(None)
    texts = set()
    for order in (HOOKS, HOOKS[::-1]):
        result = mend_text(before, settings_for(*order, unsafe=True), None, build)
        assert not result.problems
        text = before
        for hook in (*order, *order):
            text = mend_text(text, settings_for(hook, unsafe=True), None, build).text
        texts |= {result.text, text}
    assert len(texts) == 1


def test_a_file_that_ends_in_a_continuation() -> None:
    text = f"FROM python:3\n{APP}COPY . . \\\n"
    result = mend_text(text, settings_for(HOOK, unsafe=True), None, BuildContext(None))
    assert result.text == text
    assert [found.finding.reason for found in result.findings] == ["the file ends in a line continuation"]


@pytest.mark.parametrize(
    ("workdir", "told"),
    [
        ("/srv", "cannot write where root alone may, as to WORKDIR /srv unless it is given them"),
        ("/tmp", "cannot write where root alone may"),
    ],
)
def test_the_message_names_what_is_roots_alone(workdir: str, told: str) -> None:
    result = check_text(
        f"FROM python:3\nWORKDIR {workdir}\n{APP}", settings_for(HOOK), None, BuildContext(None)
    )
    assert [found.finding.reason for found in result.findings] == [f"`app` {told}"]
