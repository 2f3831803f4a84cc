"""The secrets that a Dockerfile's own text holds, each with its place."""

from __future__ import annotations

from dockmend._dockerfile.assignments import assignments
from dockmend._dockerfile.document import Document, Instruction, Logical, Problem, derived
from dockmend._dockerfile.parser import parse
from dockmend._dockerfile.span import Span
from dockmend._functools import remembering
from dockmend._project.secret_names import NONE, STRONG, is_random, is_secret, is_stand_in, name_strength
from dockmend._project.secret_tokens import may_hold, tokens
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from tree_sitter import Node

    from dockmend._shell.script import Script

    _Found: TypeAlias = tuple[int, int, str]

_QUOTED = regex(r"(?<![A-Za-z])'[^']*'|\"[^\"]*\"")
_SHELL_TEXT = frozenset({"RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"})
_HEALTHCHECK_CMD = regex(r"(?i)CMD[\t\v\f\r ]+")
# Words that a script with a password in it has; others are not parsed.
_HINTS = ("pass", "pwd", "token", "secret", "key", "cred", "identified", "curl", "auth")
# `ALTER USER x WITH PASSWORD 'y'`, `IDENTIFIED BY 'y'`, `PASSWORD('y')`
_SQL = regex(
    r"(?i)(?:\bidentified[ \t]{1,9}(?:with[ \t]{1,9}\w{1,40}[ \t]{1,9})?by|\bpassword[ \t]{0,9}\("
    r"|\b(?:encrypted|with)[ \t]{1,9}password)[ \t]{0,9}"
    r"(?:'\\''|\\?['\"])([^'\"\\\s]{1,200})(?:'\\''|\\?['\"])"
)
# What chpasswd reads: user:password, a line each.
_ACCOUNT = regex(r"(?m)(?:^|(?<=\\n)|(?<=['\" ]))[a-z_][a-z0-9_-]{0,31}:([^\s:'\"\\]{1,200})(?=['\"\\ ]|$)")
# An option among those that a variable holds (JAVA_OPTS): --key-password=x, -Dkey.password=x
_OPTION = regex(r"(?<![^\s'\"=])(--?(?:D(?=[a-z]))?([A-Za-z][\w.-]{1,80}))=([^\s'\"\\]{1,200})")
_CHPASSWD = regex(r"(?:sudo[ \t]+)?(?:/usr/sbin/)?chpasswd\b(?![^|;&\n]*[ \t](?:-e|--encrypted)\b)")
_RUN_SCRIPTS = frozenset({"ash", "bash", "dash", "sh", "su", "runuser"})
# What reads a password alone.
_PASSWD = regex(r"(?:sudo[ \t]+)?(?:(vncpasswd)[ \t].*-f\b|(passwd)[ \t].*--stdin\b)")


class Secret(NamedTuple):
    """A secret that stands in `instruction`, at `span`; `what` names it without its value."""

    instruction: Instruction
    span: Span
    what: str


@derived
def find(doc: Document) -> tuple[Secret, ...]:
    """The secrets in the instructions of `doc`, in the order of the file, no place twice."""
    return tuple(_in_order(doc))


def _in_order(doc: Document) -> Iterator[Secret]:
    holders = [one.trigger or one for one in doc.instructions]
    shaped = may_hold(text for holder in holders for text in holder.texts)
    for instruction, holder in zip(doc.instructions, holders):
        end = -1
        secrets = [*(_by_shape(holder) if shaped else ()), *_by_name(holder, doc)]
        for found in sorted(secrets, key=lambda one: (one.span.start, -one.span.end)):
            if found.span.start >= end:
                yield found._replace(instruction=instruction)
                end = found.span.end


def discreet(text: str, problem: Problem) -> str:
    """What a problem of the file `text` says, without the words it quotes where one may be a secret."""
    quoted = _QUOTED.sub("'***'", problem.message)
    if quoted == problem.message:
        return quoted
    for one in parse(text).instructions:
        holder = one.trigger or one
        if one.line == problem.line and any(
            name_strength(word.partition("=")[0].strip("'\"")) for word in holder.args.text.split()
        ):
            return quoted
    return problem.message


def _by_shape(holder: Instruction) -> Iterator[Secret]:
    for token in tokens(holder.args.text):
        yield Secret(holder, holder.args.span(token.start, token.end), token.kind)
    for heredoc in holder.heredocs:
        for token in tokens(heredoc.content):
            span = Span(heredoc.span.start + token.start, heredoc.span.start + token.end)
            yield Secret(holder, span, token.kind)


def _by_name(holder: Instruction, doc: Document) -> Iterator[Secret]:
    args = holder.args
    for one in assignments(holder, doc.escape):
        if holder.name == "LABEL" or one.value is None:
            continue
        if is_secret(one.name, one.plain):
            yield Secret(holder, _value_span(args, one.start, one.end), f"the value of {one.name}")
        options = "-" in one.value and "=" in one.value
        for match in _OPTION.finditer(args.text, one.start, one.end) if options else ():
            if name_strength(match[2]) == STRONG and is_secret(match[2], match[3]):
                yield Secret(holder, args.span(*match.span(3)), f"the value of {match[1]}")
    if holder.name in _SHELL_TEXT:
        for start, end, what in _in_arguments(holder):
            yield Secret(holder, args.span(start, end), what)
    for heredoc in holder.heredocs:
        if holder.name == "RUN":
            base = heredoc.span.start
            for start, end, what in in_script(heredoc.content.replace("\r\n", " \n")):
                yield Secret(holder, Span(base + start, base + end), what)


def _value_span(args: Logical, start: int, end: int) -> Span:
    quoted = end - start > 1 and args.text[start] == args.text[end - 1] and args.text[start] in "'\""
    return args.span(start + quoted, end - quoted)


def _in_arguments(holder: Instruction) -> Iterator[tuple[int, int, str]]:
    text = holder.args.text
    if holder.json is None:
        command = _HEALTHCHECK_CMD.match(text) if holder.name == "HEALTHCHECK" else None
        skip = command.end() if command else 0
        for start, end, what in in_script(text[skip:]):
            yield start + skip, end + skip, what
        return
    words = []
    at = 0
    for word in holder.words:
        at = text.index(word.text, at)
        words.append((word.text[1:-1], at + 1))
        at += len(word.text)
    if len(words) > 2 and words[1][0] in ("-c", "-lc", "-ec", "-exc") and "\\" not in words[2][0]:
        for start, end, what in in_script(words[2][0]):
            yield start + words[2][1], end + words[2][1], what
    elif words:
        yield from _in_words(words)


@remembering(64, longest=4096)
def in_script(text: str) -> tuple[_Found, ...]:
    """Passwords that a shell script spells out: start and end in `text`, and what each is."""
    if not any(map(text.lower().__contains__, _HINTS)):
        return ()
    return tuple(_in_script(text))


def _in_script(text: str) -> Iterator[_Found]:
    from dockmend._shell.script import parse as parse_script

    low = text.lower()
    for match in _SQL.finditer(text) if "identified" in low or "password" in low else ():
        if not is_stand_in(match[1]):
            yield *match.span(1), "a password in SQL"
    script = parse_script(text)
    if script.has_error:
        return
    for node in script.walk():
        if node.type == "variable_assignment":
            yield from _in_assignment(script, node)
        elif node.type == "command":
            yield from _in_words(list(_words(script, node)))
            yield from _in_account(script, node)


def _in_assignment(script: Script, node: Node) -> Iterator[tuple[int, int, str]]:
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if name is None or value is None or value.type not in ("word", "string", "raw_string", "number"):
        return
    written, start, end = _literal(script, value)
    called = script.source(name)
    # One command's own variable is often a stand-in: SECRET_KEY=x python manage.py collectstatic
    sure = is_random(written) or called.upper().endswith(("PASSWORD", "PASSWD"))
    if sure and is_secret(called, written):
        yield start, end, f"the value of {called}"


def _literal(script: Script, node: Node) -> tuple[str, int, int]:
    """The text of a word without the quotes around it, and its place."""
    start, end = script.span(node)
    text = script.text[start:end]
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1], start + 1, end - 1
    return text, start, end


def _words(script: Script, node: Node) -> Iterator[tuple[str, int]]:
    for child in node.children:
        if child.type in ("command_name", "word", "string", "raw_string", "number", "concatenation"):
            text, start, _ = _literal(script, child)
            yield text, start


def _in_words(words: list[tuple[str, int]]) -> Iterator[tuple[int, int, str]]:
    """Passwords among a command's words, each given with its place."""
    if not words:
        return
    command = words[0][0].rsplit("/", 1)[-1]
    for (word, at), (following, place) in zip(words, [*words[1:], ("", 0)]):
        option, equals, value = word.partition("=")
        if option.startswith("--") and name_strength(option) == STRONG and "file" not in option:
            start = at + len(option) + 1
            if not equals:
                value, start = following, place
            if value[:1] != "-" and is_secret(option, value.strip("'\"")):
                inner = value.strip("'\"")
                start += value.index(inner)
                yield start, start + len(inner), f"the value of {option}"
        elif command == "curl" and word in ("-u", "--user") and ":" in following:
            password = following.partition(":")[2]
            if not is_stand_in(password):
                yield (
                    place + len(following) - len(password),
                    place + len(following),
                    "the password given to curl",
                )
        elif command == "sshpass" and word == "-p" and not is_stand_in(following):
            yield place, place + len(following), "the password given to sshpass"
        elif command in _RUN_SCRIPTS and word == "-c" and "\\" not in following:
            for start, end, what in in_script(following):
                yield place + start, place + end, what


def _in_account(script: Script, node: Node) -> Iterator[tuple[int, int, str]]:
    """`echo "user:password" | chpasswd`, `echo password | passwd --stdin user` and `| vncpasswd -f`."""
    name, pipeline = node.child_by_field_name("name"), node.parent
    if name is None or script.source(name).rpartition("/")[2] not in ("echo", "printf"):
        return
    if pipeline is None or pipeline.type != "pipeline":
        return
    after = [one for one in pipeline.named_children if one.start_byte >= node.end_byte]
    reader = script.source(after[0]) if after else ""
    if _CHPASSWD.match(reader):
        for match in _ACCOUNT.finditer(script.text, *script.span(node)):
            if not is_stand_in(match[1]):
                yield *match.span(1), "a password set with chpasswd"
    elif (found := _PASSWD.match(reader)) is not None:
        for word, at in list(_words(script, node))[1:2]:
            if not is_stand_in(word):
                yield at, at + len(word), f"a password set with {found[1] or found[2]}"


def secret_argument(name: str) -> bool:
    """Whether a build argument of that name is there to be given a secret."""
    return name_strength(name) != NONE and name.upper() not in ("PWD", "OLDPWD")
