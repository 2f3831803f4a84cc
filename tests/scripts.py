"""Shell scripts for property tests: stub commands, builtins and everything that changes what a shell does next.

Commands are the stubs `a` to `e` of `shell/test_join.py` and builtins; there is nothing else on PATH there.
"""

from __future__ import annotations

import re

from hypothesis import strategies as st

SIMPLE = st.sampled_from(
    """
    a|b|c|d|e|a 1|b "$X"|c "$Y"|d "$-"|e "$#" "$1"|a "$(b)"|b "$(c; d)"|c "$(set -e; false; d)"|true|false|:
    X=1|Y=2|X=3 a|X=4 :|export X=5|export Y|readonly Y=6|unset X|: ${X:=7}|: "${Y:=8}"|a $((X=9))|a $((X+1))
    cd sub|cd ..|cd nowhere|command cd sub|$CMD sub|"$CMD" sub|umask 077|ulimit -c 0
    set -e|set -ex|set -u|set +e|set -eu|set -o errexit|set -f|set -- 1 2|set x|shift
    exit|exit 0|exit 1|exit 3|exit 256|return 0|exec a|exec true|exec >/dev/null
    trap 'a trap' EXIT|trap "" INT|f() { a; b; }|f() { set -e; false; c; }|f|eval 'a; b'|eval 'set -e; false; c'
    . ./sourced|. ./nowhere|read Y|command -v a|hash a|a > out|> out|a 2>&1|a "$?"|d "${X-none}"|alias a=b|printf x
    getopts ab Y|export Z=$(false)|Z=$(exit 3)|c "$UNSET"|: ${UNSET:?}|local X=1|wait|type a|[ "$X" = env ]
    test -n "$Y"|[[ -n $X ]]|time a|builtin cd sub|let X=2|g() { return 3; }; g|g() ( cd sub; a ); g|f() { exit 4; }
    trap 'b trap' EXIT INT|trap - EXIT|trap 'a $?; exit 5' EXIT|set -C; a > out|set -e; f() { false; a; }; f|eval "$CMD sub"
    X=1 Y=2 export X|export -p >/dev/null|cd - >/dev/null|cd; a|pushd sub|umask -S|printf -v Y x|break|return
    echo "a  b"|set -v|set -n|set -o pipefail|set -x; a 2>/dev/null|a & wait|a & wait $!|{ a; } & wait|kill -0 $$|times >/dev/null
    """.strip().replace("\n    ", "|").split("|")
)  # fmt: skip


def compounds(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two, three = st.tuples(inner, inner), st.tuples(inner, inner, inner)
    return st.one_of(
        two.map(" && ".join),
        two.map(" || ".join),
        two.map("; ".join),
        three.map(lambda p: f"{p[0]} && {p[1]} || {p[2]}"),
        three.map(lambda p: f"{p[0]} || {p[1]} && {p[2]}"),
        three.map(lambda p: f"{p[0]}; {p[1]}; {p[2]}"),
        inner.map(lambda p: f"{p};"),
        inner.map(lambda p: f"! {p}"),
        inner.map(lambda p: f"{{ {p}; }}"),
        inner.map(lambda p: f"({p})"),
        inner.map(lambda p: f"{p} | true"),
        inner.map(lambda p: f"true | {p}"),
        inner.filter(lambda p: not re.search(r"\bf\b", p)).map(lambda p: f"f() {{ {p}; }}; f"),
        inner.map(lambda p: f"for X in 1 2; do {p}; done"),
        two.map(lambda p: f"while {p[0]}; do {p[1]}; break; done"),
        two.map(lambda p: f"until {p[0]}; do {p[1]}; break; done"),
        inner.map(lambda p: f"for X in 1 2; do continue; {p}; done"),
        inner.map(lambda p: f"( cd sub && {p} )"),
        two.map(lambda p: f"if ! {p[0]}; then :; elif {p[1]}; then a; fi"),
        two.map(lambda p: f"if {p[0]}; then {p[1]}; fi"),
        three.map(lambda p: f"if {p[0]}; then {p[1]}; else {p[2]}; fi"),
        two.map(lambda p: f"case $X in env) {p[0]};; *) {p[1]};; esac"),
        inner.map(lambda p: f"{{ {p}; }} > out"),
        inner.map(lambda p: f"{p} # note"),
        inner.map(lambda p: f"a `{p}`"),
        inner.map(lambda p: f"a $({p})"),
    )


SCRIPT = st.recursive(SIMPLE, compounds, max_leaves=5)
