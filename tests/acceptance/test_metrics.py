"""`/metrics` of `serve`, beside `status --prometheus`."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from altegio_sync.sandbox import School
from tests.acceptance.serving import Serving

if TYPE_CHECKING:
    from tests.acceptance.cli import Cli

PREFIX = "altegio_sync_"
#: What only a living process knows.
OF_PROCESS = {
    *("mongodb_up", "records_total", "api_requests_total", "rate_limited_total"),
    "notices_total",
}
#: The names of the contract, and the labels of each.
LABELS = {
    "last_success_timestamp_seconds": {"company", "command"},
    "last_run_timestamp_seconds": {"company", "command"},
    "gap_days": {"company"},
    "oldest_proof_age_seconds": {"company"},
    "records_total": {"outcome"},
    "api_requests_total": set(),
    "rate_limited_total": set(),
    "notices_total": {"outcome"},
    "hook_versions_total": {"class"},
    "hook_queue_oldest_seconds": set(),
}


@dataclass(frozen=True)
class Metrics:
    """What a text has: the help text and the type of each name, and the samples."""

    text: str
    described: dict[str, tuple[str, str]]
    samples: dict[tuple[str, ...], float]

    @classmethod
    def of(cls, text: str) -> Metrics:
        described, samples = {}, {}
        for family in text_string_to_metric_families(text):
            assert family.samples
            for each in family.samples:
                name = each.name.removeprefix(PREFIX)
                described[name] = (family.documentation, family.type)
                key = (name, *(f"{label}={value}" for label, value in each.labels.items()))
                assert key not in samples
                samples[key] = each.value
        return cls(text, described, samples)

    def labels_of(self, name: str) -> set[str]:
        [labels] = {
            tuple(each.partition("=")[0] for each in key[1:])
            for key in self.samples
            if key[0] == name
        }
        return set(labels)


def scrape(serving: Serving) -> Metrics:
    answer = serving.client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return Metrics.of(answer.text)


def documented() -> set[str]:
    page = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text("utf-8")
    table = page.split("| Name | Labels | Meaning |")[1].split("\n\n")[0]
    names = [each.split("|")[1] for each in table.splitlines()[2:]]
    return set(re.findall(r"`([a-z_0-9]+)`", "".join(names)))


def lint(text: str) -> list[str]:
    """What Prometheus's own tool complains about, where it is installed; days are meant."""
    promtool = shutil.which("promtool")
    if promtool is None:
        return []
    ran = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, check=False, text=True
    )
    return [each for each in ran.stderr.splitlines() if not each.endswith('instead of "days"')]


@pytest.fixture
def school() -> School:
    school = School.empty()
    now = datetime.now(school.zone).replace(microsecond=0, tzinfo=None)
    school.add(school.record(now + timedelta(hours=1), id=501))
    return school


def test_serve_and_status_have_the_metrics_of_the_contract(cli: Cli) -> None:
    assert (cli.run("sync", "yesterday").code, cli.run("changes", "--since", "24h").code) == (0, 0)
    with Serving(cli) as serving:
        assert serving.notify(501) == 204
        assert serving.notify(501, company_id=78) == 204
        assert serving.notify(501, secret="y" * 32) == 404
        serving.wait_for(lambda: scrape(serving).samples["records_total", "outcome=duplicate"] > 0)
        # Webhooks are measured from the first one on.
        serving.wait_for(lambda: "hook_versions_total" in scrape(serving).described)
        scraped = scrape(serving)
    printed = Metrics.of(cli.run("status", "--prometheus").out)

    assert set(LABELS) <= set(scraped.described)
    assert {name: scraped.labels_of(name) for name in LABELS} == LABELS
    assert set(scraped.described) - set(printed.described) == OF_PROCESS
    # Counting the findings would read the whole collection.
    assert set(printed.described) - set(scraped.described) == {"validation_errors"}
    both = set(scraped.described) & set(printed.described)
    assert {name: scraped.described[name] for name in both} == {
        name: printed.described[name] for name in both
    }
    assert documented() == {*scraped.described, *printed.described}
    assert [complaint for each in (scraped, printed) for complaint in lint(each.text)] == []
    samples = scraped.samples
    assert samples["notices_total", "outcome=accepted"] == 1
    assert samples["notices_total", "outcome=unknown_company"] == 1
    assert samples["notices_total", "outcome=wrong_secret"] == 1
    assert samples["mongodb_up",] == 1
    assert samples["rate_limited_total",] == 0
    assert samples["api_requests_total",] > 0


def test_the_metrics_ask_for_the_password_of_the_page(cli: Cli) -> None:
    settings: dict[str, str | None] = {"ALTEGIO_PAGE_PASSWORD": "pass-WORD-2281"}
    with Serving(cli, ("--no-poll", "--no-page", "--host", "0.0.0.0"), settings) as serving:
        port = serving.url.rpartition(":")[2]
        serving.client.base_url = f"http://127.0.0.1:{port}"
        assert serving.client.get("/metrics").status_code == 401
        assert serving.client.get("/health").status_code in (200, 503)
        answer = serving.client.get("/metrics", auth=("prometheus", "pass-WORD-2281"))

    assert Metrics.of(answer.text).samples["notices_total", "outcome=accepted"] == 0
