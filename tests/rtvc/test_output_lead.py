"""How late an output callback is, by what is left of the usual lead."""

import pytest

from rtvc.output_lead import OutputLead

RATE, BLOCK = 48000, 192


def test_what_is_lost_is_what_the_lead_has_fallen_by() -> None:
    lead = OutputLead(RATE)
    for now, lost in [(0.015, 0.0), (0.0152, 0.0), (0.011, 0.0042), (0.0, 0.0152), (0.016, 0.0)]:
        lead.add(now, BLOCK)
        assert lead.lost_seconds == pytest.approx(lost)


def test_a_lead_that_stays_shorter_is_the_usual_one_a_second_later() -> None:
    lead = OutputLead(RATE)
    lead.add(0.150, BLOCK)  # as of a wireless headset, before it was taken off
    for _ in range(RATE // BLOCK):
        lead.add(0.015, BLOCK)
    assert lead.lost_seconds == 0.0
    lead.add(0.012, BLOCK)
    assert lead.lost_seconds == pytest.approx(0.003)
