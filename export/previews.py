"""What each shipped voice sounds like, made by the shipped model; to be run after an export."""

from rtvc.catalog import ASSETS, voice_paths
from rtvc.previews import keep_preview


def refresh_previews() -> int:
    """Make all of them anew; returns how many there are."""
    shipped = [name for name, path in voice_paths().items() if ASSETS in path.parents]
    for name in shipped:
        keep_preview(name)
    return len(shipped)
