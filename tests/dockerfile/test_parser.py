"""The model's parts and their places; what BuildKit itself makes of a text is in test_differential.py."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import buildkit
import nasty
from dockmend._dockerfile.document import Document, HeredocMeaning, Instruction, Logical, Meaning
from dockmend._dockerfile.parser import parse
from dockmend._dockerfile.span import Span
from shapes import SHAPES

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


def only(text: str) -> Instruction:
    """The one instruction behind `FROM a`."""
    doc = parse(text if text.lstrip("\ufeff").startswith(("#", "FROM")) else f"FROM a\n{text}")
    _, instruction = doc.instructions
    return instruction


def cut(doc: Document, span: Span) -> str:
    return doc.text[span.start : span.end]


def assert_lossless(text: str) -> None:
    """Every part lies where it says, and the parts with the gaps between them are the text."""
    doc = parse(text)
    assert doc.text == text
    end, joined = 0, ""
    for index, instruction in enumerate(doc.instructions):
        span = instruction.span
        gap = text[end : span.start]
        assert end <= span.start < span.end <= len(text) or not text
        assert all(line.lstrip(buildkit.BLANK + "\ufeff")[:1] in ("", "#") for line in gap.split("\n"))
        joined += gap + cut(doc, span)
        end = span.end
        assert instruction.index == index
        assert doc.position(span.start)[0] == instruction.line
        assert doc.position(span.end - 1)[0] == instruction.last_line
        assert_instruction(doc, instruction)
        if instruction.trigger is not None:
            assert_instruction(doc, instruction.trigger)
            assert instruction.trigger.span == span
            assert instruction.head.start < instruction.trigger.head.start
    joined += text[end:]
    assert joined == text
    assert_comments(doc)
    assert [stage.index for stage in doc.stages] == list(range(len(doc.stages)))
    for problem in doc.problems:
        assert 1 <= problem.line <= max(1, text.count("\n") + 1)
        assert problem.message.isprintable()


def assert_instruction(doc: Document, instruction: Instruction) -> None:
    span = instruction.span
    parts = [instruction.keyword, *(flag.span for flag in instruction.flags)]
    if instruction.args.text:
        parts.append(instruction.args.span(0, len(instruction.args.text)))
    for before, after in pairwise(parts):
        assert before.end <= after.start
    assert span.start <= instruction.keyword.start == instruction.head.start
    assert instruction.head.end == max(part.end for part in parts) or not instruction.args.text
    assert instruction.head.end <= span.end
    assert_logical(doc, instruction.args)
    for word in instruction.words:
        assert_logical(doc, word)
        assert word.text
        assert instruction.head.start <= word.offset(0) <= word.offset(len(word.text)) <= instruction.head.end
    for word, following in pairwise(instruction.words):
        assert word.offset(len(word.text)) <= following.offset(0)
    end = instruction.head.end
    for heredoc in instruction.heredocs:
        assert instruction.head.start <= heredoc.word.start < heredoc.word.end <= instruction.head.end
        assert "<<" in cut(doc, heredoc.word).replace("\\\n", "")
        assert end <= heredoc.span.start < heredoc.span.end <= span.end
        end = heredoc.span.end
        body = cut(doc, heredoc.span)
        assert body.startswith(heredoc.content)
        assert (
            body[len(heredoc.content) :].lstrip("\t" if heredoc.chomp else "").rstrip("\r\n") == heredoc.name
        )


def assert_logical(doc: Document, logical: Logical) -> None:
    offsets = [logical.offset(i) for i in range(len(logical.text))]
    assert "".join(doc.text[offset] for offset in offsets) == logical.text
    assert all(a < b for a, b in pairwise(offsets))
    if offsets:
        assert logical.offset(len(offsets)) == offsets[-1] + 1
        assert logical.slice(1, len(offsets)).text == logical.text[1:]


def assert_comments(doc: Document) -> None:
    end = 0
    for comment in doc.comments:
        assert end <= comment.span.start < comment.span.end
        end = comment.span.end
        assert cut(doc, comment.span) == comment.text
        assert comment.text.startswith("#")
        assert doc.line_end(comment.span.start) <= comment.span.end <= len(doc.text)
    inner = [comment for one in doc.instructions for comment in one.comments]
    assert [comment for comment in doc.comments if comment in inner] == inner
    for one in doc.instructions:
        assert all(cut(doc, blank).strip(buildkit.BLANK) == "" for blank in one.blanks)
        assert all(one.span.start < blank.start < blank.end <= one.span.end for blank in one.blanks)


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_shapes_are_lossless(text: str) -> None:
    assert_lossless(text)


@given(nasty.TEXTS)
@settings(max_examples=300)
def test_nasty_texts_are_lossless(text: str) -> None:
    assert_lossless(text)


@given(st.text())
def test_any_text_is_lossless(text: str) -> None:
    assert_lossless(text)


@given(st.binary())
def test_any_bytes_are_lossless(content: bytes) -> None:
    text = content.decode("utf-8", "surrogateescape")
    assert_lossless(text)
    assert parse(text).text.encode("utf-8", "surrogateescape") == content


@given(nasty.TEXTS)
def test_parsing_is_deterministic(text: str) -> None:
    one, two = parse(text), parse(text)
    assert [i.meaning for i in one.instructions] == [i.meaning for i in two.instructions]
    assert (one.comments, one.directives, one.problems) == (two.comments, two.directives, two.problems)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
@pytest.mark.slow
def test_real_files_are_lossless() -> None:
    for file in sorted(CORPUS.glob("*/*/Dockerfile")):
        text = file.read_bytes().decode("utf-8", "surrogateescape")
        assert_lossless(text)
        doc = parse(text)
        if not doc.problems:
            assert [comment.text for comment in doc.comments] == buildkit.comments(text), file


# What BuildKit makes of an input: (reason, text, flags, value, heredocs).
MEANINGS = [
    ("a CR before the line end is trimmed", "RUN a \\\r\n b\r\n", (), "a  b", ()),
    ("a continuation at the end of the file", "RUN a \\", (), "a", ()),
    ("blanks behind the escape character", "RUN a \\  \n b\n", (), "a  b", ()),
    ("comment lines vanish, indented ones too", "RUN a \\\n# c1\n # c2 \\\n b\n", (), "a  b", ()),
    ("a comment in a continuation hides no instruction", "RUN a \\\n# c\nRUN b\n", (), "a RUN b", ()),
    ("an empty line in a continuation", "RUN a \\\n\n b\n", (), "a  b", ()),
    ("a hash behind words is the shell's", "RUN a # c \\\n && b\n", (), "a # c  && b", ()),
    ("a shell form in brackets", "RUN [ -f /x ] && y\n", (), "[ -f /x ] && y", ()),
    ("JSON in single quotes is shell form", "CMD ['a','b']\n", (), "['a','b']", ()),
    ("JSON with words behind it is shell form", 'CMD ["a","b"] c\n', (), '["a","b"] c', ()),
    ("JSON with a trailing comma is shell form", 'CMD ["a",]\n', (), '["a",]', ()),
    ("JSON with a bad escape is shell form", 'CMD ["\\x"]\n', (), '["\\x"]', ()),
    ("an empty array is exec form", "CMD []\n", (), (), ()),
    ("an array over lines", 'CMD ["a", \\\n # c\n "b"]\n', (), ("a", "b"), ()),
    ("an array with escapes", 'CMD ["\\u00e9\\n", "\\ud83d\\ude00"]\n', (), ("é\n", "\U0001f600"), ()),
    ("COPY in exec form", 'COPY ["a b", "/x y/"]\n', (), ("a b", "/x y/"), ()),
    ("an array behind HEALTHCHECK CMD", 'HEALTHCHECK CMD ["a"]\n', (), ("CMD", "a"), ()),
    ("HEALTHCHECK in shell form", "HEALTHCHECK --interval=1s CMD a b\n", ("--interval=1s",), "CMD a b", ()),
    ("flags over lines", "RUN --mount=a \\\n --network=b \\\n c\n", ("--mount=a", "--network=b"), "c", ()),
    ("a flag behind words is a word", "RUN a --mount=b\n", (), "a --mount=b", ()),
    ("quotes in a flag", 'RUN --mount="a b" c\n', ("--mount=a b",), "c", ()),
    ("dashes alone end the flags", "CMD -- --x\n", (), "--x", ()),
    ("WORKDIR is one path", "WORKDIR a b\n", (), "a b", ()),
    ("ENV as written", 'ENV A="b  c"  D=e\n', (), 'A="b  c"  D=e', ()),
    ("a here-string is no heredoc", "RUN cat <<< foo\n", (), "cat <<< foo", ()),
    ("a shift is no heredoc", "RUN echo $((1<<2))\n", (), "echo $((1<<2))", ()),
    ("a quoted word is no heredoc", 'RUN echo "<<EOF"\n', (), 'echo "<<EOF"', ()),
    ("CMD has no heredoc", "CMD <<EOF\n", (), "<<EOF", ()),
    ("a body is raw", "RUN <<EOF\na \\\n# c\nEOF\n", (), "<<EOF", (("EOF", 0, True, False, "a \\\n# c\n"),)),
    ("a body in CRLF", "RUN <<EOF\r\na\r\nEOF\r\n", (), "<<EOF", (("EOF", 0, True, False, "a\r\n"),)),
    ("a quoted word", 'COPY <<"E" /f\nE\n', (), '<<"E" /f', (("E", 0, False, False, ""),)),
    ("an escaped word expands", "COPY <<-\\E /f\nE\n", (), "<<-\\E /f", (("E", 0, True, True, ""),)),
    ("a descriptor and tabs", "RUN 3<<-E cat\n\ta\n\tE\n", (), "3<<-E cat", (("E", 3, True, True, "\ta\n"),)),
    ("a blank before the word", "RUN cat << E\na\nE\n", (), "cat << E", (("E", 0, True, False, "a\n"),)),
    ("an indented line is no terminator", "RUN <<E\n E\nE\n", (), "<<E", (("E", 0, True, False, " E\n"),)),
    (
        "two bodies in order",
        "COPY <<A <<B /d/\na\nA\nb\nB\n",
        (),
        "<<A <<B /d/",
        (("A", 0, True, False, "a\n"), ("B", 0, True, False, "b\n")),
    ),
    (
        "a body starts behind the joined line",
        "RUN a && \\\n cat <<E > /x && \\\n b\nRUN c\nE\n",
        (),
        "a &&  cat <<E > /x &&  b",
        (("E", 0, True, False, "RUN c\n"),),
    ),
    (
        "the heredoc's word is lexed with a backslash, whatever the directive",
        "# escape=`\nFROM a\nCOPY <<\\E /f\nE\n",
        (),
        "<<\\E /f",
        (("E", 0, True, False, ""),),
    ),
    ("a backslash is plain under the directive", "# escape=`\nFROM a\nCOPY x C:\\y\\\n", (), "x C:\\y\\", ()),
]


@pytest.mark.parametrize(
    ("text", "flags", "value", "heredocs"), [row[1:] for row in MEANINGS], ids=[row[0] for row in MEANINGS]
)
def test_meaning(
    text: str,
    flags: tuple[str, ...],
    value: str | tuple[str, ...],
    heredocs: tuple[tuple[str, int, bool, bool, str], ...],
) -> None:
    instruction = only(text)
    meaning = (flags, value, tuple(HeredocMeaning(*heredoc) for heredoc in heredocs))
    assert instruction.meaning[1:] == meaning


def test_two_escape_characters_are_none() -> None:
    doc = parse("FROM a\nRUN echo a\\\\\nRUN b\n")
    assert [i.args.text for i in doc.instructions] == ["a", "echo a\\\\", "b"]


# (reason, text, names of directives, escape)
DIRECTIVES = [
    ("one", "# escape=`\nFROM a\n", ["escape"], "`"),
    ("any case, any blanks", "#  ESCAPE\t=  `  \nFROM a\n", ["escape"], "`"),
    ("several", "# syntax=x\n# check=skip=all\n# escape=`\nFROM a\n", ["syntax", "check", "escape"], "`"),
    ("behind a byte order mark", "\ufeff# escape=`\nFROM a\n", ["escape"], "`"),
    ("behind blanks", "  # escape=`\nFROM a\n", ["escape"], "`"),
    ("behind a comment it is one too", "# hi\n# escape=`\nFROM a\n", [], "\\"),
    ("behind an empty comment it is one too", "#\n# escape=`\nFROM a\n", [], "\\"),
    ("behind an empty line", "\n# escape=`\nFROM a\n", [], "\\"),
    ("behind an unknown name", "# foo=bar\n# escape=`\nFROM a\n", [], "\\"),
    ("without a value", "# escape=\nFROM a\n", [], "\\"),
    ("behind an instruction", "FROM a\n# escape=`\n", [], "\\"),
    ("CRLF", "# escape=`\r\nFROM a\r\n", ["escape"], "`"),
]


@pytest.mark.parametrize(
    ("text", "names", "escape"), [row[1:] for row in DIRECTIVES], ids=[row[0] for row in DIRECTIVES]
)
def test_directives(text: str, names: list[str], escape: str) -> None:
    doc = parse(text)
    assert [directive.name for directive in doc.directives] == names
    assert doc.escape == escape
    assert not doc.problems
    for directive in doc.directives:
        assert cut(doc, directive.span).lstrip().startswith("#")
        assert directive.value in cut(doc, directive.span)
        assert directive.span in [comment.span for comment in doc.comments]


def test_places() -> None:
    text = (
        "\ufeffFROM a\r\n"
        "  copy --from=b \\\r\n"
        "    # c\r\n"
        "\r\n"
        "    x\\\r\n"
        "y  z\t\r\n"
        "RUN <<A 3<<B\r\n"
        "a\r\nA\r\n"
        "B\r\n"
        "# end"
    )
    doc = parse(text)
    assert not doc.problems
    assert (doc.bom, doc.newline, doc.escape) == (True, "\r\n", "\\")
    _, copy, run = doc.instructions
    assert cut(doc, doc.instructions[0].span) == "FROM a\r\n"
    assert cut(doc, copy.span) == text[text.index("  copy") : text.index("RUN")]
    assert cut(doc, copy.keyword) == "copy"
    assert copy.name == "COPY"
    assert cut(doc, copy.head).startswith("copy")
    assert cut(doc, copy.head).endswith("y  z")
    assert [cut(doc, flag.span) for flag in copy.flags] == ["--from=b"]
    assert [(flag.name, flag.value) for flag in copy.flags] == [("from", "b")]
    assert copy.flag("from") is copy.flags[0]
    assert copy.flag("chown") is None
    assert [word.text for word in copy.words] == ["xy", "z"]
    assert cut(doc, copy.words[0].span(0, 2)) == "x\\\r\ny"
    assert cut(doc, copy.words[1].span(0, 1)) == "z"
    assert [comment.text for comment in copy.comments] == ["# c"]
    assert [cut(doc, blank) for blank in copy.blanks] == ["\r\n"]
    assert (copy.line, copy.last_line) == (2, 6)
    assert [cut(doc, heredoc.word) for heredoc in run.heredocs] == ["<<A", "3<<B"]
    assert [cut(doc, heredoc.span) for heredoc in run.heredocs] == ["a\r\nA\r\n", "B\r\n"]
    assert [comment.text for comment in doc.comments] == ["# c", "# end"]
    assert doc.position(copy.keyword.start) == (2, 3)
    assert doc.position(0) == (1, 1)
    assert doc.position(len(text)) == (11, 6)
    assert parse("FROM a\n").position(7) == (2, 1)
    assert parse("FROM a\n").line_end(2) == 6
    assert doc.line_start(copy.keyword.start) == text.index("  copy")
    assert text[doc.line_end(copy.keyword.start) :].startswith("\r\n    # c")
    assert doc.line_end(len(text)) == len(text)
    assert doc.line_end(text.index("\r\n\r\n") + 2) == text.index("\r\n\r\n") + 2


def test_a_logical_line_maps_to_the_file() -> None:
    text = "FROM a\nRUN one \\\n  # c\n  two\\\nthree\n"
    run = parse(text).instructions[1]
    assert run.args.text == "one   twothree"
    start = run.args.text.index("twothree")
    assert run.args.span(start, start + 8) == Span(text.index("two"), text.index("three") + 5)
    assert run.args.span(start, start + 3) == Span(text.index("two"), text.index("two") + 3)
    part = run.args.slice(start, start + 5)
    assert part.text == "twoth"
    assert part.offset(3) == text.index("three")
    assert part.span(2, 2) == Span(text.index("two") + 2, text.index("two") + 2)
    assert repr(part) == "Logical('twoth')"


def test_words_of_the_exec_form_keep_their_quotes() -> None:
    doc = parse('FROM a\nCOPY ["a\\tb", \\\n "c"]\n')
    copy = doc.instructions[1]
    assert copy.json == ("a\tb", "c")
    assert [word.text for word in copy.words] == ['"a\\tb"', '"c"']


def test_onbuild() -> None:
    text = "FROM a\nONBUILD COPY --from=b \\\n <<E \\\n # c\n /d\nx\nE\n"
    doc = parse(text)
    onbuild = doc.instructions[1]
    trigger = onbuild.trigger
    assert trigger is not None
    assert (onbuild.name, trigger.name, trigger.index, trigger.stage) == ("ONBUILD", "COPY", 1, 0)
    assert cut(doc, trigger.keyword) == "COPY"
    assert [word.text for word in trigger.words] == ["<<E", "/d"]
    assert [flag.text for flag in trigger.flags] == ["--from=b"]
    assert [heredoc.content for heredoc in trigger.heredocs] == ["x\n"]
    assert trigger.comments == onbuild.comments == doc.comments
    assert onbuild.meaning == Meaning("ONBUILD", (), trigger.meaning)
    assert repr(onbuild) == "<ONBUILD line 2>"
    assert only("ONBUILD ONBUILD RUN a\n").trigger is None
    assert only("ONBUILD\n").trigger is None


def test_stages() -> None:
    text = (
        "ARG V=1\n"
        "FROM --platform=$P a:$V AS Build\n"
        "RUN b\n"
        "FROM BUILD as two\n"
        "RUN c\n"
        "FROM two\n"
        'FROM "d" AS two\n'
        "FROM TWO\n"
    )
    doc = parse(text)
    assert not doc.problems
    assert [stage.name for stage in doc.stages] == ["build", "two", None, "two", None]
    assert [stage.base for stage in doc.stages] == ["a:$V", "BUILD", "two", '"d"', "TWO"]
    assert [stage.parent and stage.parent.index for stage in doc.stages] == [None, 0, 1, None, 3]
    assert [[i.args.text for i in stage.instructions] for stage in doc.stages] == [["b"], ["c"], [], [], []]
    assert [i.stage for i in doc.instructions] == [None, 0, 0, 1, 1, 2, 3, 4]
    assert repr(doc.stages[1]) == "<stage 1 FROM BUILD>"


def test_a_stage_is_no_parent_of_itself() -> None:
    doc = parse("FROM a AS a\nFROM b\n")
    assert doc.stages[0].parent is None


@pytest.mark.parametrize(
    ("text", "newline"),
    [("", "\n"), ("FROM a", "\n"), ("FROM a\n", "\n"), ("FROM a\r\nRUN b\n", "\r\n"), ("\nFROM a\r\n", "\n")],
)
def test_new_lines_end_as_the_first(text: str, newline: str) -> None:
    assert parse(text).newline == newline
