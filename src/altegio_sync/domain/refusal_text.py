"""Shows Altegio's words about a refusal, without words that could name a person.

Altegio may answer "Client Olena Koval is blocked". No rule knows every name. So this module lists
the usual words of refusals, and every other word is masked: a name, a token, an address.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from altegio_sync.messages.foreign_text import plain

if TYPE_CHECKING:
    from collections.abc import Collection

_LONGEST = 200
#: A longer text is cut: nobody reads the rest, and a pattern needs more time for a longer text.
_LOOKED_AT = 1000
_MASK = "***"
_ENGLISH = """
a about accept access account action active activity again allowed already an and another any api
application appointment appointments are array as at attendance authentication authorization
authorized available bad be bearer because been before blocked body booked booking branch but by
can cannot category chain changed check client clients closed code companies company conflict
contact content correct could count customer data database date datetime day days deleted denied
disabled does domain duplicate each else email empty end enough error errors event exceed exceeded
exist exists expected expire expired failed failure false field fields file filter for forbidden
format found from full fullname has have header headers hour hours http https id identifier ids if
in inactive incorrect input int integer internal invalid is it items json key language last later
length licence license limit limits list location locations login long longer maintenance many
master maximum message method minimum minute minutes missing must name needed needs new no not null
number object occurred of off offset on one only operation or other owner page pages paid param
parameter parameters partner password patronymic payment per period permission permissions phone
please position previous processed provided query quota range read received record records refused
rejected renew renewed request requests required resource response retry right rights role salon
schedule second seconds see send sent server service services session set settings short should
since size some something staff start starts state status string subscription success such support
surname system team temporarily that the then there this time timeout times timezone title to today
token tokens too total true try type unable unauthorized unavailable undefined unexpected unknown
until update updated url use used user users uses uuid valid validation value values version wait
was webhook were when which while with without work wrong year you your
"""
_RUSSIAN = """
а авторизации авторизация авторизован авторизованы авторизоваться активен архив без был была были
быть в ваш ваша вашей введен введены ввод верный версия во возможно возникла временно время все вы
выполнен выполнить выходит где данная данного данные данных дата датой даты действие действия
действует для до добавить должен должна должно должны доступ доступа доступен доступна доступно
другой единиц если есть еще ещё за заблокирован заблокирована заголовок закончилась закончился
закрыт занят занято записей записи запись запрещен запрещена запрещён запрос запроса запросов
запросы запрошенный значение значения и из или имеет имени имя истек истекла истёк их к как клиент
клиента клиентов клиенту ключ код количество компании компания конфликт корректен лимит лимита
лимиты лицензии лицензию лицензия локации максимальное мало мастер метод минут минута минуту минуты
много может можно на найден найдена найдено найдены не неавторизован неверен неверная неверное
неверные неверный недействителен недействительный недостаточно недоступен недоступна недоступно
неизвестен неизвестная неизвестный некорректная некорректное некорректные некорректный необходим
необходима необходимо нет обновить обработке обратитесь обслуживание объект обязательно
обязательное ограничение один оплата оплатить от ответ отказано отключен отсутствует отчество
ошибка ошибке ошибки параметр параметра параметры пароль партнер партнера партнёр партнёра период
по повторите повторить пожалуйста позднее позже поле полей пользователем пользователь пользователю
пользователя поля попробуйте превышен превышено превышены при проверьте произошла просрочен раз
размер разрешен разрешено роль с салон салона секунд секунда секунду секунды сервер сервера сервис
сеть системы слишком со сотрудник сотрудника сотрудники сотруднику срок статус страница страницы
строка существует тариф телефон тип токен токена токены только у удален удалена удалено удалён уже
указан указана указано указаны услуга услуги устарел фамилия филиал филиала филиалу формат формате
час часов через число чтобы это этого этой этому
"""
_UKRAINIAN = """
або авторизація авторизації авторизований авторизовані авторизуватися але архів без був була були
бути в ваш вашого введено версія вже ви вибачте виконано використано вимкнено виникла вказана
вказаний вказано всі від відмовлено відповідь відсутня відсутній даних дані дата дати датою день
для до довго додати домен доступ доступна доступний доступно доступу дія дії електронна ж з за
заблокована заблокований заблоковано заборонено завершено завершився заголовок зайнято закрито
закінчився закінчилась занадто запис записи запису записів запит запити запиту запитів збій
зверніться знайдена знайдений знайдено значення й ключ клієнт клієнта клієнту клієнтів код компанія
компанії конфлікт кількість локація локації ліміт ліміти ліміту ліцензію ліцензія ліцензії майстер
максимальна мало має метод мова може можна на надто наявна не неавторизований невідома невідомий
невідомо невірна невірний невірно невірні недостатньо недоступна недоступний недоступно недійсний
нема немає неможливо необхідна необхідний необхідно неправильна неправильний неправильно об'єкт
об'єкта обмеження обов'язкове обов'язково один оновити оновіть оплата оплатити очікуйте параметр
параметра параметри пароль партнер партнера перевищення перевищено перевірте персонал період по
повинен повинна повинно повторити повторіть поле поля полів помилка помилки послуга послуги
потрібен потрібна потрібно прав права при прострочено прізвище пізніше раз результат розклад розмір
роль рядок салон салону сеанс секунд секунда секунди секунду сервер сервера сервіс спробуйте
співробітник співробітника співробітники статус сторінка сторінки строк термін терміну тимчасово
тип токен токена токени тільки у увійдіть уже формат форматі філіал філія філії хвилин хвилина
хвилини хвилину це цей цього цієї час часу через число що щоб я як є і із ім'я імені інша інший їх
"""
#: "Right", and its forms.
_MORE = "право права правам прав доступно"
_KNOWN = frozenset(f"{_ENGLISH} {_RUSSIAN} {_UKRAINIAN} {_MORE}".split())
_WORD = re.compile(r"\w+(?:['\u2019\u02bc]\w+)*")
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u02bc": "'"})
#: An e-mail address, a web address; a phone number or another long number; a date.
_PRIVATE = re.compile(r"[\w.+-]+@[\w.-]+|\w+://\S+|\+?\d(?:[\s()./-]{0,3}\d){6,}|\d+(?:[./-]\d+)+")
#: Short enough to be a count, a status or an appointment's id.
_MOST_DIGITS = 6
_SIGNS = re.compile(r"[^\w\s.,:;!?()\[\]{}<>/*+=%#№'\"\u2019\u02bc«»“”„-]")
_MASKS = re.compile(r"(?:['\"«“„(\[]*\*\*\*['\"»”)\],]*\s*)+")


def presentable_refusal(message: str, secrets: Collection[str] = ()) -> str:
    """The refusal on one line, shortened; every word that is not listed is masked."""
    for secret in filter(None, secrets):
        message = message.replace(secret, _MASK)
    told = unicodedata.normalize("NFC", plain(message[:_LOOKED_AT]))
    told = _SIGNS.sub("", _PRIVATE.sub(_MASK, told))
    told = _WORD.sub(_known_or_masked, told)
    told = " ".join(_MASKS.sub(_one_mask, told).split())
    return told if len(told) <= _LONGEST else told[: _LONGEST - 1] + "…"


def _known_or_masked(match: re.Match[str]) -> str:
    word = match[0]
    if word.isascii() and word.isdigit():
        return word if len(word) <= _MOST_DIGITS else _MASK
    parts = word.lower().translate(_APOSTROPHES).split("_")
    return word if all(part in _KNOWN for part in parts) else _MASK


def _one_mask(match: re.Match[str]) -> str:
    """Join consecutive masks into one, so that nobody can see how many words a name has."""
    return f"{_MASK} " if match[0][-1].isspace() else _MASK
