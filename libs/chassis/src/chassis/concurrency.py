"""ETag and If-Match: nobody overwrites what they have not seen."""

from typing import Annotated, Protocol

from fastapi import Depends, Request

from chassis.problems import RevisionRequired, Stale


class Revised(Protocol):
    """Anything that counts its changes."""

    revision: int


async def _if_match(request: Request) -> int:
    value = request.headers.get("if-match", "").strip().removeprefix("W/").strip('"')
    if not value:
        raise RevisionRequired("请先读取内容，再以其 ETag 作为 If-Match 提交。")
    if not value.isdecimal() or len(value) > 9:
        raise Stale
    return int(value)


IfMatch = Annotated[int, Depends(_if_match)]


def expect(row: Revised, revision: int) -> None:
    """Raise `Stale` unless the caller has seen the latest revision."""
    if row.revision != revision:
        raise Stale(f"当前版本为 {row.revision}。")
