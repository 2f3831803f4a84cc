"""What an ENTRYPOINT makes of the words of CMD, which it gets as its arguments.

https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact
"""

from __future__ import annotations

import posixpath

from dockmend._dockerfile.state import expand, state_after, state_at
from dockmend._functools import lru_cache
from dockmend._project.context import FILE, FOLDER, BuildContext
from dockmend._project.reference import base_image
from dockmend._regex import regex
from dockmend._shell import words
from dockmend._shell.words import SHELLS
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockmend._dockerfile.document import Document, Instruction, Stage

HANDED_ON = "handed on"
ACTED_ON = "acted on"
UNREAD = "unread"
TAKEN = "taken"

# Stages one upon the other, and instructions in them, that are looked through for a file.
_DEEPEST = 100
_MOST = 1000

_BARE = "[!/]*"
_REDIS = ("redis-server", "redis-sentinel", "*.conf")
_WEB = ("apache*", "php-fpm*")
# Images whose own entrypoint looks at its first argument, and the names it acts on: with `/bin/sh` in that
# place it does not. From the docker-entrypoint.sh of each image's repository (docker-library/* on GitHub,
# nginxinc/docker-nginx, nodejs/docker-node, hashicorp/docker-consul, bitnami/containers, …); where releases
# differ, all names. An image that ends with "*" stands for all that start so. A first argument that starts
# with "-" is special to most, and never the shell form's.
_SPECIAL = {
    "aerospike": ("asd",),
    "arangodb": ("arangod",),
    "bash": ("bash",),
    "bitnami/*": ("/opt/bitnami/*", "*/run.sh"),
    "bitnamilegacy/*": ("/opt/bitnami/*", "*/run.sh"),
    "cassandra": ("cassandra",),
    "composer": (_BARE,),
    "consul": (_BARE,),
    "couchbase": ("couchbase-server",),
    "couchdb": ("couchdb", "/opt/couchdb/bin/couchdb"),
    "crate": ("crate",),
    "docker": (_BARE,),
    "docker.elastic.co/elasticsearch/*": ("elasticsearch", "eswrapper"),
    "docker.elastic.co/kibana/*": ("kibana",),
    "elasticsearch": ("elasticsearch", "eswrapper"),
    "flink": (_BARE,),
    "fluent/fluentd": ("fluentd",),
    "fluentd": ("fluentd",),
    "geonetwork": ("java", "catalina.sh"),
    "ghost": ("node*",),
    "haproxy": ("haproxy",),
    "hashicorp/*": (_BARE,),
    "influxdb": ("influx*",),
    "jetty": (_BARE,),
    "joomla": _WEB,
    "kibana": ("kibana",),
    "kong": ("kong",),
    "logstash": ("logstash",),
    "mariadb": ("mariadbd", "mysqld"),
    "memcached": ("memcached",),
    "mongo": ("mongo*",),
    "mongo-express": ("mongo-express",),
    "mongodb/*": ("mongo*",),
    "monica": _WEB,
    "mysql": ("mysqld", "mysqlrouter"),
    "mysql/mysql-server": ("mysqld",),
    "nats": ("nats-server",),
    "neo4j": ("*neo4j*", "dump-config", "backup", "restore"),
    "nextcloud": _WEB,
    "nginx": ("nginx", "nginx-debug"),
    "nginxinc/*": ("nginx", "nginx-debug"),
    "node": ("*.js", "*.mjs", "*.cjs", "*.ts"),
    "odoo": ("odoo", "odoo.py", "openerp-server"),
    "percona": ("mysqld",),
    "percona/*": ("mysqld", "mongo*"),
    "phpmyadmin": _WEB,
    "phpmyadmin/phpmyadmin": (*_WEB, "supervisord", "/run.sh"),
    "plone": (_BARE,),
    "postgis/postgis": ("postgres",),
    "postgres": ("postgres",),
    "rabbitmq": ("rabbitmq*",),
    "redis": _REDIS,
    "redmine": ("rails", "rake", "passenger", "thin", "unicorn"),
    "registry": ("serve", "garbage-collect", "help", "*.yml", "*.yaml"),
    "sonarqube": ("*",),
    "spark": ("driver", "executor"),
    "storm": ("storm",),
    "teamspeak": ("ts3server",),
    "timescale/*": ("postgres",),
    "traefik": (_BARE,),
    "valkey/valkey": ("valkey-server", "*.conf"),
    "vault": (_BARE,),
    "wordpress": _WEB,
    "xwiki": ("xwiki",),
    "yourls": _WEB,
    "znc": ("*",),
    "zookeeper": ("zkServer.sh",),
}


class _Init(NamedTuple):
    """Options of a program that starts another: those that stand alone, and those that take a value."""

    alone: frozenset[str]
    valued: frozenset[str]


_TINI = _Init(frozenset({"-g", "-l", "-s", "-v", "-vv", "-vvv", "-w"}), frozenset({"-e", "-p"}))
_INITS = {
    "catatonit": _Init(frozenset({"-g"}), frozenset()),
    "docker-init": _TINI,
    "dumb-init": _Init(frozenset({"--single-child", "--verbose", "-c", "-v"}), frozenset({"--rewrite"})),
    "tini": _TINI,
    "tini-static": _TINI,
}

_ENDS = regex(
    r'exec (?:(?:[\w/.-]*/)?(?:gosu|su-exec) [\w.:-]+ |(?:[\w/.-]*/)?(?:tini|dumb-init) (?:-- )?)?"\$@"'
)
_COMMANDS = regex(r"-[A-Za-z]*c")
# As JSON has it, and with the quotes of word processors.
_OPEN_STRING = tuple(f"[{quote}" for quote in "\"'\u2018\u2019\u201a\u201b\u201c\u201d\u201e")
# What may read or change the positional parameters, in a script that should only hand them on.
_LOOKS = regex(
    r"""(?xm)\$(?:[1-9@*#]|\{[#!]?[1-9@*#])|\b(?:shift|getopts|eval|source|BASH_ARGV|argv)\b
    |(?:^|[;&|({\s])\.[ \t]|\bset[ \t]+(?:--|-[ \t]|[^-+\s])|\bfor[ \t]+\w+[ \t]*(?:;|do\b|$)"""
)


def is_array_like(text: str) -> bool:
    """Whether the shell form `text` looks like an array, which it is not: a shell runs it as it stands."""
    if not text.startswith("["):
        return False
    from dockmend._dockerfile.array import lookalike

    return lookalike(text) is not None or text.startswith(_OPEN_STRING)


def is_one_string(command: words.Command) -> bool:
    """Whether the command is one quoted string, which a shell takes for the name of a program."""
    return len(command.words) == 1 and any(blank in command.words[0].text for blank in " \t")


def is_misread(*starts: Instruction | None) -> bool:
    """Whether one of CMD and ENTRYPOINT is written as something that it is not, which exec-form tells."""
    texts = [one.args.text for one in starts if one is not None and one.json is None]
    return any(is_array_like(text) or is_one_string(words.read(text)) for text in texts)


def fate(doc: Document, build: BuildContext, stage: Stage, first: str) -> tuple[str, str]:
    """What becomes of the words of a CMD of `stage` that start with `first`, and what would get them.

    HANDED_ON: they are started as they stand. ACTED_ON: the base image's entrypoint knows the first one.
    UNREAD: the ENTRYPOINT is a shell's script that never looks at them. TAKEN: anything else.
    """
    entry = state_after(doc, stage).entrypoint
    if entry is None:
        image = base_image(doc, stage)
        return (ACTED_ON if image is not None and acts_on(image.name, first) else HANDED_ON), ""
    words = entry.json
    script = entry.args.text if words is None else script_of(words)
    if script is not None:
        return (TAKEN if _LOOKS.search(script) or "$0" in script or "${0" in script else UNREAD), "a shell"
    if not words or hands_on(doc, build, stage, words, first):
        return HANDED_ON, ""
    return TAKEN, f"`{words[0]}`"


def acts_on(image: str, word: str) -> bool:
    """Whether the entrypoint that the image of that name brings acts on `word` as its first argument."""
    patterns = _acted_on(image)
    if not patterns:
        return False
    from fnmatch import fnmatchcase

    return any(fnmatchcase(word, pattern) for pattern in patterns)


@lru_cache(maxsize=16)
def _acted_on(image: str) -> tuple[str, ...]:
    within = (
        pattern
        for known, patterns in _SPECIAL.items()
        if known.endswith("*") and image.startswith(known[:-1])
        for pattern in patterns
    )
    return (*_SPECIAL.get(image, ()), *within)


def script_of(entrypoint: Sequence[str]) -> str | None:
    """The script of an ENTRYPOINT that is a shell's `-c` and nothing after it; None for any other."""
    if len(entrypoint) < 3 or posixpath.basename(entrypoint[0]) not in SHELLS:
        return None
    *options, last = entrypoint[1:-1]
    if any(not word.startswith("-") and options[at - 1][-1:] not in "oO" for at, word in enumerate(options)):
        return None
    return entrypoint[-1] if _COMMANDS.fullmatch(last) else None


def hands_on(doc: Document, build: BuildContext, stage: Stage, entrypoint: Sequence[str], word: str) -> bool:
    """Whether the exec form `entrypoint` surely runs a CMD that starts with `word`, as it stands.

    Known are programs that do nothing else (tini, env, gosu, …) and scripts that the context shows.
    """
    words = _unwrapped(list(entrypoint), word)
    if words is None or not words:
        return words is not None
    if len(words) == 2 and posixpath.basename(words[0]) in SHELLS:
        text = image_file(doc, build, stage, words[1])
        return text is not None and _only_execs(text)
    if len(words) != 1 or "/" not in words[0]:
        return False
    text = image_file(doc, build, stage, words[0])
    return text is not None and _is_shell_script(text) and _only_execs(text)


def _unwrapped(words: list[str], first: str) -> list[str] | None:
    """An ENTRYPOINT without the programs that only start another; None where their options are not known."""
    while words:
        name = posixpath.basename(words[0])
        at = 1
        if name in _INITS:
            while at < len(words) and words[at].startswith("-"):
                option = words[at]
                at += 2 if option in _INITS[name].valued else 1
                if option == "--":
                    break
                if option not in _INITS[name].alone | _INITS[name].valued:
                    return None
        elif name == "env":
            while at < len(words) and "=" in words[at]:
                at += 1
            if at == len(words) and "=" in first:
                return None
            if at < len(words) and words[at].startswith("-"):
                return None
        elif name in ("gosu", "su-exec"):
            at = 2
        else:
            return words
        if at > len(words):
            return None
        words = words[at:]
    return words


def _is_shell_script(text: str) -> bool:
    words = text.partition("\n")[0].removeprefix("#!").split()
    if not text.startswith("#!") or not words:
        return False
    program = words[1] if posixpath.basename(words[0]) == "env" and len(words) > 1 else words[0]
    return posixpath.basename(program) in SHELLS


def _only_execs(script: str) -> bool:
    """Whether a shell script ends in `exec "$@"` and never looks at its arguments before."""
    lines = [line.strip() for line in script.split("\n")]
    lines = [line for line in lines if line and not line.startswith("#")]
    if not lines or not _ENDS.fullmatch(lines[-1]) or (len(lines) > 1 and lines[-2].endswith("\\")):
        return False
    return not _LOOKS.search("\n".join(lines[:-1]))


@lru_cache(maxsize=8)
def image_file(doc: Document, build: BuildContext, stage: Stage, path: str) -> str | None:
    """The text that COPY or ADD put at `path` of the image of `stage`; None where that is not known."""
    place = _absolute(state_after(doc, stage).workdir, path)
    chain = [stage]
    while chain[-1].parent is not None and len(chain) < _DEEPEST:
        chain.append(chain[-1].parent)
    layers = [layer for current in reversed(chain) for layer in _layers(doc, current)]
    if place is None or chain[-1].parent is not None or len(layers) > _MOST:
        return None
    found: str | None = None
    name = posixpath.basename(path)
    for instruction, target in layers:
        text = instruction.args.text
        if instruction.name == "RUN":
            found = None if name in text and "chmod" not in text else found
        elif target is None:
            found = None
        elif (below := _below(place, target)) is not None:
            found = _copied(doc, build, instruction, below, found)
    return found


@lru_cache(maxsize=64)
def _layers(doc: Document, stage: Stage) -> tuple[tuple[Instruction, str | None], ...]:
    """What writes files in `stage`, each with where ADD or COPY put them, None where that is not known."""
    found: list[tuple[Instruction, str | None]] = []
    for instruction in stage.instructions:
        target = None
        if instruction.name in ("ADD", "COPY") and (words := _written(instruction)):
            state = state_at(doc, instruction)
            target = _absolute(state.workdir, expand(words[-1], state.env))
        if instruction.name in ("ADD", "COPY", "RUN"):
            found.append((instruction, target))
    return tuple(found)


def _written(instruction: Instruction) -> tuple[str, ...]:
    return instruction.json or tuple(word.text for word in instruction.words)


def _copied(
    doc: Document, build: BuildContext, instruction: Instruction, below: str, before: str | None
) -> str | None:
    """The text at `below`, from the target of an ADD or COPY; `before` is the one there until then."""
    if instruction.flag("from") or instruction.flag("parents"):
        return None
    *sources, last = _written(instruction)
    for heredoc in instruction.heredocs:
        if below == heredoc.name or (below == "" and not last.endswith("/")):
            return None if heredoc.expand and "$" in heredoc.content else heredoc.content
    found = before
    env = state_at(doc, instruction).env
    for source in sources:
        path = expand(source, env)
        entries = None if path is None else build.entries(path)
        if entries is None:
            return None
        for entry in entries:
            if entry.kind == FILE and below in ("", posixpath.basename(entry.path)):
                found = build.read_text(entry.path)
            elif entry.kind == FOLDER and below and build.kind(f"{entry.path}/{below}") == FILE:
                found = build.read_text(f"{entry.path}/{below}")
    return found


def _below(place: str, target: str) -> str | None:
    """The path of `place` below `target`, "" for the same; None where it is not there."""
    if place == target:
        return ""
    prefix = target.rstrip("/") + "/"
    return place[len(prefix) :] if place.startswith(prefix) else None


def _absolute(workdir: str | None, path: str | None) -> str | None:
    if path is None or (not path.startswith("/") and workdir is None):
        return None
    return posixpath.normpath(posixpath.join(workdir or "/", path))
