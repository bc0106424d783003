"""A pipeline that waits for the next start: when it is used, and when it is built anew."""

from dataclasses import replace

import pytest

from rtvc import catalog
from rtvc.errors import ModelError
from rtvc.preparation import USUAL_RATE, Preparation, Rates
from rtvc.settings import ChainSettings
from rtvc.stage import Pipeline
from tests.fakes import Passing, Speaking

USUAL = (USUAL_RATE, USUAL_RATE)
SETTINGS = ChainSettings()


class Tuned(Speaking):
    def __init__(self, wanted: ChainSettings) -> None:
        super().__init__(wanted, [Passing()])
        self.settings: ChainSettings | None = None

    def tune(self, settings: ChainSettings) -> None:
        self.settings = settings


class Workshop:
    """Counts what is built."""

    def __init__(self) -> None:
        self.built: list[tuple[ChainSettings, Rates]] = []
        self.stamp = 0
        self.preparation = Preparation(self._make, lambda: self.stamp)

    def _make(self, settings: ChainSettings, rates: Rates) -> Pipeline:
        self.built.append((settings, rates))
        return Tuned(settings)


def test_what_is_prepared_is_used_once_and_tuned() -> None:
    shop = Workshop()
    louder = replace(SETTINGS, output_gain_db=3.0, target="p226")
    shop.preparation.prepare(SETTINGS)
    shop.preparation.prepare(louder)
    pipeline = shop.preparation.pipeline(louder, USUAL)
    assert shop.built == [(SETTINGS, USUAL)]
    assert isinstance(pipeline, Tuned) and pipeline.settings == louder
    assert shop.preparation.pipeline(louder, USUAL) is not pipeline
    assert len(shop.built) == 2


@pytest.mark.parametrize("change", ["mode", "rates", "stamp"])
def test_a_wrong_guess_is_built_anew(change: str) -> None:
    shop, settings, rates = Workshop(), SETTINGS, USUAL
    shop.preparation.prepare(SETTINGS)
    if change == "mode":
        settings = replace(SETTINGS, mode="resynth")
    elif change == "rates":
        rates = (44100, 48000)
    else:
        shop.stamp = 1
    shop.preparation.pipeline(settings, rates)
    assert shop.built == [(SETTINGS, USUAL), (settings, rates)]


def test_the_rates_of_the_last_start_are_expected_again() -> None:
    shop = Workshop()
    shop.preparation.pipeline(SETTINGS, (44100, 48000))
    shop.preparation.prepare(SETTINGS)
    assert shop.built[-1] == (SETTINGS, (44100, 48000))


def test_what_cannot_be_built_leaves_nothing_old_behind() -> None:
    shop = Workshop()
    shop.preparation.prepare(SETTINGS)
    with pytest.raises(ModelError):
        shop.preparation.prepare(replace(SETTINGS, mode="resynth", target="nobody"))
    shop.preparation.pipeline(SETTINGS, USUAL)
    assert len(shop.built) == 3


def test_what_cannot_be_tuned_to_is_refused() -> None:
    shop = Workshop()
    shop.preparation.prepare(SETTINGS)
    with pytest.raises(ModelError, match="nobody"):
        shop.preparation.pipeline(replace(SETTINGS, target="nobody"), USUAL)


def test_a_voice_made_anew_under_its_name_is_another(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "user_folder", lambda: tmp_path)
    none = catalog.stamp()
    folder = tmp_path / "voices"
    folder.mkdir()
    path = folder / "Me.voice.json"
    path.write_text("{}")
    one = catalog.stamp()
    path.write_text("{ }")
    assert none != one != catalog.stamp() != none
