"""The test that finds English words: what it finds, and what it lets pass."""

from __future__ import annotations

import pytest

from tests.english_words import find_english_words


@pytest.mark.parametrize(
    "line",
    [
        "Збережено 424 із 620 записів за 1–31 жовтня. 78 потребують уваги: додайте --skipped FILE",
        "ERROR Missing required environment variables: бракує DB_URI",
        "WARNING Teacher not found: викладача не знайдено, працівник 9999 (№ 422000190)",
        "Продовжити: altegio-sync sync 2026-10-01 2026-10-31 --resume",
        "ERROR   required-field   4 (appointmentId 1, leadId 2)",
        "Файлу /tmp/x/.env немає; часовий пояс Europe/Kyiv",
        "INFO Запис 423000155: пропущено (no_crm_id)",
    ],
)
def test_ukrainian_with_names_and_ids_passes(line: str) -> None:
    assert find_english_words(line) == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Stored 424 записів", "Stored"),
        ("період    2026-10-01 to 2026-10-31", "to"),
        ("total 12   усього", "total"),
        ("ERROR Missing required environment variables: none", "none"),
        ("Нічого. Don't worry", "Don't worry"),
    ],
)
def test_an_english_word_is_found(line: str, words: str) -> None:
    assert find_english_words(line) == [f"{words}: {line}"]
