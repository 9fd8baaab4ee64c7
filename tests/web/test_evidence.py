"""The evidence room by its pages and its API: who sees what, what is told, what is inert."""

from __future__ import annotations

import hashlib
import io
import os
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pyzipper
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.cases.evidence.conftest import Room, evidence_room, mail
from tests.web.conftest import NOW

from pehra.cases.evidence import queries
from pehra.cases.evidence.jobs import digest_and_keep
from pehra.cases.models.evidence import CustodyLine, HandOver
from pehra.engines.vault import files as vault
from pehra.kernel.actors import SYSTEM
from pehra.kernel.errors import EnvironmentFault
from pehra.kernel.settings import home_path
from pehra.kernel.time import clock
from pehra.mandate.apikeys.actions import RANDOM_BYTES, NewKey, give_key
from pehra.mandate.apikeys.rules import Owner
from pehra.mandate.models import Office, Team, Tenure, User
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.web.api import evidence as api
from pehra.web.evidence import adding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.http.response import HttpResponseBase

pytestmark = pytest.mark.django_db

__all__ = ["evidence_room"]

EVIL = "<img src=x onerror=alert(1)>.exe"
DATA = b"MZ not to be run " * 30


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pieces of 100 bytes; and nothing is left for the next test."""
    monkeypatch.setattr(vault, "PIECE", 100)
    monkeypatch.setattr(api, "PIECE", 100)
    yield
    for path in home_path().evidence.glob("*"):
        path.unlink()


@pytest.fixture
def at(room: Room) -> Callable[[str], Client]:
    """A browser in which one of the room's people is signed in."""
    del room

    def signed(who: str) -> Client:
        client = Client()
        client.force_login(User.objects.get(email=mail(who)), "pehra.web.accounts.Backend")
        return client

    return signed


def body(answer: HttpResponseBase) -> bytes:
    pieces: Iterator[bytes] = answer.streaming_content  # type: ignore[attr-defined] # a stream's
    return b"".join(pieces)


def form(
    case: int, data: bytes = DATA, name: str = "disk.img", **facts: object
) -> dict[str, object]:
    given = {"case": case, "source": "mail server", "collector": "A. Collector", "order": "disk",
             "acquired_at": "2026-11-22T05:00", "file": SimpleUploadedFile(name, data)}  # fmt: skip
    return given | facts


def added(client: Client, case: int, **facts: object) -> int:
    answer = client.post("/evidence/add/", form(case, **facts))  # type: ignore[arg-type] # a test's own words
    assert answer.status_code == 302, answer.content
    return int(answer.headers["Location"].split("/")[2])


def test_a_form_without_script_seals_as_it_is_read(
    room: Room,
    at: Callable[[str], Client],
) -> None:
    custodian = at("custodian")
    number = added(custodian, room.case, name=EVIL, harmful="on", note="<script>alert(2)</script>")
    found = queries.whole(number, viewer=SYSTEM_VIEWER, on=NOW.date())
    assert found is not None
    assert (found.item.sha256, found.item.size, found.item.name) == (
        hashlib.sha256(DATA).hexdigest(), len(DATA), EVIL,
    )  # fmt: skip
    assert found.item.acquired_at.isoformat() == "2026-11-22T00:00:00+00:00"  # Karachi is +05:00
    for path in home_path().evidence.glob("*.sealed"):
        assert DATA[:100] not in path.read_bytes()
    for page in ("/evidence/", f"/evidence/{number}/"):
        text = custodian.get(page).content.decode()
        assert "&lt;img src=x onerror=alert(1)&gt;.exe" in text
        assert "<img src=x" not in text
        assert "<script>alert" not in text


def test_what_is_wrong_in_the_form_leaves_nothing(
    room: Room,
    at: Callable[[str], Client],
) -> None:
    custodian = at("custodian")
    for facts in ({"source": ""}, {"case": 99}, {"acquired_at": "2027-01-01T00:00"}):
        answer = custodian.post("/evidence/add/", form(**{"case": room.case, **facts}))  # type: ignore[arg-type] # a test's own words
        assert (answer.status_code, list(home_path().evidence.glob("*"))) == (422, [])
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(email=mail("custodian")), "pehra.web.accounts.Backend")
    assert strict.post("/evidence/add/", form(room.case)).status_code == 403
    assert queries.items(viewer=SYSTEM_VIEWER) == []


def test_working_on_a_case_opens_no_evidence(
    room: Room,
    at: Callable[[str], Client],
) -> None:
    custodian = at("custodian")
    number = added(custodian, room.case)
    pages = ("/evidence/", "/evidence/add/", f"/evidence/{number}/")
    opened = {
        who: [at(who).get(page).status_code for page in pages]
        for who in ("custodian", "lawyer", "director", "liaison", "officer", "analyst")
    }
    assert opened == {
        "custodian": [200, 200, 200],
        "lawyer": [200, 403, 200],
        "director": [200, 403, 403],
        "liaison": [200, 403, 403],
        "officer": [200, 403, 403],
        "analyst": [403, 403, 403],
    }
    for who in ("lawyer", "officer", "analyst", "liaison"):
        told = at(who).post(f"/evidence/{number}/open/", {"purpose": "to look at it"})
        assert told.status_code == (404 if who == "liaison" else 403), who
    with as_system():
        assert CustodyLine.objects.filter(act="opened").count() == 0
    assert Client().get("/evidence/").status_code == 302
    seen = at("custodian").get("/evidence/").content.decode()
    assert 'href="/evidence/"' in seen
    assert 'href="/evidence/"' not in at("analyst").get("/").content.decode()


def test_a_download_is_a_sealed_zip_whatever_it_holds(
    room: Room,
    at: Callable[[str], Client],
) -> None:
    custodian = at("custodian")
    number = added(custodian, room.case, name="page.html")
    answer = custodian.post(f"/evidence/{number}/open/", {"purpose": "to find the C2"})
    kinds = {name: answer.headers[name] for name in (
        "Content-Type", "Content-Disposition", "X-Content-Type-Options", "Content-Security-Policy",
    )}  # fmt: skip
    assert kinds == {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f'attachment; filename="evidence-{number}.zip"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    with pyzipper.AESZipFile(io.BytesIO(body(answer))) as file:
        assert file.read("page.html.bin", pwd=b"infected") == DATA
    assert custodian.post(f"/evidence/{number}/open/", {"purpose": ""}).status_code == 400
    assert custodian.post(f"/evidence/{number}/verify/").status_code == 302
    wish = {"reason": "a court has ordered it", "until": "2026-12-31"}
    assert custodian.post(f"/evidence/{number}/hold/", wish).status_code == 302
    remark = {"text": "The disk lies in the safe"}
    assert custodian.post(f"/evidence/{number}/note/", remark).status_code == 302
    found = queries.whole(number, viewer=SYSTEM_VIEWER, on=NOW.date())
    assert found is not None
    assert [line.act for line in found.custody][2:] == ["opened", "verified", "held", "noted"]
    (held,) = found.holds
    text = custodian.get(f"/evidence/{number}/").content.decode()
    assert "a court has ordered it" in text
    lift = f"/evidence/{number}/hold/{held.id}/release/"
    assert custodian.post(lift, {"reason": "the court decided"}).status_code == 302
    for path in ("open", "verify", "hold", "note"):
        assert custodian.post(f"/evidence/99/{path}/", remark).status_code == 404
    assert custodian.post(lift, {"reason": "the court decided"}).status_code == 404
    assert custodian.get("/evidence/99/").status_code == 404


def step(client: Client, number: int, to: str, **facts: object) -> HttpResponseBase:
    told = {"to": to, "text": "as it should be done", **facts}
    answer: HttpResponseBase = client.post(f"/evidence/requests/{number}/step/", told)
    return answer


def asking(room: Room) -> dict[str, object]:
    return {"case": room.case, "agency": "investigators", "kind": "traffic", "ground": "law-32",
            "reference": EVIL, "scope": "Traffic data <b>of November"}  # fmt: skip


def test_a_request_without_a_ground_is_shown_with_the_reason(
    room: Room, at: Callable[[str], Client]
) -> None:
    liaison, wish = at("liaison"), asking(room)
    refused = liaison.post("/evidence/ask/", wish | {"ground": ""})
    assert "needs a ground in law" in liaison.get(refused.headers["Location"]).content.decode()
    assert liaison.post("/evidence/ask/", wish | {"scope": "all"}).status_code == 422
    assert at("custodian").get("/evidence/ask/").status_code == 403


def test_a_hand_over_by_pages(
    room: Room,
    at: Callable[[str], Client],
) -> None:
    custodian, lawyer, liaison = at("custodian"), at("lawyer"), at("liaison")
    first = added(custodian, room.case, name=EVIL)
    second = added(custodian, room.case, data=b"of somebody else")
    wish = asking(room)
    page = liaison.post("/evidence/ask/", wish | {"emergency": "on"}).headers["Location"]
    number = int(page.split("/")[3])
    assert liaison.post(f"{page}paper/").status_code == 404
    assert at("officer").post(f"{page}paper/").status_code == 302
    assert step(liaison, number, "identity_check").status_code == 404
    assert step(lawyer, number, "identity_check").status_code == 403
    assert step(custodian, number, "identity_check").status_code == 302
    step(lawyer, number, "legality")
    assert f'name="why-{second}"' in lawyer.get(page).content.decode()
    facts = {"item": first, f"why-{second}": "of a third party", "what": "names",
             "what-why": "not asked for"}  # fmt: skip
    assert step(lawyer, number, "narrowed", **facts).status_code == 302
    step(custodian, number, "preserve")
    step(custodian, number, "package")
    assert step(lawyer, number, "second_sign").status_code == 403
    assert step(at("director"), number, "second_sign").status_code == 302
    assert step(custodian, number, "delivered", passphrase="short").status_code == 400  # noqa: S106 it is refused
    phrase = "five words that nobody knows"
    for _ in range(2):
        outer = body(step(custodian, number, "delivered", passphrase=phrase))
        with pyzipper.AESZipFile(io.BytesIO(outer)) as file:
            assert file.read("items/0001.bin", pwd=phrase.encode()) == DATA
    for who in ("custodian", "liaison", "director"):
        text = at(who).get(page).content.decode()
        assert "&lt;img src=x" in text
        assert "<b>of November" not in text
        assert (f"E{first}" in text) is (who != "liaison")
    assert custodian.get("/evidence/requests/99/").status_code == 404
    assert liaison.post("/evidence/requests/99/paper/").status_code == 404


def test_the_public_counts_need_no_account_and_name_nobody(room: Room) -> None:
    empty = Client().get("/evidence/counts/").content.decode()
    assert "Nobody has asked for evidence" in empty
    for number in range(7):
        room.asked(ground="" if number else "law-32", reference=f"FIR {number}")
    text = Client().get("/evidence/counts/").content.decode()
    assert "Investigators" in text
    assert "fewer than 5, or hidden with them" in text
    assert "FIR" not in text
    assert Client().post("/evidence/counts/").status_code == 405


def key(team: str) -> Client:
    row = Team.objects.get(slug=team)
    new = NewKey(
        owner=Owner(None, row.pk, team),
        label="a laboratory",
        scopes=("add:evidence",),
        expires=clock().date() + timedelta(days=1),
    )
    text = give_key(new, os.urandom(RANDOM_BYTES), actor=SYSTEM, now=clock())
    return Client(headers={"authorization": f"Bearer {text}"})


def test_the_day_that_a_court_set_is_kept(room: Room, at: Callable[[str], Client]) -> None:
    custodian, number = at("custodian"), room.asked()
    with as_system():
        HandOver.objects.update(state="outcome")
    assert 'name="until"' in custodian.get(f"/evidence/requests/{number}/").content.decode()
    assert step(custodian, number, "retained", until="2031-01-31").status_code == 302
    found = queries.course(number, viewer=SYSTEM_VIEWER)
    assert found is not None
    assert str(found.request.retain_until) == "2031-01-31"


def test_own_data_is_consented_to_by_its_owner_on_the_page(
    room: Room, at: Callable[[str], Client]
) -> None:
    officer, custodian, head = at("officer"), at("custodian"), at("head")
    added(custodian, room.case)
    assert "River Bank" in officer.get(f"/evidence/ask/?case={room.case}").content.decode()
    wish = asking(room) | {"kind": "own", "ground": "consent", "agency": "river-bank"}
    page = officer.post("/evidence/ask/", wish).headers["Location"]
    number = int(page.split("/")[3])
    step(custodian, number, "identity_check")
    step(at("lawyer"), number, "legality")
    assert 'value="consent"' in head.get(page).content.decode()
    assert step(head, number, "refused").status_code == 404
    assert step(at("lawyer"), number, "consent").status_code == 403
    assert step(head, number, "consent").status_code == 302
    found = queries.course(number, viewer=SYSTEM_VIEWER)
    assert found is not None
    assert (found.request.state, found.steps[-1].by) == ("consent", mail("head"))


def test_an_office_of_another_team_shows_and_keeps_nothing(
    room: Room, at: Callable[[str], Client]
) -> None:
    custodian = at("custodian")
    number = added(custodian, room.case, name="of this team.img")
    with as_system():
        Office.objects.filter(slug="custodian").update(team=room.other)
        analyst = Office.objects.get(slug="analyst")
    Tenure.objects.create(office=analyst, person=User.objects.get(email=mail("custodian")))
    seen = custodian.get("/evidence/").content.decode()
    assert ("of this team.img" in seen, custodian.get(f"/evidence/{number}/").status_code) == (
        False, 404,
    )  # fmt: skip
    purpose = {"purpose": "to look at it"}
    assert custodian.post(f"/evidence/{number}/open/", purpose).status_code == 403
    assert custodian.post("/evidence/add/", form(room.case)).status_code == 403
    assert len(list(home_path().evidence.glob("*.key"))) == 1
    new = {"case": room.case, "name": "a", "size": 0, "source": "s", "collector": "c",
           "acquired_at": (NOW - timedelta(days=9)).isoformat()}  # fmt: skip
    assert custodian.post(V1, new, content_type="application/json").status_code == 403


@pytest.mark.parametrize("fault", ["largest", "room", "line"])
def test_an_upload_that_breaks_off_leaves_no_file_open(
    room: Room, at: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    custodian = at("custodian")
    monkeypatch.setattr(adding, "_LOOK_EVERY", 200)
    before = len(list(Path("/proc/self/fd").iterdir()))

    def broken(*_: object) -> None:
        message = "no room"
        raise EnvironmentFault(message)

    if fault == "largest":
        (home_path().root / "pehra.toml").write_text("[evidence]\nlargest_file = 100\n")
    elif fault == "room":
        monkeypatch.setattr(adding.Sealing, "handle_raw_input", lambda *_, **__: None)
        monkeypatch.setattr("pehra.engines.blobs.room.check", broken)
    else:
        monkeypatch.setattr(adding.Sealing, "file_complete", broken)
    with suppress(EnvironmentFault):
        custodian.post("/evidence/add/", form(room.case))
    (home_path().root / "pehra.toml").unlink(missing_ok=True)
    assert list(home_path().evidence.glob("*")) == []
    assert len(list(Path("/proc/self/fd").iterdir())) == before


V1 = "/api/v1/evidence"


def test_pieces_come_by_the_api_and_go_on_where_they_broke_off(
    room: Room,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine, other = key("ncert"), key("fincert")
    new = {"case": room.case, "name": "disk.img", "size": 250, "source": "s", "collector": "c",
           "acquired_at": "2026-11-22T05:00:00Z"}  # fmt: skip

    def put(number: int, offset: int, data: bytes) -> tuple[int, int]:
        path = f"{V1}/{number}/pieces?offset={offset}"
        told = machine.put(path, data, content_type="application/octet-stream")
        return told.status_code, told.json().get("received", -1)

    assert other.post(V1, new, content_type="application/json").status_code == 404
    began = machine.post(V1, new, content_type="application/json").json()
    number = began["id"]
    assert (began["state"], began["received"], began["piece"]) == ("coming", 0, 100)
    assert put(number, 0, DATA[:200]) == (200, 200)
    assert put(number, 0, DATA[:200]) == (403, -1)
    assert machine.post(f"{V1}/{number}/close").status_code == 403
    assert machine.get(f"{V1}/{number}").json()["received"] == 200
    assert put(number, 200, DATA[200:250]) == (200, 250)
    monkeypatch.setattr("pehra.cases.evidence.actions.closing.AT_ONCE", 0)
    assert machine.post(f"{V1}/{number}/close").json()["state"] == "coming"
    payload = {"item": number, "name": "ncert/a laboratory", "office": "key"}
    done = digest_and_keep(payload, now=clock(), progress=print) or {}
    assert done["sha256"] == hashlib.sha256(DATA[:250]).hexdigest()
    assert machine.get(f"{V1}/{number}").json()["sha512"] == hashlib.sha512(DATA[:250]).hexdigest()
    for path in (f"{V1}/{number}", f"{V1}/99"):
        assert other.get(path).status_code == 404
    assert other.put(f"{V1}/{number}/pieces?offset=0", b"").status_code == 404


def test_a_person_adds_by_the_api_only_in_the_office(
    room: Room,
    at: Callable[[str], Client],
) -> None:
    new = {"case": room.case, "name": "a", "size": 0, "source": "s", "collector": "c",
           "acquired_at": (NOW - timedelta(days=9)).isoformat()}  # fmt: skip
    codes = {
        who: at(who).post(V1, new, content_type="application/json").status_code
        for who in ("custodian", "lawyer", "analyst")
    }
    assert codes == {"custodian": 200, "lawyer": 403, "analyst": 403}
    number = queries.items(viewer=SYSTEM_VIEWER)[0].id
    assert at("custodian").post(f"{V1}/{number}/close").json()["state"] == "kept"
