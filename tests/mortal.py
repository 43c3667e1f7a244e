"""A database under a process that dies: at its nth write, before, after or half-way through it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from pymongo import InsertOne

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from pymongo.asynchronous.collection import AsyncCollection
    from pymongo.asynchronous.database import AsyncDatabase

Document = dict[str, Any]
_WRITES = (
    "bulk_write",
    "create_index",
    "find_one_and_update",
    "insert_one",
    "replace_one",
    "update_many",
    "update_one",
)
WAYS = ("before", "after", "half")


class KilledError(BaseException):
    """As kill -9: nothing of the program catches it, and nothing that it does afterwards counts."""


@dataclass
class Life:
    """Of one run. ``rival`` is called once, with the inserts that are about to be made."""

    dies_at: int | None = None
    way: str = "before"
    rival: Callable[[AsyncCollection[Document], list[Document]], Awaitable[None]] | None = None
    writes: int = 0
    is_over: bool = False
    under_way: set[asyncio.Task[Any]] = field(default_factory=set)

    def look(self) -> None:
        if self.is_over:
            raise KilledError

    def die(self) -> None:
        self.is_over = True
        raise KilledError

    async def carry_out(self, write: Coroutine[Any, Any, Any]) -> Any:
        """What a server has been asked it does, whatever becomes of the one who asked."""
        task = asyncio.ensure_future(write)
        self.under_way.add(task)
        return await asyncio.shield(task)

    async def settle(self) -> None:
        await asyncio.gather(*self.under_way, return_exceptions=True)


def mortal(database: AsyncDatabase[Document], life: Life, *, counts: bool) -> Any:
    """The database; its writes are among those counted when ``counts``, and none comes after death.

    To its users it is the database, though not to mypy.
    """
    return _Database(database, life, counts=counts)


class _Database:
    def __init__(self, real: Any, life: Life, *, counts: bool) -> None:
        self._real = real
        self._life = life
        self._counts = counts

    def with_options(self, **options: Any) -> _Database:
        return _Database(self._real.with_options(**options), self._life, counts=self._counts)

    def __getitem__(self, name: str) -> _Collection:
        return _Collection(self._real[name], self, self._life, counts=self._counts)

    def __getattr__(self, name: str) -> Any:
        self._life.look()
        return getattr(self._real, name)


class _Collection:
    def __init__(self, real: Any, database: _Database, life: Life, *, counts: bool) -> None:
        self._real = real
        self.database = database
        self._life = life
        self._counts = counts

    def with_options(self, **options: Any) -> _Collection:
        real = self._real.with_options(**options)
        return _Collection(real, self.database, self._life, counts=self._counts)

    def __getattr__(self, name: str) -> Any:
        self._life.look()
        if name not in _WRITES:
            return getattr(self._real, name)

        async def write(*arguments: Any, **options: Any) -> Any:
            return await self._write(name, arguments, options)

        return write

    async def _write(self, name: str, arguments: tuple[Any, ...], options: Document) -> Any:
        life = self._life
        life.look()
        if name == "bulk_write":
            await self._meet_rival(arguments[0])
        is_last = False
        if self._counts:
            is_last = life.writes == life.dies_at
            life.writes += 1
        if is_last:
            if name == "bulk_write" and life.way == "half":
                arguments = (arguments[0][: (len(arguments[0]) + 1) // 2], *arguments[1:])
            if life.way != "before":
                life.is_over = True  # for whatever else is under way
                await life.carry_out(getattr(self._real, name)(*arguments, **options))
            life.die()
        answer = await life.carry_out(getattr(self._real, name)(*arguments, **options))
        life.look()
        return answer

    async def _meet_rival(self, writes: list[Any]) -> None:
        documents = [cast("Any", each)._doc for each in writes if isinstance(each, InsertOne)]  # noqa: SLF001 - PyMongo has no other word for it
        rival = self._life.rival
        if rival is not None and documents:
            self._life.rival = None
            await rival(self._real, documents)
