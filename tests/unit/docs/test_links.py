"""The documents hold together: links and anchors lead somewhere, and the commands that they name exist."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import click
import pytest

from dokaseca.cli import main

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^(`{3,}|~{3,})")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$")
LINK = re.compile(r"\[(?:[^\]\\]|\\.)*\]\((?P<target>[^)\s]+)\)")
EXTERNAL = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
CODE = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(  # where a shell would see a command: not in the middle of a sentence
    r"(?:^|Usage:|[;&|(`$])\s*(?:[A-Z_]+=\S*\s+)*(?:[\w./-]*/)?dokaseca(?![\w./-])((?:\s+[^\s`'\"|&;)]+)*)"
)
WORD = re.compile(r"[a-z][a-z-]*\Z")
VALUED = frozenset({"--log-level", "--log-format"})  # options of the root that take a word, before the command


def prose(text: str) -> Iterator[str]:
    """The lines outside of fenced blocks."""
    for line, is_code in _lines(text):
        if not is_code:
            yield line


def fenced(text: str) -> Iterator[str]:
    """The lines inside of fenced blocks."""
    for line, is_code in _lines(text):
        if is_code:
            yield line


def anchors(text: str) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    seen: Counter[str] = Counter()
    found = set()
    for line in prose(text):
        heading = HEADING.match(line)
        if heading is None:
            continue
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).replace("`", "").lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found


def targets(text: str) -> list[str]:
    """What a document links to inside the repository."""
    links = [match["target"] for line in prose(text) for match in LINK.finditer(CODE.sub("", line))]
    return [target for target in links if not EXTERNAL.match(target)]


def problem_or_none(document: Path, target: str) -> str | None:
    """Why a link leads nowhere."""
    path, _, anchor = unquote(target).partition("#")
    file = (document.parent / path).resolve() if path else document
    if not file.is_relative_to(ROOT):
        return f"{target} leaves the repository"
    if not file.exists():
        return f"{target} does not exist"
    if anchor and (file.suffix != ".md" or anchor not in anchors(file.read_text())):
        return f"{target}: {file.name} has no such heading"
    return None


def commands(text: str) -> Iterator[list[str]]:
    """The words after each `dokaseca` in code, options left out; one empty list where none follow."""
    code = [*fenced(text), *(match[1] for line in prose(text) for match in CODE.finditer(line))]
    for line in code:
        for match in COMMAND.finditer(line.partition(" #")[0]):
            yield _words(match[1].split())


def unknown_or_none(words: list[str], root: click.Command) -> str | None:
    """The first word that names no command, None when all do; after a command without subcommands come arguments."""
    command, context = root, click.Context(root)
    for word in words:
        if not isinstance(command, click.Group):
            return None
        if word not in command.list_commands(context):
            return word
        found = command.get_command(context, word)
        assert found is not None, f"{word} is listed by {command.name} but cannot be loaded"
        command, context = found, click.Context(found, parent=context)
    return None


def every_command(group: click.Group, name: str) -> Iterator[tuple[str, list[str]]]:
    """Each command below `group` with its long options."""
    context = click.Context(group)
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        assert command is not None
        path = f"{name} {word}"
        yield path, [option for each in command.params for option in each.opts if option.startswith("--")]
        if isinstance(command, click.Group):
            yield from every_command(command, path)


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    fence = ""
    for line in text.splitlines():
        mark = FENCE.match(line.strip())
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        else:
            yield line, bool(fence)


def _words(rest: list[str]) -> list[str]:
    """The leading words that may be commands; options of the root before them are stepped over."""
    words: list[str] = []
    iterator = iter(rest)
    for one in iterator:
        if one in VALUED and not words:
            next(iterator, None)
        elif WORD.match(one):
            words.append(one)
        elif words or not one.startswith("-"):
            break
    return words


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_and_anchor_leads_somewhere(document):
    problems = [problem_or_none(document, target) for target in targets(document.read_text())]
    assert [problem for problem in problems if problem] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_is_named_exists(document):
    named = list(commands(document.read_text()))
    unknown = {" ".join(words): word for words in named if (word := unknown_or_none(words, main.root))}
    assert unknown == {}


def test_every_command_and_option_is_in_the_reference():
    sections = re.split(r"^### ", (ROOT / "docs/reference/cli.md").read_text(), flags=re.MULTILINE)
    by_command = {section.partition("\n")[0]: section for section in sections[1:]}
    for path, options in every_command(main.root, "dokaseca"):
        assert path in by_command
        assert [option for option in options if option not in by_command[path]] == [], path


def test_the_documents_are_found():
    names = {str(path.relative_to(ROOT)) for path in DOCUMENTS}
    assert {"README.md", "docs/architecture.md", "docs/reference/cli.md"} <= names
    assert not any(name.startswith(("examples/", ".venv/")) for name in names)


def test_anchors_are_made_as_github_makes_them():
    text = "# `spec.hub` and each\n## A b, c?\n## A b c\n```\n# no heading\n```\n### [Text](x.md) here\n"
    assert anchors(text) == {"spechub-and-each", "a-b-c", "a-b-c-1", "text-here"}


def test_links_in_code_are_no_links():
    text = "[a](x.md) `[b](y.md)` [c](https://example.org/z)\n```\n[d](w.md)\n```\n[e](#f)\n"
    assert targets(text) == ["x.md", "#f"]


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("missing.md", "does not exist"),
        ("../../outside.md", "leaves the repository"),
        ("README.md#no-such-heading", "has no such heading"),
        ("Makefile#x", "has no such heading"),
    ],
)
def test_a_link_that_leads_nowhere_is_told(target, why):
    assert why in str(problem_or_none(ROOT / "README.md", target))


def test_a_link_that_leads_somewhere_is_no_problem():
    assert problem_or_none(ROOT / "README.md", "docs/architecture.md#rooms") is None


def test_commands_are_read_from_code_only():
    text = """dokaseca prose is not read. `dokaseca app list` and `dokaseca --help`.
```sh
.venv/bin/dokaseca up --dir x # dokaseca comment
CI=1 dokaseca --log-level debug status && dokaseca down
Usage: dokaseca demo
X=$(dokaseca kubeconfig --path)
an error in dokaseca itself, see `dokaseca doctor`
src/dokaseca/cli is a path
```
"""
    named = [["up"], ["status"], ["down"], ["demo"], ["kubeconfig"], ["doctor"], ["app", "list"], []]
    assert list(commands(text)) == named


def test_a_word_that_names_no_command_is_told():
    root = click.Group("dokaseca")
    app = click.Group("app")
    root.add_command(app)
    app.add_command(click.Command("list"))
    assert unknown_or_none(["app", "list", "name"], root) is None
    assert unknown_or_none(["app", "lost"], root) == "lost"
    assert unknown_or_none(["ap"], root) == "ap"
    assert unknown_or_none([], root) is None
