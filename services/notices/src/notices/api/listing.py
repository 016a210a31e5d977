"""Pages whose items need names from elsewhere, or more than one row."""

from collections.abc import Sequence
from typing import Any, TypeVar

from chassis.paging import PagingParams
from chassis.web import Page
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

V = TypeVar("V")


async def rows_of(
    db: AsyncSession, statement: Select[Any], paging: PagingParams
) -> tuple[Sequence[Any], int]:
    """One page of a statement's rows, and how many there are in all."""
    total = await db.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
    rows = await db.execute(statement.limit(paging.size).offset((paging.page - 1) * paging.size))
    return rows.all(), total


def paged(items: list[V], total: int, paging: PagingParams) -> "Page[V]":
    """A page of items that were made already."""
    return Page[V](items=items, total=total, page=paging.page, size=paging.size)
