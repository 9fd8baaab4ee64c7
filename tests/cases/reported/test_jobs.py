"""Jobs of reports: registered by name, and contacts are kept sealed under the key in use."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.cases.conftest import NOW
from tests.cases.reported.conftest import say

from pehra.cases.reported import jobs
from pehra.cases.reported.rules import Contact
from pehra.engines.sealed import ring as rings

if TYPE_CHECKING:
    from tests.cases.conftest import Nation

    from pehra.kernel.settings import Home


@pytest.mark.django_db
def test_contacts_are_kept(home: Home, nation: Nation) -> None:
    del nation
    say(home, NOW, "x", contact=Contact(mail="a@b.example"))
    rings.add(home)
    told = jobs.keep_contacts({}, now=NOW, progress=lambda *_: None)
    assert told == {"sealed": 1, "forgotten": 0, "hours": 0}
    later = NOW + timedelta(days=3)
    told = jobs.keep_contacts({}, now=later, progress=lambda *_: None)
    assert told == {"sealed": 0, "forgotten": 0, "hours": 1}
