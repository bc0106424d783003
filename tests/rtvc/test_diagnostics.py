"""The text for reports: whole even where much is broken."""

import pytest

from rtvc import audio_io, catalog, cli
from rtvc.devices import Device
from rtvc.errors import DeviceError


def test_tells_of_the_machine_and_its_devices(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    card = Device(3, "Card", "ALSA", 2, 0, 48_000.0, True, False, 0.01, 0.01)
    monkeypatch.setattr(audio_io, "list_devices", lambda: [card])
    assert cli.main(["--diagnostics"]) == 0
    told = capsys.readouterr().out
    assert "  3 Card, ALSA: 2 in, 0 out, 48000 Hz (default input)\n" in told
    assert "numpy " in told and "Python 3." in told and "allowed" in told


def test_what_is_broken_hides_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> list[Device]:
        raise DeviceError("The sound library PortAudio is missing.")

    monkeypatch.setattr(audio_io, "list_devices", broken)
    monkeypatch.setattr(catalog, "model_paths", lambda: 1 / 0)
    assert cli.main(["--diagnostics"]) == 0
    told = capsys.readouterr().out
    assert "  The sound library PortAudio is missing.\n" in told and "ZeroDivisionError" in told
    assert "Python 3." in told
