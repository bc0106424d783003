"""The command line: from arguments to one of the commands, and from whatever goes wrong to a sentence.

    0 ok   1 other   2 usage   3 device   4 model or voice   5 audio file   130 interrupted

Imports late what takes long to import, so that --help and mistakes are answered at once.
"""

import argparse
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from types import FrameType

from rtvc.threads import sum_on_one

sum_on_one()

from rtvc.cli_digit_options import typed_digits  # noqa: E402
from rtvc.cli_options import chain_settings, parse  # noqa: E402
from rtvc.errors import EXIT_INTERRUPTED, DeviceError, RtvcError  # noqa: E402
from rtvc.library_messages import kept_from_terminal  # noqa: E402
from rtvc.settings import ChainSettings  # noqa: E402


def main(argv: list[str] | None = None) -> int:
    """Run the program and return its exit code; no exception gets past here."""
    arguments = sys.argv[1:] if argv is None else argv
    _make_printable()
    try:
        with _ended_tidily(), nullcontext() if "--debug" in arguments else kept_from_terminal():
            return _run(parse(arguments))
    except SystemExit as end:  # argparse's way to end after --help and --version
        return int(end.code or 0)
    except RtvcError as error:
        return _fail(str(error), error.exit_code, arguments)
    except KeyboardInterrupt:
        return _fail("Interrupted; no half file is left.", EXIT_INTERRUPTED, arguments)
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except ModuleNotFoundError as error:
        sentence = f"Python's package {error.name} is missing; install with 'make run' or 'pip install .'."
        return _fail(sentence, RtvcError.exit_code, arguments)
    except Exception as error:
        return _fail(
            f"The program met a fault of its own ({type(error).__name__}: {error}); "
            "--debug shows where, please report it.",
            RtvcError.exit_code,
            arguments,
        )


def _run(options: argparse.Namespace) -> int:
    settings = chain_settings(options)
    if options.list_devices or options.list_voices or options.list_timbres or options.list_models:
        from rtvc import cli_lists

        return cli_lists.run(options)
    if options.diagnostics:
        from rtvc import diagnostics

        print(diagnostics.text())
        return 0
    if options.enroll or options.rename_voice or options.remove_voice:
        from rtvc import cli_voices

        return cli_voices.run(options)
    if options.measure_latency:
        return _measured(options, settings)
    if options.digits or options.regenerate or options.from_digit:
        from rtvc import cli_digits

        return cli_digits.run(options, settings)
    if options.source:
        from rtvc import cli_files

        return cli_files.run(options, settings)
    if options.control:
        return _controlled(options, settings)
    if options.headless:
        return _live(options, settings)
    return _live_or_clip(options, settings)


def _live(options: argparse.Namespace, settings: ChainSettings) -> int:
    from rtvc import headless
    from rtvc.audio_link import DeviceChoice
    from rtvc.chain import build_chain
    from rtvc.log import kept_log
    from rtvc.measured import Measured
    from rtvc.speaker_memory import SpeakerMemory

    with kept_log():
        return headless.run(
            build=build_chain,
            settings=settings,
            devices=DeviceChoice(options.input, options.output, options.sample_rate, options.monitor_device),
            seconds=options.seconds,
            json=options.json,
            record=options.record,
            shows_stats=options.stats,
            measured=Measured(),
            speakers=SpeakerMemory(),
            typed=typed_digits(options),
        )


def _controlled(options: argparse.Namespace, settings: ChainSettings) -> int:
    from rtvc import catalog, control
    from rtvc.audio_link import DeviceChoice
    from rtvc.chain import build_chain
    from rtvc.log import kept_log
    from rtvc.measured import Measured
    from rtvc.speaker_memory import SpeakerMemory

    devices = DeviceChoice(options.input, options.output, options.sample_rate, options.monitor_device)
    with kept_log():
        return control.run(
            build=build_chain,
            settings=settings,
            devices=devices,
            measured=Measured(),
            speakers=SpeakerMemory(),
            stamp=catalog.stamp,
        )


def _measured(options: argparse.Namespace, settings: ChainSettings) -> int:
    from rtvc.audio_link import DeviceChoice
    from rtvc.chain import build_chain
    from rtvc.engine import Engine
    from rtvc.measured import Measured

    devices = DeviceChoice(options.input, options.output, options.sample_rate)
    report = Engine(build_chain, settings, devices, measured=Measured()).measure_latency()
    if options.json:
        print(json.dumps(asdict(report)))
        return 0
    print(
        f"'{report.output}' to '{report.input}': {report.loop_ms} ms (the sound system says "
        f"{report.reported_ms} ms). {report.total_ms} ms from mouth to ear with {settings.summary}. "
        "Remembered, and shown from now on."
    )
    return 0


def _live_or_clip(options: argparse.Namespace, settings: ChainSettings) -> int:
    """What happens when nobody said what: something to be heard, with a sound card or without."""
    from rtvc import audio_io, cli_files

    try:
        audio_io.find_device(options.input, "input")
        audio_io.find_device(options.output, "output")
    except DeviceError as error:
        if options.input or options.output:
            raise
        print(f"rtvc: {error} Until then, the clip that came with the program is converted.", file=sys.stderr)
        return cli_files.run_demo(options, settings)
    return _live(options, settings)


def _fail(sentence: str, exit_code: int, arguments: list[str]) -> int:
    if "--debug" in arguments:
        traceback.print_exc()
    print(f"rtvc: {sentence}", file=sys.stderr)
    if "--json" in arguments:
        print(json.dumps({"error": sentence, "exit_code": exit_code}))
    return exit_code


def _make_printable() -> None:
    """A file name that the terminal can't show must not end the program."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def _ended_tidily() -> Iterator[None]:
    """Being told to end, or losing the terminal, is what Ctrl-C is. A signal that was ignored stays so."""
    before = {}
    if threading.current_thread() is threading.main_thread():
        numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
        before = {n: signal.signal(n, _interrupt) for n in numbers if signal.getsignal(n) is signal.SIG_DFL}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
