import dataclasses

import numpy as np
import pytest
import torch

from export import systems, timbre_graph
from rtvc.errors import ModelError
from rtvc.mel import MelSpec
from rtvc.runtime import StepModel, load_model
from rtvc.timbre import PlayedMels, PlayedPartials, Playing
from training import checkpoint
from training.checkpoint import BEST
from training.networks.saved import NETWORK, build_network, load_network
from training.networks.timbre import TimbreConfig

NAMES = ["cello", "flute", "cello (rendered)"]


def write_run(folder, head):
    """A run as training.train leaves it, of a small network with random weights."""
    folder.mkdir()
    facts = {
        "system": "timbre",
        "seed": 7,
        "network": dataclasses.asdict(TimbreConfig(head=head, channels=12, instrument_width=4)),
        "mel": dataclasses.asdict(MelSpec()),
        "corpora": ["philharmonia", "fluidr3-gm"],
        "progress": {"step": 41},
        "speakers": NAMES,
        "offered": NAMES[:2],
    }
    torch.manual_seed(2)
    network = build_network(facts)
    network.lowest.fill_(5.0)
    checkpoint.write(folder / BEST, {NETWORK: network.state_dict()}, facts)
    return folder


@pytest.mark.parametrize("head", ["harmonics", "mels"])
def test_the_graph_answers_like_the_network_and_describes_itself(head, tmp_path):
    run = write_run(tmp_path / "run", head)
    out = tmp_path / "timbre.onnx"
    (line,) = systems.export_system(run, out)
    assert "over 240 steps within" in line and "of the network" in systems.verify_system(run, out)[0]
    model = load_model(out)
    assert isinstance(model, StepModel) and model.info.voices == ["cello", "flute"]
    assert "CC BY-SA 3.0" in model.info.licence and model.info.lineage.endswith("seed 7, 41 steps")
    assert (model.info.partials is None) == (head == "mels")
    player = (PlayedPartials if model.info.partials else PlayedMels)(model, Playing("flute"))
    assert player.spec == MelSpec()


def test_shares_add_up_and_what_lies_above_the_band_is_silent(tmp_path):
    network = load_network(write_run(tmp_path / "run", "harmonics") / BEST).network
    log_f0 = torch.linspace(4.2, 7.7, 50)
    side = torch.stack([log_f0, torch.ones(50), torch.zeros(50)], dim=-1)[None]
    with torch.no_grad():
        shares, _ = network(side, torch.eye(3)[1:2], network.initial_state())
    np.testing.assert_allclose(shares.square().sum(dim=-1), 1.0, rtol=1e-5)
    hz = torch.arange(1, 101) * log_f0.exp()[:, None]
    assert shares[0, :, :100][hz > 10_300].abs().max() == 0.0
    assert shares[0, :, :100][hz < 9_000].min() > 0.0


def test_a_graph_that_differs_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(timbre_graph, "PARITY_LIMIT", -1.0)
    out = tmp_path / "timbre.onnx"
    with pytest.raises(ModelError, match="differs from the network"):
        systems.export_system(write_run(tmp_path / "run", "harmonics"), out)
    assert list(tmp_path.glob("timbre*")) == []
