"""Whether a run kept too little, compared with the runs before it."""

from __future__ import annotations

from collections import Counter

import pytest

from altegio_sync.domain.counts import RecordCounts
from altegio_sync.domain.kept_share import KeptSample, ShareLevel, judge_kept, too_little_text
from altegio_sync.domain.lessons import SkipReason

USUAL = [KeptSample(100, 60)] * 10
LOW = KeptSample(100, 5, is_low=True)
WARNED = KeptSample(100, 5, is_low=True, is_warned=True)
NONE = KeptSample(100, 0)


@pytest.mark.parametrize(
    ("kept", "earlier", "verdict"),
    [
        (0, [], ShareLevel.NONE),
        (0, USUAL, ShareLevel.NONE),
        (0, [NONE] * 9, ShareLevel.NONE),
        (0, [NONE] * 10, ShareLevel.ENOUGH),
        (0, [*[NONE] * 10, KeptSample(100, 1)], ShareLevel.NONE),
        (1, [], ShareLevel.ENOUGH),
        (20, USUAL, ShareLevel.ENOUGH),
        (19, USUAL, ShareLevel.LOW),
        (19, [*USUAL, LOW], ShareLevel.TOO_LITTLE),
        (19, [*USUAL, LOW, KeptSample(100, 50)], ShareLevel.LOW),
        (19, [*USUAL, LOW, WARNED, WARNED], ShareLevel.TOO_LITTLE),
        (60, [*USUAL, LOW, WARNED], ShareLevel.ENOUGH),
        (5, [WARNED] * 10, ShareLevel.ENOUGH),
    ],
    ids=[
        "none at first",
        "none though usually many",
        "none nine times before",
        "none as ever",
        "none after one was kept",
        "a first run",
        "a third",
        "a camp week",
        "the second in succession",
        "a second one, but not in succession",
        "still",
        "again as usual",
        "nothing to compare with",
    ],
)
def test_the_kept_share_is_compared_with_the_last_runs(
    kept: int, earlier: list[KeptSample], verdict: ShareLevel
) -> None:
    assert judge_kept(kept, 100, earlier) is verdict


@pytest.mark.parametrize(
    ("reason", "setting"),
    [
        (SkipReason.SERVICE, "ALTEGIO_SERVICE_IDS"),
        (SkipReason.NO_CRM_ID, "ALTEGIO_LEAD_ID"),
        (SkipReason.TEACHER_NOT_FOUND, "ALTEGIO_USER_TOKEN"),
        (SkipReason.INVALID, "--skipped"),
    ],
)
def test_the_warning_names_the_setting_that_is_probably_wrong(
    reason: SkipReason, setting: str
) -> None:
    counts = RecordCounts(skipped=Counter({reason: 30}) + Counter({SkipReason.SERVICE: 20}))

    text = str(too_little_text(counts, ShareLevel.NONE, []))

    assert text.startswith("Too little kept: none of 50 bookings; most ")
    assert setting in text


def test_the_warning_compares_with_what_is_usual() -> None:
    counts = RecordCounts(saved=2, duplicates=1, skipped=Counter({SkipReason.SERVICE: 97}))

    text = str(too_little_text(counts, ShareLevel.TOO_LITTLE, USUAL))

    assert text.startswith("Too little kept: 3 of 100 bookings (3%), usually 60%; ")
