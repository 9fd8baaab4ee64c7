"""What the model knows of an address."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.cases.triage.addresses import frame
from pehra.cases.triage.features import measured
from pehra.cases.triage.lettering import learn

LETTERS = learn(["example", "market", "news"])
USUAL = {"com": -1.0, "": -9.0}


def _row(url: str) -> dict[str, float]:
    columns, rows = measured(frame([url]), LETTERS, USUAL)
    return dict(zip(columns, rows[0].tolist(), strict=True))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("http://example.org", "https://www.example.org/"),
        ("https://EXAMPLE.org/a", "http://example.org/a"),
    ],
)
def test_how_a_list_was_written_down_says_nothing(one: str, two: str) -> None:
    assert _row(one) == _row(two)


def test_what_is_plain_in_an_address_is_counted() -> None:
    row = _row("http://hbl-login2.weebly.com:8080/wp-content/a.php?b=1")
    assert {
        name: row[name]
        for name in ("builder", "hosted", "port", "name_digits", "name_hyphens", "left_behind")
    } == {
        "builder": 1,
        "hosted": 1,
        "port": 1,
        "name_digits": 1,
        "name_hyphens": 1,
        "left_behind": 1,
    }
    assert (row["php"], row["query_parts"], row["name_likeness"], row["owned"]) == (1, 1, 3, 0)
    assert _row("http://hbl.com/")["owned"] == 1
    assert _row("http://x.gov.pk/")["restricted"] == 1
    assert (_row("http://a.com/")["usual"], _row("http://a.top/")["usual"]) == (-1, -9)


@given(st.lists(st.text(max_size=40), min_size=1, max_size=4))
def test_any_addresses_are_measured(texts: list[str]) -> None:
    table = frame([*texts, "http://example.com/" + texts[0]])
    columns, rows = measured(table, LETTERS, USUAL)
    assert rows.shape == (len(table), len(columns))
    assert np.isfinite(rows).all()
