"""A parent at the other end of the control's pipes, with the real engine on a device that runs by itself."""

import json
import os
import threading
from collections.abc import Callable
from typing import Any

from rtvc import control
from rtvc.opening import BuildChain
from rtvc.settings import ChainSettings
from rtvc.stage import Pipeline
from tests.fakes import Hopping, RunningDevice, Speaking

PATIENCE = 30.0


def build(settings: ChainSettings, input_rate: int, output_rate: int) -> Pipeline:
    return Speaking(settings, [Hopping(557)])


class Parent:
    """The other end of both pipes."""

    def __init__(self) -> None:
        self.reads, self._out = os.pipe()
        inlet, self.writes = os.pipe()
        self._in = os.fdopen(inlet, "rb")
        self.device = RunningDevice()
        self.device.pause_seconds = 0.002

    def send(self, text: str | bytes) -> None:
        data = text.encode() if isinstance(text, str) else text
        while data:
            data = data[os.write(self._out, data) :]

    def ask(self, **command: Any) -> dict[str, Any]:
        self.send(json.dumps({"id": "x", **command}) + "\n")
        return self.await_event("answer")

    def await_event(self, *names: str, **content: Any) -> dict[str, Any]:
        for line in self._in:
            event: dict[str, Any] = json.loads(line)
            if event["event"] in names and all(event[name] == value for name, value in content.items()):
                return event
        raise AssertionError(f"the program ended without {names}")

    def close(self) -> None:
        if self._out >= 0:
            os.close(self._out)
            self._out = -1

    def stop_writing(self) -> None:
        """What the end of the program does to its standard output."""
        os.close(self.writes)

    def end(self) -> None:
        self.close()
        self._in.close()
        os.close(self.reads)


def serve(parent: Parent, script: Callable[[], None], build: BuildChain = build) -> None:
    """Run the program while the script plays its parent; both must end."""
    failures: list[BaseException] = []

    def play() -> None:
        try:
            script()
        except BaseException as error:
            failures.append(error)
        finally:
            parent.close()

    thread = threading.Thread(target=play)
    thread.start()
    assert (
        control.run(
            build,
            ChainSettings(),
            open_audio=parent.device.open,
            commands=parent.reads,
            events=parent.writes,
        )
        == 0
    )
    parent.stop_writing()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    if failures:
        raise failures[0]
