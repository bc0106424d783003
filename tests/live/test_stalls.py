"""The table of what stalls do, on stalls that are made up."""

from tests.live.stalls import Stall, table


def faults(device_xruns: int = 0, underruns: int = 0, drops: int = 0, recoveries: int = 0) -> dict[str, int]:
    return {
        "device_xruns": device_xruns,
        "underruns": underruns,
        "drops": drops,
        "recoveries": recoveries,
    }


def test_a_row_for_each_who_was_stopped_and_one_for_all():
    stalls = [
        Stall("server", faults(device_xruns=3, underruns=1), faults(device_xruns=2)),
        Stall("both", faults(), faults(device_xruns=7)),
        Stall("server", faults(recoveries=1), faults(drops=1)),
    ]
    assert list(table(stalls))[2:] == [
        "| server | 2 | 1, 2 | 3, 2 | 1, 0 | 0, 1 |",
        "| both | 1 | 0, 1 | 0, 7 | 0, 0 | 0, 0 |",
        "| all of it | 3 | 1, 3 | 3, 9 | 1, 0 | 0, 1 |",
    ]
