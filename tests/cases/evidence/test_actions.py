"""Evidence taken in, kept, asked for, packed and handed over; and all that is refused."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from tests.cases.evidence.conftest import NOW, WATCH, hand, mail, new, wanted

from pehra.cases.evidence.actions import asking, hands, keeping, packing, requests, taking
from pehra.cases.evidence.actions.custody import Doing, locked, write
from pehra.cases.evidence.actions.keeping import Hold, Keeper
from pehra.cases.evidence.actions.requests import LeaveOut, Move
from pehra.cases.evidence.queries import course, items, whole
from pehra.cases.evidence.rules import Act
from pehra.cases.models.case import Case, Link
from pehra.cases.models.evidence import CustodyLine, EvidenceItem, HandOverPackage
from pehra.engines.vault import files as vault
from pehra.engines.vault.pour import Poured, digests
from pehra.kernel.errors import Damaged, IllegalStep, Refused, UsageError
from pehra.ledger.queries import show
from pehra.mandate.models import Ground, Power
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER, Viewer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cases.evidence.conftest import Room

pytestmark = pytest.mark.django_db

DATA = b"what was on the disk " * 40


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of 100 bytes, so that short files have many."""
    monkeypatch.setattr(vault, "PIECE", 100)


def acts(number: int) -> list[str]:
    with as_system():
        rows = CustodyLine.objects.filter(item=number).order_by("seq")
        return list(rows.values_list("act", flat=True))


def step(number: int, to: str, who: str, **facts: Any) -> hands.Answered:  # noqa: ANN401 any of `Move`
    move = Move(to=to, text=f"{to}: done as it should be", **facts)
    return requests.advance(number, move, hand=hand(who), now=NOW)


def turn(who: str, text: str = "as it should be done") -> hands.Turn:
    return hands.Turn(hand(who), text, NOW)


def narrowed(room: Room, *out: int, **facts: Any) -> tuple[int, int]:  # noqa: ANN401 any of `NewRequest`
    """A request that is lawful, for one item; the others are left out."""
    item = room.add(DATA)
    number = room.asked(**facts)
    step(number, "identity_check", "custodian")
    step(number, "legality", "lawyer")
    left = tuple(LeaveOut("names of third parties in it", one) for one in out)
    step(number, "narrowed", "lawyer", items=(item,), left_out=left)
    step(number, "preserve", "custodian")
    return number, item


def test_what_is_taken_in_is_digested_sealed_and_in_custody(room: Room) -> None:
    number = room.add(DATA, harmful=True)
    found = whole(number, viewer=room.keeper.viewer, on=NOW.date())
    assert found is not None
    assert (found.item.sha256, found.item.sha512, found.item.state) == (
        hashlib.sha256(DATA).hexdigest(), hashlib.sha512(DATA).hexdigest(), "kept",
    )  # fmt: skip
    assert [line.act for line in found.custody] == ["begun", "taken-in"]
    told = [entry.facts["digest"] for entry in show(f"evidence:{number}")]
    assert told == list(reversed(found.digests))
    with as_system():
        assert Link.objects.filter(case=room.case, kind="evidence", ref=number).count() == 1
        stored = EvidenceItem.objects.get(pk=number).storage
    assert DATA not in vault.sealed_file(room.home, stored).read_bytes()


class Breaking(io.BytesIO):
    """A stream that breaks off."""

    def read(self, size: int | None = -1) -> bytes:
        """Nothing after 450 bytes."""
        if self.tell() > 450:
            raise KeyboardInterrupt
        return super().read(size)


def test_a_killed_upload_goes_on_and_another_file_does_not(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pehra.engines.vault.pour._DURABLE_EVERY", 100)
    actor = room.keeper.actor
    number = taking.begin(room.home, new(room, len(DATA)), actor=actor, now=NOW)
    with pytest.raises(KeyboardInterrupt):
        taking.take(room.home, number, Breaking(DATA), actor=actor, watch=WATCH)
    (row,) = items(viewer=room.keeper.viewer)
    assert row.state == "coming"
    assert 0 <= row.received <= 500
    with as_system():  # as if more of it had been written down before it broke off
        EvidenceItem.objects.update(received=400)
    with pytest.raises(Refused, match="is coming"):
        keeping.open_item(room.home, number, room.keeper, purpose="to look at it", now=NOW)
    with pytest.raises(Damaged, match="is not the beginning"):
        taking.take(room.home, number, io.BytesIO(b"x" + DATA[1:]), actor=actor, watch=WATCH)
    found = taking.take(room.home, number, io.BytesIO(DATA), actor=actor, watch=WATCH)
    assert found.sha512 == hashlib.sha512(DATA).hexdigest()
    assert not list(room.home.evidence.glob("*.unfinished"))
    with pytest.raises(Refused, match="is kept already"):
        taking.take(room.home, number, io.BytesIO(DATA), actor=actor, watch=WATCH)


def test_pieces_come_one_by_one_and_only_in_order(room: Room) -> None:
    actor = room.keeper.actor
    number = taking.begin(room.home, new(room, 250), actor=actor, now=NOW)
    assert taking.put(room.home, number, 0, io.BytesIO(DATA[:200])) == 200
    for offset, data, words in (
        (0, DATA[:100], "so 0 is not next"),
        (300, DATA[:100], "Send from 200 on"),
        (200, DATA[:30], "Pieces are of 100 bytes"),
        (200, DATA[:100], "and 250 in all"),
    ):
        with pytest.raises((Refused, UsageError), match=words):
            taking.put(room.home, number, offset, io.BytesIO(data))
    with pytest.raises(Refused, match="200 of 250 bytes"):
        taking.close(room.home, number, actor=actor, now=NOW)
    assert taking.put(room.home, number, 200, io.BytesIO(DATA[200:250])) == 250
    assert taking.put(room.home, number, 250, io.BytesIO()) == 250
    found = taking.close(room.home, number, actor=actor, now=NOW)
    assert (found.size, found.sha256) == (250, hashlib.sha256(DATA[:250]).hexdigest())


def test_what_cannot_be_is_said(room: Room) -> None:
    for facts, words in (
        ({"case": 99}, "no case 99"),
        ({"order": "first"}, "no step of RFC 3227"),
        ({"tlp": "PINK"}, "no label"),
        ({"source": " "}, "names its source"),
        ({"acquired_at": NOW + timedelta(hours=1)}, "still to come"),
        ({"derived_from": 99}, "no evidence 99"),
        ({"name": "/"}, "1 to 255"),
    ):
        with pytest.raises((UsageError, Refused), match=words):
            room.add(DATA, **facts)
    assert not list(room.home.evidence.glob("*"))
    with pytest.raises(Refused, match="over `evidence"):
        taking.begin(room.home, new(room, 1 << 50), actor=room.keeper.actor, now=NOW)


def test_a_file_that_a_form_brought_is_kept_or_gone(room: Room) -> None:
    for facts, left in (({}, 1), ({"case": 99}, 1)):
        storage = hashlib.sha256(str(facts).encode()).hexdigest()[:32]
        vault.begin(room.home, storage)
        with vault.Writer(room.home, storage, 0) as writer:
            writer.add(b"short")
        sealed = taking.Sealed(storage, digests([b"short"]))
        try:
            taking.adopt(room.home, new(room, 0, **facts), sealed, actor=room.keeper.actor, now=NOW)
        except UsageError as error:
            assert "no case 99" in error.message  # noqa: PT017 both ways are tried
        assert len(list(room.home.evidence.glob("*.key"))) == left
    assert [one.size for one in items(viewer=room.keeper.viewer)] == [5]
    vault.begin(room.home, "ef" * 16)
    assert taking.sweep(room.home, older_than=1e18) == 1


def test_opening_is_written_down_before_the_first_byte(room: Room) -> None:
    number = room.add(DATA)
    pieces = keeping.open_item(room.home, number, room.keeper, purpose="to find the C2", now=NOW)
    assert acts(number)[-1] == "opened"
    assert b"".join(pieces) == DATA
    found = whole(number, viewer=room.keeper.viewer, on=NOW.date())
    assert found is not None
    last = found.custody[-1]
    assert (last.by, last.office, last.purpose) == (
        mail("custodian"),
        "custodian",
        "to find the C2",
    )
    with pytest.raises(UsageError, match="The purpose has"):
        keeping.open_item(room.home, number, room.keeper, purpose="", now=NOW)


def test_another_team_and_an_organisation_see_nothing(room: Room) -> None:
    number = room.add(DATA)
    for viewer in (
        Viewer("f", teams=frozenset({room.other})),
        Viewer("b", organisations=frozenset({room.bank})),
    ):
        keeper = Keeper(viewer, room.keeper.actor)
        assert items(viewer=viewer) == []
        assert whole(number, viewer=viewer, on=NOW.date()) is None
        tried: tuple[Callable[..., object], ...] = (
            partial(keeping.open_item, room.home, number, keeper, purpose="to look at it"),
            partial(keeping.verify, room.home, number, keeper),
            partial(keeping.hold, number, Hold("a court has ordered it"), keeper),
            partial(keeping.destroy, room.home, number, "its time is over", keeper),
        )
        for act in tried:
            with pytest.raises(UsageError, match="There is no evidence"):
                act(now=NOW)


def test_a_flipped_bit_and_a_custody_written_anew_are_found(room: Room) -> None:
    number = room.add(DATA)
    assert keeping.verify(room.home, number, room.keeper, now=NOW).faults == ()
    with as_system():
        row = EvidenceItem.objects.get(pk=number)
        path = vault.sealed_file(room.home, row.storage)
        sealed = bytearray(path.read_bytes())
        sealed[500] ^= 1
        path.write_bytes(sealed)
        first = CustodyLine.objects.get(item=row, seq=0)
        was = first.text
        first.text = was.replace("mail server", "mail-server")
        first.save()
    faults = keeping.verify(room.home, number, room.keeper, now=NOW).faults
    assert faults == (
        f"Line 1 of the custody of item {number} is not what follows the one before.",
        f"The evidence {row.storage} is damaged: it is not what was sealed.",
    )
    with as_system():
        CustodyLine.objects.filter(item=row, seq__gt=0).delete()
    (fault,) = keeping.verify(room.home, number, room.keeper, now=NOW, read=False).faults
    assert fault == "The ledger has another custody."


def test_a_back_dated_entry_is_refused(room: Room) -> None:
    number = room.add(DATA)
    text = "The disk lies in the safe of room 4"
    keeping.note(number, text, room.keeper, at=NOW, now=NOW + timedelta(minutes=5))
    for at in (NOW - timedelta(days=1), NOW - timedelta(seconds=1), NOW + timedelta(days=1)):
        with pytest.raises(Refused, match=r"back-dated|yet to come"):
            keeping.note(number, text, room.keeper, at=at, now=NOW + timedelta(minutes=5))
    assert acts(number) == ["begun", "taken-in", "noted"]


def test_a_hold_and_an_open_case_keep_and_then_the_key_is_destroyed(room: Room) -> None:
    number = room.add(DATA)
    held = keeping.hold(number, Hold("the court of appeal has it"), room.keeper, now=NOW)
    with pytest.raises(Refused, match="the court of appeal has it"):
        keeping.destroy(room.home, number, "its time is over", room.keeper, now=NOW)
    keeping.release(held, "the court has decided", room.keeper, now=NOW)
    with pytest.raises(UsageError, match="no hold"):
        keeping.release(held, "the court has decided", room.keeper, now=NOW)
    with pytest.raises(UsageError, match="has passed"):
        keeping.hold(number, Hold("a court has ordered", NOW.date()), room.keeper, now=NOW)
    with pytest.raises(Refused, match="until its case is closed"):
        keeping.destroy(room.home, number, "its time is over", room.keeper, now=NOW)
    with as_system():
        Case.objects.filter(pk=room.case).update(closed_at=NOW - timedelta(days=1094))
    with pytest.raises(Refused, match="It is kept until 2026-11-23"):
        keeping.destroy(room.home, number, "its time is over", room.keeper, now=NOW)
    later = NOW + timedelta(days=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.db.transaction.on_commit", lambda act: act())
        certificate = keeping.destroy(room.home, number, "its time is over", room.keeper, now=later)
    assert list(room.home.evidence.iterdir()) == []
    found = whole(number, viewer=room.keeper.viewer, on=NOW.date())
    assert found is not None
    assert (found.digests[-1], found.item.sha256) == (
        certificate, hashlib.sha256(DATA).hexdigest(),
    )  # fmt: skip
    with pytest.raises(Refused, match="destroyed already"):
        keeping.destroy(room.home, number, "its time is over", room.keeper, now=later)


def test_a_request_without_a_ground_is_refused_and_counted(room: Room) -> None:
    for facts, words in (
        ({"ground": ""}, "needs a ground in law"),
        ({"ground": "law-99"}, "There is no ground"),
        ({"ground": "law-34", "kind": "content"}, "No public source confirms"),
        ({"ground": "law-32", "kind": "content"}, "does not carry"),
        ({"ground": "law-31", "kind": "preserve"}, "90 days at most"),
    ):
        found = asking.ask(wanted(room, **facts), hand=hand("liaison"), now=NOW)
        assert found.state == "refused"
        assert words in found.why
        with pytest.raises(IllegalStep):
            step(found.number, "identity_check", "custodian")


def test_who_may_not_ask_does_not(room: Room) -> None:
    for who, facts, words in (
        ("analyst", {}, "holds `evidence-out`"),
        ("custodian", {}, "holds `evidence-out`"),
        ("liaison", {"agency": "old-investigators"}, "no body `old-investigators` today"),
        ("liaison", {"agency": "river-bank"}, "no body that investigates"),
        ("liaison", {"kind": "real-time"}, "says its kind"),
        ("liaison", {"scope": "all"}, "The scope has"),
        ("officer", {"case": 99}, "No office of officer@cert.example in this case"),
        ("liaison", {"case": 99}, "no case 99"),
        ("nobody", {}, "nobody@cert.example"),
    ):
        with pytest.raises((Refused, UsageError), match=words):
            asking.ask(wanted(room, **facts), hand=hand(who), now=NOW)
    Power.objects.create(act="evidence-out", role="INV", does="record")
    found = asking.ask(wanted(room, kind="own", agency="river-bank"), hand=hand("officer"), now=NOW)
    assert found.state == "refused"  # `law-32` does not carry that


def test_the_paper_of_an_urgent_request(room: Room) -> None:
    number = room.asked(emergency=True)
    found = course(number, viewer=SYSTEM_VIEWER)
    assert found is not None
    assert found.request.late(NOW) is False
    assert found.request.late(NOW + timedelta(hours=25)) is True
    with pytest.raises(Refused, match="`record`"):
        asking.paper_came(number, hand=hand("liaison"), now=NOW)
    asking.paper_came(number, hand=hand("officer"), now=NOW + timedelta(hours=26))
    with pytest.raises(UsageError, match="waits for its paper"):
        asking.paper_came(number, hand=hand("officer"), now=NOW)


def test_nothing_is_left_out_in_silence(room: Room) -> None:
    first, second = room.add(DATA), room.add(b"of a third party")
    number = room.asked()
    step(number, "identity_check", "custodian")
    step(number, "legality", "lawyer")
    for facts, words in (
        ({"items": (first,)}, f"Nothing is said of the evidence {second}"),
        ({"items": ()}, "items that are kept"),
        ({"items": (first, 99)}, "items that are kept"),
        ({"items": (first,), "left_out": (LeaveOut("why", second),)}, "for leaving out has"),
    ):
        with pytest.raises(UsageError, match=words):
            step(number, "narrowed", "lawyer", **facts)
    left = (LeaveOut("of a third party", second), LeaveOut("not asked for", what="names"))
    step(number, "narrowed", "lawyer", items=(first,), left_out=left)
    found = course(number, viewer=room.keeper.viewer)
    assert found is not None
    assert [(one.item, one.what, one.left_out) for one in found.choices] == [
        (first, "", False), (second, "", True), (None, "names", True),
    ]  # fmt: skip


def test_two_keys_and_a_law_that_ends_meanwhile(room: Room) -> None:
    number, item = narrowed(room)
    for who, words in (
        ("lawyer", "holds `evidence-out` \\(`apply`\\)"), ("analyst", "holds `evidence-out`"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=words):
            packing.pack(room.home, number, turn(who))
    with pytest.raises(IllegalStep):
        packing.second_sign(room.home, number, turn("director"))
    Ground.objects.filter(slug="law-32").update(valid_to=NOW.date())
    with pytest.raises(Refused, match="is not in force"):
        packing.pack(room.home, number, turn("custodian"))
    Ground.objects.filter(slug="law-32").update(valid_to=None)
    packing.pack(room.home, number, turn("custodian"))
    for who, typed, words in (
        ("lawyer", "", "is for the director"),
        ("director", "lawyer", "lawyer@cert.example turned the first key"),
        ("director", "custodian", "has the part `carry-out`"),
        ("custodian", "", "holds `evidence-out` \\(`approve`\\)"),
    ):
        with pytest.raises(Refused, match=words):
            packing.second_sign(
                room.home, number, hands.Turn(hand(who, typed), "I stand for it", NOW)
            )
    target = room.home.root / "out.zip"
    with pytest.raises(IllegalStep):
        packing.deliver(room.home, number, target, turn("custodian"))
    packing.second_sign(room.home, number, turn("director"))
    found = packing.deliver(room.home, number, target, turn("second-custodian"))
    assert hashlib.sha256(target.read_bytes()).hexdigest() == found.sha256
    assert acts(item)[-3:] == ["held", "packed", "handed-over"]
    with pytest.raises(Refused, match=r"request|Preserved"):
        keeping.destroy(room.home, item, "its time is over", room.keeper, now=NOW)


def copied(room: Room, number: int) -> dict[str, bytes]:
    files = packing.copy_out(room.home, number, turn("custodian"))
    return {name: b"".join(data) for name, data in files}


def test_after_it_left(room: Room) -> None:
    number, item = narrowed(room)
    packing.pack(room.home, number, turn("custodian"))
    packing.second_sign(room.home, number, turn("director"))
    first = copied(room, number)
    again = copied(room, number)
    assert first["items/0001.bin"] == DATA
    assert {name for name in first if first[name] != again[name]} <= {
        "ledger/package.json", "ledger/second-sign.json",  # the log has grown
    }  # fmt: skip
    assert acts(item)[-2:] == ["handed-over", "handed-over"]
    told = json.loads(first["manifest.json"])
    assert told["items"][0]["clock_offset_seconds"] == -2.5
    for to in ("receipt", "outcome", "retained"):
        step(number, to, "custodian", **({"until": NOW.date()} if to == "retained" else {}))
    assert step(number, "destroyed", "custodian").state == "destroyed"
    with as_system(), pytest.raises(Refused):
        step(number, "retained", "custodian")
    with pytest.raises(UsageError, match="have acts of their own"):
        step(number, "package", "custodian")
    with pytest.raises(UsageError, match="no request 99"):
        step(99, "receipt", "custodian")


def test_what_is_retained_is_said_to_be_destroyed_only_after_its_day(room: Room) -> None:
    until = (NOW + timedelta(days=80)).date()
    number, item = narrowed(room, kind="preserve", ground="law-31", preserve_until=until)
    with pytest.raises(IllegalStep, match="From there: narrowed, outcome, refused"):
        packing.pack(room.home, number, turn("custodian"))
    step(number, "outcome", "custodian")
    step(number, "retained", "custodian")
    with pytest.raises(Refused, match="It is kept until 2029-11-21"):
        step(number, "destroyed", "custodian")
    found = whole(item, viewer=room.keeper.viewer, on=NOW.date())
    assert found is not None
    assert [(one.reason, one.until) for one in found.holds] == [
        (f"Preserved for request {number}", until)
    ]
    later = whole(item, viewer=room.keeper.viewer, on=until)
    assert later is not None
    assert later.holds == ()


def test_a_file_that_was_altered_makes_no_package(room: Room) -> None:
    number, item = narrowed(room)
    packing.pack(room.home, number, turn("custodian"))
    packing.second_sign(room.home, number, turn("director"))
    with as_system():
        path = vault.sealed_file(room.home, EvidenceItem.objects.get(pk=item).storage)
    sealed = bytearray(path.read_bytes())
    sealed[-1] ^= 1
    path.write_bytes(sealed)
    target = room.home.root / "out.zip"
    with pytest.raises(Damaged):
        packing.deliver(room.home, number, target, turn("custodian"))
    found = course(number, viewer=SYSTEM_VIEWER)
    assert found is not None
    assert (target.exists(), found.request.state) == (False, "second_sign")
    with as_system():
        HandOverPackage.objects.update(second_entry=None)
    with pytest.raises(Refused, match="lacks its second signature"):
        packing.deliver(room.home, number, target, turn("custodian"))


def test_a_line_needs_its_item_locked(room: Room) -> None:
    number = room.add(DATA)
    with as_system():
        doing = Doing(act=Act.NOTED, actor=room.keeper.actor, at=NOW, purpose="a remark in words")
        assert write(locked(number), doing, now=NOW).seq == 2
        with pytest.raises(UsageError, match="There is no evidence 99"):
            locked(99)


def test_a_size_that_was_said_is_the_size(room: Room) -> None:
    number = taking.begin(room.home, new(room, 10), actor=room.keeper.actor, now=NOW)
    with pytest.raises(Damaged, match="840 bytes came, and 10 were said"):
        taking.take(room.home, number, io.BytesIO(DATA), actor=room.keeper.actor, watch=WATCH)
    assert Poured("", "", 0).size == 0
