"""Made-up findings: the same whenever they are worked out, and of nobody's network."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime

import pytest

from pehra.findings.advice import identifiers
from pehra.intake.classification import RSIT
from pehra.kernel.errors import UsageError
from pehra.notices import exercises
from pehra.notices.exercises import Holder
from pehra.observations.xarf import Reporter, report

AT = datetime(2026, 11, 22, 6, tzinfo=UTC)
HOLDERS = [Holder(7, "river-bank", "River Bank"), Holder(300, "hill-net", "Hill Net")]
DOCUMENTATION = ipaddress.ip_network("203.0.113.0/24")


@pytest.mark.parametrize("name", sorted(exercises.scenarios()))
def test_every_line_is_of_a_network_or_a_name_for_documentation(name: str) -> None:
    made = exercises.lines(name, HOLDERS, AT)
    assert exercises.lines(name, HOLDERS, AT) == made
    each = len(exercises.scenario(name).lines)
    assert [one.finding for one in made] == list(range(1, 2 * each + 1))
    assert [one.organisation for one in made] == ["River Bank"] * each + ["Hill Net"] * each
    places = [
        one.asset.endswith((".river-bank.example", ".hill-net.example"))
        or ipaddress.ip_address(one.asset) in DOCUMENTATION
        for one in made
    ]
    assert places == [True] * len(made)
    assert {one.mark for one in made} == {"EX"}


def test_scenarios_speak_as_reports_do() -> None:
    made = [one for each in exercises.scenarios().values() for one in each.lines]
    assert [RSIT[one.rsit_type] for one in made] == [one.rsit_class for one in made]
    known = {one.identifier for one in made if one.identifier.startswith("open-")}
    assert known - set(identifiers()) == set()


def test_a_report_of_an_exercise_is_marked() -> None:
    (line, *_) = exercises.lines("exposed", HOLDERS, AT)
    who = Reporter("A CERT", "reports@cert.example", "cert.example")
    made = exercises.tagged(report(exercises.row(line, 12), who))
    assert (
        made["source_identifier"],
        made["source_port"] if "source_port" in made else made["service_port"],
    ) == (
        line.asset,
        3389,
    )
    assert made["tags"] == ["rsit:potentially-unwanted-accessible", "tlp:amber", "exercise:drill"]
    assert made["description"] == "EXERCISE: this is a drill. Nothing in it is real."


def test_what_is_no_scenario_is_refused_with_those_that_are() -> None:
    with pytest.raises(UsageError) as fault:
        exercises.scenario("flood")
    assert fault.value.mend == "Possible: exposed, infected, web."


def test_what_is_approved_changes_with_the_file() -> None:
    assert exercises.version().startswith("exercise-")
