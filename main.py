"""Starts the program from a checkout: `python main.py --help`. Everything is in rtvc.cli."""

import sys

from rtvc.cli import main

if __name__ == "__main__":
    sys.exit(main())
