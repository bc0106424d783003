"""The engine's process: talked to, lost, started again. The engine here is a script of a few lines."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import QElapsedTimer
from pytestqt.qtbot import QtBot

from gui.engine_link import EngineLink, Event

SCRIPT = """
import json, os, sys
print(json.dumps({"event": "hello", "settings": {}}), flush=True)
for line in sys.stdin:
    command = json.loads(line)
    if command["cmd"] == "quit":
        break
    if command["cmd"] == "die":
        print("out of luck", file=sys.stderr, flush=True)
        os._exit(1)
    if command["cmd"] == "babble":
        print("no JSON", flush=True); print("[1]", flush=True); print("{", end="", flush=True); print("}")
    answer = {"event": "answer", "id": command["id"], "ok": True, "got": command}
    print(json.dumps(answer), flush=True)
"""
Make = Callable[[list[str]], EngineLink]


@pytest.fixture
def make_link(qtbot: QtBot) -> Iterator[Make]:
    made: list[EngineLink] = []

    def make(command: list[str]) -> EngineLink:
        made.append(EngineLink(command))
        return made[-1]

    yield make
    for link in made:
        link.close()


@pytest.fixture
def link(qtbot: QtBot, make_link: Make) -> EngineLink:
    link = make_link([sys.executable, "-c", SCRIPT])
    with qtbot.waitSignal(link.event_came):
        link.open()
    return link


def answer_to(qtbot: QtBot, link: EngineLink, cmd: str, **fields: object) -> Event:
    answers: list[Event] = []
    link.request(cmd, answers.append, **fields)
    qtbot.waitUntil(lambda: bool(answers))
    return answers[0]


def test_a_command_is_answered(qtbot: QtBot, link: EngineLink) -> None:
    answer = answer_to(qtbot, link, "set", target="Zoë", gain=-3.5)
    assert answer["ok"] and answer["got"]["target"] == "Zoë" and answer["got"]["gain"] == -3.5


def test_answers_find_those_who_asked(qtbot: QtBot, link: EngineLink) -> None:
    got: list[int] = []
    for number in range(50):
        link.request("count", lambda answer: got.append(answer["got"]["number"]), number=number)
    qtbot.waitUntil(lambda: got == list(range(50)))


def test_what_is_no_event_is_passed_over(qtbot: QtBot, link: EngineLink) -> None:
    assert answer_to(qtbot, link, "babble")["ok"]


def test_an_engine_that_dies_is_said_and_started_again(qtbot: QtBot, link: EngineLink) -> None:
    clock = QElapsedTimer()
    clock.start()
    answers: list[Event] = []
    with qtbot.waitSignal(link.lost) as lost:
        link.request("die", answers.append)
    assert lost.args == ["out of luck"]
    qtbot.waitUntil(lambda: bool(answers))
    assert answers[0]["is_lost"] and not answers[0]["ok"]
    with qtbot.waitSignal(link.event_came):
        pass
    assert answer_to(qtbot, link, "set")["ok"]
    assert clock.elapsed() < 3000


def test_an_engine_that_cannot_start_is_said_and_tried_again(
    qtbot: QtBot, make_link: Make, tmp_path: Path
) -> None:
    link = make_link([str(tmp_path / "missing")])
    with qtbot.waitSignal(link.lost):
        link.open()
    with qtbot.waitSignal(link.lost):
        pass
    assert answer_to(qtbot, link, "set")["is_lost"]


def test_closing_ends_the_engine_and_starts_no_other(qtbot: QtBot, link: EngineLink) -> None:
    link.close()
    assert link.process_id == 0
    with qtbot.assertNotEmitted(link.lost, wait=300):
        link.close()


def test_an_engine_that_ignores_the_farewell_is_ended(qtbot: QtBot, make_link: Make) -> None:
    stubborn = 'import time\nprint(\'{"event": "hello"}\', flush=True)\nwhile True: time.sleep(1)'
    link = make_link([sys.executable, "-c", stubborn])
    with qtbot.waitSignal(link.event_came):
        link.open()
    clock = QElapsedTimer()
    clock.start()
    link.close()
    assert link.process_id == 0 and clock.elapsed() < 4000
