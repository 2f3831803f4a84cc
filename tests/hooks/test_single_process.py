from __future__ import annotations

import compose_harness
from dockmend.single_process import HOOK
from harness import Row, suite

WATCHED = "starts and watches several processes"
SCRIPT = 'COPY run.sh /run.sh\nENTRYPOINT ["/run.sh"]\nCMD ["gunicorn", "app:app"]\n'


def script(text: str) -> dict[str, str]:
    return {"run.sh": f"#!/bin/sh\n{text}\n"}


LEFT_ALONE = [
    Row("one server", 'CMD ["gunicorn", "--workers", "4", "app:app"]\n', says=""),
    Row(
        "an init process for one program", 'ENTRYPOINT ["tini", "--"]\nCMD ["gunicorn", "app:app"]\n', says=""
    ),
    Row("steps before the server", "CMD python manage.py migrate && exec gunicorn app:app\n", says=""),
    Row("a pipeline", "CMD app | tee /var/log/app.log\n", says=""),
    Row("a job that is waited for", "CMD app & wait\n", says=""),
    Row("a shell after the job", "CMD app & bash\n", says=""),
    Row("a log that is shown", "CMD tail -f /var/log/app.log & exec app\n", says=""),
    Row("a lone service", "CMD service nginx start\n", says=""),
    Row("a service that is asked", "CMD service nginx status && exec app\n", says=""),
    Row("another stage's", 'FROM debian:12\nCMD ["supervisord"]\nFROM debian:12\nCMD ["app"]\n', says=""),
    Row("an /init of its own", 'COPY init /init\nENTRYPOINT ["/init"]\n', says=""),
    Row("an init of its own", 'ADD helper/init /sbin/init\nCMD ["/sbin/init"]\n', says=""),
    Row(
        "what the project calls my_init",
        'ADD my_init /\nENTRYPOINT ["tini", "--"]\nCMD ["/my_init"]\n',
        says="",
    ),
    Row("a script that cannot be read", "CMD if app & then\n", says=""),
    Row("Windows", "FROM mcr.microsoft.com/windows/servercore:ltsc2022\nCMD supervisord\n", says=""),
    Row(
        "alternatives",
        SCRIPT,
        context=script("case $1 in\nweb) gunicorn a;;\nworker) celery worker & cron;;\nesac"),
        says="",
    ),
    Row("a function", SCRIPT, context=script('serve() { nginx & }\nexec "$@"'), says=""),
    Row(
        "a server for the preparations",
        SCRIPT,
        context=script('mysqld &\nmysql < /init.sql\nkill $!\nexec "$@"'),
        says="",
    ),
    Row("supervisord", 'CMD ["/usr/bin/supervisord", "-n"]\n', says=WATCHED),
    Row("supervisord in a shell", "CMD mkdir -p /run/x && exec supervisord\n", says=WATCHED),
    Row("s6-overlay", 'COPY s6/ /etc/s6\nENTRYPOINT ["/init"]\n', says=WATCHED),
    Row("honcho", 'CMD ["honcho", "start"]\n', says=WATCHED),
    Row("an init system", 'CMD ["/sbin/init"]\n', says=WATCHED),
    Row(
        "a service beside the server",
        "CMD service nginx start && gunicorn app:app\n",
        says="`service nginx start`",
    ),
    Row("a script of init", "CMD /etc/init.d/cron start; exec app\n", says="`/etc/init.d/cron start`"),
    Row("a job beside the server", "CMD celery worker & gunicorn app:app\n", says="`celery`, `gunicorn`"),
    Row("two jobs", "CMD celery worker & gunicorn app:app & wait\n", says="`celery`, `gunicorn`"),
    Row(
        "a job in the array that exec-form leaves",
        'CMD ["/bin/sh", "-c", "celery worker & gunicorn app:app"]\n',
        says="`celery`, `gunicorn`",
    ),
    Row("servers one after the other", "CMD php-fpm && nginx -g 'daemon off;'\n", says="`php-fpm`, `nginx`"),
    Row("a job in a script", SCRIPT, context=script('nginx &\nexec "$@"'), says="/run.sh starts processes"),
    Row(
        "servers in a script",
        SCRIPT,
        context=script('nginx\ncron\nexec "$@"'),
        says="`nginx`, `cron`, `gunicorn`",
    ),
    Row(
        "a service in a script",
        SCRIPT,
        context=script('service cron start\nexec "$@"'),
        says="/run.sh leaves behind what `service cron start` starts",
    ),
]

test_left_alone, test_mended, test_unsafe = suite(
    HOOK,
    LEFT_ALONE,
    without={
        "other-escape": "the backtick marks a file for Windows",
        "onbuild": "a trigger starts nothing here",
    },
)


def command(written: str) -> str:
    return f"services:\n  a:\n    image: a:1\n    command: {written}\n"


test_compose_left_alone, *_ = compose_harness.suite(
    HOOK,
    [
        Row("one", command("gunicorn app:app"), says=""),
        Row("no command", "services:\n  a:\n    image: a:1\n", says=""),
        Row("a manager", command("supervisord -n"), says="the service a: `supervisord` starts and watches"),
        Row("a service", command("sh -c 'service cron start && gunicorn app:app'"), says="leaves behind"),
        Row("jobs", command('["sh", "-c", "celery worker & gunicorn app:app"]'), says="in the background"),
        Row(
            "a manager as entrypoint",
            "services:\n  a:\n    image: a:1\n    entrypoint: [supervisord]\n    command: [-n]\n",
            says="`supervisord`",
        ),
    ],
)
