"""Reads a script as POSIX says, as far as dash, bash and busybox ash agree.

A script is read twice, here and by tree-sitter-bash, and both must find the same operators and
keywords in the same places: tree-sitter alone takes the `{` of `! { a; }` for a command.
"""

from __future__ import annotations

import re

from dockmend._functools import remembering
from dockmend._regex import regex
from dockmend._shell import script
from dockmend._shell.expansion import read_word
from dockmend._shell.syntax import (
    Command,
    Compound,
    Item,
    List,
    Pipeline,
    Program,
    Redirect,
    Simple,
    Unclear,
    Word,
)  # fmt: skip
from dockmend._shell.words import KEYWORDS

_DEEPEST = 40
_BLANK = " \t"
_QUOTES = frozenset("\"'`$\\")
_ENDS_BARE = frozenset(["", *" \t\n;&|()<>", *_QUOTES])
_NAME = regex(r"[A-Za-z_][A-Za-z0-9_]*")
_ASSIGNMENT = regex(r"([A-Za-z_][A-Za-z0-9_]*)=")
_BASH_ASSIGNMENT = regex(r"[A-Za-z_][A-Za-z0-9_]*(?:\[[^\] \t]*\])?\+?=")
_REDIRECTS = frozenset("0123456789<>&")
_REDIRECT = regex(r"[0-9]*(>>|>&|>\||<&|<>|<<|>|<)")
_DESCRIPTOR = regex(r"\{[A-Za-z0-9_]+\}[<>]")
_BASH_KEYWORDS = frozenset({"function", "select", "coproc", "]]"})
_RESERVED = KEYWORDS - _BASH_KEYWORDS - {"[[", "time"}
_STARTS_RESERVED = frozenset(word[0] for word in _RESERVED)
# What is no part of a word where one could begin.
_MEANT = frozenset("\r\n#;&|()<>")
_OPERATORS = frozenset({"&&", "||", ";", ";;", "|", "&", "(", ")"})
# tree-sitter-bash's nodes whose own tokens are the shell's operators and keywords.
_STRUCTURE = frozenset(
    """program list pipeline subshell compound_statement if_statement elif_clause else_clause while_statement
    for_statement do_group case_statement case_item function_definition negated_command""".split()  # noqa: SIM905
)


@remembering(128, longest=2048)
def read(text: str) -> Program:
    """The script `text`, one line as a shell gets it after `-c`. Raises Unclear."""
    if text.startswith(("-", "+")):
        raise Unclear("the shell takes it for options")
    tree = script.parse(text)
    if tree.doubt:
        raise Unclear(tree.doubt)
    reader = Reader(text)
    program = reader.program()
    if not _agree(tree, reader.marks):
        raise Unclear("shells may read it differently")
    return program


def _agree(tree: script.Script, marks: set[tuple[int, str]]) -> bool:
    """Whether tree-sitter-bash sees the same operators and keywords in the same places."""
    seen: set[tuple[int, str]] = set()
    needed: set[tuple[int, str]] = set()
    # `Node.parent` searches from the root: too slow in a long list, which is a deep tree.
    stack = [(tree.root, False)]
    while stack:
        node, structural = stack.pop()
        if node.child_count:
            structural = node.type in _STRUCTURE
            stack.extend((child, structural) for child in node.children)
        elif node.type in _OPERATORS or node.type in _RESERVED:
            mark = (tree.span(node)[0], node.type)
            seen.add(mark)
            if structural:
                needed.add(mark)
    return marks <= seen and needed <= marks


class Reader:
    """Recursive descent over one text; `marks` are the operators and keywords found, by place."""

    def __init__(self, text: str, depth: int = 0) -> None:
        self.text = text
        self.assigns = "=" in text
        self.at = 0
        self.depth = depth
        self.comment: int | None = None
        self.marks: set[tuple[int, str]] = set()

    def program(self) -> Program:
        items = self.list_(frozenset())
        if self.peek():
            raise Unclear("it has a syntax error")
        return Program(items, self.comment)

    # Tokens

    def peek(self) -> str:
        """The operator that comes next, `word`, or nothing at the end."""
        text = self.text
        while self.at < len(text) and text[self.at] in _BLANK:
            self.at += 1
        if self.at == len(text):
            return ""
        char = text[self.at]
        if char not in _MEANT:
            return "word"
        if char in "\r\n":
            raise Unclear("it has more than one line")
        if char == "#":
            self.comment = self.at
            if "\n" in text[self.at :]:
                raise Unclear("it has more than one line")
            self.at = len(text)
            return ""
        pair = text[self.at : self.at + 2]
        if pair in ("&&", "||", ";;"):
            return pair
        if pair in ("|&", "&>"):
            raise Unclear(f"shells read `{pair}` differently")
        return char

    def reserved(self) -> str:
        """The reserved word that comes next, where a command may start, or nothing."""
        end = self.at
        if self.text[end : end + 1] not in _STARTS_RESERVED:
            return ""
        while self.text[end : end + 1] not in _ENDS_BARE:
            end += 1
        word = self.text[self.at : end]
        return word if word in _RESERVED and self.text[end : end + 1] not in _QUOTES else ""

    def take(self, token: str) -> None:
        """Step over the operator or reserved word `token`, which must come next."""
        kind = self.peek()
        if (self.reserved() if kind == "word" else kind) != token:
            raise Unclear("it has a syntax error")
        self.marks.add((self.at, token))
        self.at += len(token)

    # Grammar

    def list_(self, stop: frozenset[str]) -> List:
        items: list[Item] = []
        while (kind := self.peek()) and kind not in stop and not (kind == "word" and self.reserved() in stop):
            pipelines, operators = [self.pipeline()], []
            while (operator := self.peek()) in ("&&", "||"):
                self.take(operator)
                operators.append(operator)
                pipelines.append(self.pipeline())
            separator = operator if operator in (";", "&") else ""
            items.append(Item(tuple(pipelines), tuple(operators), separator))
            if not separator:
                break
            self.take(separator)
        return tuple(items)

    def body(self, end: str) -> List:
        """A list that may not be empty, and the `end` behind it."""
        items = self.list_(frozenset({end}))
        if not items:
            raise Unclear("it has a syntax error")
        self.take(end)
        return items

    def pipeline(self) -> Pipeline:
        negated = self.peek() == "word" and self.reserved() == "!"
        if negated:
            self.take("!")
        commands = [self.command()]
        while self.peek() == "|":
            self.take("|")
            commands.append(self.command())
        return Pipeline(negated, tuple(commands))

    def command(self) -> Command:
        self.deeper()
        kind = self.peek()
        found: Command
        if kind == "(":
            if self.text.startswith("((", self.at):
                raise Unclear("shells read `((` differently")
            self.take("(")
            found = Compound("(", (self.body(")"),))
        elif kind == "word" and (keyword := self.reserved()):
            found = self.compound(keyword)
        else:
            found = self.simple()
        if isinstance(found, Compound) and found.keyword != "function":
            redirects = []
            while _REDIRECT.match(self.text, self.at if self.peek() else len(self.text)):
                redirects.append(self.redirect())
            found = found._replace(redirects=tuple(redirects))
        self.depth -= 1
        return found

    def compound(self, keyword: str) -> Compound:
        self.take(keyword)
        if keyword == "{":
            return Compound("{", (self.body("}"),))
        if keyword in ("while", "until"):
            tested = self.body("do")
            return Compound("while", (self.body("done"),), (tested,))
        if keyword == "if":
            return self.if_()
        if keyword == "for":
            return self.for_()
        if keyword == "case":
            return self.case()
        raise Unclear("it has a syntax error")

    def if_(self) -> Compound:
        tested, lists = [self.body("then")], []
        while True:
            lists.append(self.list_(frozenset({"elif", "else", "fi"})))
            if not lists[-1]:
                raise Unclear("it has a syntax error")
            if self.reserved() != "elif":
                break
            self.take("elif")
            tested.append(self.body("then"))
        if self.reserved() == "else":
            self.take("else")
            lists.append(self.body("fi"))
        else:
            self.take("fi")
        return Compound("if", tuple(lists), tuple(tested))

    def for_(self) -> Compound:
        self.peek()
        name = _NAME.match(self.text, self.at)
        if not name:
            raise Unclear("it has a syntax error")
        self.at = name.end()
        words = []
        if self.peek() == "word" and self.reserved() == "in":
            self.take("in")
            while self.peek() == "word":
                words.append(self.word())
            self.take(";")
        elif self.peek() == ";":
            self.take(";")
        self.take("do")
        return Compound("for", (self.body("done"),), words=tuple(words), name=name[0])

    def case(self) -> Compound:
        words = [self.a_word()]
        lists = []
        self.peek()
        self.take("in")
        while not (self.peek() == "word" and self.reserved() == "esac"):
            if self.peek() == "(":
                self.take("(")
            words.append(self.a_word())
            while self.peek() == "|":
                self.take("|")
                words.append(self.a_word())
            self.take(")")
            lists.append(self.list_(frozenset({";;", "esac"})))
            if self.peek() != ";;":
                break
            self.take(";;")
        self.take("esac")
        return Compound("case", tuple(lists), words=tuple(words))

    def simple(self) -> Command:
        assignments: list[tuple[str, Word]] = []
        words: list[Word] = []
        redirects: list[Redirect] = []
        start = self.at
        while kind := self.peek():
            if self.text[self.at] in _REDIRECTS and _REDIRECT.match(self.text, self.at):
                redirects.append(self.redirect())
            elif kind == "(" and len(words) == 1 and words[0].bare and not assignments and not redirects:
                return self.function(words[0].value or "")
            elif kind != "word":
                break
            elif not words and self.assigns and (found := _ASSIGNMENT.match(self.text, self.at)):
                self.at = found.end()
                assignments.append((found[1], self.word(assigned=True)))
            elif (self.text[self.at] == "{" and _DESCRIPTOR.match(self.text, self.at)) or (
                not words and self.assigns and _BASH_ASSIGNMENT.match(self.text, self.at)
            ):
                raise Unclear("it is written for bash alone")
            else:
                words.append(self.word())
        if self.at == start or not (assignments or words or redirects):
            raise Unclear("it has a syntax error")
        if words and words[0].bare:
            name, last = words[0].value, self.text[words[-1].start : words[-1].end]
            if name in _BASH_KEYWORDS or (name == "[[" and (last != "]]" or redirects)):
                raise Unclear("it is written for bash alone")
            # bash looks for a keyword again behind `time` and its options.
            if name == "time" and (
                any(word.bare and word.value in KEYWORDS - {"time"} for word in words)
                or all(word.value in ("time", "-p", "--") for word in words)
            ):
                raise Unclear("shells read `time` differently")
        return Simple(tuple(assignments), tuple(words), tuple(redirects))

    def function(self, name: str) -> Compound:
        self.take("(")
        self.take(")")
        body = self.command()
        odd = name in KEYWORDS or not _NAME.fullmatch(name)
        if odd or isinstance(body, Simple) or body.keyword == "function":
            raise Unclear("shells read its function differently")
        return Compound("function", ((Item((Pipeline(False, (body,)),), (), ""),),), name=name)

    def redirect(self) -> Redirect:
        found = _REDIRECT.match(self.text, self.at)
        assert found is not None
        operator = found[1]
        if operator == "<<":
            raise Unclear("it has a here-document")
        self.at = found.end()
        target = self.a_word()
        if operator in (">&", "<&") and not re.fullmatch(r"[0-9]+|-", target.value or ""):
            raise Unclear(f"shells read `{operator}` differently")
        return Redirect(operator, target)

    # Words

    def a_word(self) -> Word:
        if self.peek() != "word" or _REDIRECT.match(self.text, self.at):
            raise Unclear("it has a syntax error")
        return self.word()

    def word(self, assigned: bool = False) -> Word:
        """The word that starts here; after an `=` it may be empty."""
        return read_word(self, assigned)

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Unclear("it is nested too deep")
