"""The control's lines, with the real engine on a device that runs by itself, and a parent on a thread."""

import base64
import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from rtvc import catalog, listings
from rtvc.errors import DeviceError
from rtvc.line_reader import MOST_LINE_BYTES
from rtvc.settings import ChainSettings
from rtvc.stage import Pipeline
from tests.control_steps import PATIENCE, Parent, build, serve
from tests.tiny_digits import write_pair


def test_a_session_from_hello_to_bye(parent: Parent, tmp_path: Path) -> None:
    def script() -> None:
        hello = parent.await_event("hello")
        assert hello["protocol"] == 1 and hello["settings"]["target"] == "p230"
        answer = parent.ask(cmd="start")
        assert answer["ok"] and answer["id"] == "x" and answer["output"] == "Fake speaker"
        stats = parent.await_event("stats")
        assert stats["state"] == "running" and stats["latency"]["chain_ms"] > 11
        assert parent.ask(cmd="set", target="p225", gate_db=-50, bypass=True)["ok"]
        assert "p225" in parent.await_event("applied")["message"]
        settings = parent.ask(cmd="get")["settings"]
        assert (settings["target"], settings["gate_db"], settings["bypass"]) == ("p225", -50, True)
        assert parent.ask(cmd="record", input=str(tmp_path / "i.wav"), output=str(tmp_path / "o.wav"))["ok"]
        while parent.await_event("stats")["recorded_seconds"] < 0.5:
            pass
        assert parent.ask(cmd="record")["seconds"] >= 0.5
        assert parent.ask(cmd="stop")["ok"]
        assert parent.ask(cmd="get")["state"] == "stopped"
        assert parent.ask(cmd="start")["ok"], "again"
        assert parent.ask(cmd="quit")["ok"]
        parent.await_event("bye")

    serve(parent, script)
    assert soundfile.info(tmp_path / "o.wav").duration >= 0.4
    assert parent.device.is_closed


def test_what_the_start_will_want_is_built_before_it(parent: Parent) -> None:
    built, is_built = list[float](), threading.Semaphore(0)

    def noted(settings: ChainSettings, input_rate: int, output_rate: int) -> Pipeline:
        built.append(settings.formant_semitones)
        is_built.release()
        return build(settings, input_rate, output_rate)

    def script() -> None:
        for longer, target in ((1.0, "p225"), (2.0, "nobody"), (3.0, "p226")):
            assert parent.ask(cmd="set", formant_semitones=longer, target=target)["ok"]
            assert is_built.acquire(timeout=PATIENCE)
        for gain in range(100):  # a slider that is dragged
            assert parent.ask(cmd="set", output_gain_db=gain / 100, target="p230")["ok"]
        assert parent.ask(cmd="start")["ok"]
        assert built == [1.0, 2.0, 3.0]
        assert parent.ask(cmd="stop")["ok"]
        assert is_built.acquire(timeout=PATIENCE), "for the next start"

    serve(parent, script, noted)


def test_spectrograms_come_when_asked_for(parent: Parent) -> None:
    def script() -> None:
        parent.ask(cmd="start")
        assert parent.await_event("stats", "spectrum")["event"] == "stats", "off at the start"
        answer = parent.ask(cmd="spectrum", on=True)
        assert (answer["bands"], answer["columns_per_second"]) == (80, 50)
        for _ in range(3):
            event = parent.await_event("spectrum")
            ends = {end: base64.b64decode(event[end]) for end in ("input", "output")}
            assert any(ends.values()) and all(len(data) % 80 == 0 for data in ends.values())
        assert parent.ask(cmd="stop")["ok"] and parent.ask(cmd="start")["ok"]
        parent.await_event("spectrum")
        assert parent.ask(cmd="spectrum", on=False)["ok"]
        parent.ask(cmd="get")
        events = [parent.await_event("stats", "spectrum")["event"] for _ in range(10)]
        assert events == ["stats"] * 10

    serve(parent, script)


def test_digits_are_said_into_the_sound(
    parent: Parent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pair(tmp_path)
    monkeypatch.setattr(catalog, "user_folder", lambda: tmp_path)
    monkeypatch.setattr(catalog, "admit", lambda path: None)

    def script() -> None:
        assert "'start' comes first" in parent.ask(cmd="say", digits="1")["error"]
        assert parent.ask(cmd="start")["ok"]
        answer = parent.ask(cmd="say", digits="2024", voice="theo", seed=3, variation=1, alone=True)
        assert (answer["ok"], answer["voice"], answer["seed"]) == (True, "theo", 3)
        said = parent.await_event("said")
        assert (said["number"], said["digits"], said["whole"]) == (answer["number"], "2024", True)
        assert said["seconds"] > 0.8
        assert parent.ask(cmd="say", digits="7", at=[-1, 0.5], target="p230")["ok"]
        assert parent.await_event("said")["whole"] is True
        assert "nobody" in parent.ask(cmd="say", digits="7", target="nobody")["error"]
        both = parent.ask(cmd="say", digits="7", target="p230", converted=True)
        assert "exclude each other" in both["error"]
        assert parent.ask(cmd="say", digits="7" * 900, converted=True)["ok"]
        assert parent.ask(cmd="say")["ok"], "nothing ends what is said"
        assert parent.await_event("said")["whole"] is False

    serve(parent, script)


def test_the_end_of_the_parent_is_the_end_of_the_program(parent: Parent) -> None:
    def script() -> None:
        parent.ask(cmd="start")
        parent.await_event("stats")

    serve(parent, script)
    assert parent.device.is_closed


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nonsense", "is no JSON"),
        ("[1]", "no JSON object"),
        ("[" * 20000, "is no JSON"),
        ("{}", "'cmd' is one of set, get, spectrum, quit, start"),
        ('{"cmd": ["start"]}', "There is no command"),
        ('{"cmd": "set", "traget": "p225"}', "There is no setting 'traget'; there are "),
        ('{"cmd": "set", "target": 5}', "'target' is a text, not 5"),
        ('{"cmd": "set", "gate_db": "loud"}', "'gate_db' is a number or null, not 'loud'"),
        ('{"cmd": "set", "input_gain_db": 1' + "0" * 400 + "}", "must lie between"),
        ('{"cmd": "set", "input_gain_db": NaN}', "is no JSON"),
        ('{"cmd": "set", "mute": 1}', "'mute' is true or false, not 1"),
        ('{"cmd": "set", "sample_rate": 5}', "not between 8000 and"),
        ('{"cmd": "set", "preset": "best"}', "There is no preset 'best'"),
        ('{"cmd": "start", "now": true}', "'now' means nothing"),
        ('{"cmd": "record", "input": "a.wav"}', "takes two paths"),
        ('{"cmd": "record", "input": "a.wav", "output": "b.wav"}', "'start' comes first"),
        ('{"cmd": "say", "digits": "abc"}', "'abc' is not made of the digits 0 to 9"),
        ('{"cmd": "say", "digits": ""}', "'' is not made of the digits"),
        ('{"cmd": "say", "digits": 2024}', "'digits' is a text, not 2024"),
        ('{"cmd": "say", "digits": "' + "1" * 10_000 + '"}', "10000 digits are too many at once"),
        ('{"cmd": "say", "voice": "theo"}', "'say' takes 'digits'"),
        ('{"cmd": "say", "digits": "1", "loud": true}', "'loud' means nothing"),
        ('{"cmd": "say", "digits": "1", "alone": 1}', "'alone' is true or false, not 1"),
        ('{"cmd": "say", "digits": "1", "at": [0, 9]}', "The place is 0, 9; both must lie between -4 and 4"),
        ('{"cmd": "say", "digits": "12", "at": [0, 1]}', "on the map of one digit"),
        ('{"cmd": "say", "digits": "1", "at": [1]}', "'at' is two numbers such as [0.5, -1], not [1]"),
        ('{"cmd": "say", "digits": "1", "at": [1, "b"]}', "'at' is a number, not 'b'"),
        ('{"cmd": "say", "digits": "1", "target": 3}', "'target' is a text or null, not 3"),
        ('{"cmd": "say", "digits": "1", "variation": 3}', "variation is 3; it must lie between"),
        ('{"cmd": "spectrum", "on": 1}', "'on', which is true or false"),
        ('{"cmd": "get", "id": []}', "An 'id' is a whole number or a text"),
        ("x" * (MOST_LINE_BYTES + 1), "longer than 65536 bytes"),
        ("x" * 300000, "longer than 65536 bytes"),
    ],
)
def test_nonsense_is_answered_with_a_sentence(parent: Parent, line: str, words: str) -> None:
    def script() -> None:
        parent.send(line + "\n")
        answer = parent.await_event("answer")
        assert not answer["ok"] and words in answer["error"]
        assert parent.ask(cmd="get")["ok"], "and the next line is understood"

    serve(parent, script)


def test_a_start_that_fails_is_answered_and_can_be_tried_again(parent: Parent) -> None:
    def script() -> None:
        parent.device.is_missing = True
        answer = parent.ask(cmd="start")
        assert (answer["ok"], answer["code"]) == (False, DeviceError.exit_code)
        parent.device.is_missing = False
        assert parent.ask(cmd="start")["ok"]
        assert parent.ask(cmd="start")["error"].startswith("Sound is running already")
        parent.ask(cmd="set", target="nobody")
        assert parent.await_event("refused")["message"] == "There is no voice 'nobody'."
        assert parent.ask(cmd="get")["settings"]["target"] == "p230"

    serve(parent, script)


def test_floods_reach_the_end_and_sound_goes_on(parent: Parent) -> None:
    def script() -> None:
        parent.ask(cmd="start")
        parent.send(np.random.default_rng(5).bytes(100_000) + b"\n")
        for count in range(500):
            parent.send(json.dumps({"cmd": "set", "input_gain_db": count % 7}) + "\n")
        parent.send('{"cmd": "get", "id": "last"}\n')
        assert parent.await_event("answer", id="last")["settings"]["input_gain_db"] == 499 % 7
        before = parent.await_event("stats")["seconds"]
        assert parent.await_event("stats")["seconds"] > before

    serve(parent, script)


def test_a_parent_that_never_reads_costs_nothing_but_its_answers(parent: Parent) -> None:
    def script() -> None:
        parent.ask(cmd="start")
        for _ in range(3000):
            parent.send('{"cmd": "get"}\n')
        parent.device.await_sound(1.0)

    serve(parent, script)


def test_how_an_instrument_is_played_is_set_by_command(parent: Parent) -> None:
    def script() -> None:
        wanted = {"mode": "timbre", "timbre": "violin", "scale": "A-minor", "breath": 0.5, "vibrato": 0}
        assert parent.ask(cmd="set", **wanted)["ok"]
        settings = parent.ask(cmd="get")["settings"]
        assert {name: settings[name] for name in wanted} == wanted
        for changes, says in (
            ({"scale": "nothing"}, "no scale"),
            ({"scale_strength": 2}, "between 0 and 1"),
            ({"breath": "much"}, "'breath' is a number"),
        ):
            answer = parent.ask(cmd="set", **changes)
            assert not answer["ok"] and says in answer["error"]
        assert parent.ask(cmd="set", scale=None)["ok"]
        assert isinstance(parent.ask(cmd="timbres")["timbres"], list)

    serve(parent, script)


def test_what_is_under_way_is_finished_at_the_end(parent: Parent, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, may_end, done = threading.Event(), threading.Event(), threading.Event()

    def slow() -> list[Any]:
        begun.set()
        may_end.wait(PATIENCE)
        done.set()
        return []

    def script() -> None:
        parent.send('{"cmd": "models"}\n{"cmd": "voices"}\n')
        assert begun.wait(PATIENCE)
        parent.close()
        may_end.set()

    monkeypatch.setattr(listings, "model_rows", slow)
    serve(parent, script)
    assert done.is_set(), "the program ended while a library was at work"
