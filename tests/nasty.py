"""Texts that are hard to read: shapes by name, and a grammar of nasty pieces for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

PIECES = (
    *("a", "b c", "é", "à", "0", "FROM", "RUN", "EOF", "A=1", "=", "A="),
    *("--", "--x", "--x=y z", '--m="a b"', "-", ":", "?", ","),
    *(" ", "  ", "\t", "\v", "\f", "\r", "\xa0", "\x85", "\u2028", "\x1c"),
    *("\\", "\\\\", "`", "``", "\\\n", "\\ \t\n", "\\\r\n", "`\n", "\n", "\n\n", "\r\n"),
    *("\\\n\n", "\\\n# c\n", "\\\n # c \\\n", "#", "# c", "# escape=`\n", "# syntax=x\n"),
    *('"', "'", '"a b"', "'a b'", "$(", ")", "$$", "}"),
    *("$A", "${A}", "${A:-b c}", "${A^}", "${A#\\b}", "${A/b/c}", "${A"),
    *(
        "[",
        "]",
        "[]",
        '["a"]',
        '["a", "b"]',
        '["a",]',
        "['a']",
        '["a",1]',
        '["\\u00e9\\n"]',
        '["\\x"]',
        "[1]",
    ),
    *(
        "<<EOF",
        "<<A <<B",
        "<<-E",
        "3<<E",
        "0<<E",
        "<<'E'",
        '<<"EOF"',
        "<<\\E",
        "<<<x",
        "<<",
        "<",
        "RUN cat <<EOF",
    ),
    *("RUN cat <<EOF", "<<E$A", "<<${A:-b}", "<<'a b'", "<<E'", "EOF\n", "E\n", "\tE\n", "A\nB\n"),
)
KEYWORDS = (
    *("FROM a", "RUN", "run", "CMD", "ENTRYPOINT", "COPY", "ADD", "ENV", "ARG", "LABEL", "SHELL", "USER"),
    *("WORKDIR", "VOLUME", "EXPOSE", "STOPSIGNAL", "MAINTAINER", "NOPE", ""),
    *("ONBUILD", "ONBUILD RUN", "ONBUILD COPY", "HEALTHCHECK CMD", "HEALTHCHECK --interval=1s"),
)
HEADS = ("", "", "FROM a\n", "# escape=`\n", "\ufeff", "\ufeff# escape=`\n", "#\n", "\n")
ENDS = ("\n", "\n", "\n", "\r\n", "")

TEXTS: st.SearchStrategy[str] = st.builds(
    lambda head, lines: head + "".join(lines),
    st.sampled_from(HEADS),
    st.lists(
        st.builds(
            lambda keyword, pieces, end: f"{keyword} {''.join(pieces)}{end}",
            st.sampled_from(KEYWORDS),
            st.lists(st.sampled_from(PIECES), max_size=6),
            st.sampled_from(ENDS),
        ),
        min_size=1,
        max_size=6,
    ),
)
