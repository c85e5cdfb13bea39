"""Go's own engine, which Helm brings along, as the oracle: the same templates in both, texts and errors compared."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from dokaseca.generate import params
from dokaseca.generate.templates.gotemplate import template
from dokaseca.kit.clock import SystemClock
from dokaseca.model.errors import UserError

NO_VALUE = "<no value>"  # Helm drops it
_BEYOND = ("nested deeper than", "larger than", "steps")  # our limits; Go runs on, maybe until its stack overflows
_UNSETTLED = "slice index out of bounds"  # Go allows what is beyond the end as long as it has reserved the memory


@dataclass(frozen=True)
class Case:
    """A template and its parameters.

    Attributes:
        is_whole: the text is rendered as it is, with the parameters under `.Values`: for `define`, which must stand
            outside of everything.
    """

    text: str
    values: dict[str, Any]
    is_whole: bool = False


@dataclass(frozen=True)
class Answer:
    """A text, or a failure: its message, and its place as Go tells it.

    Attributes:
        place: (line, column, template, node), empty where the engine does not tell; of a parse error the line alone.
    """

    text: str = ""
    message: str = ""
    place: tuple[Any, ...] = ()

    @property
    def is_failure(self) -> bool:
        return bool(self.message)


_OURS = re.compile(r'template: :(\d+)(?::(\d+))?: (?:executing "((?:[^"\\]|\\.)*)" at <(.*?)>: )?(.*)\Z', re.DOTALL)
_EXEC = re.compile(
    r'(?:template: )?(\S*?):(\d+):(\d+):?\s+executing "((?:[^"\\]|\\.)*)" at <(.*?)>:\s+(.*)\Z', re.DOTALL
)
_FAIL = re.compile(r"execution error at \((\S*?):(\d+):(\d+)\): (.*)\Z", re.DOTALL)
_PARSE = re.compile(r"parse error at \((\S*?):(\d+)\): (.*)\Z", re.DOTALL)


def ours(case: Case, missing_key: str = "zero") -> Answer:
    """What our engine makes of it; like Helm, without `<no value>`."""
    data = params.from_json(case.values)
    try:
        compiled = template.compile_text(case.text, missing_key)
        if compiled is None:
            return Answer(case.text)
        text = compiled[0]({"Values": data} if case.is_whole else data, SystemClock())
        return Answer(text.replace(NO_VALUE, ""))
    except UserError as error:
        found = _OURS.search(error.message)
        if found is None:
            return Answer(message=error.message)
        line, column, name, node, message = found.groups()
        place = (int(line),) if column is None else (int(line), int(column), name or "", node)
        return Answer(message=message, place=place)


class Oracle:
    """Helm's engine in a process of its own."""

    def __init__(self) -> None:
        self._process = self._started()

    def _started(self) -> subprocess.Popen[str]:
        script = Path(__file__).with_name("helm_engine.py")
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
        environment = {**os.environ, "TZ": "UTC"}  # times without a zone are local
        return subprocess.Popen(
            [sys.executable, str(script)], stdin=pipe, stdout=pipe, stderr=nothing, text=True, env=environment
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=30)

    def answers(self, cases: list[Case], guesses: list[Answer]) -> list[Answer | None]:
        """Helm's answer to each, None where there is none: the template kills it, or gives what is no UTF-8.

        Those that are thought to succeed are tried together, which is far faster.
        """
        found: dict[int, Answer | None] = {}
        hopeful = [number for number, guess in enumerate(guesses) if not guess.is_failure]
        self._try_together(cases, hopeful, found)
        for number, guess in enumerate(guesses):
            if number not in found:
                # A text that is no template must not be wrapped: its blocks would close the wrong things.
                found[number] = self._alone(cases[number], is_wrapped=len(guess.place) != 1)
        return [found[number] for number in range(len(cases))]

    def _try_together(self, cases: list[Case], numbers: list[int], found: dict[int, Answer | None]) -> None:
        wrapped = [number for number in numbers if not cases[number].is_whole]
        if not wrapped:
            return
        templates = {f"c{number}": _wrapped(cases[number].text, f"c{number}") for number in wrapped}
        answer = self._ask({f"c{number}": cases[number].values for number in wrapped}, templates)
        if "texts" in answer:
            found.update({number: Answer(answer["texts"].get(f"c{number}", "")) for number in wrapped})
        elif len(wrapped) > 1:
            middle = len(wrapped) // 2
            self._try_together(cases, wrapped[:middle], found)
            self._try_together(cases, wrapped[middle:], found)

    def _alone(self, case: Case, *, is_wrapped: bool) -> Answer | None:
        if case.is_whole or not is_wrapped:
            answer = self._ask(case.values, {"c": case.text})
            prefix = ""
        else:
            answer = self._ask({"c": case.values}, {"c": _wrapped(case.text, "c")})
            prefix = _prefix("c")
        if "texts" in answer:
            return Answer(answer["texts"].get("c", ""))
        if "error" not in answer or "codec can't decode" in answer["error"]:
            return None
        return _failure(answer["error"], prefix)

    def _ask(self, values: dict[str, Any], templates: dict[str, str]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"values": values, "templates": templates}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:  # it died
            self._process.communicate(timeout=30)
            self._process = self._started()
            return {}
        answer: dict[str, Any] = json.loads(line)
        return answer


def _prefix(name: str) -> str:
    return f'{{{{define "{name}"}}}}'


def _wrapped(text: str, name: str) -> str:
    """The text as a template of its own, so that the dot and `$` are its parameters."""
    return f'{_prefix(name)}{text}{{{{end}}}}{{{{template "{name}" .Values.{name}}}}}'


def _failure(error: str, prefix: str) -> Answer:
    for pattern in (_EXEC, _FAIL, _PARSE):
        found = pattern.search(error)
        if found is not None:
            break
    else:
        return Answer(message=error)
    line = int(found[2])
    if pattern is _PARSE:
        return Answer(message=found[3].replace(found[1], ""), place=(line,))
    column = int(found[3]) - (len(prefix) if line == 1 else 0)
    if pattern is _FAIL:
        return Answer(message=found[4], place=(line, column))
    name = "" if found[4] in ("c", "oracle/templates/c.txt") else found[4]
    return Answer(message=found[6], place=(line, column, name, found[5]))


def difference(case: Case, helm: Answer | None, mine: Answer) -> str:
    """How the answers differ, empty when they do not."""
    if helm is None or _UNSETTLED in mine.message:
        return ""
    if helm.is_failure and mine.is_failure:
        # Helm shows the end of the message alone where it knows the kind of the failure.
        message = mine.message.rstrip()
        is_part = len(helm.place) in (1, 2) and message.endswith(helm.message)
        is_cut = message.endswith("...") and helm.message.startswith(message[:-3])  # values in ours are shown in part
        # Which argument of `and` and `or` was looked at last is not known beforehand.
        is_place = mine.place[: len(helm.place)] == helm.place or "(and " in case.text or "(or " in case.text
        is_same = (is_part or is_cut or helm.message == message) and is_place
    else:
        is_same = helm == mine
    return "" if is_same else f"{case.text!r} {case.values!r}\n   Helm: {helm}\n   ours: {mine}"


def differences(oracle: Oracle, cases: list[Case]) -> list[str]:
    """What our engine makes otherwise than Go's."""
    pairs = [(case, ours(case)) for case in cases]
    pairs = [(case, guess) for case, guess in pairs if not any(part in guess.message for part in _BEYOND)]
    answers = oracle.answers([case for case, _ in pairs], [guess for _, guess in pairs])
    found = [difference(case, answer, guess) for (case, guess), answer in zip(pairs, answers, strict=True)]
    return [one for one in found if one]
