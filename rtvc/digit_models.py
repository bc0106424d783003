"""Which digit models there are, and loading one. Asks the catalog for files."""

from rtvc import catalog
from rtvc.digit_recording import DigitListener
from rtvc.digits import DigitSpeaker
from rtvc.errors import ModelError
from rtvc.runtime import BlockModel

PREFIX = "digits-"  # of the models' full names; `cnn` means digits-cnn


def load_speaker(model: str) -> DigitSpeaker:
    """The digit model of that name, short or full."""
    return DigitSpeaker(BlockModel(catalog.model_path(_full_name(model))))


def load_listener(speaker: DigitSpeaker) -> DigitListener:
    """What understands recordings the way this speaker's model does."""
    path = catalog.encoder_path(speaker.name, "can't take a recording apart")
    return DigitListener(BlockModel(path), speaker)


def _full_name(model: str) -> str:
    names = list(catalog.model_paths())
    wanted = model if model in names or model.startswith(PREFIX) else PREFIX + model
    if wanted in names:
        return wanted
    short = ", ".join(name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX))
    there = f"there are {short}" if short else "there is none"
    raise ModelError(
        f"There is no model '{model}' of digits ({there}); train one as training/README.md says and copy it "
        f"into {catalog.user_folder() / 'models'}."
    )
