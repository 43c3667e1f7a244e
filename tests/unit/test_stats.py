"""The figures of `stats`, as far as no MongoDB is needed."""

from __future__ import annotations

from altegio_sync.domain.stats import StatusCount, in_fixed_order, label_of


def test_all_ways_to_have_no_status_are_one_count() -> None:
    found = [
        StatusCount(status, label_of(status, kind), 2)
        for status, kind in [
            ("1", "string"),
            (None, "null"),
            (None, "missing"),
            (None, "undefined"),
            ("", "string"),
            ("9", "string"),
            (None, "int"),
        ]
    ]

    counts = [(each.status, str(each.label), each.count) for each in in_fixed_order(found)[4:]]

    assert counts == [(None, "Missing", 8), (None, "Not text (int)", 2), ("9", "Unknown", 2)]
