"""Advisories without a database: courses, reviews, numbers, text, feeds, CSAF, letters, links."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest
from csaf.csaf.v20 import validate
from hypothesis import given
from hypothesis import strategies as st

from pehra.kernel.errors import IllegalStep, PehraError, Refused, UsageError
from pehra.kernel.labels import Severity, Tlp
from pehra.outreach.advisories import csaf, feeds, letters, links, rules
from pehra.outreach.advisories.changes import changed
from pehra.outreach.advisories.links import Purpose
from pehra.outreach.advisories.rules import Product, Review, Source, Stage, Standing, Text
from pehra.outreach.advisories.text import to_html, to_plain

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
PLAIN = Text(title="Mend the gate", severity=Severity.HIGH, summary="It stands open.")
WHOLE = Text(
    title="Mend the gate of Acme",
    title_ur="دروازہ ٹھیک کیجیے",
    severity=Severity.CRITICAL,
    summary="Anybody can open it.",
    summary_ur="کوئی بھی اسے کھول سکتا ہے",
    body="# What\n\nIt is *open*.",
    action="Install 8.4.3.",
    deadline=date(2026, 12, 1),
    detection="Look for `gate-open` in the log.",
    cves=("CVE-2026-12345", "CVE-2026-12346"),
    products=(
        Product("Acme", "Gate", "8.4.1, 8.4.2"),
        Product("Acme", "Gate", ">=8.0 <8.4.3"),
        Product("", "Fence"),
    ),
    sources=(Source("https://vendor.example/advisory/1", "The vendor's own"),),
    identifiers=("open-gate",),
    exploited=True,
)


def parsed(text: str | bytes) -> ET.Element:
    """An XML parser without mercy for what is not well formed."""
    return ET.fromstring(text)  # noqa: S314 what we wrote ourselves


def over(text: Text, **changes: Any) -> Text:  # noqa: ANN401 any of its parts
    return msgspec.structs.replace(text, **changes)


@given(st.sampled_from(Stage), st.sampled_from(Stage))
def test_an_edition_goes_only_where_the_table_leads(old: Stage, new: Stage) -> None:
    if new in rules.STEPS[old]:
        rules.check_step(old, new)
    else:
        with pytest.raises(IllegalStep):
            rules.check_step(old, new)


@given(st.lists(st.sampled_from(Stage), max_size=12))
def test_nothing_is_published_without_both_reviews(wanted: list[Stage]) -> None:
    stage = Stage.DRAFT
    passed: list[Stage] = []
    for next_ in wanted:
        if next_ not in rules.STEPS[stage]:
            continue
        passed = [] if next_ == Stage.DRAFT else [*passed, next_]
        stage = next_
    if stage == Stage.PUBLISHED:
        assert passed == [Stage.TECHNICAL, Stage.LEGAL, Stage.APPROVED, Stage.PUBLISHED]


@given(st.sampled_from(Standing), st.sampled_from(Standing))
def test_what_was_published_never_becomes_unpublished(old: Standing, new: Standing) -> None:
    if new in rules.COURSE[old]:
        rules.check_course(old, new)
        assert new != Standing.UNPUBLISHED
    else:
        with pytest.raises(IllegalStep):
            rules.check_course(old, new)


def test_two_people_stand_behind_what_is_critical() -> None:
    rules.check_reviewer(PLAIN, ["amna"], "amna")
    rules.check_reviewer(WHOLE, ["amna"], "bilal")
    with pytest.raises(Refused, match="another person"):
        rules.check_reviewer(WHOLE, ["amna", "bilal"], "bilal")


def test_reviews_count_for_exactly_one_text() -> None:
    both = [Review("technical", True, "a", "1"), Review("legal", True, "b", "1")]
    rules.check_publish(Stage.APPROVED, "1", both)
    with pytest.raises(Refused, match="technical and legal"):
        rules.check_publish(Stage.APPROVED, "2", both)
    with pytest.raises(Refused, match="Not passed on this text: legal"):
        rules.check_publish(Stage.APPROVED, "1", [*both[:1], Review("legal", False, "b", "1")])
    with pytest.raises(IllegalStep):
        rules.check_publish(Stage.LEGAL, "1", both)


def test_only_what_is_clear_is_for_the_public() -> None:
    rules.check_label(PLAIN)
    with pytest.raises(Refused, match="TLP:GREEN"):
        rules.check_label(over(PLAIN, tlp=Tlp.GREEN))


def test_a_later_edition_says_what_it_changes() -> None:
    rules.check_change(1, PLAIN)
    rules.check_change(2, over(PLAIN, change="The version was wrong."))
    with pytest.raises(UsageError, match="says what it changes"):
        rules.check_change(2, over(PLAIN, change=" "))


@pytest.mark.parametrize(
    "changes",
    [
        {"title": " "},
        {"title": "a" * 241},
        {"summary": ""},
        {"body": "a" * 40_001},
        {"cves": ("CVE-26-1",)},
        {"identifiers": ("Open Gate",)},
        {"sources": (Source("javascript:alert(1)"),)},
        {"sources": (Source("https://user:word@example.org/"),)},
        {"products": (Product("a", " "),)},
        {"cves": ("CVE-2026-12345",) * 201},
    ],
)
def test_a_text_that_cannot_be_shown_is_refused(changes: dict[str, Any]) -> None:
    rules.check_text(WHOLE)
    with pytest.raises(UsageError):
        rules.check_text(over(PLAIN, **changes))


def test_lists_of_a_form() -> None:
    assert rules.as_lines(WHOLE.products).splitlines() == [
        "Acme | Gate | 8.4.1, 8.4.2",
        "Acme | Gate | >=8.0 <8.4.3",
        "Fence",
    ]
    assert rules.products_of(rules.as_lines(WHOLE.products)) == WHOLE.products
    assert rules.sources_of(rules.as_lines(WHOLE.sources) + "\n\n") == WHOLE.sources


def test_numbers() -> None:
    assert rules.number_of("PKCERT", 2026, 7) == "PKCERT-2026-007"
    assert rules.is_number("PKCERT-2026-007")
    assert not rules.is_number("pkcert-2026-007")
    assert (rules.prefix_of("cert-pb"), rules.prefix_of("")) == ("CERTPB", "CERT")
    rules.check_prefix("PKCERT")
    with pytest.raises(UsageError):
        rules.check_prefix("PK-CERT")


@given(st.integers(0, 10**9))
def test_a_rounded_count_tells_of_no_few_and_is_near(count: int) -> None:
    told = rules.rounded(count)
    if count < rules.SMALLEST_COUNT:
        assert told is None
    else:
        assert told is not None
        assert abs(told - count) <= count * 0.05 + 0.5
        assert len(str(told).rstrip("0")) <= 3


def test_a_clock_runs_from_the_moment_of_publishing() -> None:
    assert rules.due(NOW, 24) == NOW + timedelta(hours=24)
    assert rules.due(NOW, None) is None


HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "![a](http://tracker.example/x.png)",
    "<svg/onload=alert(1)>",
    '[a](https://a.example/"onmouseover="alert(1))',
    "```\n</code><script>alert(1)</script>\n```",
    "<!-- --><style>body{display:none}</style>",
)


@pytest.mark.parametrize("words", HOSTILE)
def test_no_text_brings_anything_that_runs_or_loads(words: str) -> None:
    tree = parsed(f"<div>{to_html(words)}</div>")
    assert {one.tag for one in tree.iter()} <= {"div", "p", "a", "code", "pre", "em"}
    assert {name for one in tree.iter() for name in one.attrib} <= {
        "href", "rel", "dir", "tabindex"
    }  # fmt: skip
    links_to = [one.attrib.get("href", "https://") for one in tree.iter("a")]
    assert all(one.startswith(("http://", "https://")) for one in links_to)


@given(st.text())
def test_any_text_becomes_html_of_listed_tags(words: str) -> None:
    assert "<script" not in to_html(words).lower()
    assert all(one.isprintable() or one in "\t\n" for one in to_plain(words))


def test_what_a_text_may_have() -> None:
    html = to_html("# One\n\n- *two*\n\n|a|\n|-|\n|`b`|\n\n~~c~~\n\n[d](mailto:a@example.org)")
    for part in ("<h3>One</h3>", "<em>two</em>", '<code dir="ltr">b</code>', "<s>c</s>",
                 'href="mailto:a@example.org"'):  # fmt: skip
        assert part in html


def test_changes_are_named_in_the_order_of_the_page() -> None:
    new = over(WHOLE, action="Install 8.4.4.", summary="All can.", change="x", identifiers=())
    assert changed(WHOLE, new) == ("summary", "action")
    assert changed(WHOLE, WHOLE) == ()


def of_editions(*texts: Text, standing: str = "published", why: str = "") -> csaf.Published:
    editions = [
        csaf.Edition(place, NOW + timedelta(days=place), text)
        for place, text in enumerate(texts, 1)
    ]
    return csaf.Published(
        number="PKCERT-2026-001",
        standing=standing,
        editions=editions,
        publisher=csaf.Publisher("National CERT", "https://cert.example", "cert@cert.example"),
        link="https://cert.example/advisories/PKCERT-2026-001/",
        changed_at=NOW + timedelta(days=9),
        ended_why=why,
    )


def complaints(document: csaf.JSON) -> list[str]:
    """What the OASIS schema and the mandatory tests say of it."""
    report = validate(msgspec.json.decode(msgspec.json.encode(document)), preset="basic")
    return [f"{one.id}: {error.message}" for one in report.results for error in one.errors]


@pytest.mark.parametrize(
    "of",
    [
        of_editions(WHOLE),
        of_editions(over(WHOLE, cves=(), body="", sources=(), summary_ur="", exploited=False)),
        of_editions(WHOLE, over(WHOLE, change="The version was wrong."), standing="updated"),
        of_editions(WHOLE, standing="withdrawn", why="The product is not affected."),
    ],
    ids=["whole", "without-cve", "updated", "withdrawn"],
)
def test_a_document_is_csaf(of: csaf.Published) -> None:
    assert complaints(csaf.document(of)) == []


def test_the_check_of_documents_complains() -> None:
    document = csaf.document(of_editions(WHOLE))
    del document["document"]["tracking"]["version"]
    assert complaints(document) != []


def test_a_document_says_how_it_ended_and_of_which_versions() -> None:
    document = csaf.document(of_editions(WHOLE, standing="withdrawn", why="A mistake."))
    tracking = document["document"]["tracking"]
    assert (tracking["version"], tracking["id"]) == ("2", "PKCERT-2026-001")
    assert tracking["revision_history"][-1]["summary"] == "Withdrawn: A mistake."
    gate = document["product_tree"]["branches"][0]["branches"][0]
    assert [one["name"] for one in gate["branches"]] == [
        "8.4.1", "8.4.2", "vers:generic/>=8.0|<8.4.3"
    ]  # fmt: skip
    assert csaf.file_name("PKCERT-2026-001") == "pkcert-2026-001.json"
    assert (csaf.has_product(WHOLE), csaf.has_product(PLAIN)) == (True, False)


def entry(**given: Any) -> feeds.Entry:  # noqa: ANN401 any of its parts
    facts: dict[str, Any] = {
        "id": "urn:pehra:PKCERT-2026-001:1",
        "title": "Mend <the> gate & more",
        "link": "https://cert.example/advisories/PKCERT-2026-001/?a=1&b=2",
        "at": NOW,
        "summary": "It stands \x00open.",
        "severity": "high",
    }
    return feeds.Entry(**(facts | given))


CHANNEL = feeds.Channel(
    title="National CERT",
    description="Advisories",
    link="https://cert.example/advisories/",
    own="https://cert.example/advisories/rss.xml",
    language="en",
    at=NOW,
)


def test_rss_has_what_readers_need() -> None:
    root = parsed(feeds.rss(CHANNEL, [entry(), entry(id="urn:x", title="ہدایت")]))
    assert (root.tag, root.attrib) == ("rss", {"version": "2.0"})
    channel = root[0]
    assert [one.tag for one in channel][:5] == [
        "title", "link", "description", "language", "lastBuildDate"
    ]  # fmt: skip
    items = channel.findall("item")
    assert items[0].findtext("title") == "Mend <the> gate & more"
    assert items[0].findtext("description") == "It stands open."
    assert items[0].findtext("pubDate") == "Sun, 22 Nov 2026 06:00:00 +0000"
    assert [one.findtext("guid") for one in items] == ["urn:pehra:PKCERT-2026-001:1", "urn:x"]


def test_atom_has_what_rfc_4287_asks_for() -> None:
    space = "{http://www.w3.org/2005/Atom}"
    root = parsed(feeds.atom(CHANNEL, [entry()]))
    assert root.tag == f"{space}feed"
    for one in (root, root.find(f"{space}entry")):
        assert one is not None
        for name in ("id", "title", "updated"):
            assert one.findtext(space + name)
    assert root.find(f"{space}author/{space}name") is not None


@given(st.text(), st.text())
def test_any_words_stay_a_feed(title: str, summary: str) -> None:
    one = entry(title=title, summary=summary)
    for written in (feeds.rss(CHANNEL, [one]), feeds.atom(CHANNEL, [one])):
        parsed(written)


def news(**given: Any) -> letters.News:  # noqa: ANN401 any of its parts
    facts: dict[str, Any] = {
        "number": "PKCERT-2026-001",
        "standing": "published",
        "text": WHOLE,
        "page": "https://cert.example/advisories/PKCERT-2026-001/",
    }
    return letters.News(**(facts | given))


ASKED = "https://cert.example/a\nWe ask for this by: 2026-11-23T06:00:00Z\n"


def test_a_letter_says_what_to_do_and_where_the_whole_is() -> None:
    asked = letters.Asked("https://cert.example/a", "2026-11-23T06:00:00Z")
    told = letters.letter(news(), asked, "en")
    assert told.subject == "[PKCERT-2026-001] Critical: Mend the gate of Acme"
    assert told.text.split("\n\n") == [
        "Mend the gate of Acme",
        "Anybody can open it.",
        "What to do: Install 8.4.3.",
        "Until: 2026-12-01",
        "The whole advisory:\nhttps://cert.example/advisories/PKCERT-2026-001/",
        "Please tell us that you have read it:\n" + ASKED,
    ]
    urdu = letters.letter(news(), letters.Asked(leave="https://cert.example/l"), "ur")
    assert "دروازہ ٹھیک کیجیے" in urdu.subject
    assert "Install 8.4.3." in urdu.text  # what nobody translated stays as it is
    assert urdu.text.endswith("https://cert.example/l\n")


def test_a_letter_says_that_something_was_corrected_or_withdrawn() -> None:
    text = over(WHOLE, change="The version was wrong.")
    told = letters.letter(news(standing="updated", text=text), letters.Asked(), "en")
    assert told.subject.startswith("[PKCERT-2026-001] Updated: Critical:")
    assert "What changed: The version was wrong." in told.text
    gone = letters.letter(news(standing="withdrawn", why="A mistake."), letters.Asked(), "en")
    assert gone.subject == "[PKCERT-2026-001] Withdrawn: Mend the gate of Acme"
    assert "Why: A mistake." in gone.text
    assert "Install" not in gone.text


def test_both_languages_have_every_word() -> None:
    assert letters.words("ur").keys() == letters.words("en").keys()
    asked = letters.confirmation("https://cert.example/c", "ur")
    assert (asked.language, asked.text.endswith("https://cert.example/c\n")) == ("ur", True)


@given(st.sampled_from(Purpose), st.integers(1, 2**40), st.text(min_size=1, max_size=20))
def test_a_link_opens_only_what_it_is_for(purpose: Purpose, number: int, secret: str) -> None:
    word = links.sign(purpose, number, secret, NOW.date())
    assert links.read(purpose, word, secret, NOW) == number
    others = [one for one in Purpose if one != purpose]
    assert [links.read(one, word, secret, NOW) for one in others] == [None, None]
    assert links.read(purpose, word, secret + "x", NOW) is None
    late = NOW + links.LIFE[purpose] + timedelta(days=1)
    assert links.read(purpose, word, secret, late) is None


def test_errors_say_what_to_do() -> None:
    with pytest.raises(PehraError) as caught:
        rules.check_step(Stage.DRAFT, Stage.PUBLISHED)
    assert caught.value.mend
