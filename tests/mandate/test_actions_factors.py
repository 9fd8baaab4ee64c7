"""Second factors of a lost device are taken away, by an entry of the ledger."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from allauth.mfa.models import Authenticator

from pehra.kernel.actors import Actor
from pehra.kernel.errors import UsageError
from pehra.ledger.queries import recent
from pehra.mandate.actions.factors import forget_factors
from pehra.mandate.models import User

NOW = datetime(2026, 11, 28, tzinfo=UTC)
OPERATOR = Actor(name="root", office="operator")


@pytest.mark.django_db
def test_only_that_persons_factors_go() -> None:
    lost, other = (User.objects.create(email=f"{name}@cert.example") for name in ("a", "b"))
    for user, kind in ((lost, "totp"), (lost, "recovery_codes"), (other, "totp")):
        Authenticator.objects.create(user=user, type=kind, data={})
    assert forget_factors("A@cert.example", actor=OPERATOR, now=NOW) == 2
    assert [one.user for one in Authenticator.objects.all()] == [other]
    entry = recent()[0]
    assert (entry.act, entry.facts) == (
        "mandate.forget-factors",
        {"person": lost.pk, "factors": 2},
    )
    with pytest.raises(UsageError):
        forget_factors("nobody@cert.example", actor=OPERATOR, now=NOW)
