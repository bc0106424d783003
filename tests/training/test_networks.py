import pytest
import torch

from rtvc.mel import MelSpec
from training.networks.causal import RunningMean
from training.networks.stream import SpeakerEncoder, Stream, StreamConfig

TINY = {"content_channels": 8, "content_width": 6, "decoder_channels": 8}


def inputs(batch=2, frames=30):
    torch.manual_seed(1)
    side = torch.randn(batch, frames, 3) * 0.3
    side[..., 0] += 5.0
    mel = torch.randn(batch, frames, 80) * 2.0 - 5.0
    return mel, torch.randn(batch, frames, 1), side, torch.randn(batch, 128)


@pytest.fixture(params=[0, 1, 2])
def stream(request):
    torch.manual_seed(0)
    return Stream(StreamConfig(**TINY, lookahead=request.param), MelSpec()).eval()


@torch.no_grad()
def test_frame_by_frame_equals_all_at_once(stream):
    mel, energy, side, voice = inputs()
    whole, _ = stream(mel, energy, side, voice, stream.initial_state(2))
    state, parts, start = stream.initial_state(2), [], 0
    for size in (1, 1, 7, 1, 12, 1, 7):
        now = slice(start, start + size)
        out, state = stream(mel[:, now], energy[:, now], side[:, now], voice, state)
        parts.append(out)
        start += size
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_lookahead_is_what_it_says(stream):
    """Frame t of the output answers for frame t - lookahead and knows nothing later than frame t."""
    mel, energy, side, voice = inputs()
    before, _ = stream(mel, energy, side, voice, stream.initial_state(2))
    changed = mel.clone()
    changed[:, 20:] += 1.0
    after, _ = stream(changed, energy, side, voice, stream.initial_state(2))
    differs = ((after - before).abs().amax(dim=(0, 2)) > 1e-7).nonzero().flatten()
    assert differs[0] == 20
    moved = side.clone()
    moved[:, 20:, 2] += 1.0
    after, _ = stream(mel, energy, moved, voice, stream.initial_state(2))
    differs = ((after - before).abs().amax(dim=(0, 2)) > 1e-7).nonzero().flatten()
    assert differs[0] == 20 + stream.config.lookahead


@torch.no_grad()
def test_running_mean_forgets_and_ignores_pauses():
    mean = RunningMean(1, memory_frames=50.0, prior_frames=1.0)
    high, low, pause = (torch.full((1, 300, 1), level) for level in (4.0, -2.0, 100.0))
    active = torch.ones_like(high)
    centred, state = mean(
        torch.cat([high, low], dim=1), torch.cat([active, active], dim=1), mean.initial_state(1)
    )
    # Of 51 weights one is the prior's zero.
    assert abs(centred[0, 299, 0]) < 0.1 and abs(centred[0, -1, 0]) < 0.1
    after, _ = mean(pause[:, :40], 0.0 * pause[:, :40], state)
    assert abs(after[0, -1, 0] - 102.0) < 0.2


@torch.no_grad()
def test_speaker_encoder_gives_unit_vectors():
    encoder = SpeakerEncoder(80)
    for frames in (20, 160, 333):
        vector = encoder(torch.randn(3, frames, 80))
        torch.testing.assert_close(vector.norm(dim=-1), torch.ones(3))
