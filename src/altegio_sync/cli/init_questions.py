"""The questions of `init` about the settings. Each answer is tested before the next question."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from altegio_sync.app import setting_up
from altegio_sync.cli.init_lists import (
    describe_clients,
    describe_location,
    describe_service,
    print_some,
)
from altegio_sync.cli.render_result import render_result
from altegio_sync.cli.repeated_warnings import RepeatedWarnings
from altegio_sync.config import ALL_COMPANIES, ALTEGIO_SETTINGS, ALTEGIO_TOKENS, read_draft
from altegio_sync.domain.leads import LeadIdKind
from altegio_sync.errors import (
    AltegioError,
    AltegioSyncError,
    AuthenticationError,
    ConfigError,
)
from altegio_sync.messages import init as texts
from altegio_sync.messages import render
from altegio_sync.messages.words import BECAUSE
from altegio_sync.usecases.check import Level
from altegio_sync.usecases.init import LastMonth, guess_services, propose_leads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from altegio_sync.cli.asking import Asker, Problem
    from altegio_sync.config import SchoolConfig
    from altegio_sync.domain.appointment import Location
    from altegio_sync.messages import Message

    Ask = Callable[[Message, str, Problem], str]
    Hide = Callable[[Sequence[str]], None]

T = TypeVar("T")

_COMPANY_ID, _DB_URI = "ALTEGIO_COMPANY_ID", "DB_URI"
_PARTNER_TOKEN, _USER_TOKEN = ALTEGIO_TOKENS
_INDIVIDUAL, _TRIAL = "ALTEGIO_SERVICE_IDS", "ALTEGIO_TRIAL_SERVICE_IDS"
_LEAD_ID, _DIGITS = "ALTEGIO_LEAD_ID", "ALTEGIO_CRM_ID_DIGITS"
_PATTERN = "ALTEGIO_CRM_ID_PATTERN"
_ASKED = (_PARTNER_TOKEN, _USER_TOKEN, _COMPANY_ID, _INDIVIDUAL, _TRIAL, _LEAD_ID, _DIGITS, _DB_URI)
#: The options of the required settings. Tokens have none: every user may see a command's options.
_OPTIONS = {_COMPANY_ID: "--company", _DB_URI: "--db-uri"}
#: A longer list is typed rather than ticked.
_MOST_TICKED = 30
_ANY = "-"


@dataclass
class SettingQuestions:
    """Asks for the settings of a school.

    ``values`` are the values that are proposed, by the names of the variables, and in the end the
    answers. ``given`` names the values that are not asked for. ``hide`` gets the secrets that must
    not be logged. ``typist`` asks for a login even if nothing else is asked.
    """

    asker: Asker
    typist: Asker
    values: dict[str, str]
    given: set[str]
    hide: Hide
    wants_login: bool = False
    are_tokens_refused: bool = False
    locations: Sequence[Location] = ()
    month: LastMonth = field(default_factory=LastMonth)
    #: Values that were proposed, and not yet confirmed, are not used.
    answered: set[str] = field(default_factory=set)
    repeated: RepeatedWarnings = field(
        default_factory=lambda: RepeatedWarnings(is_quiet=False, is_verbose=False)
    )

    #: One event loop, which the requests' budget belongs to. Menus have loops of their own.
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)

    def __post_init__(self) -> None:
        self.altegio = setting_up.AltegioTests(self._warn)

    def ask(self) -> None:
        """Ask for everything.

        Raises:
            AltegioSyncError: a value is wrong, and nobody is there to correct it.
            KeyboardInterrupt: the person left.
        """
        self._check_given()
        self._config()  # the values that are not asked for can be used
        with self.runner:
            visible = self._until_good(self._ask_tokens)
            self._until_good(lambda: self._ask_location(visible))
            self._read_month()
            self._until_good(self._ask_services)
            self._until_good(self._ask_lead)
            self._until_good(self._ask_mongodb)
            self._try_month()

    def _check_given(self) -> None:
        """A wrong value of an option is reported before the first request."""
        for name in _ASKED:
            problem = self._problem(name, self.values.get(name, "")) if name in self.given else None
            if problem is not None:
                raise ConfigError(problem)

    def _until_good(self, step: Callable[[], T]) -> T:
        while True:
            try:
                return step()
            except AltegioSyncError as error:
                if not self.asker.asks_again:
                    raise
                print(render(error.message))
                self.given.clear()  # a value of an option was wrong

    def _warn(self, event: str, /, **fields: object) -> None:
        """A request that is tried again: the person sees once why the answer takes so long."""
        self.repeated.add(event, fields)

    def _config(self, required: Sequence[str] = ()) -> SchoolConfig:
        """The configuration of the answers so far, and of what is not asked for."""
        left_out = set(_ASKED) - self.answered
        known = {name: each for name, each in self.values.items() if name not in left_out}
        return read_draft(known, required)

    def _answer(self, name: str, value: str) -> None:
        self.values[name] = value
        self.answered.add(name)

    def _problem(self, name: str, value: str, *, is_needed: bool = False) -> str | None:
        if not value.strip(" ,"):
            return render(BECAUSE(what=name, reason=self._needed(name))) if is_needed else None
        try:
            read_draft({name: value})
        except ConfigError as error:
            return render(error.message)
        return None

    def _needed(self, name: str) -> Message:
        if self.asker.asks_again:
            return texts.VALUE_NEEDED()
        option = _OPTIONS.get(name)
        return texts.VALUE_OR_OPTION(option=option) if option else texts.VALUE_OR_VARIABLE()

    def _text(self, name: str, question: Message, default: str = "", *, needed: bool) -> None:
        self._ask_text(self.asker.text, name, question, default, needed=needed)

    def _ask_text(
        self, ask: Ask, name: str, question: Message, default: str = "", *, needed: bool
    ) -> None:
        default = self.values.get(name, "") or default
        if name not in self.given:
            default = ask(
                question,
                default,
                lambda text: None if text == _ANY else self._problem(name, text, is_needed=needed),
            )
        self._answer(name, "" if default == _ANY else default)

    def _secret(self, name: str, question: Message, *, needed: bool = True) -> None:
        kept = self.values.get(name, "")
        problem = partial(self._problem, name, is_needed=needed)
        self._answer(name, self.asker.secret(question, kept, problem))

    # Tokens and location.

    def _ask_tokens(self) -> Sequence[Location]:
        self._secret(_PARTNER_TOKEN, self._after_refusal(texts.PARTNER_TOKEN()))
        may_log_in = self.asker.asks_again
        if not self.wants_login:
            # An empty answer keeps a value that is there.
            may_be_empty = may_log_in and not self.values.get(_USER_TOKEN)
            question = texts.USER_TOKEN_OR_LOGIN() if may_be_empty else texts.USER_TOKEN()
            self._secret(_USER_TOKEN, self._after_refusal(question), needed=not may_log_in)
        if self.wants_login or not self.values[_USER_TOKEN]:
            self._log_in()
        config = self._config(ALTEGIO_TOKENS)
        self.hide(config.secrets)
        try:
            found = self.runner.run(self.altegio.list_locations(config))
        except AuthenticationError:
            self.are_tokens_refused = True
            raise
        if not found:
            raise ConfigError(texts.NO_LOCATION_SEEN())
        print(render(texts.TOKENS_WORK(count=len(found))))
        return found

    def _after_refusal(self, question: Message) -> Message:
        return texts.TOKENS_REFUSED(question=question) if self.are_tokens_refused else question

    def _log_in(self) -> None:
        def needed(text: str) -> str | None:
            return None if text.strip() else render(texts.VALUE_NEEDED())

        login = self.typist.text(texts.LOGIN(), "", needed)
        password = self.typist.secret(texts.PASSWORD(), "", needed)
        config = self._config()
        self.hide([*config.secrets, password])
        self._answer(_USER_TOKEN, self.runner.run(setting_up.log_in(config, login, password)))
        self.wants_login = False
        print(render(texts.LOGGED_IN()))

    def _ask_location(self, visible: Sequence[Location]) -> None:
        only = visible[0].id if len(visible) == 1 else ""
        is_ticked = self.asker.asks_again and 1 < len(visible) <= _MOST_TICKED
        if _COMPANY_ID not in self.given and is_ticked:
            choices = {each.id: render(describe_location(each)) for each in visible}
            before = _split(self.values.get(_COMPANY_ID, ""))
            ticked = list(choices) if before == [ALL_COMPANIES] else before
            chosen = self.asker.tick(texts.WHICH_LOCATIONS(), choices, ticked)
            is_all = before == [ALL_COMPANIES] and len(chosen) == len(choices)
            self._answer(_COMPANY_ID, ALL_COMPANIES if is_all else _joined(chosen, before))
        else:
            if len(visible) > 1 and self.asker.asks_again:
                print_some([describe_location(each) for each in visible])
            self._text(_COMPANY_ID, texts.COMPANY_ID(), only, needed=True)
        config = self._config(ALTEGIO_SETTINGS)
        self.locations = self.runner.run(self.altegio.find_locations(config))
        print_some(
            [
                texts.LOCATION_FOUND(id=each.id, title=each.title, zone=each.timezone or "?")
                for each in self.locations
            ]
        )

    # Services and leads.

    def _read_month(self) -> None:
        print(render(texts.READING_MONTH()))
        try:
            reading = self.altegio.read_month(self._config(), self.locations)
            self.month = self.runner.run(reading)
        except AltegioError as error:
            if not self.asker.asks_again:
                raise
            # The questions can be answered without proposals.
            print(render(error.message))
            return
        services = texts.SERVICES(count=len(self.month.services))
        print(render(texts.MONTH_READ(count=len(self.month.bookings), services=services)))
        if len(self.locations) > setting_up.MOST_LOCATIONS:
            read, count = setting_up.MOST_LOCATIONS, len(self.locations)
            print(render(texts.SOME_LOCATIONS(read=read, count=count, file=".env")))

    def _ask_services(self) -> None:
        seen = guess_services(self.month.services, self.month.bookings)
        for name, kind, question in (
            (_INDIVIDUAL, "individual", texts.WHICH_INDIVIDUAL()),
            (_TRIAL, "trial", texts.WHICH_TRIAL()),
        ):
            guessed = ",".join(each.service.id for each in seen if each.kind == kind)
            if name in self.given or not seen:
                self._text(name, texts.IDS(question=question), needed=False)
            else:
                taken = _split(self.values[_INDIVIDUAL]) if name == _TRIAL else ()
                left = [each for each in seen if each.service.id not in taken]
                choices = {each.service.id: render(describe_service(each)) for each in left}
                ticked = _split(self.values.get(name) or guessed)
                chosen = self.asker.tick(question, choices, ticked)
                self._answer(name, _joined(chosen, ticked))
        config = self._config()
        known = {each.service.id for each in seen}
        unknown = [
            each for each in (*config.service_ids, *config.trial_service_ids) if each not in known
        ]
        if unknown and known and len(self.locations) <= setting_up.MOST_LOCATIONS:
            raise ConfigError(texts.UNKNOWN_SERVICES(ids=unknown))

    def _ask_lead(self) -> None:
        proposal = propose_leads(self.month.bookings, self.month.timezone)
        print(render(describe_clients(proposal) if proposal.is_sure else texts.TOO_FEW_CLIENTS()))
        self._text(_LEAD_ID, texts.LEAD_ID(), proposal.kind, needed=True)
        has_crm_ids = self.values[_LEAD_ID].strip().lower() != LeadIdKind.CLIENT
        if has_crm_ids and not self.values.get(_PATTERN):
            self._text(_DIGITS, texts.CRM_ID_DIGITS(), proposal.digits, needed=False)
        elif _DIGITS not in self.given:
            self.values.pop(_DIGITS, None)  # not asked for, so the file keeps what it has
        else:
            self._answer(_DIGITS, self.values[_DIGITS])
        self._config()

    # MongoDB, and the dry run.

    def _ask_mongodb(self) -> None:
        self._ask_text(self.asker.address, _DB_URI, texts.DB_URI(), needed=True)
        config = self._config()
        self.hide(config.secrets)
        print(render(texts.TESTING_MONGODB()), flush=True)
        for number, each in enumerate(self.runner.run(setting_up.try_mongodb(config))):
            if number == 0 or each.level is not Level.OK:
                print(render(BECAUSE(what=each.name, reason=each.text)))
                if each.hint is not None:
                    print(f"  {render(each.hint)}")

    def _try_month(self) -> None:
        print(render(texts.DRY_RUN()), flush=True)
        try:
            report = self.runner.run(self.altegio.try_last_month(self._config(), self.locations))
        except AltegioSyncError as error:
            if not self.asker.asks_again:
                raise
            print(render(error.message))
            return
        for each in report.errors:
            print(render(each.message))
        print(render_result(report, lists_later=True))


def _split(ids: str) -> list[str]:
    return [each.strip() for each in ids.split(",")]


def _joined(chosen: Sequence[str], before: Sequence[str]) -> str:
    """The chosen ids; in the order of before where they are the same."""
    return ",".join(before if set(chosen) == set(before) else chosen)
