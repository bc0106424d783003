import dataclasses

import pytest
import torch

from training.networks.autoencoder import Autoencoder, AutoencoderConfig
from training.networks.digit_vae import DigitConfig, DigitVae
from training.networks.gan import Critic, GanConfig, GanConverter, Generator
from training.systems.pairs import warp


def count(module):
    return sum(p.numel() for p in module.parameters())


def shapes_through(module, layers, x):
    """Output shape of each of the layers during one pass."""
    seen = []
    hooks = [layer.register_forward_hook(lambda m, i, o: seen.append(tuple(o.shape))) for layer in layers]
    module(x)
    for hook in hooks:
        hook.remove()
    return seen


def test_the_full_gan_has_the_shapes_it_should():
    with torch.device("meta"):
        generator, critic = Generator(GanConfig()), Critic(GanConfig())
        x = torch.zeros(8, 80, 128)
    assert shapes_through(generator, [*generator.down, *generator.residuals, *generator.up], x) == [
        (8, 512, 128), (8, 1024, 64), (8, 2048, 32), (8, 4096, 16),
        (8, 4096, 16), (8, 4096, 16), (8, 4096, 16),
        (8, 2048, 32), (8, 1024, 64), (8, 512, 128),
    ]  # fmt: skip
    assert generator(x).shape == (8, 80, 128)
    assert 370e6 < count(generator) < 390e6
    assert shapes_through(critic, critic.convs, x) == [
        (8, 512, 64), (8, 512, 32), (8, 1024, 16), (8, 2048, 8), (8, 4096, 4)
    ]  # fmt: skip
    assert critic(x).shape == (8, 1, 4)
    for conv in critic.convs:
        assert (conv.kernel_size, conv.stride, conv.padding) == ((4,), (2,), (1,))
        assert torch.nn.utils.parametrize.is_parametrized(conv, "weight")


def narrow():
    torch.manual_seed(0)
    return GanConverter(GanConfig(widths=(8, 8, 8, 16), residual_blocks=1))


def test_gan_statistics_start_as_given_and_follow_slowly():
    network = narrow()
    normaliser = network.normaliser
    assert normaliser.statistics.tolist() == [-30.0, 20.0, -80.0, 0.0]
    mel = torch.full((2, 16, 80), -2.0)
    normaliser.update(normaliser.measured(mel))
    level = float(normaliser.decibels(mel)[0, 0, 0])
    assert normaliser.statistics[0] == pytest.approx(-30.0 + 0.05 * (level + 30.0))
    torch.testing.assert_close(normaliser.inverse(normaliser(mel)), mel)


def test_gan_output_is_bounded_by_its_scale():
    made = narrow()(torch.randn(1, 64, 80) * 50.0)
    assert made.shape == (1, 80, 64) and made.abs().max() <= 3.0
    assert narrow().convert(torch.randn(2, 32, 80)).shape == (2, 32, 80)


def test_autoencoder_separates_what_from_who():
    torch.manual_seed(0)
    network = Autoencoder(AutoencoderConfig(), speakers=3).eval()
    mel = torch.randn(2, 40, 80) * 2.0 - 5.0
    rebuilt, content, again, truth = network(mel, mel[:, :32], mel)
    assert rebuilt.shape == mel.shape and content.shape == again.shape == (2, 40, 16)
    torch.testing.assert_close(truth, content)
    voices = torch.nn.functional.normalize(torch.randn(2, 128), dim=-1)
    assert (network.convert(mel, voices) - network.convert(mel, voices.flip(0))).abs().max() > 1e-4
    # Instance norm: a filter over the whole clip changes what is said far less than the clip itself.
    tilted = network.content_encoder(mel + torch.linspace(-1.0, 1.0, 80))
    assert (tilted - content).abs().mean() < 0.2 * content.abs().mean()


def test_the_autoencoders_noise_is_for_training():
    torch.manual_seed(0)
    network = Autoencoder(AutoencoderConfig(content_noise=0.5), speakers=2)
    mel = torch.randn(2, 40, 80) - 5.0
    first, second = (network.train()(mel, mel, mel) for _ in range(2))
    torch.testing.assert_close(first[1], second[1])  # what is heard has none
    assert (first[0] - second[0]).abs().max() > 1e-3
    first, second = (network.eval()(mel, mel, mel) for _ in range(2))
    torch.testing.assert_close(first[0], second[0])


@pytest.mark.parametrize("system", ["digits-cnn", "digits-mlp"])
def test_digit_vae_hears_its_condition(system):
    torch.manual_seed(0)
    network = DigitVae(system, DigitConfig(), speakers=2)
    eye = torch.eye(10)[:4]
    speaker = torch.eye(2)[[0, 1, 0, 1]]
    image, mean, log_variance = network(torch.rand(4, 64, 64), eye, speaker)
    assert image.shape == (4, 64, 64) and mean.shape == log_variance.shape == (4, 16)
    assert 0.0 <= image.min() and image.max() <= 1.0
    latent = torch.zeros(4, 16)
    assert (
        network.decode(latent, eye, speaker)[0] - network.decode(latent, eye, speaker)[2]
    ).abs().max() > 1e-4


def test_digits_are_drawn_as_their_clips_lie():
    torch.manual_seed(0)
    network = DigitVae("digits-mlp", DigitConfig(latent=3), speakers=2)
    digit, speaker = torch.eye(10)[[4] * 4000], torch.eye(2)[[0, 1] * 2000]
    wide = torch.tensor([0.1, 2.0, 0.5])
    mean = torch.randn(4000, 3) * wide + speaker @ torch.tensor([[0.0, 0.0, 5.0], [1.0, 0.0, -5.0]])
    network.place(mean, torch.full((4000, 3), 0.3).log(), digit, speaker)
    assert network.means[1, 4].tolist() == pytest.approx([1.0, 0.0, -5.0], abs=0.2)
    lengths = network.directions[4].norm(dim=-1).tolist()
    assert lengths == pytest.approx([(4.0 + 0.3) ** 0.5, (0.25 + 0.3) ** 0.5, (0.01 + 0.3) ** 0.5], rel=0.05)
    calm = dataclasses.replace(network.config, temperature=0.5)
    network.config, before = calm, network.config
    assert network.draw(digit, speaker)[::2].std(dim=0)[1] == pytest.approx(0.5 * lengths[0], rel=0.1)
    network.config = before
    drawn = network.draw(digit, speaker)
    assert drawn[::2].mean(dim=0).tolist() == pytest.approx([0.0, 0.0, 5.0], abs=0.2)
    assert drawn[::2].std(dim=0).tolist() == pytest.approx([lengths[2], lengths[0], lengths[1]], rel=0.1)
    assert torch.equal(network.directions[5], torch.eye(3)), "no clips say anything of it"


def test_warping_finds_a_sentence_said_more_slowly():
    generator = torch.Generator().manual_seed(0)
    sentence = torch.randn(60, 80, generator=generator).cumsum(0).numpy()
    slower = sentence[[i // 2 for i in range(120)]]
    found = warp(sentence, slower)
    assert len(found) == 60 and abs(found / 2 - range(60)).max() <= 1.0
