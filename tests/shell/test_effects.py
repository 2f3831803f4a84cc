"""What scripts leave behind: that the right ones are held to do so, and the others are not."""

from __future__ import annotations

import pytest

from dockmend._shell import join, tools
from dockmend._shell.effects import Effects, Place, effects

APP = Place(None, "/srv/app", {"DIR": "/tmp/x", "WORK": "/srv", "TWO": "/a /srv", "CMD": "cd", "ARG": None})
ROOT = APP._replace(user="root")
USER = APP._replace(user="app")


def of(text: str, place: Place = APP) -> Effects:
    return effects(text, place)


@pytest.mark.parametrize(
    "text",
    [
        "cd x", "pushd x", "X=1", "export X", "export X=1", "readonly X", "unset X", "read X",
        "getopts a X", "set -x", "set a b", "shift", "shopt -s x", "umask 077", "ulimit -n 1",
        "trap 'x y' EXIT", "alias a=b", "unalias a", "hash -r", "enable x", "exec a", "exec > f", "exit",
        "exit 0", "exit 256", "exit $x", "return", "eval a && b", ". x && b", "source x && b", "f() { a; }",
        "for x in a; do b; done", "a ${X:=1}", "a ${X=1}", "a $((X=1))", "a $((X+=1))", "a $((X++))",
        "a $((--X))", "a $((X<<=1))", "X=1 :", "$CMD x && a", '"$ARG" && b', "$ARG$CMD && b",
        "command cd x", "builtin cd x", "printf -v X a", "let X=1", "local X=1", "a && { cd x; }",
        "if cd x; then a; fi", "a || cd x", "! cd x", "mapfile X", "X=1 && a", "a > ${X:=f}",
        "case a in ${X:=a}) b;; esac", "time cd x",
    ],
)  # fmt: skip
def test_what_changes_its_shell(text: str) -> None:
    assert of(text).leaks


@pytest.mark.parametrize(
    "text",
    [
        "a", "(cd x)", "cd x | a", "a | cd x", "a $(cd x)", "a `cd x`", "X=1 a", "exit 1", "a || exit 2", "/bin/cd x",
        "echo cd", "a $((X==1)) $((X<=1)) $((X>=1)) $((X!=1))", "a ${X:-1} ${X:+1}",
        "command -v cd", "type cd", "printf %s -v", "wait", "test -f cd", "[ -f x ] && a", "true", ": x", "kill 5",
        "$X/bin/a", "(X=1; trap a EXIT; exit)", "sh -c 'cd x; exit'", "a export",
    ],
)  # fmt: skip
def test_what_leaves_its_shell_alone(text: str) -> None:
    assert not of(text).leaks


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (text, place, said)
        for place, said, texts in [
            (APP, "background job", ["a &", "a & b", "(a &)", "a $(b &)", "if a; then b & fi", "sh -c 'a &'"]),
            (APP, "process behind", [
                "service a start", "/etc/init.d/a restart", "systemctl start a", "systemctl enable --now a", "nohup a",
                "a | nginx", "nginx -g x", "php-fpm7.4", "apachectl start", "pg_ctl -D x start", "sudo service a start",
                "sudo -u a -- service b start", "env A=1 service a start", "timeout -k 1 5 service a start",
                "su a -c 'service b start'", "bash -lc \"service $X start\"", "sh -c 'service a start; ((x))'",
                "bash -x /start.sh", "sh ./entrypoint.sh", "/usr/local/bin/docker-entrypoint.sh", "./run.sh a",
                "$X/start.sh", "x=$(service a start)", "gpg --recv-keys a", "rabbitmq-server -detached",
                "redis-server --daemonize yes", "mongod --fork", "mysqld_safe", "command service a start",
                "a --daemonize=yes", "chroot /x service a start", "xargs service a start", "exec supervisord",
            ]),
            (APP, "one RUN", [
                "mount a b", "sysctl -w a=b", "ip link add a", "hostname a", "echo 1 > /proc/sys/a", "a >> /etc/hosts",
                "tee /etc/resolv.conf", "cp a /etc/hosts", "dd of=/dev/shm/a", "mkdir /dev/net", "chmod 666 /dev/kvm",
                "rm -f /etc/hostname", "sed -i s/a/b/ /etc/hosts", "rm /sys/a",
            ]),
            (APP, "gets anew", ["cd /etc && echo >> hosts", "cd /dev/shm && a", "cd /proc/sys && a"]),
            (APP, "/bin/sh", [
                "ln -sf bash /bin/sh", "mv a /bin/sh", "rm /bin/sh && a", "cp -f a sh", "dpkg-reconfigure dash",
                "dpkg-divert --add /bin/sh", "busybox --install -s", "rm -f /bin/sh",
            ]),
            (APP, "anew", ["a > /bin/sh", "echo a >> /etc/passwd", "a > /etc/group"]),
            (ROOT, "anew", ["a > /etc/passwd"]),
            (APP, "user in force", [
                "usermod -aG a root", "sudo usermod -aG a b", "gpasswd -a root a", "usermod -aG a $X", "adduser root a",
                "sed -i s/a/b/ /etc/passwd", "userdel $ARG", "gosu a usermod b",
            ]),
            (USER, "user in force", ["useradd a", "sudo useradd a", "usermod -aG a b", "sudo groupadd x"]),
            (APP, "working directory", [
                "rm -rf /srv/app", "rm -rf /srv", "rm -rf /srv/", "rm -r /srv/*", "rm -rf .", "rm -rf ../app", "rm -rf //srv", "rm -rf /x/../srv//*", "rm -rf /./srv/a*",
                "rmdir /srv/app", "mv /srv /x", "ln -sfn /x /srv/app", "rm /srv/app", "rm -rf $X", "rm -rf $WORK",
                "rm -rf $TWO", 'rm -rf "$ARG/app"', "rm -rf $WORK/app", "cd .. && rm -rf app", "cd $X && rm -rf app",
                "cd / && rm -rf srv", "cd / && cd srv && rm -rf app", "find / -name app -exec rm -rf {} +",
                "find . -delete", "find / -name 'a*' -delete", "find -delete", "sudo rm -rf /srv/app",
                "X=/srv && rm -rf $X", "X=/tmp; X=/srv; rm -rf $X", "(X=/srv; rm -rf $X)", "ls | xargs rm -rf",
                "read X && rm -rf $X", "for x in a; do rm -rf $x; done", "sh -c 'rm -rf /srv'", "rm -rf ~/app",
                "find / -type f -o -type d -delete", "export X=$(a) && rm -rf $X",
                "cd a && cd b && cd c && cd d && cd e && cd f && cd g && cd h && cd i && rm -rf app",
            ]),
            (APP, "set -e", ["set -e; a; b", "set -o errexit; a; b", "set -e $X && a; b", "eval a", "$CMD$ARG",
                             "set -e && { a; b; }", "set -e; case a in a) b; c;; esac", "set -e; ! a; b; c",
                             "set -e; a | b; c", "set -e; while a; do b; done", "set -e; x=$(a); b", "shopt -so errexit; a; b",
                             "f() { set -e; }; f; a; b", "set -e; f() { a; }; f", "set -e; a; exit 0",
                             "set -e; echo $(a; b)", "set -e; echo $(a); b", "set -e; > f; b", "command . x",
                             "set -e; if a; then b; c; fi", "set -e; (a; b)"]),
            (APP, "trap", ["trap a ERR", "trap 'a b' EXIT DEBUG", "trap a $X"]),
            (APP, "shell comment", ["a # b"]),
        ]
        for text in texts
    ],
)  # fmt: skip
def test_what_nothing_may_follow(text: str, place: Place, said: str) -> None:
    assert said in effects(text, place).last


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (text, place)
        for place, texts in [
            (APP, [
                "a", "service a stop", "service a status", "nginx -t", "nginx -v", "systemctl enable a", "apk add nginx",
                "apt-get install -y nginx cron", "sudo apt-get install nginx", "echo start", "gpg --dearmor x",
                "curl x | gpg --dearmor", "su a -c 'b && c'", "bash -c \"a $b\"", "sh -c 'a ((b'", "./install.sh",
                "./cuda.run --silent", "/etc/my_init.d/00_keys.sh", "cat /proc/cpuinfo", "a < /proc/x", "a > /dev/null",
                "make -j$(grep -c a /proc/cpuinfo)", "ln -sf /dev/stdout /a", "ln -s /proc/mounts /a", "grep a /etc/hosts",
                "sed s/a/b/ /etc/hosts", "a 2>&1 > /dev/stderr", "tee /etc/hosts.allow", "cp a/bash b", "rm a.sh",
                "useradd -u 0 root2", "groupadd a", "adduser a", "usermod -aG a b", "deluser a", "cat /etc/passwd",
                "rm -rf /tmp/*", "rm -rf $DIR", "rm -rf x/y", "rm -rf /srv2", "rm -rf ../b", "cd /x && rm -rf b*",
                "rm $X", "rm -f $X", 'D="$(mktemp -d)" && rm -rf "$D"', "D=`mktemp`; rm -rf $D", "X=/tmp/y; rm -rf $X/z",
                "export G=/x && rm -rf $G", "find / -name '*.pyc' -delete", "find . -type f -delete", "find / -name app",
                "mv a b", "ln -s /a /b", "find /usr -name a -exec rm -rf {} +", 'rm -rf "$X"/*.deb',
                "set -e", "set -e; a", "set -e; a && b || c", "set -ex && a && b", "set -e; (a)", "set -e; { a && b; }",
                "set -e; if a; then b; fi", "set -e; true; a", "set -e; export A=b; echo c; a | b", "set -- -e; a; b",
                "set +x; a; b", "set -e; ! a", "set -e; echo $(a)", "set -e; case a in a) b;; esac", "(set -e; a)",
                "set -e; X=1; a", "f() { a; b; }; f; c", "set -e; a || b",
                "eval a || b", ". x && a", "set -e; a || true; b", "trap 'a b' EXIT", "trap a INT TERM", "$X/a; b",
                "set -e; f() { a; b; }; true", "[ -f a ] || b", "set - -e; a; b",
            ]),
            (ROOT, ["echo a >> /etc/passwd", "usermod -aG a b", "useradd a", "sudo usermod -aG a b"]),
            (APP._replace(workdir=None), ["rm -rf /srv/app", "rm -rf $X", "rm -rf ."]),
            (APP._replace(workdir="/"), ["rm -rf /srv", "rm -rf $X", "rm -rf *"]),
        ]
        for text in texts
    ],
)  # fmt: skip
def test_what_others_may_follow(text: str, place: Place) -> None:
    found = effects(text, place)
    assert (found.last, found.alone, found.first) == ("", "", "")


@pytest.mark.parametrize("text", ["ps aux", "pkill -f a", "pgrep --full a", "kill 1", "kill -9 -1", "reboot",
                                  "su -c 'ps ax'", "", "# a", "a; b # c", "'a", "-n"])  # fmt: skip
def test_what_stays_alone(text: str) -> None:
    assert of(text).alone
    assert join.apart(of(text), of("a"))
    assert join.apart(of("a"), of(text))


@pytest.mark.parametrize("text", ["pkill a", "kill 5", "kill -0 $x", "pgrep a"])
def test_what_ends_only_others(text: str) -> None:
    assert not of(text).alone


@pytest.mark.parametrize("text", ["echo $SECONDS", "a $PIPESTATUS", "a ${_:-x}"])
def test_what_must_come_first(text: str) -> None:
    assert of(text).first
    assert join.apart(of("a"), of(text))
    assert not join.apart(of(text), of("a"))


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("pip install -U pip", "pip"), ("pip install pip==20.1", "pip"), ("pip install 'pip<21'", "pip3"),
        ("pip3 install -U pip", "pip3"), ("pip3.9 install pip", "pip3.9"), ("python get-pip.py", "pip"),
        ("curl -O https://x/get-pip.py", "pip"), ("npm i -g npm@9", "npm"), ("n stable", "npm"), ("nvm use 5", "node"),
        ("tar xf node-v20.1.0-linux.tar.gz", "node"), ("ln -s x /usr/local/bin/node", "node"), ("cp node /x", "node"),
        ("apt-get remove git", "git"), ("composer self-update", "composer"), ("gem update --system", "gem"),
        ("gem install bundler", "bundle"), ("pip install -U setuptools", "easy_install"), ("corepack enable", "yarn"),
        ("curl https://x/docker-20.tgz", "docker"), ("sh -c 'pip install -U pip'", "pip"),
    ],
)  # fmt: skip
def test_what_brings_another_program(command: str, name: str) -> None:
    (run,) = of(command).runs
    assert run.brings & tools.known_as(name)


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("pip install x", "pip"), ("yum install yum-utils", "yum"), ("rm -rf /var/cache/apk", "apk"),
        ("apt install apt-transport-https", "apt"), ("curl https://yum.x.org/yum/a", "yum"),
        ("git clone https://x/node.git", "git"), ("rm -rf /var/lib/apt/lists/*", "apt"), ("bundle install --path v/bundle", "bundle"),
        ("sed -i x /etc/yum.repos.d/a.repo", "yum"), ("pip install pipenv", "pip"), ("make", "make"),
    ],
)  # fmt: skip
def test_what_only_looks_like_it(command: str, name: str) -> None:
    (run,) = of(command).runs
    assert not run.brings & tools.known_as(name)


def test_what_is_built_is_what_was_named() -> None:
    scripts = ["git a", "tar xf git-2.0.tar && make && make -C git-2.0 install", "tar a && git b"]
    assert [part.wrap for part in join.parts([of(text) for text in scripts])] == [
        "subshell",
        "plain",
        "plain",
    ]


def test_what_is_remembered_in_a_subshell_is_forgotten() -> None:
    scripts = ["(pip a)", "x=$(pip b) c", "pip install -U pip", "pip d"]
    assert [part.wrap for part in join.parts([of(text) for text in scripts])] == [
        "plain", "plain", "subshell", "plain",
    ]  # fmt: skip
