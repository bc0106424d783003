"""Trained networks put to use: `python -m training.inference "1"` speaks a digit as nobody has before.

With --regenerate a recording of a digit goes through the latent and back. `load_trained_model` and
`convert_audio` do the same for voices from Python.
"""

import argparse
import sys
import warnings
from pathlib import Path
from pickle import UnpicklingError

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray

from rtvc.digit_settings import check_digits
from rtvc.digit_sound import in_a_row
from rtvc.digits import image_of, one_hot, word_of
from rtvc.errors import ModelError, RtvcError, UsageError
from rtvc.latents import LatentMap
from rtvc.mel import MelSpec
from rtvc.model_format import ImageShape
from rtvc.stage import Audio
from training.config import RunConfig, read_config, section
from training.features import features_of
from training.networks.autoencoder import Autoencoder, AutoencoderConfig
from training.networks.digit_vae import DIGITS, DigitVae
from training.networks.saved import Saved, load_network

Float = NDArray[np.float32]
DIGIT_CHECKPOINT = Path("checkpoints/digits-cnn/best.safetensors")
_SUFFIX_FOREIGN = (".pth", ".pt")


def load_trained_model(
    path: str | Path, config: RunConfig | str | Path, num_speakers: int | None = None
) -> tuple[Autoencoder, list[str]]:
    """The voice converter of a checkpoint and the names of its speakers.

    Args:
        path: best_model.pth or best.safetensors of a run.
        config: of the run, or the path of its TOML file; the network has to be the one it describes.
        num_speakers: how many are expected.
    """
    run = config if isinstance(config, RunConfig) else read_config(Path(config))
    if run.system != "autoencoder":
        raise UsageError(f"The configuration is of the system {run.system}; autoencoder is needed.")
    shape = section(AutoencoderConfig, run.network, "network")
    model, speakers = _read(Path(path))
    if model.config != shape:
        raise ModelError(f"{path} holds another network than the configuration describes.")
    if num_speakers is not None and num_speakers != len(speakers):
        raise ModelError(f"{path} knows {len(speakers)} speakers, not {num_speakers}.")
    return model.eval(), speakers


def _read(path: Path) -> tuple[Autoencoder, list[str]]:
    if path.suffix not in _SUFFIX_FOREIGN:
        saved = load_network(path)
        if not isinstance(saved.network, Autoencoder):
            raise ModelError(f"{path} holds {saved.system}, no autoencoder.")
        return saved.network, list(saved.speakers)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # remarks on pickles that are refused anyway
            table = torch.load(path, weights_only=True, map_location="cpu")
        model = Autoencoder(AutoencoderConfig(**table["network"]), len(table["speakers"]))
        model.load_state_dict(table["weights"])
    except UnpicklingError:
        raise ModelError(f"{path} holds more than tensors, perhaps code; it was not opened.") from None
    except Exception as error:  # damaged bytes make the reader raise whatever they lead it to
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{path} is no checkpoint that can be read ({reason}).") from None
    return model, [str(name) for name in table["speakers"]]


@torch.no_grad()
def convert_audio(
    model: Autoencoder | tuple[Autoencoder, list[str]],
    path: str | Path,
    target_speaker_id: int,
    config: RunConfig | str | Path | None = None,
) -> Float:
    """A recording in the voice of a speaker the model knows, as log-mels (frames, n_mels).

    Takes what `load_trained_model` returned, or the model alone. `rtvc.digit_sound.sound_of` gives sound.
    """
    network = model[0] if isinstance(model, tuple) else model
    if not 0 <= target_speaker_id < len(network.voices):
        last = len(network.voices) - 1
        raise UsageError(f"There is no speaker {target_speaker_id}; there are 0 to {last}.")
    mel = torch.from_numpy(_log_mel(Path(path), MelSpec()))[None]
    converted: Float = network.convert(mel, network.voices[target_speaker_id][None])[0].numpy()
    return converted


def _log_mel(path: Path, spec: MelSpec) -> Float:
    try:
        return features_of(path, spec).log_mel
    except (OSError, soundfile.SoundFileError) as error:
        raise UsageError(f"{path} can't be read as sound ({error}).") from None


class DigitGenerator:
    """The two directions of a trained digit model."""

    def __init__(self, saved: Saved) -> None:
        if not isinstance(saved.network, DigitVae):
            raise ModelError(f"The checkpoint holds {saved.system}, no model of digits.")
        self.network, self.spec, self.speakers = saved.network, saved.mel, saved.speakers
        self.image = ImageShape(saved.network.config.frames, saved.facts["low"], saved.facts["high"])
        self.latents = LatentMap(self.network.means.tolist(), self.network.drawn_directions.tolist())

    def place(self, speaker: str | None) -> int:
        if speaker is not None and speaker not in self.speakers:
            raise UsageError(f"There is no speaker '{speaker}'; choose one of {', '.join(self.speakers)}.")
        return self.speakers.index(speaker) if speaker is not None else 0

    def told(self, digit: int, speaker: str | None) -> tuple[torch.Tensor, torch.Tensor]:
        vectors = one_hot(digit, DIGITS), one_hot(self.place(speaker), len(self.speakers))
        return torch.from_numpy(vectors[0])[None], torch.from_numpy(vectors[1])[None]

    @torch.no_grad()
    def generate(
        self, digit: int, speaker: str | None, random: np.random.Generator, variation: float = 1.0
    ) -> Float:
        """Log-mels of a digit from a random latent."""
        latent = self.latents.draw(self.place(speaker), digit, variation, random)
        return self._word(torch.from_numpy(latent)[None], digit, speaker)

    @torch.no_grad()
    def regenerate(self, mel: Float, digit: int, speaker: str | None) -> Float:
        """Log-mels of a recording after it went through the latent."""
        given = torch.from_numpy(image_of(mel, self.image, self.spec))[None]
        mean, _ = self.network.encode(given, *self.told(digit, speaker))
        return self._word(mean, digit, speaker)

    def _word(self, latent: torch.Tensor, digit: int, speaker: str | None) -> Float:
        image = self.network.decode(latent, *self.told(digit, speaker))[0].numpy()
        return word_of(image, self.image, self.spec)


def speak(generator: DigitGenerator, digits: str, speaker: str | None, seed: int) -> Audio:
    random = np.random.default_rng(seed)
    words = [generator.generate(int(d), speaker, random) for d in digits if d != " "]
    return in_a_row(words, generator.spec)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training.inference", description=__doc__)
    parser.add_argument("digits", help='what to say, e.g. "2024"; with --regenerate the digit that is said')
    parser.add_argument("--checkpoint", type=Path, default=DIGIT_CHECKPOINT, help="default: %(default)s")
    parser.add_argument("--speaker", help="one of those it learned from (default: the first)")
    parser.add_argument("--regenerate", type=Path, metavar="CLIP", help="a recording of one digit")
    parser.add_argument("--out", type=Path, help="WAV file (default: out/DIGITS.wav)")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    try:
        check_digits(args.digits)
        generator = DigitGenerator(load_network(args.checkpoint))
        if args.regenerate:
            if len(args.digits) != 1:
                raise UsageError("--regenerate takes a recording of one digit.")
            recorded = _log_mel(args.regenerate, generator.spec)
            again = generator.regenerate(recorded, int(args.digits), args.speaker)
            sound = in_a_row([again], generator.spec)
        else:
            sound = speak(generator, args.digits, args.speaker, args.seed)
        out = args.out or Path("out") / f"{args.digits.replace(' ', '_')}.wav"
        out.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(out, sound, generator.spec.sample_rate)
    except RtvcError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
