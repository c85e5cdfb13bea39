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

_TEXTS = [
    "",
    "a",
    "abc",
    "Hello World",
    "a,b,,c",
    " x ",
    "12",
    "-7",
    "0x1F",
    "017",
    "1.5",
    "2e3",
    "true",
    "é世ß",
    "FooBarHTTP2x",
]
_TEXTS += [
    "foo-bar_baz qux",
    "1.2.3",
    ">=1.0 <2",
    "2006-01-02",
    "1h30m",
    "a.b/c.txt",
    "/x/../y//z",
    "line\nbreak",
    "q\"uo'te",
    "<&>",
]
_TEXTS += [
    "aGVsbG8=",
    "NBSWY3DP",
    "https://u:p@h.io:80/p?q=1#f",
    "b+",
    "[a-z]+",
    "(x)(y)?",
    "${1}-$0",
    "%v",
    "%5.2f|%-4d",
    "\t",
    "İ",
]
_INTEGERS = ["0", "1", "2", "3", "7", "-1", "-4", "12", "100", "0x10", "'a'", "1_000", "3.0", "9223372036854775807"]
_FLOATS = ["0.0", "1.5", "-2.25", "1e6", "1e21", "0.1", "3.14159", "1e-7"]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


_ATOMS: dict[str, list[str]] = {
    "s": [*map(_quoted, _TEXTS), ".s", ".name", ".e", ".u", ".m.x", ".path.basename", "$.s", "`raw`"],
    "i": [*_INTEGERS],
    "f": [*_FLOATS, ".f", ".i", ".big"],
    "b": ["true", "false", ".t"],
    "l": [".l", ".mixed", ".none", ".path.segments"],
    "d": [".d", ".m", ".m.y", ".path"],
    "a": [".n", "nil", ".missing", ".", "$", ".m.missing", "1i"],
}
_PARTS = "sifbld"

# name -> letters of the arguments (as in functions.KINDS; `*` repeats the last), and of the result
_SIGNATURES: dict[str, tuple[str, str]] = {
    **dict.fromkeys(["upper", "lower", "title", "untitle", "swapcase", "trim", "nospace", "initials"], ("s", "s")),
    **dict.fromkeys(["snakecase", "camelcase", "kebabcase", "b64enc", "b64dec", "b32enc", "b32dec"], ("s", "s")),
    **dict.fromkeys(["sha1sum", "sha256sum", "sha512sum", "adler32sum", "base", "dir", "clean", "ext"], ("s", "s")),
    **dict.fromkeys(["osBase", "osDir", "osClean", "osExt", "regexQuoteMeta"], ("s", "s")),
    **dict.fromkeys(["isAbs", "osIsAbs"], ("s", "b")),
    **dict.fromkeys(["trunc", "abbrev", "indent", "nindent", "repeat", "wrap"], ("is", "s")),
    **dict.fromkeys(["substr", "abbrevboth"], ("iis", "s")),
    "wrapWith": ("iss", "s"),
    **dict.fromkeys(["trimAll", "trimall", "trimSuffix", "trimPrefix"], ("ss", "s")),
    **dict.fromkeys(["contains", "hasPrefix", "hasSuffix", "regexMatch", "mustRegexMatch"], ("ss", "b")),
    "replace": ("sss", "s"),
    "plural": ("ssi", "s"),
    **dict.fromkeys(["quote", "squote", "cat", "print", "println", "html", "js", "urlquery"], ("a*", "s")),
    **dict.fromkeys(["toString", "typeOf", "kindOf", "toJson", "mustToJson", "toPrettyJson", "toRawJson"], ("a", "s")),
    "printf": ("sa*", "s"),
    "split": ("ss", "d"),
    "splitn": ("sis", "d"),
    "splitList": ("ss", "l"),
    "toStrings": ("a", "l"),
    "join": ("sl", "s"),
    "sortAlpha": ("l", "l"),
    **dict.fromkeys(["atoi"], ("s", "i")),
    **dict.fromkeys(["int", "int64", "toDecimal", "add1"], ("a", "i")),
    **dict.fromkeys(["float64", "floor", "ceil", "add1f"], ("a", "f")),
    **dict.fromkeys(["add", "mul", "max", "min", "biggest"], ("aa*", "i")),
    **dict.fromkeys(["addf", "subf", "mulf", "divf", "maxf", "minf"], ("aa*", "f")),
    **dict.fromkeys(["sub", "div", "mod"], ("aa", "i")),
    "round": ("ai", "f"),
    "seq": ("i*", "s"),
    "until": ("i", "l"),
    "untilStep": ("iii", "l"),
    **dict.fromkeys(["list", "tuple"], ("a*", "l")),
    **dict.fromkeys(["append", "push", "prepend", "mustAppend", "mustPrepend"], ("la", "l")),
    **dict.fromkeys(["first", "last", "mustFirst", "mustLast"], ("l", "a")),
    **dict.fromkeys(
        ["rest", "initial", "reverse", "uniq", "compact", "mustRest", "mustReverse", "mustUniq"], ("l", "l")
    ),
    **dict.fromkeys(["without", "mustWithout"], ("la*", "l")),
    **dict.fromkeys(["has", "mustHas"], ("al", "b")),
    **dict.fromkeys(["slice", "mustSlice"], ("li*", "l")),
    **dict.fromkeys(["chunk", "mustChunk"], ("il", "l")),
    "concat": ("ll*", "l"),
    "dict": ("sasa", "d"),
    "get": ("ds", "a"),
    "hasKey": ("ds", "b"),
    "set": ("dsa", "d"),
    "unset": ("ds", "d"),
    "pick": ("ds*", "d"),
    "omit": ("ds*", "d"),
    "pluck": ("sd*", "l"),
    **dict.fromkeys(["merge", "mustMerge", "mergeOverwrite", "mustMergeOverwrite"], ("dd*", "d")),
    **dict.fromkeys(["deepCopy", "mustDeepCopy"], ("a", "a")),
    "dig": ("sad", "a"),
    **dict.fromkeys(["default"], ("aa", "a")),
    **dict.fromkeys(["empty", "not"], ("a", "b")),
    **dict.fromkeys(["all", "any"], ("a*", "b")),
    **dict.fromkeys(["coalesce", "and", "or"], ("aa*", "a")),
    "ternary": ("aab", "a"),
    **dict.fromkeys(["eq"], ("aa*", "b")),
    **dict.fromkeys(["ne", "lt", "le", "gt", "ge", "deepEqual"], ("aa", "b")),
    **dict.fromkeys(["typeIs", "typeIsLike", "kindIs"], ("sa", "b")),
    "len": ("a", "i"),
    "index": ("la", "a"),
    "semver": ("s", "a"),
    "semverCompare": ("ss", "b"),
    **dict.fromkeys(["regexFind", "mustRegexFind"], ("ss", "s")),
    **dict.fromkeys(["regexFindAll", "regexSplit", "mustRegexSplit"], ("ssi", "l")),
    **dict.fromkeys(["regexReplaceAll", "regexReplaceAllLiteral"], ("sss", "s")),
    "urlParse": ("s", "d"),
    "urlJoin": ("d", "s"),
    **dict.fromkeys(["toDate", "mustToDate"], ("ss", "a")),
    "dateInZone": ("sis", "s"),
    **dict.fromkeys(["duration", "durationRound"], ("a", "s")),
    "mustFromJson": ("s", "a"),
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


@st.composite
def expressions(draw: st.DrawFn, wanted: str = "a", depth: int = 3) -> str:
    """One operand: an atom, or a call in parentheses."""
    if draw(st.integers(0, 9)) == 0:
        wanted = draw(st.sampled_from(_PARTS + "a"))  # what does not fit must fail alike
    if depth == 0 or draw(st.booleans()):
        letters = wanted if wanted != "a" else draw(st.sampled_from(_PARTS + "aa"))
        return draw(st.sampled_from(_ATOMS[letters]))
    return f"({draw(calls(wanted, depth - 1))})"


@st.composite
def calls(draw: st.DrawFn, wanted: str = "a", depth: int = 2) -> str:
    """A call of a function that gives what is wanted."""
    fitting = [name for name, (_, result) in _SIGNATURES.items() if wanted in ("a", result)]
    name = draw(st.sampled_from(fitting))
    letters = _SIGNATURES[name][0]
    if letters.endswith("*"):
        letters = letters[:-1] + letters[-2] * draw(st.integers(-1, 2))
        letters = letters[:-1] if letters.endswith("*") else letters
    words = [draw(expressions(letter, depth)) for letter in letters]
    if name == "printf" and words:
        words[0] = _quoted(draw(_VERBS))
    if name == "dateInZone" and len(words) > 1:
        words[1] = draw(st.sampled_from(["0", "1700000000", "(int64 86399)"]))  # of anything else it takes the time
    if name == "repeat" and words:
        words[0] = draw(st.sampled_from(["0", "2", "-1", "3.0"]))
    if draw(st.integers(0, 19)) == 0 and words:
        words.pop()  # too few
    return " ".join([name, *words])


@st.composite
def pipelines(draw: st.DrawFn) -> str:
    """Commands joined by `|`."""
    head = draw(calls("a", 2) | expressions("a", 2))
    tail = draw(st.lists(calls("a", 1), max_size=2))
    # The piped value takes the place of the last argument.
    shortened = [command.rpartition(" ")[0] if " " in command and "(" not in command else command for command in tail]
    return " | ".join([head, *shortened])


_LEFT = st.sampled_from(["{{ ", "{{", "{{- "])
_RIGHT = st.sampled_from([" }}", "}}", " -}}"])


@st.composite
def templates(draw: st.DrawFn, depth: int = 2, in_range: bool = False) -> str:
    """Text, actions, branches and loops."""
    return "".join(draw(st.lists(_nodes(depth, in_range), min_size=1, max_size=4)))


@st.composite
def _nodes(draw: st.DrawFn, depth: int, in_range: bool) -> str:
    kinds = ["text", "action", "action", "action", "variable", "comment"]
    kinds += ["if", "with", "range"] if depth else []
    kinds += ["jump"] if in_range else []
    kind = draw(st.sampled_from(kinds))
    left, right = draw(_LEFT), draw(_RIGHT)
    if kind == "text":
        return draw(st.sampled_from(["a", " ", "\n", " b ", "é", "}}", "\n\n  "]))
    if kind == "comment":
        return f"{left.rstrip(' ') if left != '{{- ' else left}/* c */{right if right != ' }}' else '}}'}"
    if kind == "jump":
        jump = draw(st.sampled_from(["break", "continue"]))
        return f"{{{{ if {draw(expressions('b', 1))} }}}}{{{{ {jump} }}}}{{{{ end }}}}"
    pipeline = draw(pipelines())
    if kind == "action":
        return f"{left}{pipeline}{right}"
    if kind == "variable":
        sign = draw(st.sampled_from([":=", ":=", "="]))
        return f"{{{{ $v := 1 }}}}{left}$v {sign} {pipeline}{right}{{{{ $v }}}}"
    body = draw(templates(depth - 1, in_range or kind == "range"))
    otherwise = draw(
        st.sampled_from(["", "", "{{ else }}none", f"{{{{ else if .t }}}}{'chained' if kind == 'if' else ''}"])
    )
    if kind == "range":
        targets = draw(st.sampled_from(["", "", "$k, $v := ", "$v := "]))
        pipeline = targets + draw(expressions("l", 1) | expressions("d", 1) | expressions("i", 1) | expressions("a", 1))
        body += draw(st.sampled_from(["", "{{ . }}", "{{ $v }}," if targets else "{{ . }},"]))
    return f"{left}{kind} {pipeline}{right}{body}{otherwise}{{{{ end }}}}"
