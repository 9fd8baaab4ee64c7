"""What triage suggests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.cases.triage.suggestions import (
    KINDS,
    SUGGESTIONS,
    suggest,
    suggest_texts,
    suggest_urls,
)


@pytest.mark.parametrize(
    ("kind", "given", "suggestion"),
    [
        ("url", "https://www.nadra.gov.pk/", "lawful"),
        ("url", "https://online.hbl.com/login", "lawful"),
        ("url", "http://easypa1sa-reward.top/login", "phishing"),
        ("url", "hxxp://meezanbank-verify[.]weebly[.]com", "phishing"),
        ("url", "not an address", "unclear"),
        ("text", "See you at lunch tomorrow then, will call when I leave", "lawful"),
        (
            "text",
            "معزز صارف، آپ کا اے ٹی ایم بلاک کر دیا گیا ہے، تصدیق کریں: hbl-verify.top",
            "phishing",
        ),
        (
            "text",
            "Mubarak ho! Aap ka inaam nikla, foran call karen, registration fee 2500",
            "scam",
        ),
        ("text", "کل دفتر میں ملاقات ہوگی", "lawful"),
        (
            "page",
            "<title>HBL login</title><input type=password><a href=http://hbl-x.top/>x</a>",
            "phishing",
        ),
        (
            "mail",
            b"From: HBL <a@example.org>\nContent-Type: application/x; name=bill.exe\n\nx",
            "malware",
        ),
    ],
)
def test_a_golden_handful(kind: str, given: str | bytes, suggestion: str) -> None:
    assert suggest(kind, given).suggestion == suggestion


def test_what_the_caller_knows_goes_before_the_rest() -> None:
    known = {"example.com": "malware", "http://hbl-verify.top/": "lawful"}
    found = suggest_urls(["http://a.example.com/x", "hbl-verify.top"], known)
    assert [one.suggestion for one in found] == ["malware", "lawful"]
    assert [one.reasons[0].code for one in found] == ["known-host", "known-address"]
    assert suggest("text", "come to http://a.example.com/x", known).suggestion == "malware"


def test_reasons_add_up_to_the_score() -> None:
    one = suggest("url", "http://easypa1sa-reward.top/login")
    assert one.score > 0.8
    assert sum(reason.weight for reason in one.reasons) > 0
    assert one.addresses == ("http://easypa1sa-reward.top/login",)
    assert all(reason.words.endswith(".") for reason in one.reasons)


def test_many_are_looked_at_as_one_is() -> None:
    urls = ["example.com", "http://", "http://hbl-login.top/a"]
    assert suggest_urls(urls) == [suggest("url", url) for url in urls]
    texts = ["hello there my friend, how was it", "http://hbl-login.top/a"]
    assert suggest_texts(texts) == [suggest("text", text) for text in texts]
    assert suggest_texts([]) == suggest_urls([]) == []


@given(st.sampled_from(KINDS), st.binary(max_size=200) | st.text(max_size=100))
def test_any_input_gives_a_suggestion(kind: str, data: bytes | str) -> None:
    found = suggest(kind, data)
    assert found.suggestion in SUGGESTIONS
    assert 0 <= found.score <= 1
