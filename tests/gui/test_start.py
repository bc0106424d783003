"""When the program opens its window, and when it does not."""

import pytest

from gui import display, start


@pytest.mark.parametrize(
    ("environment", "platform", "has_display"),
    [
        ({}, "win32", True),
        ({}, "darwin", True),
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"DISPLAY": ""}, "linux", False),
    ],
)
def test_display(environment: dict[str, str], platform: str, has_display: bool) -> None:
    assert display.has_display(environment, platform) is has_display


@pytest.mark.parametrize(
    ("arguments", "has_display", "opened"),
    [([], True, "window"), ([], False, "cli"), (["--list-voices"], True, "cli")],
)
def test_the_window_opens_where_nothing_else_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], has_display: bool, opened: str
) -> None:
    calls: list[str] = []
    monkeypatch.setattr("sys.argv", ["rtvc", *arguments])
    monkeypatch.setattr("gui.display.has_display", lambda: has_display)
    monkeypatch.setattr("gui.app.run", lambda: calls.append("window") or 0)
    monkeypatch.setattr("rtvc.cli.main", lambda: calls.append("cli") or 0)
    assert start.main() == 0 and calls == [opened]
