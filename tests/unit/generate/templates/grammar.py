"""Random templates by Go's grammar: functions of every family on arguments that mostly fit, and some that do not."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

PARAMS: dict[str, Any] = {
    "s": "Hello World",
    "name": "prod-eu_1",
    "e": "",
    "u": "Grüße, 世界",
    "n": None,
    "t": True,
    "i": 3,
    "big": 1234567,
    "f": 2.5,
    "l": ["b", "a", "c", "a", ""],
    "mixed": [1, 2.5, "x", None, True, ["y"]],
    "none": [],
    "d": {"only": "z"},
    "m": {"x": "1", "y": {"z": "q"}},
    "path": {"basename": "app", "segments": ["apps", "app"]},
}


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


_WORDS = r"""
a abc 12 -7 0x1F 017 1.5 2e3 true é世ß FooBarHTTP2x 1.2.3 2006-01-02 1h30m a.b/c.txt /x/../y//z q"uo'te <&>
aGVsbG8= NBSWY3DP https://u:p@h.io:80/p?q=1#f b+ [a-z]+ (x)(y)? ${1}-$0 %v %5.2f|%-4d İ
"""
_SPACED = ["", "Hello World", "a,b,,c", " x ", "foo-bar_baz qux", ">=1.0 <2", "line\nbreak", "\t"]
_TEXTS = [*map(_quoted, [*_WORDS.split(), *_SPACED]), "`raw`", ".s", ".name", ".e", ".u", ".m.x", ".path.basename"]
_COUNTS = ["0", "1", "2", "3", "7", "-1", "-4", "12", "3.0"]

# By letter: s text, i integer, f float, b truth, l list, d map, a anything. Of c something is made, so that larger ones
# would take Helm too long; p is only looked at, and may be w, a large integer.
_ATOMS: dict[str, list[str]] = {
    "s": _TEXTS,
    "c": _COUNTS,
    "i": [*_COUNTS, "100", "0x10", "'a'", "1_000"],
    "w": ["9223372036854775807", "-9223372036854775808", "1e18", "4294967296"],
    "f": ["0.0", "1.5", "-2.25", "1e6", "1e21", "0.1", "3.14159", "1e-7", ".f", ".i", ".big"],
    "b": ["true", "false", ".t"],
    "l": [".l", ".mixed", ".none", ".path.segments"],
    "d": [".d", ".m", ".m.y", ".path"],
    "a": [".n", "nil", ".missing", ".", "$", ".m.missing", "1i"],
}
_KINDS = "sifbld"

_FAMILIES = """
s s upper lower title untitle swapcase trim nospace initials snakecase camelcase kebabcase b64enc b64dec b32enc b32dec
s s sha1sum sha256sum sha512sum adler32sum base dir clean ext osBase osDir osClean osExt regexQuoteMeta
s b isAbs osIsAbs
cs s trunc abbrev indent nindent repeat wrap
ccs s substr abbrevboth
css s wrapWith
ss s trimAll trimall trimSuffix trimPrefix regexFind mustRegexFind
ss b contains hasPrefix hasSuffix regexMatch mustRegexMatch semverCompare
sss s replace regexReplaceAll regexReplaceAllLiteral
ssi s plural
p* s quote squote cat print println html js urlquery
p s toString typeOf kindOf toJson mustToJson toPrettyJson toRawJson
sp* s printf
ss d split
sis d splitn
ss l splitList
a l toStrings
sl s join
l l sortAlpha rest initial reverse uniq compact mustRest mustReverse mustUniq
s i atoi
a i int int64 toDecimal add1 len
a f float64 floor ceil add1f
aa* i add mul max min biggest
aa* f addf subf mulf divf maxf minf
aa i sub div mod
ai f round
c* s seq
c l until
ccc l untilStep
a* l list tuple
la l append push prepend mustAppend mustPrepend
l a first last mustFirst mustLast
la* l without mustWithout
al b has mustHas
li* l slice mustSlice
il l chunk mustChunk
ll* l concat
sasa d dict
ds a get
ds b hasKey
dsa d set
ds d unset
ds* d pick omit
sd* l pluck
dd* d merge mustMerge mergeOverwrite mustMergeOverwrite
a a deepCopy mustDeepCopy
sad a dig
aa a default
a b empty not
a* b all any
aa* a coalesce and or
aab a ternary
pp* b eq
pp b ne lt le gt ge deepEqual
sa b typeIs typeIsLike kindIs
la a index
s a semver mustFromJson
ssi l regexFindAll regexSplit mustRegexSplit
s d urlParse
d s urlJoin
ss a toDate mustToDate
sis s dateInZone
a s duration durationRound
"""
_SIGNATURES: dict[str, tuple[str, str]] = {
    name: (letters, result)
    for letters, result, *names in map(str.split, _FAMILIES.strip().splitlines())
    for name in names
}
_VERBS = st.lists(
    st.builds(
        "%{}{}{}{}".format,
        st.sampled_from(["", "", "", "-", "+", "#", "0", " ", "+0", "-#"]),
        st.sampled_from(["", "", "", "3", "8", "*", "[1]", "[2]*", "[9]"]),
        st.sampled_from(["", "", "", ".2", ".0", ".", ".*", ".[1]*"]),
        st.sampled_from(list("vvvsdqxXtcUobeEfFgGTzO%w!")),
    )
    | st.sampled_from(["a", " ", "|", "é", "%", "%!", "%[", "%[1]", "%["]),
    max_size=4,
).map("".join)


def _one_in(number: int) -> st.SearchStrategy[bool]:
    return st.integers(1, number).map(lambda drawn: drawn == number)


@st.composite
def expressions(draw: st.DrawFn, wanted: str = "a", depth: int = 3) -> str:
    """One operand: an atom, or a call in parentheses."""
    if draw(_one_in(20)):
        wanted = draw(st.sampled_from(_KINDS + "a"))  # what does not fit must fail alike
    if wanted == "p":
        wanted = "w" if draw(_one_in(5)) else "a"
    if depth == 0 or wanted in "cw" or draw(st.booleans()):
        letter = draw(st.sampled_from(_KINDS + "a")) if wanted == "a" else wanted
        return draw(st.sampled_from(_ATOMS[letter]))
    name = draw(st.sampled_from([name for name, (_, result) in _SIGNATURES.items() if wanted in ("a", result)]))
    return f"({draw(calls(name, depth - 1))})"


@st.composite
def calls(draw: st.DrawFn, name: str, depth: int = 2, is_piped: bool = False) -> str:
    """A call of a function; the value that is piped in stands for its last argument."""
    letters = _SIGNATURES[name][0]
    if letters.endswith("*"):
        letters = letters[:-2] + letters[-2] * draw(st.integers(0, 3))
    words = [draw(expressions(letter, depth)) for letter in letters]
    if name == "printf" and words:
        words[0] = _quoted(draw(_VERBS))
    if name == "dateInZone":
        words[1] = draw(st.sampled_from(["0", "1700000000", "(int64 86399)"]))  # of anything else it takes the time
    if words and (is_piped or draw(_one_in(40))):
        words.pop()
    return " ".join([name, *words])


@st.composite
def pipelines(draw: st.DrawFn) -> str:
    """Commands joined by `|`."""
    name = draw(st.sampled_from(sorted(_SIGNATURES)))
    commands = [draw(calls(name))]
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        given = _SIGNATURES[name][1]
        taking = [each for each, (letters, _) in _SIGNATURES.items() if letters.strip("*")[-1] in (given, "a", "p")]
        name = draw(st.sampled_from(taking))
        commands.append(draw(calls(name, 1, is_piped=True)))
    return " | ".join(commands)


_LEFT = st.sampled_from(["{{ ", "{{", "{{- "])
_RIGHT = st.sampled_from([" }}", "}}", " -}}"])
_BLOCKS = ("if", "with", "range")


@st.composite
def templates(draw: st.DrawFn, depth: int = 2, in_range: bool = False) -> str:
    """Text, actions, branches and loops."""
    kinds = ["text", "action", "action", "action", "variable", "comment", *(_BLOCKS if depth else ())]
    kinds += ["jump"] if in_range else []
    chosen = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3))
    return "".join(draw(_blocks(kind, depth, in_range) if kind in _BLOCKS else _leaves(kind)) for kind in chosen)


@st.composite
def _leaves(draw: st.DrawFn, kind: str) -> str:
    left, right = draw(_LEFT), draw(_RIGHT)
    if kind == "text":
        return draw(st.sampled_from(["a", " ", "\n", " b ", "é", "}}", "\n\n  "]))
    if kind == "comment":
        return f"{'{{' if left == '{{ ' else left}/* c */{'}}' if right == ' }}' else right}"
    if kind == "jump":
        jump = draw(st.sampled_from(["break", "continue"]))
        return f"{{{{ if {draw(expressions('b', 1))} }}}}{{{{ {jump} }}}}{{{{ end }}}}"
    pipeline = draw(pipelines())
    if kind == "variable":
        sign = draw(st.sampled_from([":=", ":=", "="]))
        return f"{{{{ $v := 1 }}}}{left}$v {sign} {pipeline}{right}{{{{ $v }}}}"
    return f"{left}{pipeline}{right}"


@st.composite
def _blocks(draw: st.DrawFn, kind: str, depth: int, in_range: bool) -> str:
    body = draw(templates(depth - 1, in_range or kind == "range"))
    chained = f"{{{{ else {'with .m' if kind == 'with' else 'if .t'} }}}}chained"
    otherwise = draw(st.sampled_from(["", "", "{{ else }}none", "" if kind == "range" else chained]))
    if kind == "range":
        targets = draw(st.sampled_from(["", "", "$k, $v := ", "$v := "]))
        pipeline = targets + draw(expressions(draw(st.sampled_from("llddcs")), 1))
        body += draw(st.sampled_from(["", "{{ . }}", "{{ $v }}," if targets else "{{ . }},"]))
    else:
        pipeline = draw(pipelines())
    return f"{draw(_LEFT)}{kind} {pipeline}{draw(_RIGHT)}{body}{otherwise}{{{{ end }}}}"
