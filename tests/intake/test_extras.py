"""The JSON of the left-over columns is that of a JSON writer."""

from __future__ import annotations

import json
import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.intake.distinct import Texts
from pehra.intake.extras import Extra, extras

TEXT = st.text(st.characters(codec="utf-8"), max_size=6)


@given(rows=st.lists(st.tuples(TEXT, TEXT), max_size=6))
def test_any_text_comes_back(rows: list[tuple[str, str]]) -> None:
    frame = pl.DataFrame(rows, schema={"a": pl.String, 'b"': pl.String}, orient="row")
    wanted = [Extra("a", "a"), Extra('b"', 'k"\\é')]
    got = [json.loads(text) if text else {} for text in extras(Texts(frame), wanted).to_list()]
    assert got == [
        {key: value for key, value in (("a", one), ('k"\\é', two)) if value} for one, two in rows
    ]


@given(rows=st.lists(st.text('"a,{é', max_size=6), max_size=6))
def test_where_only_quotes_need_an_escape_the_object_is_the_same(rows: list[str]) -> None:
    frame = pl.DataFrame({"a": rows, "b": rows}, schema={"a": pl.String, "b": pl.String})
    wanted = [Extra("a", "a"), Extra("b", "k")]
    assert (
        extras(Texts(frame), wanted, only_quotes=True).to_list()
        == extras(Texts(frame), wanted).to_list()
    )


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "042", 42),
        ("integer", "4.5", "4.5"),
        ("integer", "9" * 30, "9" * 30),
        ("number", "1.5", 1.5),
        ("number", "nan", "nan"),
        ("number", "inf", "inf"),
        ("flag", "Yes", True),
        ("flag", "N", False),
        ("flag", "maybe", "maybe"),
        ("json", "[1,2]", [1, 2]),
        ("text", "1", "1"),
    ],
)
def test_a_value_has_its_kind_or_stays_text(kind: str, text: str, value: object) -> None:
    frame = pl.DataFrame({"a": [text, ""]})
    assert extras(Texts(frame), [Extra("a", "k", kind)]).to_list()[1] is None
    (got,) = json.loads(extras(Texts(frame), [Extra("a", "k", kind)]).to_list()[0]).values()
    assert (got, type(got)) == (value, type(value))
    assert not (isinstance(got, float) and math.isnan(got))


def test_zero_is_left_out_where_it_means_nothing() -> None:
    frame = pl.DataFrame({"naics": ["0", "51"], "count": ["0", "1"]})
    wanted = [Extra("naics", "naics", "integer", zero_is_null=True), Extra("count", "n", "integer")]
    assert extras(Texts(frame), wanted).to_list() == ['{"n":0}', '{"n":1,"naics":51}']
