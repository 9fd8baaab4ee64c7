"""The glossary covers every code that the rooms can give."""

from __future__ import annotations

from pehra.findings.rules import State
from pehra.intake.models import Batch
from pehra.jobs.models import Job
from pehra.kernel.labels import Severity
from pehra.mandate.models import Organisation, Team
from pehra.registry.models import Asset, Claim, WorkItem
from pehra.web import phrases


def test_every_code_has_its_words() -> None:
    assert set(phrases.SEVERITY) == set(Severity)
    assert set(phrases.STATE) == set(phrases.STATE_TONE) == set(State)
    assert set(Batch.State.values) <= set(phrases.BATCH_STATE)
    assert set(phrases.JOB_STATE) == set(Job.State.values)
    assert set(phrases.TEAM_STATUS) == set(Team.Status.values)
    assert set(phrases.TEAM_TIER) == set(Team.Tier.values)
    assert set(phrases.STANDING) == set(Organisation.Standing.values)
    assert set(phrases.CLAIM_SOURCE) == set(Claim.Source.values)
    assert set(phrases.CLAIM_USE) == set(Claim.Use.values)
    assert set(phrases.ASSET_KIND) == set(Asset.Kind.values)
    assert set(phrases.WORK_KIND) == set(WorkItem.Kind.values)
