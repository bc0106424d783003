"""What can be asked for on the command line, and in which combinations. Does nothing of it."""

import argparse
from importlib import metadata
from typing import NoReturn

from rtvc.cli_digit_options import add_digits, check_digit_options
from rtvc.cli_values import count, number, picture, positive, shown, two_paths
from rtvc.digit_settings import DEFAULT_DIGIT_MODEL
from rtvc.errors import UsageError
from rtvc.presets import DEFAULT_PRESET, PRESETS
from rtvc.settings import (
    DEFAULT_MODEL,
    DEFAULT_TARGET,
    DEFAULT_TIMBRE,
    DIGITS_MODE,
    MODES,
    ChainSettings,
)

_DESCRIPTION = """\
Speak, and be heard with another voice.

With SOURCE and DESTINATION an audio file, or every audio file of a folder tree, is converted.
Without, the microphone is converted live; Ctrl-C ends it. A machine without microphone and
loudspeaker converts a short clip that came with the program instead, unless --headless is given."""

_EPILOG = f"""\
modes:
  speaker   your words in the voice of --target
  timbre    what you hum or sing, played by the instrument of --timbre
  resynth   your own voice, taken apart and put together again: what the vocoder alone sounds like
  bypass    your own voice as it is
  digits    numbers you type, spoken by a generative model: into a file, aloud, or live

presets:
{chr(10).join(f"  {preset.name:<10}{preset.description}" for preset in PRESETS.values())}

exit codes:
  0    all went well; also when Ctrl-C ended live conversion
  1    something else went wrong
  2    an option or its value makes no sense
  3    no PortAudio, no such device, or it would not open
  4    a model or a voice is missing or damaged
  5    an audio file could not be read or written; of a folder, at least one
  130  interrupted; files that were finished stay, no half file is left

examples:
  rtvc speech.wav converted.wav --target p230
  rtvc recordings/ converted/ --target p230 --jobs 4
  rtvc --headless --target p230 --input "USB" --output "Cable"
  rtvc humming.wav flute.wav --mode timbre --timbre flute --pitch 12 --scale G-major
  rtvc --mode digits --digits 2024
  rtvc --mode digits --digits 2024 --voice random --target p230 2024.wav
"""

_ONLY_LIVE = ("input", "output", "monitor_device", "seconds", "record")
_LISTS = ("list_devices", "list_voices", "list_timbres", "list_models", "diagnostics", "measure_latency")
_FOR_TIMBRE = ("timbre", "scale", "scale_strength", "glide", "vibrato", "add_vibrato", "breath")
_VOICES = ("enroll", "rename_voice", "remove_voice")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message[0].upper()}{message[1:]}; --help shows what there is.")


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options, checked one by one and against each other."""
    options = _parser().parse_args(arguments)
    check_digit_options(options, is_list=any(getattr(options, name) for name in (*_LISTS, *_VOICES)))
    _check_combination(options)
    return options


def chain_settings(options: argparse.Namespace) -> ChainSettings:
    played = {
        "timbre": options.timbre,
        "scale": options.scale,
        "scale_strength": options.scale_strength,
        "scale_glide_ms": options.glide,
        "vibrato": options.vibrato,
        "added_vibrato_cents": options.add_vibrato,
        "breath": options.breath,
    }
    return ChainSettings(
        mode=options.mode,
        target=options.blend or options.target or DEFAULT_TARGET,
        # With digits it names who makes them; what they are converted by, if at all, is the usual one.
        model=DEFAULT_MODEL if options.mode == DIGITS_MODE else options.model or DEFAULT_MODEL,
        preset_name=options.preset,
        input_gain_db=options.input_gain,
        output_gain_db=options.output_gain,
        gate_db=options.gate,
        noise_reduction=options.noise_reduction,
        pitch_semitones=options.pitch,
        formant_semitones=options.formant,
        source_pitch_hz=options.source_pitch,
        **{name: value for name, value in played.items() if value is not None},
    )


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="rtvc",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("source", nargs="?", metavar="SOURCE", help="audio file or folder to convert")
    parser.add_argument("destination", nargs="?", metavar="DESTINATION", help=".wav or .flac file, or folder")
    _add_sound(parser.add_argument_group("sound"))
    _add_timbre(parser.add_argument_group("instruments, with --mode timbre"))
    add_digits(parser.add_argument_group("digits"))
    _add_live(parser.add_argument_group("live"))
    _add_files(parser.add_argument_group("files"))
    _add_voices(parser.add_argument_group("voices of your own"))
    _add_rest(parser.add_argument_group("lists and the rest"))
    return parser


def _add_sound(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--mode", default=MODES[0], help=f"{', '.join(MODES)} (default: {MODES[0]})")
    group.add_argument(
        "--target",
        metavar="VOICE",
        help=f"default: {DEFAULT_TARGET}; with digits, their own voice",
    )
    group.add_argument("--blend", metavar="VOICES", help="a target between voices: p230:0.7,p226:0.3")
    group.add_argument(
        "--pitch",
        type=number,
        default=0.0,
        metavar="SEMITONES",
        help="above the target's own pitch; transposes an instrument",
    )
    group.add_argument(
        "--formant", type=number, default=0.0, metavar="SEMITONES", help="a shorter mouth, or a longer one"
    )
    group.add_argument(
        "--source-pitch", type=number, metavar="HZ", help="the speaker's own, if known (default: found out)"
    )
    group.add_argument(
        "--model", help=f"who speaks it (default: {DEFAULT_MODEL}, with digits {DEFAULT_DIGIT_MODEL})"
    )
    group.add_argument("--preset", default=DEFAULT_PRESET, help=f"see below (default: {DEFAULT_PRESET})")
    group.add_argument("--gate", type=number, metavar="DBFS", help="silence what is quieter, e.g. -50")
    group.add_argument(
        "--noise-reduction", type=number, default=0.0, metavar="0..1", help="turn noise down, e.g. 0.5"
    )
    group.add_argument("--input-gain", type=number, default=0.0, metavar="DB", help="default: 0")
    group.add_argument("--output-gain", type=number, default=0.0, metavar="DB", help="default: 0")


def _add_timbre(group: argparse._ArgumentGroup) -> None:
    """None where nothing is asked for: defaults are those of the settings."""
    group.add_argument("--timbre", metavar="NAME", help=f"which instrument (default: {DEFAULT_TIMBRE})")
    group.add_argument("--scale", metavar="KEY-KIND", help="bring the melody into it, e.g. C-major")
    group.add_argument("--scale-strength", type=number, metavar="0..1", help="how far (default: 1)")
    group.add_argument("--glide", type=number, metavar="MS", help="from note to note of it (default: 60)")
    group.add_argument("--vibrato", type=number, metavar="0..4", help="share of your own that is kept")
    group.add_argument("--add-vibrato", type=number, metavar="CENTS", help="on top of your own, e.g. 30")
    group.add_argument("--breath", type=number, metavar="0..4", help="the instrument's own noise: 1")


def _add_live(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--headless", action="store_true", help="convert live, without a window")
    group.add_argument(
        "--control", action="store_true", help="be steered by JSON lines on standard input: docs/control.md"
    )
    group.add_argument("--input", metavar="DEVICE", help="microphone: its number or a part of its name")
    group.add_argument("--output", metavar="DEVICE", help="where to: a number or a part of a name")
    group.add_argument("--monitor-device", metavar="DEVICE", help="a second output that hears the same")
    group.add_argument(
        "--record",
        type=two_paths,
        metavar="IN,OUT",
        help="two .wav files: what is heard and what becomes of it",
    )
    group.add_argument(
        "--measure-latency",
        action="store_true",
        help="play chirps, hear how late the devices are, remember it, then end",
    )
    group.add_argument("--stats", action="store_true", help="all counters, once a second")
    group.add_argument("--seconds", type=positive, help="end after so many")


def _add_files(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--jobs", type=count, metavar="N", help="processes that share a folder (default: 1)")
    group.add_argument(
        "--sample-rate", type=count, metavar="HZ", help="of the result, or of the devices (default: as is)"
    )
    group.add_argument(
        "--plot", type=picture, metavar="PNG", help="spectrograms of one file, before and after"
    )


def _add_voices(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--enroll",
        nargs="+",
        metavar=("NAME", "RECORDING"),
        help="make a voice of what one person says in the recordings, 10 s or so, then end",
    )
    group.add_argument("--rename-voice", nargs=2, metavar=("OLD", "NEW"), help="then end")
    group.add_argument("--remove-voice", metavar="NAME", help="and what it was made of, then end")


def _add_rest(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--list-devices", action="store_true", help="microphones and outputs, then end")
    group.add_argument("--list-voices", action="store_true", help="what --target knows, then end")
    group.add_argument("--list-timbres", action="store_true", help="what --timbre knows, then end")
    group.add_argument("--list-models", action="store_true", help="what --model knows, then end")
    group.add_argument("--diagnostics", action="store_true", help="a text to paste into a report, then end")
    group.add_argument("--json", action="store_true", help="results for programs, on standard output")
    group.add_argument(
        "--seed", type=int, help="of what digits draw at random; no other mode draws any, and only notes it"
    )
    group.add_argument(
        "--debug", action="store_true", help="show where an error came from, and what libraries print"
    )
    group.add_argument("--version", action="version", version=f"rtvc {_version()}")


def _check_combination(options: argparse.Namespace) -> None:
    asked = [name for name in (*_LISTS, *_VOICES, "headless", "control") if getattr(options, name)]
    if options.source:
        asked.append("SOURCE")
    if asked == ["headless", "control"]:  # a control has no window either
        asked = ["control"]
    if len(asked) > 1:
        raise UsageError(f"{shown(asked[0])} and {shown(asked[1])} exclude each other; give one of them.")
    played = [name for name in _FOR_TIMBRE if getattr(options, name) is not None]
    if played and options.mode != "timbre":
        raise UsageError(f"{shown(played[0])} is for instruments; add --mode timbre, or leave it out.")
    if options.plot and not options.source:
        raise UsageError("--plot is for files; name SOURCE and DESTINATION.")
    if options.source and not options.destination:
        raise UsageError("There is a SOURCE and no DESTINATION; name the file or folder for the result.")
    if options.source:
        for name in _ONLY_LIVE:
            if getattr(options, name) is not None:
                raise UsageError(f"{shown(name)} is for live conversion; leave it out for files.")
    elif options.control and (options.seconds or options.record):
        raise UsageError("With --control sound starts, ends and is recorded by command; leave that out.")
    elif options.jobs is not None:
        raise UsageError("--jobs is for files; leave it out, or name SOURCE and DESTINATION.")


def _version() -> str:
    try:
        return metadata.version("rtvc")
    except metadata.PackageNotFoundError:
        return "(not installed)"
