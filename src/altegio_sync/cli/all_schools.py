"""Runs a command on every school of a schools file, with one result for all."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio

from altegio_sync.app.budget import open_budget
from altegio_sync.cli.bar import shows_bar
from altegio_sync.cli.command import load_all
from altegio_sync.cli.failures import to_run_error
from altegio_sync.cli.json_output import print_json
from altegio_sync.cli.repeated_warnings import log_warning
from altegio_sync.config import ALL_SETTINGS
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.domain.report import RunError, failure_json
from altegio_sync.errors import ConfigError
from altegio_sync.log import get_logger, named_in_log
from altegio_sync.messages import render
from altegio_sync.messages import schools as texts
from altegio_sync.messages.commands import NO_RESULT_YET
from altegio_sync.messages.language import in_language_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from altegio_sync.app.budget import BudgetOfAll
    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.config import SchoolOfFile
    from altegio_sync.domain.metrics import Family
    from altegio_sync.usecases.stopping import StopSignal

    Work = Callable[[SchoolOfFile, BudgetOfAll], Awaitable["SchoolResult"]]

#: A school that waits for its MongoDB or for Altegio leaves the requests to the others.
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class SchoolResult:
    """What the command has to show for one school; an empty ``text`` shows nothing."""

    exit_code: int
    json: Mapping[str, Any]
    text: str
    metrics: Sequence[Family] = ()


def refuse_options(options: Mapping[str, object]) -> None:
    """Refuse options that hold for one school; by their names, with their values.

    Raises:
        ConfigError: one of them is set.
    """
    for name, value in options.items():
        if value:
            raise ConfigError(texts.EXCLUDE_EACH_OTHER(one=name, other="--all-schools"))


async def run_schools(
    options: CommandOptions,
    stop: StopSignal,
    work: Work,
    required: Iterable[str] = ALL_SETTINGS,
    show: Callable[[Mapping[str, SchoolResult]], None] | None = None,
) -> int:
    """Do the work for each school, and show the results in the order of the file.

    A school that fails stops no other. ``show`` gets the results by school in the end, instead of
    the texts being printed. Returns the exit code for all schools.
    """
    configs = load_all(options, required)
    async with open_budget(configs[0], log_warning) as budget:
        run = _Run(options, stop, work, budget, prints=show is None and not options.json_output)
        results = await run.run(configs)
    if show is not None:
        show({config.name: each for config, each in zip(configs, results, strict=True)})
    codes = [each.exit_code for each in results]
    if options.json_output:
        schools = [
            {"school": config.name, **each.json}
            for config, each in zip(configs, results, strict=True)
        ]
        ok = all(code == ExitCode.DONE for code in codes)
        print_json({"command": options.name, "ok": ok, "schools": schools})
    return _decide_exit_code(codes)


def _decide_exit_code(codes: Sequence[int]) -> int:
    if ExitCode.INTERRUPTED in codes:
        return ExitCode.INTERRUPTED
    done = sum(code == ExitCode.DONE for code in codes)
    if done == len(codes):
        return ExitCode.DONE
    return ExitCode.PARTLY if done else ExitCode.OUT_OF_REACH


class _Run:
    def __init__(
        self,
        options: CommandOptions,
        stop: StopSignal,
        work: Work,
        budget: BudgetOfAll,
        *,
        prints: bool,
    ) -> None:
        self._options = options
        self._stop = stop
        self._work = work
        self._budget = budget
        self._prints = prints
        self._results: dict[int, SchoolResult] = {}
        self._shown = 0
        # Only one bar fits on a terminal.
        self._limit = anyio.CapacityLimiter(1 if shows_bar(options) else _AT_ONCE)

    async def run(self, configs: Sequence[SchoolOfFile]) -> list[SchoolResult]:
        async with anyio.create_task_group() as tasks:
            for number, config in enumerate(configs):
                tasks.start_soon(self._run_one, number, config, configs, tasks.cancel_scope)
        return [self._results[number] for number in range(len(configs))]

    async def _run_one(
        self,
        number: int,
        config: SchoolOfFile,
        configs: Sequence[SchoolOfFile],
        scope: anyio.CancelScope,
    ) -> None:
        async with self._limit:
            with named_in_log(config.name), in_language_of(config.language):
                self._results[number] = await self._find_result(config, scope)
        self._show(configs)

    async def _find_result(self, config: SchoolOfFile, scope: anyio.CancelScope) -> SchoolResult:
        try:
            if not self._stop.is_set:
                return await self._work(config, self._budget)
        except asyncio.CancelledError:
            # A stop before the school was opened; anything else cancels all schools.
            if scope.cancel_called or not self._stop.is_set:
                raise
        except Exception as error:  # noqa: BLE001 - the other schools continue
            failure, exit_code = to_run_error(error)
            get_logger().error("failed", code=failure.code, message=failure.message)
            return self._failed(config, failure, exit_code)
        return self._failed(config, RunError("interrupted", NO_RESULT_YET()), ExitCode.INTERRUPTED)

    def _failed(self, config: SchoolOfFile, error: RunError, exit_code: int) -> SchoolResult:
        message = texts.SCHOOL_FAILED(school=config.name, reason=error.message)
        json = failure_json(self._options.name, [error])
        return SchoolResult(exit_code, json, f"ERROR {render(message)}")

    def _show(self, configs: Sequence[SchoolOfFile]) -> None:
        """Print what is ready; a school waits for those before it in the file."""
        while (result := self._results.get(self._shown)) is not None:
            if result.text and self._prints:
                with in_language_of(configs[self._shown].language):
                    heading = render(texts.HEADING(school=configs[self._shown].name))
                gap = "\n" if self._shown else ""
                print(f"{gap}{heading}\n{result.text}", flush=True)
            self._shown += 1
