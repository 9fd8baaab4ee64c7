"""Whether mail can leave, as `pehra doctor` sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pehra.cli.checks.mail import mail_can_leave
from pehra.dispatch.actions import release, set_sending
from pehra.dispatch.letters import Letter
from pehra.dispatch.models import Envelope
from pehra.dispatch.rules import Mode, Outgoing, Recipient
from pehra.kernel.actors import SYSTEM
from pehra.kernel.errors import EnvironmentFault, Refused
from pehra.kernel.labels import Tlp
from pehra.kernel.settings import Home
from pehra.kernel.time import clock
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db


def test_where_sending_is_on_there_is_a_relay(place: Path) -> None:
    home = Home(place)
    home.keys.mkdir(parents=True)
    home.settings_file.touch()
    assert mail_can_leave(home) == "sending is off"
    set_sending(Mode.REDIRECT, redirect_to="all@cert.example", actor=SYSTEM, now=clock())
    with pytest.raises(EnvironmentFault, match="No relay"):
        mail_can_leave(home)
    lines = '[mail]\nsender = "notices@cert.example"\nhost = "relay.example"\n'
    home.settings_file.write_text(f'{lines}security = "plain"\n')
    with pytest.raises(Refused, match="does not go"):
        mail_can_leave(home)
    home.settings_file.write_text(lines)
    assert mail_can_leave(home) == "redirect by relay.example, not signed: `pehra keys mail`"
    item = Outgoing(
        kind="report",
        reference="r",
        key="k",
        recipient=Recipient(address="press@news.example"),
        letter=Letter("s", "t"),
        tlp=Tlp.CLEAR,
    )
    release([item], actor=SYSTEM, now=clock())
    with as_system():
        Envelope.objects.update(state="uncertain")
    with pytest.raises(EnvironmentFault, match="1 letters may have left"):
        mail_can_leave(home)
