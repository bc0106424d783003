"""How pytest runs the tests that have the machine to themselves: tried again where sound was spoilt.

What it says at the end: which tests needed more than one try, and why. One that failed in every try for
reasons that are the machine's is skipped, with the reasons.
"""

from collections.abc import Callable, Generator
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from tests.live.machine import Machine
from tests.live.tries import Outcome, Watched, first_line, try_until_judged

_FAILURE = pytest.StashKey[BaseException | None]()


class JudgedRuns:
    """A plugin of pytest's."""

    def __init__(self, watch: Callable[[], Watched] = Machine) -> None:
        self._watch = watch
        self._machine: Watched | None = None
        self._spoilt: list[str] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.failed and call.excinfo is not None and item.stash.get(_FAILURE, None) is None:
            item.stash[_FAILURE] = call.excinfo.value
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        if item.get_closest_marker("alone") is None:
            return None  # as usual
        self._machine = self._machine or self._watch()
        reports: list[pytest.TestReport] = []

        def once() -> BaseException | None:
            item.stash[_FAILURE] = None
            reports[:] = runtestprotocol(item, log=False, nextitem=nextitem)
            return item.stash[_FAILURE]

        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        outcome = try_until_judged(once, self._machine)
        self._spoilt += [f"{item.nodeid}: {what}" for what in outcome.spoilt]
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=_excused(report, item, outcome))
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self._spoilt:
            terminalreporter.section("tries that were spoilt")
            terminalreporter.write("".join(line + "\n" for line in self._spoilt))

    def pytest_unconfigure(self) -> None:
        if self._machine is not None:
            self._machine.close()


def _excused(report: pytest.TestReport, item: pytest.Item, outcome: Outcome) -> pytest.TestReport:
    if report.failed and outcome.failure is not None and outcome.excuse is not None:
        report.outcome = "skipped"
        reason = f"Skipped: {outcome.excuse}: {first_line(outcome.failure)}"
        report.longrepr = (str(item.path), item.location[1] or 0, reason)
    return report
