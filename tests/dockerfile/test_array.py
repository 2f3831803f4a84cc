from __future__ import annotations

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dockmend._dockerfile import array
from dockmend._dockerfile.parser import parse
from dockmend._edit import Edits

LOOKALIKES = [
    ("['a']", ["a"]),
    ("['a', 'b c' ]", ["a", "b c"]),
    ("[ 'a' , \"b\" ]", ["a", "b"]),
    ('["a",]', ["a"]),
    ('["a" "b"]', ["a", "b"]),
    ('["a", "b"', ["a", "b"]),
    ('["a\\d", "\\u00e9", "\\ud800", "\\n", \'\\n\']', ["a\\d", "é", "\\ud800", "\n", "\\n"]),
    ("[a, b-c.d]", ["a", "b-c.d"]),
    ("[a,]", ["a"]),
    ("[ a, b ]", ["a", "b"]),
    ("[a]", ["a"]),
    ("['a', b]", ["a", "b"]),
    ("[\u201ca\u201d, \u2018b\u2019, \u201ec\u201c]", ["a", "b", "c"]),
    ("['a'] # note", ["a"]),
    ("[] # note", []),
    ("['a\t']", ["a\t"]),
    ("['']", [""]),
    ("a", None),
    ("", None),
    ("[", None),
    ("[ ]", None),
    ("[ a ]", None),
    ("[ -f a ]", None),
    ("[ a ] && b", None),
    ("[[ a ]]", None),
    ("[a", None),
    ("[a b]", None),
    ("['a' b]", None),
    ("[a 'b']", None),
    ("[,]", None),
    ("['a', , 'b']", None),
    ("['a, b]", None),
    ("['a'] b", None),
    ("['a']# b", None),
    ("['a']['b']", None),
    ('["a", $b]', None),
    ("[$a]", None),
    ("['a', 1, [b]]", None),
    ("[a-z]*", None),
]


@pytest.mark.parametrize(("text", "values"), LOOKALIKES)
def test_what_looks_like_an_array(text: str, values: list[str] | None) -> None:
    found = array.lookalike(text)
    assert (found and [one.value for one in found.items]) == values
    if found is not None and "note" in text:
        assert found.note is not None
        assert text[found.note :] == "# note"


@given(st.text(alphabet="ab \t\n\r\b\f\"'\\/\x00\x01\x1f\x7f\x85\xa0\u2028é😀"))
def test_strings_are_spelled_as_json(text: str) -> None:
    assert json.loads(f'["{"".join(map(array.escaped, text))}"]') == [text]
    assert json.loads(f"[{array.spelled([text, ''])}]") == [text, ""]
    assert array.item(text, 0, len(text), range(len(text))).value == text


ARGUMENTS = st.lists(
    st.sampled_from(["a", "b ", " ", "  ", "\t", '"', "'", "\\x", "é", ",", "[", "]", "#", "$A"] + ["\\\n", "\\ \n", "\\\n# c\n", "\\\n\n"] * 2),
    min_size=1,
    max_size=14,
).map("".join)  # fmt: skip


@given(ARGUMENTS, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_a_whole_text_becomes_one_string_over_its_lines(arguments: str, newline: str, more: bool) -> None:
    text = f"FROM a\nCMD {arguments}\nRUN z\n".replace("\n", newline)
    doc = parse(text)
    assume(not doc.problems and len(doc.instructions) == 3)
    args = doc.instructions[1].args
    assume(args.text and doc.instructions[1].json is None and not doc.instructions[1].flags)
    first = ("sh", "-c") if more else ()
    items = [array.item(args.text, 0, len(args.text), range(len(args.text)))]
    after = parse(Edits(array.edits(doc, args, items, first)).apply(text))
    assert after.instructions[1].json == (*first, args.text)
    assert after.text.count(newline) == text.count(newline)
    assert [one.text for one in after.comments] == [one.text for one in doc.comments]
    assert after.text.split("RUN")[1:] == text.split("RUN")[1:]


def test_no_strings() -> None:
    doc = parse("FROM a\nCMD [] # b\n")
    assert Edits(array.edits(doc, doc.instructions[1].args, [])).apply(doc.text) == "FROM a\nCMD []\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("CMD ['a','b']", 'CMD ["a", "b"]'),
        ("CMD [ 'a' ,  'b' , ]", 'CMD ["a", "b"]'),
        ("CMD ['a' \\\n  , 'b']", 'CMD ["a" \\\n  , "b"]'),
        ("CMD ['a', \\\n  'b' \\\n]", 'CMD ["a", \\\n  "b"] \\\n'),
        ("CMD [ \\\n  'a', \\\n  'b', \\\n]", 'CMD  \\\n  ["a", \\\n  "b"] \\\n'),
        ("CMD ['a \\\n  b']", 'CMD ["a \\\n  b"]'),
        ('CMD ["a", "b",]', 'CMD ["a", "b"]'),
    ],
)
def test_items_stay_on_their_lines(before: str, after: str) -> None:
    doc = parse(f"FROM x\n{before}\n")
    args = doc.instructions[1].args
    found = array.lookalike(args.text)
    assert found is not None
    mended = Edits(array.edits(doc, args, found.items)).apply(doc.text)
    assert mended == f"FROM x\n{after}\n"
    assert parse(mended).instructions[1].json == tuple(one.value for one in found.items)
