"""Which addresses of MongoDB are accepted, and the messages about the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from altegio_sync.errors import ConfigError
from altegio_sync.mongo.core.connection import database_name, open_database

if TYPE_CHECKING:
    from pathlib import Path

    from tests.mongod import RunningMongod


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://h/school",
        "mongodb://h/school?useNewUrlParser=true&useUnifiedTopology=true",
        "mongodb://h/school?w=1;useNewUrlParser=true",
        "mongodb+srv://u:p@h.example.com/school?srvMaxHosts=2&retryWrites=true",
        "mongodb+srv://h.example.com/school?srvServiceName=mongo",
    ],
)
def test_the_database_is_found_whatever_options_come_with_it(uri: str) -> None:
    assert database_name(uri) == "school"


@pytest.mark.parametrize(
    "query", ["w=1&h", "tls=perhaps", "srvMaxHosts=2", "maxPoolSize=few&useNewUrlParser=true"]
)
def test_an_option_that_the_driver_knows_is_to_be_right(query: str) -> None:
    with pytest.raises(ConfigError, match=r"^DB_URI is not a MongoDB address"):
        database_name(f"mongodb://u:SECRET@h/school?{query}")


@pytest.mark.parametrize("option", ["tlsCAFile", "tlsCertificateKeyFile"])
def test_a_file_that_is_not_there_is_told(option: str) -> None:
    with pytest.raises(ConfigError, match=r"^DB_URI names a file.*: No such file or directory$"):
        database_name(f"mongodb://u:SECRET@h/school?tls=true&{option}=/nowhere.pem")


async def test_a_file_that_holds_no_certificate_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    uri = f"mongodb://h/school?tls=true&tlsCAFile={tmp_path}/ca.pem"

    with pytest.raises(ConfigError, match=r"^DB_URI names a file"):
        async with open_database(uri):
            pass


async def test_options_of_other_drivers_are_passed_over_in_silence(mongod: RunningMongod) -> None:
    uri = mongod.uri_of("school?useNewUrlParser=true&useUnifiedTopology=true&maxPoolSize=7")

    async with open_database(uri) as database:
        assert (await database.command("ping"))["ok"] == 1
        assert database.client.options.pool_options.max_pool_size == 7
