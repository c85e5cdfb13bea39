"""Lists that come in pages: all of them, or an error."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeVar
from urllib.parse import parse_qs, urlsplit

from dokaseca.adapters.scm.wire import Answer, Read, Wire
from dokaseca.model.errors import UserError

T = TypeVar("T")

PAGES: Final = 500  # of 100 entries each: more than any organization has
PER_PAGE: Final = 100  # the most that every forge gives

Fetch = Callable[[str], Awaitable[tuple[Sequence[T], str]]]


async def all_of(fetch: Fetch[T], wire: Wire, path: str) -> list[T]:
    """The entries of every page.

    Args:
        fetch: gives the entries at a position ("" is the first) and the position of the next page ("" after the last).

    Raises:
        UserError: reason TooManyPages.
        TransientError: the pages go in a circle.
    """
    found: list[T] = []
    seen = {""}
    position = ""
    for _ in range(PAGES):
        entries, position = await fetch(position)
        found.extend(entries)
        if not position:
            return found
        if position in seen:
            raise wire.bad_answer(path, "its pages go in a circle")
        seen.add(position)
    raise UserError(
        f"more than {PAGES} pages; ask for less, such as one group of them",
        reason="TooManyPages",
        subject=wire.subject(path),
    )


async def by_link(
    wire: Wire, path: str, query: Mapping[str, str], read: Read[Sequence[T]], *, may_lack: bool = False
) -> list[T]:
    """Every page of a forge that links to the next by its number (GitHub, GitLab).

    A page that was full and the last may have got a successor without changing itself: it is read anew.
    """

    async def fetch(position: str) -> tuple[Sequence[T], str]:
        asked = {**query, "per_page": str(PER_PAGE), "page": position}
        answer = await wire.get(path, asked, read, may_lack=may_lack)
        following = linked_page(wire, path, answer)
        if answer.is_unchanged and not following and len(answer.value or ()) >= PER_PAGE:
            answer = await wire.get(path, asked, read, afresh=True)
            following = linked_page(wire, path, answer)
        return answer.value or (), following

    return await all_of(fetch, wire, path)


def linked_page(wire: Wire, path: str, answer: Answer[Sequence[T]]) -> str:
    """The number of the next page, by `X-Next-Page` (GitLab) or `Link: <...>; rel="next"`, empty without one.

    The link's URL is not followed: behind a proxy it may lead elsewhere.

    Raises:
        TransientError: there is a next page without a number.
    """
    told = answer.headers.get("x-next-page", "").strip()
    if told.isdecimal():
        return told
    for link in answer.headers.get("link", "").split(","):
        target, _, parameters = link.partition(";")
        if 'rel="next"' in parameters.replace(" ", ""):
            numbers = parse_qs(urlsplit(target.strip().strip("<>")).query).get("page", [])
            if len(numbers) != 1 or not numbers[0].isdecimal():
                raise wire.bad_answer(path, "the link to its next page has no number")
            return numbers[0]
    return ""
