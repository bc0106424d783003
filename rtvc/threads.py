"""How many threads sums take. numpy asks once, when it is imported, so this has to be told before.

On several threads the many small sums of a hop would wait for each other more than they gain.
"""

import os

_COUNTS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def one_each() -> dict[str, str]:
    """Environment variables for children that are to sum on one thread."""
    return dict.fromkeys(_COUNTS, "1")


def sum_on_one() -> None:
    """In this process, unless somebody has decided otherwise."""
    for name, count in one_each().items():
        os.environ.setdefault(name, count)
