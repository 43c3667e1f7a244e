"""The run id of a report, its exit code, its counts, and how a stored report is read back."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from altegio_sync import domain
from altegio_sync.domain.counts import ApiUsage, RecordCounts
from altegio_sync.domain.exit_code import ExitCode, decide_exit_code
from altegio_sync.domain.json_form import JsonForm, Key
from altegio_sync.domain.lessons import SkipReason
from altegio_sync.domain.period import Period
from altegio_sync.domain.report import CompanyReport, RunError, SyncMode, SyncReport, new_run_id
from altegio_sync.domain.run_summary import RunSummary, summarize
from altegio_sync.domain.stored import read_stored

if TYPE_CHECKING:
    from collections.abc import Iterator

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
NUMBERS = st.integers(0, 1000)
COUNTS = st.builds(
    RecordCounts,
    saved=NUMBERS,
    duplicates=NUMBERS,
    stale=NUMBERS,
    failed=NUMBERS,
    doubtful=NUMBERS,
    skipped=st.dictionaries(st.sampled_from(SkipReason), st.integers(1, 9)).map(Counter),
)
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CONFIG, OUTAGE = RunError("config", "x", "77"), RunError("fetch_failed", "x", "78")


def report(*companies: CompanyReport, **changes: Any) -> SyncReport:
    return SyncReport("sync", "r", SyncMode.UPDATE, False, NOW, NOW, list(companies), **changes)


@given(MOMENTS, st.integers(1, 10**7))
def test_run_ids_sort_by_the_moment_at_which_the_runs_began(moment: datetime, later: int) -> None:
    other = moment + timedelta(milliseconds=later)

    assert new_run_id(moment) < new_run_id(other)


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ({}, ExitCode.DONE),
        ({"has_failed": True}, ExitCode.PARTLY),
        ({"has_failed": True, "out_of_reach": True}, ExitCode.OUT_OF_REACH),
        ({"out_of_reach": True, "interrupted": True}, ExitCode.INTERRUPTED),
    ],
    ids=["done", "failed", "out of reach", "interrupted"],
)
def test_the_worst_ending_decides_the_exit_code(ending: dict[str, bool], code: ExitCode) -> None:
    assert decide_exit_code(**ending) is code


@pytest.mark.parametrize(
    ("errors", "code"),
    [([CONFIG], ExitCode.WRONG_USE), ([CONFIG, OUTAGE], ExitCode.OUT_OF_REACH)],
    ids=["settings alone", "an outage too"],
)
def test_a_run_in_which_no_company_was_read_was_used_wrongly_or_out_of_reach(
    errors: list[RunError], code: ExitCode
) -> None:
    run = report(*(CompanyReport("77", errors=[each], broke_off=True) for each in errors))

    assert run.exit_code is code


@given(COUNTS, COUNTS)
def test_counts_are_added_field_by_field(first: RecordCounts, second: RecordCounts) -> None:
    whole = first + second

    for each in fields(RecordCounts):
        parts = getattr(first, each.name), getattr(second, each.name)
        assert getattr(whole, each.name) == parts[0] + parts[1]


def test_what_a_company_used_is_the_difference_of_two_counts() -> None:
    assert ApiUsage(9, 2, 1, 5) - ApiUsage(4, 2, 0, 3) == ApiUsage(5, 0, 1, 2)


def test_the_summary_of_a_whole_run_is_small_however_many_companies_have_warnings() -> None:
    companies = [CompanyReport(str(each)) for each in range(3_000)]
    for each in companies:
        each.warnings.append(RunError("nothing_listed", "nothing", each.company))

    whole = summarize(report(*companies), None)

    assert whole.warnings is not None
    assert len(whole.warnings) == 1_000
    own = summarize(report(*companies), companies[-1])
    assert own.warnings == tuple(companies[-1].warnings)


def json_forms(base: type[JsonForm] = JsonForm) -> Iterator[type[JsonForm]]:
    """All of them: importing the package's modules defines them."""
    for each in base.__subclasses__():
        yield each
        yield from json_forms(each)


def missing_names(form: type[JsonForm]) -> list[str]:
    own = {*dir(form), *getattr(form, "__dataclass_fields__", ())}
    keys = (Key(each) if isinstance(each, str) else each for each in form.json_keys)
    wanted = ((each.attribute or each.name).split(".")[0] for each in keys)
    return [f"{form.__name__}.{name}" for name in wanted if name not in own]


def test_every_key_of_a_report_is_the_name_of_one_of_its_values() -> None:
    for module in iter_modules(domain.__path__, f"{domain.__name__}."):
        import_module(module.name)

    assert [name for form in json_forms() for name in missing_names(form)] == []


def test_an_optional_key_is_absent_without_a_value() -> None:
    assert "company" not in RunError("code", "x").to_json()
    assert Key("company", optional=True) in RunError.json_keys


@given(COUNTS, st.booleans(), st.lists(st.text(max_size=5), max_size=5))
def test_a_summary_that_was_stored_is_read_back_as_it_was(
    counts: RecordCounts, interrupted: bool, errors: list[str]
) -> None:
    company = CompanyReport("77", Period.of_days(NOW.date(), NOW.date()), "UTC", records=counts)
    company.errors += [RunError("failed", f"x{each}", "77") for each in errors]
    summary = summarize(report(company, interrupted=interrupted), company)
    odd: list[bool] = []
    moments = {"started_at": NOW, "finished_at": NOW}

    read = read_stored(RunSummary, summary.to_json() | moments, lambda: odd.append(True))

    assert read is not None
    assert read.to_json() == summary.to_json()
    assert odd == []
