"""Tables for people: filters, pages of 10 or 20 (at most 100), a total."""

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

T = TypeVar("T")
V = TypeVar("V")


class PagingParams(BaseModel):
    """Which page, starting at 1, and how many items it has."""

    page: int
    size: int


def _paging(
    page: Annotated[int, Query(ge=1, le=100_000)] = 1, size: Annotated[int, Query(ge=1, le=100)] = 20
) -> PagingParams:
    return PagingParams(page=page, size=size)


Paging = Annotated[PagingParams, Depends(_paging)]


class Page(BaseModel, Generic[V]):
    """One page of a list."""

    items: list[V]
    total: int
    page: int
    size: int

    @classmethod
    async def of(
        cls, db: AsyncSession, statement: Select[tuple[T]], paging: PagingParams, view: Callable[[T], V]
    ) -> "Page[V]":
        """Run an ordered statement of one entity for one page; `view` turns a row into an item."""
        total = await db.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
        rows: Any = await db.scalars(statement.limit(paging.size).offset((paging.page - 1) * paging.size))
        return cls(items=[view(row) for row in rows], total=total, page=paging.page, size=paging.size)
