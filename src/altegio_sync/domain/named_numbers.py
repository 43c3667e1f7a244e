"""Finds numbers that are hardly a CRM id, because of a word beside them or of their form.

Such a number is used only where the name has no other number, and it is doubtful: some schools use
the number of a contract as their id.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# Beginnings of words before the number: papers, money, birthdays, addresses. No surname begins so.
_STEMS = """
    догов контракт рахунок рахунк квитанц накладн свідоц свидет удостов посвідч личност сертиф
    пароль аккаунт акаунт замовл оплат оплач сплат сплач заборг задолж вартіст стоим знижк скидк
    депозит кредит народж рожден квартир кабінет кабинет аудитор домофон келісім
    contract invoice receipt account balance deposit payment passw certif birth apart
    umow faktur rachun paszport dowód dowod legitym zapłac zaplac opłac oplac hasło haslo urodz
    mieszkan vertrag rechnung quittung ausweis reisepass kennwort passwort geburt betrag zahlung
    schulden guthaben bestell wohnung
"""
# Whole words before the number.
_WORDS = """
    дог контр рах счет счёт чек св-во св пін пин pin квит др дн нар рожд кв буд каб ауд оф вул ул
    дом а/с уд д.р д.н д/н д/р н.п борг боргу борги долг долга долги ціна ціну цена цену сума
    суму сумма залишок залишку аванс аванса туған қарыз шарт төлем төленді kaspi каспи
    зум zoom skype скайп discord дискорд inst insta instagram інст інста інстаграм инст инста
    инстаграм facebook фейсбук fb ig snap login логін логин username signal viber вайбер whatsapp
    вотсап ватсап telegram телеграм телеграмм tg тг wechat zip zipcode postcode postleitzahl plz dl
    dob owe owes paid box apt suite room order ur geb jg kod konto saldo
    dług dlug cena kwota
"""
_JOINED = rf"(?:{'|'.join(_STEMS.split())})[^\W\d_]*|{'|'.join(map(re.escape, _WORDS.split()))}"
_NAMED: Final = re.compile(
    # A word that says what the number is; after it may come "code", "number", "id" or letters of a
    # series.
    rf"(?<![^\W_])(?:{_JOINED}|(?<![0-9] )(?:usd|eur|uah|pln|kzt|грн))\.?\s?[:=-]?\s?"
    r"(?:(?:ids?|ід|no|nr|номер|number|code|код|м|№)\.?:?\s?)?[№#-]?\s?"
    r"(?:[^\W\d_]{1,3}(?:-[^\W\d_]{1,3})?[ -]?)?(?P<number>[0-9]+)",
    re.IGNORECASE,
)
_NICKNAME: Final = re.compile(
    r"(?<![^\W_])(?:skype|скайп|inst\w*|інст\w*|инст\w*|ig|fb|facebook|фейсбук|snap|snapchat|nick|"
    r"нік|ник|login|логін|логин|username|telegram|телеграмм?|tg|тг|discord|дискорд|tiktok|тікток)"
    r"\.?\s?[:=-]?\s?(?P<number>[a-z][a-z0-9_.:-]*[0-9][a-z0-9_.-]*)",
    re.IGNORECASE,
)
_COUNTED: Final = re.compile(
    r"(?<![0-9])(?P<number>[0-9]{3,6})(?:"
    r"\s?(?:[ртк]|крб|k)\.?(?![^\W_])"
    r"|\s?(?i:złot\w+|гривн\w*|теңге|dollars?|рубл\w*|bucks|злотих)(?![^\W_])"
    r"|/(?i:міс|мес|mies|mon|тиж|нед|год|час|week|stunde)"
    r"|(?: [^\W\d_]+){1,3} (?i:st|street|ave|avenue|rd|road|blvd|drive|lane)(?![^\W_])"
    r"|-[0-9]{4}(?![0-9]))"
)
_CITIES = """
    київ киев kyiv kiev харків харьков одеса одесса дніпро днепр львів львов lviv запоріжжя вінниця
    полтава чернігів черкаси суми житомир хмельницький чернівці рівне луцьк тернопіль ужгород
    миколаїв херсон кропивницький warszawa kraków krakow łódź wrocław wroclaw poznań gdańsk gdansk
    szczecin lublin katowice варшава краків berlin hamburg münchen muenchen köln koeln frankfurt
    stuttgart düsseldorf leipzig dresden hannover берлін алматы алмата астана шымкент almaty astana
    wien praha
"""
_CITY: Final = re.compile(
    r"(?<![0-9])(?P<number>[0-9]{5,6}),? (?:[мг]\.? ?)?"
    rf"(?:{'|'.join(_CITIES.split())})(?![^\W_])",
    re.IGNORECASE,
)
_YEAR = r"(?:19[3-9]|20[0-3])[0-9]"
_DAY, _MONTH = r"(?:0[1-9]|[12][0-9]|3[01])", r"(?:0[1-9]|1[0-2])"
_DATE: Final = re.compile(rf"{_DAY}{_MONTH}{_YEAR}|{_MONTH}{_DAY}{_YEAR}|{_YEAR}{_MONTH}{_DAY}")
_HEAD: Final = 4
#: Beginnings of words that need a closer look.
_HEADS: Final = frozenset(
    word[:_HEAD] for word in f"{_STEMS} {_WORDS} usd eur uah pln kzt грн".split()
)


def may_name(word: str) -> bool:
    """Whether the word before a number may say what the number is.

    The test is cheap: a yes may be wrong, a no is never wrong. Capitals may be a document's series.
    """
    return word[:_HEAD].casefold() in _HEADS or (len(word) < _HEAD and word.isupper())


def is_compact_date(digits: str) -> bool:
    """Whether the eight digits are a day of this or the last century: 12052014, 20140512."""
    return _DATE.fullmatch(digits) is not None


def spans_named_otherwise(text: str, *, sets_lengths: bool) -> Iterator[tuple[int, int]]:
    """The places of numbers that are hardly ids. Postcodes count only if no lengths are set."""
    patterns = (
        (_NAMED, _NICKNAME, _COUNTED) if sets_lengths else (_NAMED, _NICKNAME, _COUNTED, _CITY)
    )
    for pattern in patterns:
        for match in pattern.finditer(text):
            yield match.span("number")


def follows_named(text: str, start: int) -> bool:
    """Whether the words behind the number at ``start`` say that it is hardly an id."""
    return _COUNTED.match(text, start) is not None or _CITY.match(text, start) is not None
