"""Which variable a name means: places in the frame of one template."""

from __future__ import annotations


class Scopes:
    """The variables of one template while it is parsed.

    Go checks names with a list that control structures cut back, but resolves them when it runs: a name may pass the
    check although nothing has declared it by then.
    """

    def __init__(self) -> None:
        self.frame_size = 1
        self._known = ["$"]
        self._slots: list[dict[str, int]] = [{"$": 0}]

    def knows(self, name: str) -> bool:
        """Whether the parser lets `name` pass."""
        return name in self._known

    def mention(self, name: str) -> None:
        """`name` stands before `:=` or `=`: from here on it passes."""
        self._known.append(name)

    def slot_or_none(self, name: str) -> int | None:
        """The place of the variable that `name` means here."""
        for slots in reversed(self._slots):
            if name in slots:
                return slots[name]
        return None

    def declare(self, name: str) -> int:
        """A new variable in the innermost scope."""
        slot = self.hidden()
        self._slots[-1][name] = slot
        return slot

    def hidden(self) -> int:
        """A place without a name."""
        self.frame_size += 1
        return self.frame_size - 1

    def enter(self) -> None:
        """A branch begins."""
        self._slots.append({})

    def leave(self) -> None:
        """A branch ends; its variables are gone."""
        self._slots.pop()

    def mark(self) -> int:
        """How many names are known, for `forget`."""
        return len(self._known)

    def forget(self, mark: int) -> None:
        """Let those names no longer pass that came after `mark`."""
        del self._known[mark:]
