"""A package is what was signed, whatever changed here meanwhile; and each copy asks the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.cases.evidence.conftest import NOW, hand
from tests.cases.evidence.test_actions import DATA, acts, copied, narrowed, step, turn

from pehra.cases.evidence import manifest
from pehra.cases.evidence.actions import hands, keeping, packing
from pehra.cases.models.evidence import CustodyLine, EvidenceItem, HandOverPackage, HandOverStep
from pehra.engines.vault import files as vault
from pehra.kernel.errors import Damaged, Refused
from pehra.ledger.queries import show
from pehra.mandate.models import Ground
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cases.evidence.conftest import Room

pytestmark = pytest.mark.django_db


def signed(room: Room) -> tuple[int, int]:
    number, item = narrowed(room)
    packing.pack(room.home, number, turn("custodian"))
    packing.second_sign(room.home, number, turn("director"))
    return number, item


def test_a_copy_asks_all_rules_before_it_says_anything(room: Room) -> None:
    number, item = signed(room)
    copied(room, number)
    before = acts(item)
    typed = hands.Turn(hand("custodian", "liaison"), "another copy for them", NOW)
    with pytest.raises(Refused, match=r"liaison@cert\.example has the part `issue`"):
        packing.copy_out(room.home, number, typed)
    Ground.objects.filter(slug="law-32").update(valid_to=NOW.date())
    with pytest.raises(Refused, match="is not in force"):
        packing.copy_out(room.home, number, turn("custodian"))
    Ground.objects.filter(slug="law-32").update(valid_to=None)
    with as_system():
        HandOverPackage.objects.update(second_entry=None)
    with pytest.raises(Refused, match="lacks its second signature"):
        packing.copy_out(room.home, number, turn("custodian"))
    assert acts(item) == before
    with as_system():
        HandOverPackage.objects.update(second_entry=1)
    copied(room, number)
    with as_system():
        steps = HandOverStep.objects.filter(request=number, state="delivered").count()
    told = [one.facts.get("again") for one in show(f"hand-over:{number}")][:2]
    assert (steps, told) == (2, [1, None])


def test_a_package_is_the_one_that_was_signed_under_any_release(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, item = signed(room)
    monkeypatch.setattr(manifest, "carried", lambda *_: {"verify.py": b"of the next release"})
    files = copied(room, number)
    told = manifest.read(files["manifest.json"].decode())
    assert {one.path for one in told.files} < set(files)
    manifest.check_carried(told, {one.path: files[one.path] for one in told.files})
    with as_system():
        made = HandOverPackage.objects.get(request=number)
        made.carried["VERIFY.txt"] += " "
        made.save()
    before = acts(item)
    with pytest.raises(Damaged, match="are not as signed"):
        packing.copy_out(room.home, number, turn("custodian"))
    assert acts(item) == before


def test_it_is_said_before_the_file_is_there(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    number, item = signed(room)
    target, reads = room.home.root / "out.zip", []
    opened = vault.opened

    def killed(*given: Any) -> Iterator[bytes]:  # noqa: ANN401 those of `opened`
        reads.append(acts(item)[-1])
        if len(reads) == 2:
            raise KeyboardInterrupt
        return opened(*given)

    monkeypatch.setattr(vault, "opened", killed)
    with pytest.raises(KeyboardInterrupt):
        packing.deliver(room.home, number, target, turn("custodian"))
    assert (reads, target.exists()) == (["packed", "handed-over"], False)
    assert packing.deliver(room.home, number, target, turn("custodian")).size
    assert acts(item)[-2:] == ["handed-over", "handed-over"]


def test_one_act_is_one_entry_of_the_ledger(room: Room) -> None:
    number, _ = signed(room)
    found = [one.act for one in show(f"hand-over:{number}")][:2]
    assert found == ["cases.evidence-second-sign", "cases.evidence-package"]
    assert sum(one.act in found for one in show(f"hand-over:{number}")) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [("acquired_at", NOW), ("name", "other.img"), ("order", "archive"), ("sha256", "0" * 64),
     ("clock_offset_seconds", None), ("tool", "dd"), ("note", "something else")],
)  # fmt: skip
def test_a_row_is_bound_to_its_custody(room: Room, name: str, value: object) -> None:
    number, item = narrowed(room)
    with as_system():
        EvidenceItem.objects.filter(pk=item).update(**{name: value})
    found = keeping.verify(room.home, item, room.keeper, now=NOW, read=False)
    assert found.faults == (f"Its custody says otherwise when it came in: {name}.",)
    with pytest.raises(Damaged, match=f"came in with another {name}"):
        packing.pack(room.home, number, turn("custodian"))
    with as_system():
        assert CustodyLine.objects.filter(item=item, act="packed").count() == 0


def test_a_destroyed_item_is_gone_from_the_disk(room: Room) -> None:
    item = room.add(DATA)
    with as_system():
        row = EvidenceItem.objects.get(pk=item)
        EvidenceItem.objects.filter(pk=item).update(state="destroyed")
    vault._path(room.home, row.storage, "key").unlink()  # noqa: SLF001 as a kill leaves it
    assert vault.sweep(room.home, {row.storage}, 1e18) == 0
    with pytest.raises(Refused, match="destroyed already"):
        keeping.destroy(room.home, item, "its time is over", room.keeper, now=NOW)
    assert list(room.home.evidence.iterdir()) == []


def test_steps_that_are_not_there_are_refused(room: Room) -> None:
    number, _ = signed(room)
    with pytest.raises(Refused, match="From there: delivered, narrowed, package, refused"):
        step(number, "receipt", "custodian")
