"""python -m tests: all tests in half the time; options are pytest's.

Most share the processors. Those that judge sound as it is made have the machine to themselves, afterwards.
Plain `pytest` runs all of them too, one after the other.
"""

import os
import subprocess
import sys

import pytest

_SHARED = ["-n", "logical", "--maxprocesses", "4", "--dist", "worksteal", "-m", "not alone"]
_ALONE = ["-m", "alone"]
# Two processes of as many threads as there are processors take each other's: 12 minutes instead of 7.
_ONE_THREAD = {"OMP_NUM_THREADS": "1"}


def main() -> int:
    """The first exit code that tells of a failure; a part in which nothing was asked for is none."""
    codes = []
    for part in (_SHARED, _ALONE):
        command = [sys.executable, "-m", "pytest", *part, *sys.argv[1:]]
        codes.append(subprocess.run(command, env=os.environ | _ONE_THREAD).returncode)
        if codes[-1] == pytest.ExitCode.INTERRUPTED:
            break
    failed = [code for code in codes if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)]
    return int(failed[0] if failed else min(codes))


if __name__ == "__main__":
    raise SystemExit(main())
