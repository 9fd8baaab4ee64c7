"""What an upgrade writes into a home that is in use."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps

from pehra.kernel.actors import SYSTEM
from pehra.kernel.time import clock
from pehra.mandate.actions import load_structure, shipped_structure
from pehra.mandate.models import Clock, Power

pytestmark = pytest.mark.django_db

keep = import_module("pehra.mandate.migrations.0008_who_lets_rounds_go").keep
outreach = import_module("pehra.mandate.migrations.0010_advisories_and_breaches")


def kept() -> list[tuple[str, str, str, bool]]:
    rows = Power.objects.filter(act="send-notice").order_by("role", "does")
    return [(one.role, one.does, one.tier, one.valid_from == clock().date()) for one in rows]


def test_who_let_rounds_go_goes_on_from_the_day_of_the_upgrade() -> None:
    keep(apps, None)
    assert kept() == []  # a new home: its structure file brings them
    Power.objects.create(act="handle-reports", role="NC", tier="national")
    Power.objects.create(act="send-notice", role="SUP", does="approve")
    for _ in range(2):
        keep(apps, None)
        assert kept() == [
            ("DIR", "approve", "national", True),
            ("NC", "may", "national", True),
            ("SUP", "approve", "", False),
        ]


def test_a_home_in_use_learns_who_works_on_cases_and_by_when() -> None:
    learn = import_module("pehra.mandate.migrations.0009_categories_of_cases").keep
    learn(apps, None)
    assert (Power.objects.count(), Clock.objects.count()) == (0, 0)
    Power.objects.create(act="handle-reports", role="NC", tier="national")
    Clock.objects.create(kind="fix", hours=1)
    for _ in range(2):
        learn(apps, None)
        assert (Power.objects.count(), Clock.objects.count()) == (10, 20)
    changes = load_structure(shipped_structure(), actor=SYSTEM, now=clock())
    told = [one.key for one in changes if one.outcome == "added" and "case" in one.key[0]]
    assert told == []  # they are those of a new home


def test_a_home_in_use_gets_what_advisories_and_breaches_need() -> None:
    outreach.keep(apps, None)
    assert (Power.objects.count(), Clock.objects.count()) == (0, 0)
    Power.objects.create(act="publish-advisories", role="NC", tier="national")
    Clock.objects.create(kind="advisory-ack", severity=4, hours=12)
    for _ in range(2):
        outreach.keep(apps, None)
        assert Power.objects.count() == len(outreach.POWERS)
        assert Clock.objects.count() == len(outreach.CLOCKS)
    assert Clock.objects.get(kind="advisory-ack").hours == 12
    changes = load_structure(shipped_structure(), actor=SYSTEM, now=clock())
    told = {one.key[0] for one in changes if one.outcome == "added"}
    assert told.isdisjoint({"publish-advisories", "handle-breaches", "advisory-publish"})


def test_a_home_in_use_learns_who_keeps_evidence() -> None:
    learn = import_module("pehra.mandate.migrations.0011_who_keeps_evidence").keep
    learn(apps, None)
    assert (Power.objects.count(), Clock.objects.count()) == (0, 0)
    Power.objects.create(act="handle-reports", role="NC", tier="national")
    Clock.objects.create(kind="fix", hours=1)
    for _ in range(2):
        learn(apps, None)
        assert (Power.objects.count(), Clock.objects.count()) == (6, 3)
    changes = load_structure(shipped_structure(), actor=SYSTEM, now=clock())
    about = {"keep-evidence", "evidence-paper", "evidence-retention"}
    told = [one.key for one in changes if one.outcome == "added" and not about.isdisjoint(one.key)]
    assert told == []  # they are those of a new home
