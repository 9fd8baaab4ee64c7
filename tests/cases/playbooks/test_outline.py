"""Steps in the order of reading, each with a number that says where it stands."""

from __future__ import annotations

from itertools import islice

from pehra.cases.playbooks.outline import branches, letters, outline
from pehra.cases.playbooks.shipped import SLUGS, shipped


def test_numbers_of_ransomware() -> None:
    places = outline(shipped()["ransomware"])
    assert [one.number for one in places] == [
        *("1", "2", "3", "3a1", "3b1", "3c1", "4", "5", "6", "7", "7a1"),
        *("8", "9", "10", "11", "12"),
    ]
    fork = places[2].key
    assert places[4].within == ((fork, "2"),)
    assert [name for name, _ in branches(shipped()["ransomware"], fork)] == ["1", "2", "3"]


def test_every_step_but_starts_and_ends_stands_once() -> None:
    for slug in SLUGS:
        playbook = shipped()[slug]
        found = sorted(one.key for one in outline(playbook))
        kinds = {key: step.type for key, step in playbook.steps.items()}
        assert found == sorted(key for key in kinds if kinds[key] not in {"start", "end"})


def test_letters_go_on_after_z() -> None:
    assert list(islice(letters(), 25, 28)) == ["z", "aa", "ab"]
