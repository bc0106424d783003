"""Starts the program from a checkout: the window, or with arguments what `python main.py --help` lists."""

import sys

from gui.start import main

if __name__ == "__main__":
    sys.exit(main())
