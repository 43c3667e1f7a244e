"""Asks a person: with menus on a terminal, else line by line, or not at all."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from altegio_sync.errors import ConfigError
from altegio_sync.messages import commands as texts
from altegio_sync.messages import init, questions, render

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from altegio_sync.messages import Message

    #: What is wrong with an answer; None when nothing is.
    Problem = Callable[[str], str | None]

#: Accepted in every language: what somebody types may follow the keyboard, not the screen.
_YES = ("y", "yes", "т", "так")
_NO = ("n", "no", "н", "ні")
#: The answer that nothing is chosen, since an empty line is the proposal.
_NOTHING = "-"


class Asker(Protocol):
    """Asks questions; KeyboardInterrupt when the person leaves."""

    @property
    def asks_again(self) -> bool:
        """Whether a person is there to correct a wrong answer."""
        ...

    def text(self, question: Message, default: str, problem: Problem) -> str: ...

    def secret(self, question: Message, kept: str, problem: Problem) -> str:
        """The answer, which is not shown; an empty answer keeps ``kept``."""
        ...

    def address(self, question: Message, default: str, problem: Problem) -> str:
        """The address of a database; its password is not shown."""
        ...

    def tick(
        self, question: Message, choices: Mapping[str, str], ticked: Sequence[str]
    ) -> list[str]: ...

    def confirm(self, question: Message, *, default: bool = True) -> bool: ...


@dataclass(frozen=True, slots=True)
class Menus:
    """Questions on a terminal."""

    asks_again: bool = True

    def text(self, question: Message, default: str, problem: Problem) -> str:
        import questionary

        def ask(before: str) -> str:
            return str(questionary.text(render(question), default=before).unsafe_ask())

        return _until_right(ask, default, problem)

    def secret(self, question: Message, kept: str, problem: Problem) -> str:
        import questionary

        def ask(_before: str) -> str:
            typed: str = questionary.password(render(_keeping(question, kept))).unsafe_ask()
            return typed.strip() or kept

        return _until_right(ask, kept, problem)

    def address(self, question: Message, default: str, problem: Problem) -> str:
        import questionary

        from altegio_sync.cli.masking import PasswordMask

        def ask(before: str) -> str:
            shown = questionary.text(
                render(question), default=before, input_processors=[PasswordMask()]
            )
            return str(shown.unsafe_ask())

        return _until_right(ask, default, problem)

    def tick(
        self, question: Message, choices: Mapping[str, str], ticked: Sequence[str]
    ) -> list[str]:
        import questionary

        chosen: list[str] = questionary.checkbox(
            render(question),
            choices=[
                questionary.Choice(label, value=value, checked=value in ticked)
                for value, label in choices.items()
            ],
            instruction=render(init.TICK()),
            erase_when_done=True,  # it would show English words
        ).unsafe_ask()
        shown = ", ".join(choices[each] for each in chosen) or render(init.NONE_CHOSEN())
        print(render(init.CHOSEN(question=question, chosen=shown)))
        return chosen

    def confirm(self, question: Message, *, default: bool = True) -> bool:
        import questionary

        def ask(_before: str) -> str:
            return str(
                questionary.text(render(_with_default(question, default=default))).unsafe_ask()
            )

        answer = _until_right(ask, "", lambda text: answer_problem(text) if text else None)
        return is_yes(answer) if answer else default


@dataclass(frozen=True, slots=True)
class Lines:
    """Answers line by line; an empty line is the proposal."""

    asks_again: bool = False

    def text(self, question: Message, default: str, problem: Problem) -> str:
        shown = init.WITH_DEFAULT(question=question, default=default) if default else question
        return _checked(read_line(shown) or default, problem)

    def secret(self, question: Message, kept: str, problem: Problem) -> str:
        return _checked(read_line(_keeping(question, kept)) or kept, problem)

    def address(self, question: Message, default: str, problem: Problem) -> str:
        has_password = "@" in default
        return (self.secret if has_password else self.text)(question, default, problem)

    def tick(
        self, question: Message, choices: Mapping[str, str], ticked: Sequence[str]
    ) -> list[str]:
        for label in choices.values():
            print(f"  {label}")
        asked = init.IDS(question=question)
        answer = self.text(asked, ",".join(ticked), lambda _: None)
        return [] if answer == _NOTHING else [each.strip() for each in answer.split(",")]

    def confirm(self, question: Message, *, default: bool = True) -> bool:
        answer = read_line(_with_default(question, default=default))
        return is_yes(answer) if answer else default


@dataclass(frozen=True, slots=True)
class Proposals:
    """Asks nothing: every proposal is accepted."""

    asks_again: bool = False

    def text(self, _question: Message, default: str, problem: Problem) -> str:
        return _checked(default, problem)

    def secret(self, _question: Message, kept: str, problem: Problem) -> str:
        return _checked(kept, problem)

    address = text

    def tick(
        self, _question: Message, _choices: Mapping[str, str], ticked: Sequence[str]
    ) -> list[str]:
        return list(ticked)

    def confirm(self, _question: Message, *, default: bool = True) -> bool:
        return default


def _keeping(question: Message, kept: str) -> Message:
    return init.KEEP_SECRET(question=question) if kept else question


def _with_default(question: Message, *, default: bool) -> Message:
    template = questions.YES_UNLESS_NO if default else init.NO_UNLESS_YES
    return template(question=question)


def _until_right(ask: Callable[[str], str], default: str, problem: Problem) -> str:
    """Ask until nothing is wrong; the wrong answer can be corrected.

    What is wrong is printed: a menu would cut it at the width of the terminal.
    """
    answer = ask(default).strip()
    while (wrong := problem(answer)) is not None:
        print(wrong)
        answer = ask(answer).strip()
    return answer


def _checked(answer: str, problem: Problem) -> str:
    wrong = problem(answer)
    if wrong is not None:
        raise ConfigError(wrong)
    return answer


def is_yes(answer: str) -> bool:
    """Whether the answer is yes; raises ConfigError where it is neither yes nor no."""
    word = answer.strip().casefold()
    if word not in (*_YES, *_NO):
        raise ConfigError(texts.YES_OR_NO_EXPECTED(answer=repr(answer[:20])))
    return word in _YES


def answer_problem(answer: str) -> str | None:
    try:
        is_yes(answer)
    except ConfigError as error:
        return render(error.message)
    return None


def read_line(question: Message) -> str:
    """The next line of the input, after the question. Raises ConfigError where it ended."""
    print(f"{render(question)} ", end="", flush=True)
    line = "" if sys.stdin is None else sys.stdin.readline()
    print()
    if not line:
        raise ConfigError(texts.INPUT_ENDED())
    return line.strip()
