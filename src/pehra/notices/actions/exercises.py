"""Begin an exercise: letters about made-up findings, or copies of real ones, to those chosen.

It goes the way of every round: a preview while sending is off, held for a person, let go, through
the one door. Made-up findings are rows nowhere; of copies no state changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import polars as pl
from django.db import transaction

from pehra.findings.queries import told as findings
from pehra.kernel.errors import Refused, UsageError
from pehra.mandate import queries as mandate
from pehra.notices import bundles, exercises, queries, rules
from pehra.notices.actions import rounds
from pehra.notices.models import Approval, Round

if TYPE_CHECKING:
    from collections.abc import Collection

    from pehra.kernel.actors import Actor
    from pehra.notices.actions.rounds import Scene

MOST = 500
"""Organisations of one exercise."""
_COPIES = 20
"""Findings of an organisation that are copied, the worst first."""
_ALL_SOURCES = -1


class Exercise(msgspec.Struct, frozen=True):
    """What an exercise is to be.

    Attributes:
        organisations: who takes part.
        scenario: what is made up; empty: real findings are copied.
        urgent: it goes as what is critical goes, to the mailbox for day and night too.
    """

    organisations: frozenset[int]
    scenario: str = ""
    urgent: bool = False


def led_by(team: int, scene: Scene) -> frozenset[int]:
    """Organisations on which a team leads."""
    leads = mandate.lead_teams(scene.now.date())
    return frozenset(holder for holder, lead in leads.items() if lead == team)


def begin(asked: Exercise, scene: Scene, *, actor: Actor) -> queries.RoundView:
    """Plan the round of an exercise; it waits for another person.

    Raises:
        UsageError: nobody was chosen, too many were, or there is no such scenario.
        Refused: nobody of those chosen can be written to, or there is nothing to copy.
    """
    chosen = _chosen(asked, scene)
    drill = msgspec.structs.replace(scene, exercise=True, control=None)
    rows = _made_up(asked, chosen, drill) if asked.scenario else _copied(chosen)
    if not rows.height:
        message = "None of the organisations chosen has a finding that could be copied."
        raise Refused(message, mend="Name a scenario: its findings are made up.")
    found = _bundled(asked, rows, drill, chosen)
    if not found.notices.height:
        message = "None of the organisations chosen has a mailbox to which this may be written."
        raise Refused(message, mend="Add contacts, or approve the sources of what is copied.")
    if asked.scenario:
        many = found.size.findings
        found = msgspec.structs.replace(found, named=found.named.clear(), made_up=many)
    rounds.clear_half_plans(scene.now)
    number = rounds.write(found, drill, urgent=asked.urgent)
    with transaction.atomic():
        Round.objects.filter(pk=number).update(scenario=asked.scenario, begun_by=actor.name[:160])
        return rounds.close(number, found, drill, urgent=asked.urgent, actor=actor)


def _chosen(asked: Exercise, scene: Scene) -> list[int]:
    if asked.scenario:
        exercises.scenario(asked.scenario)
    if not asked.organisations:
        message = "Nobody was chosen to take part."
        raise UsageError(message, mend="Name organisations, or a team that leads on some.")
    if len(asked.organisations) > MOST:
        message = f"{len(asked.organisations)} organisations are too many for one exercise."
        raise UsageError(message, mend=f"Choose at most {MOST}.")
    able = asked.organisations if scene.only is None else asked.organisations & scene.only
    if not able:
        message = "Sending is on for a list only, and nobody chosen is on it."
        raise Refused(message, mend="`pehra dispatch state` shows the list.")
    return sorted(able)


def _made_up(asked: Exercise, chosen: Collection[int], scene: Scene) -> pl.DataFrame:
    """Rows as a round reads findings; their numbers are used by nobody."""
    leads = mandate.lead_teams(scene.now.date(), set(chosen))
    made = [(holder, one) for holder in chosen for one in exercises.scenario(asked.scenario).lines]
    rows = [
        (
            -place,
            holder,
            leads.get(holder),
            one.level,
            one.identifier,
            one.rsit_class,
            True,
            _ALL_SOURCES,
        )
        for place, (holder, one) in enumerate(made, 1)
    ]
    return pl.DataFrame(rows, schema=bundles.FINDINGS, orient="row")


def _copied(chosen: Collection[int]) -> pl.DataFrame:
    wanted = [number for holder in chosen for number in findings.worst_of(holder, _COPIES)]
    return findings.of_numbers(wanted, findings.OUTSTANDING)


def _bundled(
    asked: Exercise, rows: pl.DataFrame, scene: Scene, chosen: Collection[int]
) -> bundles.Bundles:
    known = bundles.recipients(queries.contacts_at(chosen, now=scene.now))
    # What a contact does not want to hear of is told in an exercise all the same: it trains.
    told = msgspec.structs.replace(known, inhibits=known.inhibits.clear())
    allowed = _ALL_SOURCES
    if scene.sending and not asked.scenario:
        allowed = findings.source_bits(queries.approved(Approval.Kind.SOURCE))
    if asked.urgent:
        return bundles.urgent(rows.with_columns(urgent=True), told, allowed)
    levels = frozenset(rows["severity"].to_list())
    due = dict.fromkeys(told.contacts, (rules.Kind.DIGEST, levels))
    return bundles.routine(rows, told, bundles.due_frame(due), allowed)
