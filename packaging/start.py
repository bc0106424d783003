"""Where the built program begins. Its children are the same file, told which part of the program to be.

From a checkout children are started as `python -m MODULE`; in a build the program stands in for Python, and
`-m` means one of PARTS.
"""

import multiprocessing
import runpy
import sys

PARTS = ("rtvc.cli", "rtvc.model_trial", "gui.file_worker")


def main() -> int:
    multiprocessing.freeze_support()  # a worker of a folder goes no further
    if sys.argv[1:2] == ["-m"] and sys.argv[2:3] and sys.argv[2] in PARTS:
        part = sys.argv[2]
        del sys.argv[1:3]
        runpy.run_module(part, run_name="__main__", alter_sys=True)
        return 0
    from gui.start import main as begin

    return begin()


if __name__ == "__main__":
    sys.exit(main())
