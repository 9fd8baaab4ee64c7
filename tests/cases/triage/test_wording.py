"""What a message says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.cases.triage.wording import bare, links, plain, topics


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Your account has been suspended, click here", {("haste", "en"), ("act", "en")}),
        ("معزز صارف، آپ کا اکاؤنٹ بند کر دیا گیا ہے", {("office", "ur"), ("haste", "ur")}),
        (
            "Mubarak ho! aap ka inaam nikla, foran call",
            {("prize", "roman-ur"), ("haste", "roman-ur"), ("act", "roman-ur")},
        ),
        ("See you at lunch", set()),
    ],
)
def test_topics_are_found_in_three_languages(text: str, found: set[tuple[str, str]]) -> None:
    assert {(one.topic, one.language) for one in topics(text)} == found


def test_links_are_found_defanged_and_bare() -> None:
    text = "To https://example.org/a?b=1, hxxp://example[.]net/x, or prize.example.top/y. a@b.org"
    assert links(text) == [
        "https://example.org/a?b=1",
        "hxxp://example[.]net/x",
        "prize.example.top/y",
    ]


def test_the_line_reads_no_dates_numbers_or_addresses() -> None:
    assert bare("On Monday 12 March 2004 write to a@example.org or http://example.org/x سلام") == (
        "on 00 0000 write to or"
    )


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    assert bare(text).isascii()
    assert isinstance(topics(text), list)
    assert len(links(text)) <= 200
