"""The eight playbooks that we wrote: whole in both languages, with clocks and evidence in order."""

from __future__ import annotations

import pytest

from pehra.cases.playbooks.cacao import Action
from pehra.cases.playbooks.outline import outline
from pehra.cases.playbooks.shipped import SLUGS, shipped

ARABIC = range(0x0600, 0x0700)


def in_urdu(text: str) -> bool:
    return any(ord(letter) in ARABIC for letter in text)


@pytest.mark.parametrize("slug", SLUGS)
def test_every_step_has_its_words_who_acts_and_what_to_keep(slug: str) -> None:
    playbook = shipped()[slug]
    assert playbook.title.kind == slug
    assert in_urdu(playbook.title.name_ur)
    assert in_urdu(playbook.title.description_ur)
    for place in outline(playbook):
        step, guide = playbook.steps[place.key], playbook.guides[place.key]
        assert step.name
        assert in_urdu(guide.name_ur)
        assert all(in_urdu(urdu) for _, urdu in guide.case_words.values())
        if isinstance(step, Action):
            assert step.description
            assert in_urdu(guide.description_ur)
            assert guide.within_minutes is not None
            assert in_urdu(playbook.parties[step.agent].name_ur)
        order = [one.volatility for one in guide.evidence]
        assert order == sorted(order)
        assert all(1 <= one <= 7 for one in order)
        assert all(in_urdu(one.what_ur) for one in guide.evidence)


def test_each_says_what_evidence_to_keep_and_ends_with_a_review() -> None:
    for playbook in shipped().values():
        assert any(guide.evidence for guide in playbook.guides.values())
        last = outline(playbook)[-1]
        assert playbook.guides[last.key].clock_words == "review"


def test_identifiers_are_never_used_twice() -> None:
    found = [key for one in shipped().values() for key in (one.id, *one.steps, *one.agents)]
    uuids = [key.rpartition("--")[2] for key in found]
    assert len(set(uuids)) == len(uuids)
