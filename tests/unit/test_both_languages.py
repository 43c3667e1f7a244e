"""Every page of the docs says the same in English and in Ukrainian, as far as a program can see."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: For those who change the program, not for those who use it.
ENGLISH_ONLY = {"CHANGELOG.md"}
SWITCHES = {"en": "*[Українською]({})*", "uk": "*[English]({})*"}
LINK = re.compile(r"\]\(([^)\s#]*)(#[^)\s]*)?\)")
BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)


def in_ukrainian(english: Path) -> Path:
    """Where the Ukrainian page of an English page belongs."""
    if english.parent == ROOT:
        return english.with_suffix(".uk.md")
    return ROOT / "docs" / "uk" / english.name


ENGLISH = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")} - set(ROOT.glob("*.uk.md")))
PAIRS = {page: in_ukrainian(page) for page in ENGLISH if page.name not in ENGLISH_ONLY}
LANGUAGE = {page: code for pair in PAIRS.items() for page, code in zip(pair, SWITCHES, strict=True)}


def read(page: Path) -> str:
    return page.read_text("utf-8")


def prose(page: Path) -> str:
    """The page without its code blocks."""
    return BLOCK.sub("", read(page))


def test_every_page_exists_in_both_languages() -> None:
    ukrainian = {*ROOT.glob("*.uk.md"), *ROOT.glob("docs/uk/**/*.md")}

    assert ukrainian == set(PAIRS.values())
    assert len(PAIRS) > 15


both = pytest.mark.parametrize(
    ("english", "ukrainian"), PAIRS.items(), ids=[str(each.relative_to(ROOT)) for each in PAIRS]
)


@both
def test_the_headings_and_tables_have_the_same_shape(english: Path, ukrainian: Path) -> None:
    shapes = [re.findall(r"^(#+ |\|)", prose(page), re.MULTILINE) for page in (english, ukrainian)]

    assert shapes[0] == shapes[1]


def names(page: Path) -> dict[str, object]:
    """What a reader copies from a page: it must not depend on the language."""
    text = prose(page)
    spans = re.findall(r"`([^`\n]+)`", text)
    return {
        "commands": Counter(each for each in spans if each.startswith("altegio-sync ")),
        "settings": Counter(re.findall(r"\b(?:ALTEGIO_[A-Z_]+|DB_URI)\b", text)),
        "options": set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)),
        "codes and fields": {each for each in spans if re.fullmatch("[!-~]+", each)},
    }


@both
def test_commands_settings_options_and_fields_are_the_same(english: Path, ukrainian: Path) -> None:
    assert names(ukrainian) == names(english)


def skeleton(language: str, block: str) -> str:
    """What of a code block is the same in both languages: no comments, no output, no labels."""
    if language == "console":
        found = re.findall(r"^\$ (?:.*\\\n)*.*", block, re.MULTILINE)
        return "\n".join(re.sub(r" +# .*", "", each) for each in found)
    if language == "mermaid":
        return re.sub(r'"[^"]*"', '""', block)
    if not language:
        return "\n".join(re.findall(r"^ *\w+", block, re.MULTILINE))
    return re.sub(r"^# .*| +(?:#|//) .*", "", block, flags=re.MULTILINE)


@both
def test_the_code_blocks_are_the_same(english: Path, ukrainian: Path) -> None:
    blocks = [BLOCK.findall(read(page)) for page in (english, ukrainian)]
    first, second = ([(each[0], skeleton(*each)) for each in found] for found in blocks)

    assert first == second


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    titles = [re.sub(r"[^\w\- ]", "", title.lower()) for _, title in HEADING.findall(prose(page))]
    return {"#" + title.replace(" ", "-") for title in titles}


def links(page: Path) -> list[tuple[str, str]]:
    return LINK.findall(prose(page))


@pytest.mark.parametrize("page", LANGUAGE, ids=[str(each.relative_to(ROOT)) for each in LANGUAGE])
def test_every_link_leads_to_a_page_in_the_same_language(page: Path) -> None:
    other = next(pair for pair in PAIRS.items() if page in pair)[LANGUAGE[page] == "en"]
    switch = os.path.relpath(other, page.parent)
    lost, foreign = [], []

    for target, anchor in links(page):
        found = (page.parent / target).resolve() if target else page
        if "://" in target or found == other:
            continue
        if not found.exists() or (anchor and anchor not in anchors(found)):
            lost.append(target + anchor)
        if LANGUAGE.get(found, LANGUAGE[page]) != LANGUAGE[page]:
            foreign.append(target)

    assert (lost, foreign) == ([], [])
    assert read(page).split("\n")[2] == SWITCHES[LANGUAGE[page]].format(switch)


def targets(page: Path) -> Counter[str]:
    """How often a page links to each place, whatever the language of the place."""
    in_english = {ukrainian: english for english, ukrainian in PAIRS.items()}

    def place(target: str) -> str:
        found = (page.parent / target).resolve()
        shared = str(in_english.get(found, found)).replace("/docs/uk/", "/docs/")
        return target if "://" in target else shared

    return Counter(place(target) for target, _ in links(page) if target)


@both
def test_both_pages_link_to_the_same_places(english: Path, ukrainian: Path) -> None:
    assert targets(ukrainian) == targets(english)
