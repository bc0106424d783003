"""Where the program begins: the window, where nothing else is asked for and there is a display for it."""

import importlib.util
import sys

from rtvc import cli


def main() -> int:
    """Run the program and return its exit code."""
    if len(sys.argv) == 1 and importlib.util.find_spec("PyQt6") is not None:
        from gui.display import has_display

        if has_display():
            from gui.app import run

            return run()
    return cli.main()
