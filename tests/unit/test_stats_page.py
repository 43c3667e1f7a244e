"""The page of `stats --html`: it needs no other file, and a name in it is never more than text."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from altegio_sync.domain.period import Period
from altegio_sync.html import render_stats_page
from altegio_sync.messages.foreign_text import plain
from tests.html_reader import Page
from tests.stats_reports import HOSTILE, TODAY, a_report, an_empty_report, long_ago

if TYPE_CHECKING:
    from altegio_sync.domain.stats import StatsReport

#: Elements and attributes by which a page fetches, runs or sends something.
_REACHING = {"script", "link", "img", "iframe", "object", "embed", "form", "a", "base", "use"}


REPORTS = {
    "of everything": a_report(),
    "with hostile names": a_report(HOSTILE),
    "empty": an_empty_report(),
    "from a day on": a_report(period=Period.of_days(TODAY, TODAY.replace(year=9999))),
    "with a date long past": long_ago(a_report(), 300),
}


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_it_needs_nothing_and_runs_nothing(report: StatsReport) -> None:
    text = render_stats_page(report)

    page = Page(text)
    assert page.names & _REACHING == set()
    reaching = re.compile(r"on\w+|src|href|srcdoc|action|style")
    assert [key for key, _ in page.attributes if reaching.fullmatch(key)] == []
    style = text.split("<style>")[1].split("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert page.metas["Content-Security-Policy"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def test_it_is_made_for_phones_and_readers() -> None:
    text = render_stats_page(a_report())

    page = Page(text)
    assert text.startswith("<!doctype html>\n")
    assert ("lang", "en") in page.attributes
    assert page.metas["viewport"] == "width=device-width, initial-scale=1"
    assert page.metas["color-scheme"] == "light dark"
    assert "Appointments, all that is stored" in page.texts
    ids = {value for key, value in page.attributes if key == "id"}
    labels = [value for key, value in page.attributes if key == "aria-labelledby"]
    assert set(labels) <= ids
    assert text.count("<svg") == text.count('aria-hidden="true"><rect') + text.count('role="img"')


@settings(max_examples=60, deadline=None, derandomize=True)
@given(name=st.text(min_size=1).filter(lambda text: plain(text) == text))
def test_a_name_is_shown_as_it_is(name: str) -> None:
    page = Page(render_stats_page(a_report(name)))

    # As teacher, service and teacher with a rate; once more as the run's command.
    assert page.texts.count(name) >= 4
    assert page.names & _REACHING == set()


def test_only_a_page_costs_the_import_of_the_templates() -> None:
    code = "import altegio_sync.cli.stats_command, sys; assert 'jinja2' not in sys.modules"

    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_place_of_a_template_holds_text_alone() -> None:
    text = render_stats_page(a_report(period=None, zone_source='"><b>&'))

    assert "(&#34;&gt;&lt;b&gt;&amp;)" in text


def test_what_wants_attention_stands_on_it_and_calm_is_told() -> None:
    alarmed, calm = Page(render_stats_page(a_report())), Page(render_stats_page(an_empty_report()))

    assert alarmed.texts[alarmed.texts.index("ERROR") + 1] == " The last Агата Взірцева"
    assert "WARNING" in alarmed.texts
    assert "Everything looks fine." in calm.texts
    assert calm.texts.count("No appointments.") == 2


def test_what_is_out_of_the_chart_is_counted_in_words() -> None:
    text = " ".join(Page(render_stats_page(long_ago(a_report(), 300))).texts)

    assert "1 appointment is too many years from today to be shown." in text
