"""What Shadowserver's file names say, and when they are not believed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from pehra.intake.source import Delivery
from pehra.intake.sources.shadowserver import read

Deliver = Callable[..., Delivery]
REPORT = b"timestamp,ip,port\n2026-11-20 05:00:00,192.0.2.10,23\n"


@pytest.mark.parametrize(
    ("file_name", "day"),
    [
        ("2026-11-19-scan_telnet-test.csv", date(2026, 11, 19)),
        ("2026-11-22-scan_telnet-test.csv", date(2026, 11, 22)),
        # Received on the 21st: what is still to come can have been covered by nobody.
        ("2026-11-23-scan_telnet-test.csv", date(2026, 11, 20)),
        ("2099-01-01-scan_telnet-test.csv", date(2026, 11, 20)),
        ("scan_telnet.csv", date(2026, 11, 20)),
    ],
)
def test_the_day_is_that_of_the_name_unless_it_is_still_to_come(
    deliver: Deliver, file_name: str, day: date
) -> None:
    reading = read(deliver(REPORT, file_name))
    assert (reading.kind, reading.day) == ("scan_telnet", day)
    assert [part.rows for part in reading.parts] == [1]
