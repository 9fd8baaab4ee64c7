"""The words of the second fence: what a session is told, and what a policy asks."""

from __future__ import annotations

import pytest

from pehra.mandate.fences import condition, held, named, of_finding, of_notice, statement, within
from pehra.mandate.viewers import NOBODY, SYSTEM_VIEWER, Viewer


def told(sees_all: str, name: str, teams: str, organisations: str) -> str:
    return (
        f"SELECT set_config('pehra.sees_all', '{sees_all}', false),"
        f" set_config('pehra.name', '{name}', false), set_config('pehra.teams', '{teams}', false),"
        f" set_config('pehra.organisations', '{organisations}', false)"
    )


@pytest.mark.parametrize(
    ("viewer", "words"),
    [
        (NOBODY, told("", "nobody", "{}", "{}")),
        (SYSTEM_VIEWER, told("yes", "pehra", "{}", "{}")),
        (
            Viewer("amna", teams=frozenset({30, 4}), organisations=frozenset({2})),
            told("", "amna", "{4,30}", "{2}"),
        ),
        (Viewer("o'', '') --"), told("", "o'''', '''') --", "{}", "{}")),
    ],
)
def test_a_session_is_told_who_looks(viewer: Viewer, words: str) -> None:
    assert statement(viewer) == words


def test_a_policy_asks_once_a_statement() -> None:
    name = "(SELECT NULLIF(current_setting('pehra.name', true), ''))"
    everything = "(SELECT current_setting('pehra.sees_all', true) = 'yes')"
    assert condition(named("by")) == f"{everything} OR by = {name}"
    ids = "NULLIF(current_setting('pehra.{}', true), '')::bigint[]"
    ours = f"organisation_id IN (SELECT unnest({ids.format('organisations')}))"
    led = f"team_id = ANY ((SELECT {ids.format('teams')})::bigint[])"
    assert held(team="") == ours
    assert held(organisation="") == led
    assert held() == f"{led} OR {ours}"
    assert within("a", "id", "b.a_id") == "EXISTS (SELECT FROM a behind WHERE behind.id = b.a_id)"
    assert of_finding("b") == within("findings_finding", "id", "b.finding_id")
    assert of_notice("b", "id") == within("notices_party", "notice_id", "b.id")
