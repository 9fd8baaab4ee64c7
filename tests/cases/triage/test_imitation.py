"""Names of others in an address."""

from __future__ import annotations

import csv
import importlib.resources

import pytest

from pehra.cases.triage.addresses import canonical
from pehra.cases.triage.imitation import AS_OF, is_owned, likenesses, named, names, resembled


@pytest.mark.parametrize(
    ("url", "word", "how"),
    [
        ("http://easypa1sa.com.pk/", "easypaisa", "spelled"),
        ("http://\u0440\u0430\u0443\u0440\u0430l.com/", "paypal", "spelled"),
        ("http://hbl.secure-pk.top/", "hbl", "label"),
        ("http://jazzcash-prize.weebly.com/", "jazzcash", "label"),
        ("http://meezanbamk.com/", "meezanbank", "near"),
        ("http://mynadracard.xyz/", "nadra", "inside"),
    ],
)
def test_an_address_looks_like_a_name_of_another(url: str, word: str, how: str) -> None:
    address = canonical(url)
    assert address is not None
    plainest = likenesses(address)[0]
    assert (plainest.word, plainest.how) == (word, how)


def test_an_owner_imitates_nobody() -> None:
    for row in _national():
        for own in row["own"].split():
            address = canonical(f"http://online.{own}/")
            assert address is not None
            assert is_owned(address), own
            assert likenesses(address) == []


def test_a_name_of_the_world_is_its_own_only_under_usual_suffixes() -> None:
    owned = [canonical(url) for url in ("http://paypal.com/", "http://paypal.com.ml/")]
    assert [one is not None and is_owned(one) for one in owned] == [True, False]


def test_a_text_names_whom_it_names() -> None:
    assert [one.called for one in named("Your Meezan Bank account, dear HBL user")] == [
        "Meezan Bank",
        "Habib Bank",
    ]


def test_a_common_word_counts_only_alone() -> None:
    assert resembled("orange") == ("label", "orange")
    assert resembled("oranges") is None


def test_the_lists_are_dated_and_whole() -> None:
    assert AS_OF.year >= 2026
    assert all(row["own"] and row["words"] for row in _national())
    assert {"bank", "wallet", "telecom", "government"} <= {
        one.kind for one in names().words.values()
    }


def _national() -> list[dict[str, str]]:
    path = importlib.resources.files("pehra.cases.triage") / "data" / "names.csv"
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
