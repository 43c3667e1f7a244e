"""A private, real MongoDB for the tests."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pymongo import MongoClient

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class RunningMongod:
    uri: str

    def uri_of(self, name: str) -> str:
        return f"{self.uri}/{name}"

    def drop(self, name: str) -> None:
        with MongoClient(self.uri) as client:
            client.drop_database(name)


@contextmanager
def running_mongod() -> Iterator[RunningMongod]:
    yield RunningMongod("mongodb://127.0.0.1:27099")
