"""Help pages and errors of wrong use in the current language, where typer has English only."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from altegio_sync.cli.completion import install_completion, show_completion
from altegio_sync.messages import render
from altegio_sync.messages import translated as _
from altegio_sync.messages import usage as texts
from altegio_sync.messages.foreign_text import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typer.models import CommandFunctionType

    from altegio_sync.messages import Message, Template

#: Typer's sentences. It looks others up in our catalog; these are written in English only.
_SENTENCES: dict[str, Template] = {
    r"Missing argument (?P<name>.*)\.": texts.MISSING_ARGUMENT,
    r"Missing option (?P<name>.*)\.": texts.MISSING_OPTION,
    r"No such option: (?P<name>.*?) \(Possible options: (?P<others>.*)\)": texts.NO_SUCH_OPTION_BUT,
    r"No such option: (?P<name>.*)": texts.NO_SUCH_OPTION,
    r"Option (?P<name>.*) requires an argument\.": texts.NEEDS_VALUE,
    r"Option (?P<name>.*) does not take a value\.": texts.TAKES_NO_VALUE,
    r"Got unexpected extra argument\(s\) \((?P<words>.*)\)": texts.TOO_MANY_WORDS,
    r"Invalid value for (?P<name>.*?): (?P<reason>.*)": texts.INVALID_VALUE,
}
_REASONS: dict[str, Template] = {
    r"Value error, (?P<value>.*) is not one of (?P<choices>.*)\.": texts.NOT_ONE_OF,
    r"Input should be a valid integer.*": texts.NO_WHOLE_NUMBER,
    r"Input should be a valid number.*": texts.NO_NUMBER,
    r"Input should be less than or equal to (?P<most>.*)": texts.TOO_LARGE,
    r"Input should be greater than or equal to (?P<least>.*)": texts.TOO_SMALL,
}


class Command(TyperCommand):
    def get_usage(self, ctx: Any) -> str:
        return _translate_usage(super().get_usage(ctx))

    def get_help_option(self, ctx: Any) -> Any:
        return _translate_help(super().get_help_option(ctx))

    def get_params(self, ctx: Any) -> list[Any]:
        return _without_types_of_flags(super().get_params(ctx))


class Commands(TyperGroup):
    """The commands. What the user typed is shown in errors without control characters."""

    def get_usage(self, ctx: Any) -> str:
        return _translate_usage(super().get_usage(ctx))

    def get_help_option(self, ctx: Any) -> Any:
        return _translate_help(super().get_help_option(ctx))

    def get_params(self, ctx: Any) -> list[Any]:
        params = _without_types_of_flags(super().get_params(ctx))
        for each in params:
            if each.name == "install_completion":
                each.help = _("Let the current shell complete the commands and options.")
                each.callback = install_completion
            elif each.name == "show_completion":
                each.help = _("Show what --install-completion writes.")
                each.callback = show_completion
        return params

    def make_context(self, *args: Any, **options: Any) -> Any:
        with _readable_errors():
            return super().make_context(*args, **options)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        # The language is chosen already.
        words = args[2:] if args[:1] == ["--lang"] and args[1:2] in (["uk"], ["en"]) else args
        if not ctx.resilient_parsing and {"--help", "-h"}.intersection(words[1:]):
            command = self.get_command(ctx, words[0])
            if command is not None:
                # Shows the page and ends, before our own options import what no page needs.
                command.make_context(words[0], words[1:], parent=ctx)
        # typer itself shows the help page as an error.
        return super().parse_args(ctx, args or ([] if ctx.resilient_parsing else ["--help"]))

    def invoke(self, *args: Any) -> Any:
        with _readable_errors():
            return super().invoke(*args)


class App(typer.Typer):
    def command(
        self, name: str | None = None, **options: Any
    ) -> Callable[[CommandFunctionType], CommandFunctionType]:
        options = {"cls": Command, "options_metavar": _("[OPTIONS]"), **options}
        return super().command(name, **options)


def _without_types_of_flags(params: list[Any]) -> list[Any]:
    for each in params:
        if getattr(each, "is_flag", False):
            each.metavar = ""
    return params


def _translate_usage(line: str) -> str:
    return line.replace("Usage: ", _("Usage: "), 1)


def _translate_help(option: Any) -> Any:
    if option is not None:
        option.help = _("Show this message and exit.")
    return option


class _WrongUse(typer.BadParameter):
    """An error whose sentence is complete."""

    def format_message(self) -> str:
        return self.message


@contextmanager
def _readable_errors() -> Iterator[None]:
    try:
        yield
    except TyperException as error:
        text = render(_understand(error.format_message(), _SENTENCES))
        raise _WrongUse(text, getattr(error, "ctx", None)) from None


def _understand(text: str, sentences: dict[str, Template]) -> Message | str:
    """The sentence that the text is, for another language; an unknown text as it is."""
    for pattern, template in sentences.items():
        if (match := re.fullmatch(pattern, text, re.DOTALL)) is not None:
            fields: dict[str, Message | str] = match.groupdict()
            if "reason" in fields:
                fields["reason"] = _understand(match["reason"], _REASONS)
            return template(**fields)
    return plain(text)
