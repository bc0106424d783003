"""What holds for all tests."""

import pytest

from tests.live.judged_runs import JudgedRuns


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(JudgedRuns(), "judged runs")
