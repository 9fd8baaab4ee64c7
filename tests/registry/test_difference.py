"""The quick way in columns decides as the slow way row by row does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.registry.difference import KEY, STANDING, difference
from pehra.registry.register import CLAIMS
from pehra.registry.succession import Standing, Word, meant, runs, succeed

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=5, hours=3)
ASSETS = ("64500", "64501", "64502")


def day(number: int | None) -> datetime | None:
    return None if number is None else START + timedelta(days=number)


@st.composite
def words(draw: st.DrawFn) -> Word:
    since = draw(st.none() | st.integers(0, 8))
    until = draw(st.none() | st.integers((since or 0) + 1, 10))
    return Word(day(since), day(until), draw(st.sampled_from([50, 100])), "static")


@st.composite
def chains(draw: st.DrawFn) -> list[Word]:
    """Claims of one key that follow one another, or leave a gap."""
    cuts = sorted(draw(st.sets(st.integers(0, 8), max_size=4)))
    pairs = list(zip([None, *cuts], [*cuts, None], strict=True))
    kept = [pair for pair in pairs if draw(st.booleans())]
    return [Word(day(a), day(b), draw(st.sampled_from([50, 100])), "static") for a, b in kept]


def stated_frame(words_of: dict[str, Word]) -> pl.DataFrame:
    rows = [
        {
            "row": row,
            "organisation": "a",
            "kind": "asn",
            "value": asset,
            "source": "manual",
            "confidence": word.confidence,
            "use": word.use,
            "valid_from": word.since,
            "valid_to": word.until,
            "note": "",
        }
        for row, (asset, word) in enumerate(words_of.items(), start=2)
    ]
    return pl.DataFrame(rows, schema=CLAIMS)


def standing_frame(chains_of: dict[str, list[Word]]) -> pl.DataFrame:
    pairs = [(asset, word) for asset, chain in chains_of.items() for word in chain]
    rows = [
        {
            "claim": number,
            "organisation": "a",
            "kind": "asn",
            "value": asset,
            "source": "manual",
            "confidence": word.confidence,
            "use": word.use,
            "valid_from": word.since,
            "valid_to": word.until,
        }
        for number, (asset, word) in enumerate(pairs)
    ]
    return pl.DataFrame(rows, schema=STANDING)


@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(st.sampled_from(ASSETS), words()),
    st.dictionaries(st.sampled_from(ASSETS), chains()),
)
def test_columns_decide_as_rows_do(
    stated: dict[str, Word], chains_of: dict[str, list[Word]]
) -> None:
    frame = standing_frame(chains_of)
    found = difference(stated_frame(stated), frame, NOW)
    close: dict[int, datetime] = {}
    withdraw: list[int] = []
    add: list[tuple[str, datetime | None, datetime | None]] = []
    outcomes: list[str] = []
    for asset, word in stated.items():
        mine = frame.filter(value=asset).sort("valid_from", "claim", nulls_last=False)
        held = runs(
            [
                Standing(
                    row["claim"],
                    Word(row["valid_from"], row["valid_to"], row["confidence"], row["use"]),
                )
                for row in mine.iter_rows(named=True)
            ]
        )
        steps = succeed(meant(word, held), held, NOW)
        close.update(steps.close)
        withdraw.extend(steps.withdraw)
        add.extend((asset, one.since, one.until) for one in steps.add)
        outcomes.append(steps.outcome)
    assert found.close == close
    assert sorted(found.withdraw) == sorted(withdraw)
    added = found.add.select("value", "valid_from", "valid_to").rows()
    assert sorted(added, key=str) == sorted(add, key=str)
    assert found.report["outcome"].to_list() == outcomes


def test_rows_of_one_key_stand_beside_one_another() -> None:
    first, then = Word(day(0), day(2), 50, "static"), Word(day(2), None, 100, "static")
    frame = standing_frame({"64500": [first, then]})
    both = pl.concat([stated_frame({"64500": first}), stated_frame({"64500": then})])
    found = difference(both, frame, NOW)
    assert found.report["outcome"].to_list() == ["unchanged", "unchanged"]
    assert both.select(KEY).n_unique() == 1
