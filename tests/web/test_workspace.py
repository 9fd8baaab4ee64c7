"""The organisation's workspace: fix first, answers, assets, contacts, keys, links of mails."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.engines.dns.conftest import serving
from tests.engines.http.conftest import running
from tests.registry.test_rdap import answer, entity

from pehra.dispatch.models import Envelope
from pehra.findings.models import CountedDay, DayCount, Finding, Step
from pehra.findings.rules import State
from pehra.kernel import settings as kernel_settings
from pehra.kernel.actors import Actor
from pehra.kernel.labels import Severity
from pehra.kernel.time import clock
from pehra.mandate.models import Office, Organisation, Tenure
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.registry import actions, queries
from pehra.registry.models import Contact, ControlProof, Subscription
from pehra.web import figures

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from pytest_django.fixtures import Settings
    from tests.web.conftest import Nation

    from pehra.mandate.models import User

HOME = "/workspace/bank/"
DAY = timedelta(days=1)
ACTOR = Actor(name="amna", office="duty")


def cards(client: Client) -> list[str]:
    return [card["shown"].identifier for card in client.get(HOME).context["cards"]]


def state_of(number: int) -> State:
    with as_system():
        return State(Finding.objects.get(id=number).state)


def test_a_contact_comes_home_and_staff_by_the_organisation(
    contact: Client, officer: Client
) -> None:
    assert contact.get("/workspace/").headers["Location"] == HOME
    assert officer.get("/workspace/").headers["Location"] == "/registry/"
    assert officer.get(HOME).status_code == 200
    assert contact.get(HOME).context["menu"][0]["label"] == "My organisation"


def test_the_worst_and_soonest_stands_first(contact: Client, nation: Nation) -> None:
    for severity, hours, name in (
        (Severity.LOW, 1, "late-low"),
        (Severity.HIGH, 9, "later-high"),
        (Severity.HIGH, 2, "soon-high"),
    ):
        nation.finding(
            nation.bank,
            severity=severity,
            identifier=name,
            due_at=nation.now + hours * timedelta(hours=1),
        )
    nation.finding(nation.bank, severity=Severity.HIGH, identifier="no-clock")
    assert cards(contact) == ["open-mongodb", "soon-high", "later-high", "no-clock", "late-low"]


def test_more_findings_need_no_more_queries(contact: Client, nation: Nation) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            contact.get(HOME)
        return len(seen)

    asked()
    few = asked()
    for _ in range(8):
        nation.finding(nation.bank)
    assert asked() == few <= 20


def test_each_says_what_why_and_how_in_the_readers_language(contact: Client) -> None:
    def told(part: str) -> str:
        return "".join(
            piece.text for piece in contact.get(HOME).context["cards"][0]["advice"][part]
        )

    assert told("what") == "MongoDB can be reached from the whole Internet on port 27017/tcp."
    assert "mongodb-info 192.0.2.1." in told("check")
    contact.cookies["django_language"] = "ur"
    assert re.search("[\u0600-\u06ff]", told("fix"))


@pytest.mark.parametrize(
    ("form", "state", "why"),
    [
        ({"answer": "fixed"}, State.FIX_CLAIMED, ""),
        ({"answer": "working"}, State.ACKNOWLEDGED, ""),
        ({"answer": "not-mine", "why": "sold"}, State.DISPUTED, "not-mine: sold"),
        ({"answer": "false-positive"}, State.DISPUTED, "false-positive"),
    ],
)
def test_an_answer_in_one_click(
    contact: Client, form: dict[str, str], state: State, why: str
) -> None:
    answer = contact.post(f"{HOME}fix/1/", form)
    assert (answer.status_code, answer.headers["Location"]) == (302, HOME)
    assert state_of(1) == state
    with as_system():
        assert list(Step.objects.filter(finding=1).values_list("why", flat=True)) == [why]


def test_a_risk_is_accepted_with_a_reason_and_an_end(contact: Client) -> None:
    def sent(**form: str) -> int:
        return contact.post(f"{HOME}fix/1/", {"answer": "risk", **form}).status_code

    today = clock().astimezone(figures.zone()).date()
    near, far = (today + 30 * DAY).isoformat(), (today + 92 * DAY).isoformat()
    assert [sent(), sent(why="x"), sent(until=near), sent(why="x", until=far)] == [422] * 4
    assert sent(why="behind a wall", until="yesterday") == 422
    assert state_of(1) == State.OPEN
    assert sent(why="behind a wall", until=near) == 302
    with as_system():
        row = Finding.objects.get(id=1)
    assert (row.state, row.excepted_until) == (State.EXCEPTION, figures.end_of(near))


def test_what_takes_no_answer_is_told(contact: Client) -> None:
    page = contact.get(f"{HOME}fix/4/")
    assert page.context["choices"] == []
    told = contact.post(f"{HOME}fix/4/", {"answer": "fixed"}, follow=True)
    assert "does not take that answer now" in told.content.decode()
    assert contact.post(f"{HOME}fix/1/", {"answer": "nonsense"}).status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        "/workspace/school/",
        "/workspace/school/assets/",
        "/workspace/school/contacts/",
        "/workspace/school/people/",
        "/workspace/school/fix/2/",
        "/workspace/bank/fix/2/",
        "/workspace/bank/fix/99999999999999999999/",
        "/workspace/bank/contacts/99999999999999999999/",
        "/workspace/bank/assets/99999999999999999999/",
        "/workspace/none/",
    ],
)
def test_what_is_another_organisations_is_not_there(contact: Client, path: str) -> None:
    assert contact.get(path).status_code == 404


def test_another_organisations_rows_are_not_there_under_ones_own_name(
    contact: Client, nation: Nation
) -> None:
    with as_system():
        theirs = Contact.objects.get(organisation=nation.school).pk
    proof = actions.ask_control(
        actions.Ask(nation.school.pk, "school.example", "dns-txt"), actor=ACTOR, now=nation.now
    ).proof
    for path in (f"contacts/{theirs}/", f"assets/{proof}/"):
        assert contact.get(HOME + path).status_code == 404
    for path in (
        f"contacts/{theirs}/verify/",
        f"contacts/{theirs}/end/",
        f"contacts/{theirs}/keys/",
        f"contacts/{theirs}/keys/1/",
        f"assets/{proof}/check/",
        f"assets/{proof}/end/",
    ):
        assert contact.post(HOME + path).status_code == 404


@pytest.mark.parametrize("role", ["AUD", "OBS", "LEG"])
def test_who_only_looks_changes_nothing(
    nation: Nation, signed_in: Callable[[User], Client], role: str
) -> None:
    office = Office.objects.create(slug="eye", name="Eye", role=role, organisation=nation.bank)
    Tenure.objects.create(office=office, person=nation.nobody)
    client = signed_in(nation.nobody)
    page = client.get(HOME)
    assert (page.status_code, page.context["keeps"]) == (200, False)
    assert client.post(f"{HOME}fix/1/", {"answer": "fixed"}).status_code == 403
    assert client.post(f"{HOME}contacts/", {"purpose": "abuse"}).status_code == 403
    assert state_of(1) == State.OPEN


def test_the_sector_is_a_measure_only_where_five_are_in_it(contact: Client, nation: Nation) -> None:
    today = nation.now.astimezone(figures.zone()).date()
    with as_system():
        CountedDay.objects.create(day=today, at=nation.now)
        DayCount.objects.create(day=today, organisation=nation.bank, high=7)
    peers = [
        Organisation.objects.create(slug=f"p{n}", name=f"P {n}", sector=nation.bank.sector)
        for n in range(3)
    ]
    assert contact.get(HOME).context["compared"] == ""
    peers.append(Organisation.objects.create(slug="p3", name="P 3", sector=nation.bank.sector))
    with as_system():
        for number, peer in enumerate(peers):
            DayCount.objects.create(day=today, organisation=peer, low=number)
    assert contact.get(HOME).context["compared"] == (
        "You have 7 open findings; half of the 5 organisations of your sector have 2 or fewer."
    )


def test_people_of_the_organisation(contact: Client, nation: Nation) -> None:
    rows = contact.get(f"{HOME}people/").context["people"].rows
    assert [cells[2][1].text for cells in rows] == [nation.contact.email]


def test_a_domain_is_proven_by_the_button(contact: Client, settings: Settings) -> None:
    sent = contact.post(f"{HOME}assets/", {"asset": "bank.example", "method": "dns-txt"})
    page = contact.get(sent.headers["Location"])
    line, record = page.context["line"], "_pehra-control.bank.example"
    assert page.context["zone_line"] == f'{record}. IN TXT "{line}"'
    with serving() as names:
        home = kernel_settings.Settings(
            dns=kernel_settings.Dns(("127.0.0.1",), names.server_address[1], 1.0)
        )
        settings.PEHRA = home
        look = f"{sent.headers['Location']}check/"
        told = contact.post(look, follow=True)
        assert "It is not there yet." in told.content.decode()
        names.records[record] = [f'"{line}"']
        told = contact.post(look, follow=True)
    assert "Control is proven." in told.content.decode()
    held = contact.get(f"{HOME}assets/").context["claims"].rows
    assert [cells[0][1].text for cells in held] == ["192.0.2.0/25", "bank.example"]
    ended = contact.post(f"{sent.headers['Location']}end/", follow=True)
    assert ended.context["warnings"] == []


@pytest.mark.parametrize(
    "form",
    [
        {"asset": "bank.example", "method": "letter"},
        {"asset": "bank.example", "method": ""},
        {"asset": "com.pk", "method": "dns-txt"},
        {"asset": "192.0.2.0/24", "method": "dns-txt"},
        {"asset": "192.0.2.0/24", "method": "registry-mailbox"},
        {"asset": "192.0.2.0/24", "method": "registry-mailbox", "mailbox": "1"},
    ],
)
def test_what_proves_nothing_is_refused(contact: Client, form: dict[str, str]) -> None:
    page = contact.post(f"{HOME}assets/", form)
    assert (page.status_code, bool(page.context["problem"])) == (422, True)
    with as_system():
        assert ControlProof.objects.count() == 0


def test_a_registrys_mailbox_answers_by_the_button_only(
    contact: Client, client: Client, nation: Nation
) -> None:
    actions.record_mailboxes(
        ("prefix", "192.0.2.0/24"), ["abuse@isp.example"], "RDAP", actor=ACTOR, now=nation.now
    )
    ((box, _),) = queries.mailboxes_of("prefix", "192.0.2.0/24")
    form = {"asset": "192.0.2.0/24", "method": "registry-mailbox"}
    chosen = contact.post(f"{HOME}assets/", form)
    assert chosen.context["boxes"] == [(box, "abuse@isp.example")]
    sent = contact.post(f"{HOME}assets/", form | {"mailbox": str(box)})
    assert (sent.status_code, left_to()) == (302, [("abuse@isp.example", "previewed")])
    # The link is in no page; whoever reads the mailbox has it. Here another is asked for.
    link = actions.ask_control(
        actions.Ask(nation.bank.pk, "192.0.2.0/24", "registry-mailbox", box),
        actor=ACTOR,
        now=clock(),
    ).link
    answers_once(client, f"/verify/control/{link}/")
    assert queries.proven_assets(nation.bank.pk, viewer=SYSTEM_VIEWER) == [
        ("prefix", "192.0.2.0/24")
    ]


def left_to() -> list[tuple[str, str]]:
    """To whom something was to leave, and what became of it: sending is off in a new home."""
    with as_system():
        return list(Envelope.objects.values_list("address", "state"))


def answers_once(client: Client, path: str) -> None:
    """A page behind a link: fetching does nothing however often, the button acts once."""
    client.get(path)
    client.head(path)
    page = client.get(path)
    assert (page.status_code, page.context["done"]) == (200, False)
    # Told to no other site, and not hidden from ours: a browser would then name no origin.
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert client.post(path).context["done"] is True
    again = client.post(path)
    assert (again.status_code, again.context["over"]) == (410, True)


def bank_contact() -> Contact:
    with as_system():
        return Contact.objects.get(organisation__slug="bank")


def test_a_contact_is_verified_by_the_button_only(contact: Client, client: Client) -> None:
    number = bank_contact().pk
    token = actions.ask_verification(number, actor=ACTOR, now=clock())
    answers_once(client, f"/verify/contact/{token}/")
    assert bank_contact().verified_at is not None
    shown = contact.get(f"{HOME}contacts/").context["contacts"].rows
    assert [cells[4][1].badge.word for cells in shown] == ["Verified"]


def test_the_link_is_sent_to_the_contact(contact: Client) -> None:
    number = bank_contact().pk
    told = contact.post(f"{HOME}contacts/{number}/verify/", follow=True)
    assert "The link is on its way" in told.content.decode()
    assert bank_contact().asked_at is not None
    assert left_to() == [("abuse@bank.example", "previewed")]


WISH = {
    "purpose": "ciso", "email": "ciso@bank.example", "language": "ur", "quiet_from": "22:00",
    "quiet_to": "07:00", "business_days": "on", "high": "12", "inhibits": "scanner open-telnet",
    "active": "on",
}  # fmt: skip


def test_a_contact_is_added_changed_and_forgotten(contact: Client) -> None:
    sent = contact.post(f"{HOME}contacts/", WISH)
    path = sent.headers["Location"]
    form = contact.get(path).context["form"]
    assert (form.initial["high"], form.initial["inhibits"]) == (12, "scanner open-telnet")
    assert contact.post(f"{HOME}contacts/", WISH).status_code == 422
    assert contact.post(path, WISH | {"high": "6"}).status_code == 302
    assert contact.get(path).context["form"].initial["high"] == 6
    assert contact.post(f"{path}end/").status_code == 302
    assert contact.get(path).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "nobody"},
        {"email": "", "phone": ""},
        {"phone": "call me"},
        {"quiet_to": ""},
        {"high": "-1"},
        {"inhibits": "Open Telnet!"},
        {"purpose": "boss"},
        {"language": "fr"},
    ],
)
def test_a_contact_that_cannot_be_told_is_refused(contact: Client, wrong: dict[str, str]) -> None:
    page = contact.post(f"{HOME}contacts/", WISH | wrong)
    assert (page.status_code, bool(page.context["form"].errors)) == (422, True)
    # A list that is an alert is no list to a screen reader: the alert stands around it.
    text = page.content.decode()
    assert ('<div role="alert"><ul class="wrong"' in text, 'role="alert"><li' in text) == (
        True,
        False,
    )


def certificate(now: datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bank.example")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .sign(key, SHA256())
        .public_bytes(Encoding.PEM)
    )


def test_a_key_is_kept_shown_confirmed_and_forgotten(contact: Client, nation: Nation) -> None:
    number = bank_contact().pk
    path = f"{HOME}contacts/{number}/"
    text = certificate(nation.now).decode()
    for wrong in ("", "no key"):
        told = contact.post(f"{path}keys/", {"text": wrong}, follow=True)
        assert "neither an OpenPGP nor" in told.content.decode()
    for _ in range(2):
        contact.post(f"{path}keys/", {"text": text})
    (key,) = contact.get(path).context["keys"]
    assert (str(key["kind"]), len(key["fingerprint"]), key["verified"]) == (
        "S/MIME certificate",
        79,
        False,
    )
    contact.post(f"{path}keys/{key['id']}/", {"act": "confirm"})
    assert contact.get(path).context["keys"][0]["verified"] is True
    contact.post(f"{path}keys/{key['id']}/", {"act": "forget"})
    assert contact.get(path).context["keys"] == []


def test_an_officer_records_a_letter_and_a_holder_does_not(
    contact: Client, officer: Client, nation: Nation
) -> None:
    def sent(client: Client, asset: str, data: bytes = b"signed") -> int:
        form = {"asset": asset, "letter": SimpleUploadedFile("letter.pdf", data)}
        return client.post(f"{HOME}assets/letter/", form).status_code

    assert sent(contact, "bank.example") == 403
    assert [sent(officer, ""), sent(officer, "bank.example", b"")] == [302, 302]
    assert queries.proven_assets(nation.bank.pk, viewer=SYSTEM_VIEWER) == []
    assert sent(officer, "bank.example") == 302
    assert queries.proven_assets(nation.bank.pk, viewer=SYSTEM_VIEWER) == [
        ("domain", "bank.example")
    ]
    assert queries.letter_digests() == {hashlib.sha256(b"signed").hexdigest()}


def test_a_registry_is_asked_for_its_mailbox(contact: Client, settings: Settings) -> None:
    form = {"asset": "192.0.2.0/24", "method": "registry-mailbox"}
    with running() as server:
        server.say("/ip/192.0.2.0/24", answer(entity("abuse", email="abuse@isp.example")))
        settings.PEHRA = kernel_settings.Settings(
            registries=kernel_settings.Registries(server.url, ""),
            fetch=kernel_settings.Fetch(loopback=True),
        )
        boxes = contact.post(f"{HOME}assets/", form).context["boxes"]
        contact.post(f"{HOME}assets/", form)
    assert [address for _, address in boxes] == ["abuse@isp.example"]
    assert len(server.asked) == 1


def test_early_warnings_are_of_what_is_proven(contact: Client, nation: Nation) -> None:
    def warned(**levels: str) -> list[tuple[str, ...]]:
        contact.post(f"{HOME}assets/warn/", {"kind": "asn", "asset": "64500", **levels})
        rows = queries.subscriptions(viewer=SYSTEM_VIEWER, organisations=[nation.bank.pk])
        return [(*row.at_once, "|", *row.digest) for row in rows]

    assert warned(critical="once") == []
    proof = actions.record_letter(
        actions.Letter(nation.bank.pk, "AS64500", "a" * 64), actor=ACTOR, now=nation.now
    )
    assert warned(critical="once", high="once", low="digest") == [("critical", "high", "|", "low")]
    levels = contact.get(f"{HOME}assets/").context["warnings"][0]["levels"]
    assert [level["chosen"] for level in levels] == ["once", "once", "no", "digest"]
    actions.withdraw_control(proof, actor=ACTOR, now=nation.now + DAY)
    assert queries.subscriptions(viewer=SYSTEM_VIEWER) == []
    actions.record_letter(
        actions.Letter(nation.bank.pk, "AS64500", "a" * 64), actor=ACTOR, now=nation.now + DAY
    )
    assert warned(critical="no") == []
    with as_system():
        assert Subscription.objects.count() == 0
