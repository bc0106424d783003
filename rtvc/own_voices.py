"""The user's own voices: made from recordings, kept in the user's folder, renamed, removed.

Beside a voice lies the speech it was made of. A vector means something only to the model whose encoder
made it; when another model is installed the voice is made anew from that speech.
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import soundfile

from rtvc import catalog
from rtvc.audio_file import reason, shown
from rtvc.blend import MARKS
from rtvc.errors import AudioFileError, ModelError, UsageError
from rtvc.level import NOMINAL_RMS, log_energy_at
from rtvc.memorise import Memoriser
from rtvc.settings import DEFAULT_MODEL
from rtvc.voice_encoder import VoiceEncoder, fingerprint
from rtvc.voice_sample import VoiceSample, read_sample
from rtvc.voices import VOICE_SUFFIX, Voice, write_voice

CONSENT = "Make voices only of yourself or of people who agreed to it, and say so when you use them."
REFERENCE_SUFFIX = ".reference.flac"
PREVIEW_SUFFIX = ".preview.ogg"
_KEPT_SECONDS = 60.0  # of speech, to make the voice anew from
_LONGEST_NAME = 40
_FORBIDDEN = re.escape('/\\*?"<>|' + MARKS)  # in file names of some system, or in blends


@dataclass(frozen=True)
class Enrolled:
    """A voice that was made, and what would make it better."""

    voice: Voice
    speech_seconds: float
    hint: str


def enrol(name: str, recordings: list[Path], model: str = DEFAULT_MODEL) -> Enrolled:
    """Make a voice of what one person says in the recordings.

    Raises:
        UsageError: the name can't be taken.
        AudioFileError: a recording won't do; the sentence says why. Nothing has been written then.
    """
    _check_new(name)
    encoder = VoiceEncoder(model)
    sample = read_sample(recordings, encoder.spec)
    voice = Voice(
        id=name,
        name=name,
        gender="",
        median_log_f0=sample.median_log_hz,
        embeddings={model: _vector(encoder, sample)},
        licence="private",
        source=f"own recording, {date.today().isoformat()}",
        encoders={model: fingerprint(model)},
        memories=_memories(model, sample),
    )
    folder = catalog.user_folder() / "voices"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_reference(sample, _reference(name))
        write_voice(voice, _file(name))
    except (OSError, soundfile.SoundFileError) as error:
        for path in _all_files(name):
            path.unlink(missing_ok=True)
        said = reason(error) if isinstance(error, OSError) else str(error)
        raise AudioFileError(f"The voice can't be kept in {shown(folder)}: {said}.") from error
    return Enrolled(voice, sample.speech_seconds, sample.hint)


def rename(old: str, new: str) -> Voice:
    name = _own(old)
    if new.casefold() != name.casefold():
        _check_new(new)
    else:
        _check_spelling(new)
    voice = replace(catalog.voice(name), id=new, name=new)
    write_voice(voice, _file(new))
    for before, after in zip(_companions(name), _companions(new), strict=True):
        if before.exists():
            before.replace(after)
    if not _is_same_file(_file(name), _file(new)):
        _file(name).unlink()
    return voice


def remove(name: str) -> str:
    """Returns the name as it was written."""
    own = _own(name)
    for path in _all_files(own):
        path.unlink(missing_ok=True)
    return own


def up_to_date(voice: Voice, model: str) -> Voice:
    """The voice as the model knows it; an own voice that another encoder made is made anew, and kept so."""
    if not voice.encoders:  # one that came with the program
        return voice
    present, reference = fingerprint(model), _reference(voice.id)
    if voice.encoders.get(model) == present:
        return voice
    if not reference.exists():
        raise ModelError(
            f"The voice '{voice.id}' was made for another model than this {model}, and the speech it was "
            "made of is gone; remove it and make it again."
        )
    encoder = VoiceEncoder(model)
    sample = read_sample([reference], encoder.spec)
    fresh = replace(
        voice,
        embeddings=voice.embeddings | {model: _vector(encoder, sample)},
        encoders=voice.encoders | {model: present},
        memories=voice.memories | _memories(model, sample),
    )
    write_voice(fresh, _file(voice.id))
    return fresh


def _vector(encoder: VoiceEncoder, sample: VoiceSample) -> list[float]:
    return [float(x) for x in encoder.vector(sample.log_mel)]


def _memories(model: str, sample: VoiceSample) -> dict[str, str]:
    """Of the speech that is kept, so that it comes out the same when it is made anew."""
    if catalog.saying_path(model) is None:
        return {}
    memoriser = Memoriser(model)
    kept = round(_KEPT_SECONDS / sample.spec.hop_seconds)
    energy = sample.log_energy - log_energy_at(NOMINAL_RMS)
    return {model: memoriser.memory([(sample.log_mel[:kept], energy[:kept])])}


def _write_reference(sample: VoiceSample, path: Path) -> None:
    """Beside, then renamed."""
    kept = sample.audio[: round(_KEPT_SECONDS * sample.spec.sample_rate)]
    fresh = path.with_name(path.name + ".new")
    with fresh.open("wb") as file:
        soundfile.write(file, kept, sample.spec.sample_rate, format="FLAC", subtype="PCM_16")
    fresh.replace(path)


def _check_new(name: str) -> None:
    _check_spelling(name)
    for known in catalog.voice_paths():
        if known.casefold() == name.casefold():
            raise UsageError(f"There is a voice '{known}' already; choose another name, or remove that one.")


def _check_spelling(name: str) -> None:
    bad = re.search(f"[{_FORBIDDEN}]", name) or not name.isprintable()
    if bad or not name or name != name.strip() or name.startswith(".") or len(name) > _LONGEST_NAME:
        raise UsageError(
            f"'{name}' can't be the name of a voice; letters, digits, spaces and dashes can, "
            f"up to {_LONGEST_NAME} of them."
        )


def _own(name: str) -> str:
    """The name as it is written, of a voice that is the user's."""
    for known, path in catalog.voice_paths().items():
        if known.casefold() == name.casefold():
            if catalog.ASSETS in path.parents:
                raise UsageError(f"The voice '{known}' came with the program; only your own can be changed.")
            return known
    raise ModelError(f"There is no voice '{name}' of your own; --list-voices shows what there is.")


def _file(name: str) -> Path:
    return catalog.user_folder() / "voices" / f"{name}{VOICE_SUFFIX}"


def _reference(name: str) -> Path:
    return catalog.user_folder() / "voices" / f"{name}{REFERENCE_SUFFIX}"


def _companions(name: str) -> list[Path]:
    return [_reference(name), catalog.user_folder() / "voices" / f"{name}{PREVIEW_SUFFIX}"]


def _all_files(name: str) -> list[Path]:
    return [_file(name), *_companions(name)]


def _is_same_file(one: Path, other: Path) -> bool:
    """Names that differ in case only are one file on some systems."""
    return other.exists() and one.exists() and one.samefile(other)
