"""A state machine is one table: from, event, to, who. What is not in the table is refused."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from refusals import Kind, Refusal


class IllegalMove(Refusal):
    """当前状态不允许此项操作。"""

    slug, kind = "illegal-move", Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Move:
    """One row: in state `source` (None = does not exist yet) `who` may do `event`, which leads to `target`."""

    source: StrEnum | None
    event: StrEnum
    target: StrEnum
    who: str


class Machine:
    """The moves of one kind of thing; deterministic, as a duplicate (source, event) is a programming error."""

    def __init__(self, name: str, moves: Iterable[Move]) -> None:
        self.name = name
        self.moves = tuple(moves)
        self._table = {(move.source, move.event): move for move in self.moves}
        if len(self._table) != len(self.moves):
            raise ValueError(f"{name}: two moves for one state and event")

    def next(self, state: StrEnum | None, event: StrEnum) -> StrEnum:
        """The state that follows; raises `IllegalMove`, naming what is possible instead."""
        move = self._table.get((state, event))
        if move is None:
            possible = "、".join(self.allowed(state)) or "无"
            raise IllegalMove(f"当前状态为 {state}，可进行的操作：{possible}。")
        return move.target

    def allowed(self, state: StrEnum | None, who: str | None = None) -> tuple[str, ...]:
        """Events possible in this state, for one actor or for all; the `allowed_actions` of a response."""
        return tuple(m.event.value for m in self.moves if m.source == state and who in (None, m.who))

    def diagram(self) -> str:
        """The table as a Mermaid state diagram."""
        lines = [
            f"    {m.source.value if m.source else '[*]'} --> {m.target.value}: {m.event.value} ({m.who})"
            for m in self.moves
        ]
        return "\n".join(["stateDiagram-v2", *lines])
