"""The commands of a shell script as facts: their words, and the list each of them stands in.

POSIX shell language, section 2.9 (shell commands). tree-sitter-bash groups lists, pipelines and redirects
otherwise than the standard does, so only its order of tokens is used and they are grouped anew here.
https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
"""

from __future__ import annotations

from dockmend._functools import remembering
from dockmend._regex import regex
from dockmend._shell import script
from dockmend._shell.command_words import Assignment, Word, literal, real
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

_COMPOUND = {
    "subshell": "subshell", "compound_statement": "group", "if_statement": "if", "while_statement": "loop",
    "for_statement": "loop", "c_style_for_statement": "loop", "case_statement": "case",
    "function_definition": "function",
}  # fmt: skip
_REDIRECTS = frozenset({"file_redirect", "herestring_redirect"})
_PLAIN = {
    "command": "command", "declaration_command": "command", "unset_command": "command",
    "test_command": "command", "variable_assignment": "assignment", "variable_assignments": "assignment",
}  # fmt: skip
_KINDS = {**_COMPOUND, **_PLAIN, **dict.fromkeys(_REDIRECTS, "redirect")}
_TRANSPARENT = frozenset(
    """
    list pipeline redirected_statement negated_command heredoc_redirect else_clause elif_clause do_group
    case_item
    """.split()  # noqa: SIM905
)
_SUBSTITUTIONS = frozenset({"command_substitution", "process_substitution"})
_ENDS = frozenset(
    """
    ; & ;; ;& ;;& if then else elif fi while until for do done case in esac select ( ) { } $( ` <( >(
    """.split()  # noqa: SIM905
)
_CONTINUED = regex(r"(?<=[ \t])\\\n")


class Block:
    """Commands of one level: the script itself, or what stands in a compound command.

    `kind` is script, subshell, group, if, loop, case, function or substitution; `link` is the one the
    block stands in, None for the script. An `if` or loop has its conditions among its chains.
    """

    __slots__ = ("chains", "kind", "link")

    def __init__(self, kind: str, link: Link | None) -> None:
        self.kind = kind
        self.link = link
        self.chains: list[Chain] = []


class Chain:
    """Links joined by `&&` and `||`.

    `after` is what ends it: `;`, `&`, a line end, `;;`, a keyword, a bracket, or nothing. `place` is its
    index in the block.
    """

    __slots__ = ("after", "block", "links", "place")

    def __init__(self, block: Block) -> None:
        self.block = block
        self.links: list[Link] = []
        self.after = ""
        self.place = len(block.chains)
        block.chains.append(self)


class Link:
    """One pipeline of a chain, `script[start:end]`, redirects included, here-document bodies not.

    `operator` stands before it (`&&`, `||`, empty for the first). `kind` is command, assignment, redirect
    (one with no command), pipeline (of two or more) or that of a compound command's block. `place` is its
    index in the chain. `redirects` are its redirections as written, `2>&1`.
    """

    __slots__ = ("chain", "end", "kind", "negated", "operator", "place", "redirects", "start")

    def __init__(self, chain: Chain, operator: str, kind: str, start: int, end: int, negated: bool) -> None:
        self.chain = chain
        self.operator = operator
        self.kind = kind
        self.start = start
        self.end = end
        self.negated = negated
        self.place = len(chain.links)
        self.redirects: list[str] = []
        chain.links.append(self)

    @property
    def previous(self) -> Link | None:
        """The link before it in its block, in its own chain or the one before."""
        if self.place:
            return self.chain.links[self.place - 1]
        return self.chain.block.chains[self.chain.place - 1].links[-1] if self.chain.place else None

    @property
    def following(self) -> Link | None:
        """The link behind it in its block, in its own chain or the next one."""
        if self.place + 1 < len(self.chain.links):
            return self.chain.links[self.place + 1]
        after = self.chain.block.chains[self.chain.place + 1 :]
        return after[0].links[0] if after else None

    def outwards(self) -> Iterator[Link]:
        """The link itself, then the one its block stands in, and so on up to one of the script."""
        link: Link | None = self
        while link is not None:
            yield link
            link = link.chain.block.link

    @property
    def top(self) -> Link:
        """The link of the script itself that this one is, or stands in."""
        return list(self.outwards())[-1]

    @property
    def path(self) -> tuple[str, ...]:
        """The kinds of the blocks around it, the innermost first, the script left out."""
        return tuple(link.chain.block.kind for link in self.outwards())[:-1]

    @property
    def is_final(self) -> bool:
        """Whether its chain is the last of the script, or of a block that ends the script."""
        return all(link.chain is link.chain.block.chains[-1] for link in self.outwards())


class Command:
    """One simple command, `script[start:end]`, its redirects left out.

    `words` are those of the command that runs in the end; `prefix` those before it (`sudo -E`, `env`,
    `exec`, `time`). `name` is the program without its folder, None where only the shell can tell.
    `assignments` are the variables set for it alone: name, and value where literal.
    """

    __slots__ = ("assignments", "end", "link", "name", "prefix", "start", "words")

    def __init__(self, link: Link, found: list[Word], assignments: list[Assignment], start: int) -> None:
        at = real(found, assignments)
        self.link = link
        self.prefix = tuple(found[:at])
        self.words = tuple(found[at:])
        self.assignments = tuple(assignments)
        self.start = start
        self.end = found[-1].end if found else start
        text = self.words[0].text if self.words else None
        self.name: str | None = None if text is None else text.rsplit("/", 1)[-1]

    def subcommand(self, valued: frozenset[str] = frozenset()) -> int | None:
        """The index of the first word that is no option; `valued` are options whose value is the next word.

        None where there is none, or a word before it only the shell can tell.
        """
        at = 1
        while at < len(self.words):
            text = self.words[at].text
            if text is None:
                return None
            if not text.startswith("-") or text == "-":
                return at
            at += 2 if text in valued else 1
        return None

    def __repr__(self) -> str:
        return f"<{' '.join(word.source for word in self.words)}>"


class Program:
    """A whole script.

    `doubt` is empty, or says in a clause why nothing is known of it; then there are no commands.
    `commands` are all of them, those in substitutions and functions included, in the order of the text.
    """

    __slots__ = ("block", "commands", "doubt", "here_documents", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.block = Block("script", None)
        self.commands: tuple[Command, ...] = ()
        self.here_documents = False
        parsed = script.parse(_joined(text))
        self.doubt = parsed.doubt
        if not self.doubt:
            _Reader(self, parsed).read()

    @property
    def errexit(self) -> bool:
        """Whether the script may turn `set -e` on, itself or by what it reads."""
        return any(_may_set(command) for command in self.commands)


@remembering(256, longest=4096)
def read(text: str) -> Program:
    """The script `text`, as a shell gets it after `-c`; never raises. Places are code points in `text`."""
    return Program(text)


def commands(text: str) -> tuple[Command, ...]:
    """The commands of the script `text`; none where it is not understood."""
    return read(text).commands


class _Reader:
    def __init__(self, program: Program, parsed: script.Script) -> None:
        self.program = program
        self.parsed = parsed
        self.found: list[Command] = []
        self.waiting: list[tuple[Block, Node]] = [(program.block, parsed.root)]

    def read(self) -> None:
        while self.waiting and not self.program.doubt:
            self._block(*self.waiting.pop())
        if self.program.doubt:
            self.program.block = Block("script", None)
        else:
            self.found.sort(key=lambda command: command.start)
            self.program.commands = tuple(self.found)

    def _block(self, block: Block, holder: Node) -> None:
        """Group what stands in `holder` into chains and links."""
        chain: Chain | None = None
        operator = ""
        piped = negated = open_ = False
        for node in _tokens(holder):
            kind = node.type
            if kind in _PLAIN or kind in _COMPOUND or (kind in _REDIRECTS and not open_):
                start, end = self.parsed.span(node)
                if open_ and chain is not None:
                    if "\n" not in self.program.text[chain.links[-1].end : start]:
                        self.program.doubt = "part of it is not understood"
                        return
                    chain.after, chain = "\n", None
                if chain is None:
                    chain, operator, piped = Chain(block), "", False
                if piped:
                    link = chain.links[-1]
                    link.kind, link.end = "pipeline", end
                else:
                    link = Link(chain, operator, _KINDS[kind], start, end, negated)
                operator, piped, negated, open_ = "", False, False, True
                self._atom(node, link)
            elif kind in ("&&", "||"):
                operator, open_ = kind, False
            elif kind in ("|", "|&"):
                piped, open_ = True, False
            elif kind == "!":
                if open_ and chain is not None:
                    chain.after, chain, open_ = "\n", None, False
                negated = True
            elif kind in _ENDS:
                if chain is not None:
                    chain.after, chain = kind, None
                open_ = False
            elif open_ and chain is not None and (kind in _REDIRECTS or kind == "heredoc_start"):
                self._redirect(node, chain)
            else:
                self._substitutions(node, chain.links[-1] if chain else block.link)

    def _redirect(self, node: Node, chain: Chain) -> None:
        if node.type == "heredoc_start":
            self.program.here_documents = True
        link = chain.links[-1]
        link.end = max(link.end, self.parsed.span(node)[1])
        more = self._after_target(node, link)
        if more and self.found and self.found[-1].link is link:
            last = self.found[-1]
            last.words += tuple(self._word(one) for one in more)
            last.end = last.words[-1].end
        self._substitutions(node, link)

    def _after_target(self, redirect: Node, link: Link) -> list[Node]:
        """Note the redirection; the words behind its target, which tree-sitter-bash takes for targets too."""
        named = [child for child in redirect.named_children if child.type != "file_descriptor"]
        more = named[1:] if redirect.type == "file_redirect" else []
        start, end = self.parsed.span(redirect)
        lead = "<<" if redirect.type == "heredoc_start" else ""
        end = self.parsed.span(named[0])[1] if more else end
        link.redirects.append(lead + self.program.text[start:end])
        return more

    def _atom(self, node: Node, link: Link) -> None:
        if node.type in _REDIRECTS:
            self._after_target(node, link)
        if node.type in _COMPOUND:
            self.waiting.append((Block(_COMPOUND[node.type], link), node))
            return
        if _KINDS[node.type] == "command":
            found: list[Word] = []
            assignments: list[Assignment] = []
            for child in node.children:
                if child.type in _REDIRECTS:
                    found += [self._word(one) for one in self._after_target(child, link)]
                elif child.type == "variable_assignment" and node.type == "command" and not found:
                    name, _, value = self.parsed.source(child).partition("=")
                    assignments.append((name, literal(value)))
                elif node.type != "test_command" or not found:
                    found.append(self._word(child))
            self.found.append(Command(link, found, assignments, self.parsed.span(node)[0]))
        self._substitutions(node, link)

    def _word(self, node: Node) -> Word:
        start, end = self.parsed.span(node)
        source = self.program.text[start:end]
        return Word(source, source if node.type in ("[", "[[") else literal(source), start, end)

    def _substitutions(self, node: Node, link: Link | None) -> None:
        """Queue the command substitutions below `node`, the outermost of each."""
        stack = [node]
        while stack:
            one = stack.pop()
            if one.type in _SUBSTITUTIONS:
                self.waiting.append((Block("substitution", link), one))
            elif one.child_count:
                stack += one.children


def _tokens(holder: Node) -> Iterator[Node]:
    """Commands, operators, redirects and words of one level, in the order of the text."""
    stack = list(reversed(holder.children))
    while stack:
        node = stack.pop()
        if node.type in _TRANSPARENT:
            stack += reversed(node.children)
        elif node.type != "comment":
            yield node


def _may_set(command: Command) -> bool:
    if command.name in (".", "source", "eval", None):
        return True
    if command.name not in ("set", "shopt"):
        return False
    options = [word.text for word in command.words[1:]]
    return any(one is None or one == "errexit" or (one.startswith("-") and "e" in one) for one in options)


def _joined(text: str) -> str:
    """`text` of the same length, line continuations between words as blanks.

    Only on lines where a backslash can be nothing else: no quote and no comment before it.
    """
    if "\\\n" not in text:
        return text
    pieces: list[str] = []
    at = 0
    for match in _CONTINUED.finditer(text):
        before = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if "#" not in before and before.count('"') % 2 == 0 and before.count("'") % 2 == 0:
            pieces += text[at : match.start()], "  "
            at = match.end()
    pieces.append(text[at:])
    return "".join(pieces)
