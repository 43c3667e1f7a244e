"""A run that could not store its report is shown as soon as MongoDB is back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import SecretStr

from altegio_sync.app.missed_runs import note_missed_run
from altegio_sync.app.watched import RunOutcome
from altegio_sync.config import SchoolConfig
from altegio_sync.domain.clock import utc_now
from altegio_sync.messages.sync import STORE_OUT_OF_REACH
from tests.acceptance.cli import NO_MONGODB, PASSWORD

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.cli import Cli


def noted(folder: Path) -> list[Path]:
    return [each for each in (folder / "data" / "missed-runs").rglob("*") if each.is_file()]


def test_a_night_without_mongodb_is_in_runs_and_in_status(
    cli: Cli, db_uri: str, tmp_path: Path
) -> None:
    config = SchoolConfig(db_uri=SecretStr(db_uri))
    cli.settings["ALTEGIO_DATA_DIR"] = str(tmp_path / "data")
    cli.run("sync", "yesterday", "-q")
    lost = NO_MONGODB | {
        "DB_URI": f"mongodb://a:{PASSWORD}@127.0.0.1:9/{db_uri.rpartition('/')[2]}"
    }
    away = cli.run("sync", "yesterday", "-q", **lost)
    dry = cli.run("sync", "yesterday", "-q", "--dry-run", **lost)
    cli.run("sync", "yesterday", "-q", **NO_MONGODB)  # another database
    elsewhere, note = sorted(noted(tmp_path), key=lambda each: config.place in each.parts)
    text = note.read_text()
    note.with_name("odd.json").write_text("[]")

    status = cli.run("status", "--json").json
    [failed, well] = cli.run("runs", "--json").json["runs"]
    shown = cli.run("runs", failed["run_id"])
    cli.run("sync", "yesterday", "-q")
    after = cli.run("status", "--json").json

    assert (away.code, dry.code) == (3, 3)
    assert PASSWORD not in text
    assert (status["last_run"]["ok"], status["last_run"]["run_id"]) == (False, failed["run_id"])
    assert (failed["ending"], well["ending"]) == ("failed", "succeeded")
    assert "ERROR MongoDB" in shown.out
    assert noted(tmp_path) == [elsewhere]
    assert after["last_run"]["ok"] is True


def test_the_notes_are_bounded_and_about_commands_that_store_reports(tmp_path: Path) -> None:
    config = SchoolConfig(db_uri=SecretStr("mongodb://a:secret@host/school"), data_dir=tmp_path)
    folder = tmp_path / "missed-runs" / config.place
    folder.mkdir(parents=True)
    for number in range(700):
        (folder / f"19700101-{number:06}.json").touch()
    outcome = RunOutcome(3, {"fetched": 7}, reason=STORE_OUT_OF_REACH(), run_id="20261001-031500-1")

    note_missed_run(config, "backup", outcome, utc_now())
    note_missed_run(config, "sync", outcome, utc_now())

    names = sorted(each.name for each in folder.iterdir())
    assert len(names) == 600
    assert names[-1] == "20261001-031500-1.json"
    assert json.loads((folder / names[-1]).read_text())["records"] == {"fetched": 7}
    other = SchoolConfig(db_uri=SecretStr("mongodb://b:other@host2/school?w=1"))
    assert config.place == other.place
    assert SchoolConfig(db_uri=SecretStr("embedded")).place
    assert config.place != SchoolConfig(db_uri=SecretStr("mongodb://host/second")).place
