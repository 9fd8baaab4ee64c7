"""Nothing on an Urdu page is English: neither words of ours, nor those of what we build on."""

from __future__ import annotations

import ast
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import allauth
import pytest
from babel.messages.pofile import read_po
from django.contrib.auth import password_validation
from django.core import validators
from django.forms import fields
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext, ngettext
from tests.web.test_catalogue import HERE, in_template, urdu

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from tests.web.conftest import Nation

    from pehra.mandate.models import User

ARABIC = re.compile("[\u0600-\u06ff]")
WORD = re.compile(r"[A-Za-z]{3,}")
SAME = re.compile(
    r"[\w.@-]*\w[-_.@]\w[\w.@-]*|pehra [a-z ]+|JSON Lines|CSV|CVE|PKT|UTC|SHA-256|ASN?\b|AS\d+"
    r"|NAT|JSON|UTF-8|English|Naskh|GB|MiB|KiB|GiB|TLP|PDF|API|XARF|STIX|MISP|IntelMQ|HTTP|IMAP"
    r"|Parquet|JSONL|TOTP|QR|IPv[46]|TLS|VPN|SSH|HTTPS|Telnet|BIND|BCP|CAIDA|Spoofer"
    "|\u2066[^\u2069]*\u2069"
)
"""Names of machines, and names and units that an Urdu sentence writes in Latin letters too."""
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source"}
SAID = ("title", "placeholder", "aria-label", "alt", "data-label")
LATIN = {"script", "style", "code", "kbd"}


class Words(HTMLParser):
    """Latin words of a page that are not marked as something Latin: code, names, addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[tuple[str, bool]] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Go in; what an element says by its attributes counts like its text."""
        given = dict(attrs)
        # A `bdi` holds data: a name as somebody wrote it, an address, a mail.
        latin = tag in LATIN or tag == "bdi" or given.get("dir") == "ltr" or "lang" in given
        inside = latin or (bool(self.stack) and self.stack[-1][1])
        inside = inside and tag != "html"
        if tag not in VOID:
            self.stack.append((tag, inside))
        if not (given.get("dir") == "ltr" or "lang" in given or given.get("value") in given):
            for name in SAID:
                self.look(given.get(name) or "")

    def handle_endtag(self, tag: str) -> None:
        """Come out, past what was left open."""
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Text; inside of what is Latin it may be anything."""
        if not (self.stack and self.stack[-1][1]):
            self.look(data)

    def look(self, text: str) -> None:
        """Keep words that should have been Urdu."""
        if WORD.search(SAME.sub("", text)):
            self.found.append(" ".join(text.split()))


PAGES = (
    "/",
    "/findings/?state=any",
    "/findings/?state=x&severity=y&since=z",
    "/findings/?asset=none.example",
    "/findings/1/",
    "/findings/act/?state=any",
    "/find/?q=",
    "/find/?q=192.0.2.1",
    "/batches/",
    f"/batches/{'a' * 32}/",
    "/sources/",
    "/unattributed/",
    "/registry/",
    "/registry/bank/",
    "/registry/work/",
    "/workspace/bank/",
    "/workspace/bank/fix/1/",
    "/workspace/bank/assets/",
    "/workspace/bank/contacts/",
    "/workspace/bank/people/",
    "/sending/",
    "/sending/?state=sent&to=a@x.example",
    "/structure/",
    "/ledger/",
    "/jobs/",
    "/keys/",
    "/accounts/2fa/",
    "/accounts/2fa/?needed=1",
    "/accounts/2fa/webauthn/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/password/change/",
    "/accounts/logout/",
    "/none/",
)
OPEN = (
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/3rdparty/login/error/",
)


@pytest.fixture
def in_urdu(nation: Nation, signed_in: Callable[[User], Client]) -> Client:
    """The officer's browser, in Urdu, in a nation whose bodies have Urdu names."""
    for row in (nation.national, nation.bank, nation.school):
        row.name_ur = "نام"
        row.save()
    client = signed_in(nation.officer)
    client.cookies["django_language"] = "ur"
    return client


def english(answer: bytes) -> list[str]:
    page = Words()
    page.feed(answer.decode())
    return page.found


def test_no_page_has_a_word_of_english(in_urdu: Client) -> None:
    stranger = Client()
    stranger.cookies["django_language"] = "ur"
    asked = [(in_urdu, path) for path in PAGES] + [(stranger, path) for path in OPEN]
    found = {path: english(client.get(path).content) for client, path in asked}
    assert {path: words for path, words in found.items() if words} == {}


FORMS: tuple[tuple[str, dict[str, str]], ...] = (
    ("/accounts/password/change/", {}),
    (
        "/accounts/password/change/",
        {"oldpassword": "wrong", "password1": "short", "password2": "other"},
    ),
    ("/accounts/2fa/totp/activate/", {"code": "123"}),
    ("/accounts/reauthenticate/", {"password": "wrong"}),
    ("/findings/act/?state=any", {"act": "withdraw"}),
)


@pytest.mark.parametrize(("path", "given"), FORMS)
def test_no_form_complains_in_english(in_urdu: Client, path: str, given: dict[str, str]) -> None:
    assert english(in_urdu.post(path, given, follow=True).content) == []


def test_a_wrong_sign_in_is_answered_in_urdu(nation: Nation) -> None:
    client = Client()
    client.cookies["django_language"] = "ur"
    sent = {"login": nation.officer.email, "password": "wrong"}
    assert english(client.post("/accounts/login/", sent).content) == []


def test_nothing_in_the_catalogue_is_fuzzy() -> None:
    with (HERE / "locale" / "ur" / "LC_MESSAGES" / "django.po").open("rb") as lines:
        assert [entry.id for entry in read_po(lines) if entry.fuzzy and entry.id] == []


def spoken(source: str) -> Iterator[str]:
    """First words of every call of gettext in a module."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(
                func=ast.Name(id="_" | "gettext" | "ngettext" | "ngettext_lazy"),
                args=[ast.Constant(value=str(words)), *_],
            ):
                yield words
            case _:
                pass


def of_allauth() -> set[str]:
    """What the parts of allauth that are installed may say, but for their own templates' pages."""
    root = Path(allauth.__file__).parent
    said: set[str] = set()
    for part in ("account", "mfa"):
        for path in (root / part).rglob("*.py"):
            if not {"migrations", "tests", "models.py"} & {*path.parts}:
                said.update(spoken(path.read_text()))
        for path in (root / "templates" / part / "messages").rglob("*.txt"):
            said.update(words.strip() for words in in_template(path))
    return said


def test_every_word_of_allauth_has_its_urdu() -> None:
    known = {words if isinstance(words, str) else words[0] for words in urdu()}
    assert sorted(of_allauth() - known) == []


@pytest.mark.parametrize("module", [password_validation, validators, fields])
def test_every_complaint_of_djangos_forms_has_its_urdu(module: ModuleType) -> None:
    with translation.override("ur"):
        said = set(spoken(Path(module.__file__ or "").read_text()))
        assert [words for words in said if not translated(words)] == []


def translated(words: str) -> bool:
    """Whether the reader gets Urdu, in one or in many."""
    plural = {"singular": ngettext(words, words, 1), "alone": gettext(words)}
    return any(ARABIC.search(text) for text in plural.values()) or words in {"IPv4", "IPv6"}
