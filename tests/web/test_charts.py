"""Charts: coordinates to the pixel, gaps for what is not known, a table and a file for each."""

from __future__ import annotations

from itertools import pairwise

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from pehra.web.charts import bars, lines, scale, tiles
from pehra.web.charts.bars import Bar, Mark
from pehra.web.charts.figure import Data as Numbers
from pehra.web.charts.figure import Words, asked_file, bar_figure, line_figure, with_links
from pehra.web.charts.lines import Dot, Series
from pehra.web.charts.scale import Label, Tick
from pehra.web.charts.tiles import Tile


@pytest.mark.parametrize(
    ("most", "marks"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (7, [0, 2, 4, 6, 8]),
        (10, [0, 5, 10]),
        (1_234, [0, 500, 1_000, 1_500]),
    ],
)
def test_ticks_are_round(most: int, marks: list[int]) -> None:
    assert scale.ticks(most) == marks


@given(st.integers(0, 10**12))
def test_ticks_begin_at_zero_reach_the_most_and_are_few(most: int) -> None:
    marks = scale.ticks(most)
    assert marks[0] == 0
    assert marks[-1] >= most
    assert len(marks) <= 6
    assert len({after - before for before, after in pairwise(marks)}) == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (999, "999"), (1_500, "1.5k"), (1_234, "1234"), (25_000, "25k"), (2 * 10**6, "2M")],
)
def test_ticks_are_short(value: int, text: str) -> None:
    assert scale.short(value) == text


@pytest.mark.parametrize(
    ("step", "places"), [(100, {0, 1, 2, 3}), (42, {1, 3}), (1, {3}), (0, {0, 1, 2, 3})]
)
def test_labels_stand_where_there_is_room(step: float, places: set[int]) -> None:
    assert scale.shown_labels(["1 Nov", "2 Nov", "3 Nov", "4 Nov"], step) == places


def test_bars_stand_on_zero_and_the_unknown_is_a_gap() -> None:
    shown = [Bar("a", 5, "five"), Bar("b", None, "?"), Bar("c", 10, "ten", hatched=True)]
    drawn = bars.draw(shown, width=200, height=100)
    assert drawn.marks == [
        Mark(32.03, 43.0, 41.28, 33.0, "five", "full"),
        Mark(146.69, 10.0, 41.28, 66.0, "ten", "hatched"),
    ]
    assert drawn.ticks == [Tick(76.0, "0"), Tick(43.0, "5"), Tick(10.0, "10")]
    assert drawn.labels == [Label(52.67, "a"), Label(110.0, "b"), Label(167.33, "c")]


def test_a_small_count_is_seen_and_zero_is_not() -> None:
    drawn = bars.draw(
        [Bar("a", 1, ""), Bar("b", 100_000, "", quiet=True), Bar("c", 0, "")], width=200, height=100
    )
    assert [mark.height for mark in drawn.marks] == [1.0, 66.0, 0.0]
    assert [mark.tone for mark in drawn.marks] == ["full", "quiet", "full"]


def test_no_bars_are_an_empty_plot() -> None:
    drawn = bars.draw([], width=200)
    assert (drawn.marks, drawn.labels) == ([], [])


def test_lines_break_where_nothing_is_known() -> None:
    told = ["one", "two", "?", "ten"]
    drawn = lines.draw([Series("open", "a", [5, 10, None, 10], told)], ["a", "b", "c", "d"],
                       width=200, height=100)  # fmt: skip
    line = drawn.lines[0]
    assert line.path == "M24 43 L68.67 10 M158 10"
    assert line.dots == [Dot(24.0, 43.0, "one"), Dot(68.67, 10.0, "two"), Dot(158.0, 10.0, "ten")]
    assert (line.end, line.end_y) == (Label(166.0, "open"), 10.0)


def test_names_of_lines_do_not_lie_on_one_another() -> None:
    series = [Series(name, name, [value], [""]) for name, value in (("a", 9), ("b", 10), ("c", 9))]
    drawn = lines.draw(series, ["x"], width=200, height=200)
    heights = sorted(line.end_y for line in drawn.lines)
    assert all(after - before >= 15 for before, after in pairwise(heights))
    assert [line.name for line in drawn.lines] == ["a", "b", "c"]


def test_a_series_of_which_nothing_is_known_is_left_out() -> None:
    assert lines.draw([Series("a", "a", [None], ["?"])], ["x"], width=200).lines == []


@pytest.mark.parametrize("series", [[Series("a", "a", [1], [""])], [Series("a", "a", [], [])] * 5])
def test_lines_that_fit_no_labels_or_are_too_many_are_refused(series: list[Series]) -> None:
    with pytest.raises(ValueError, match="At most 4 series, each with 0 values"):
        lines.draw(series, [], width=200)


@pytest.mark.parametrize(
    ("share", "step"), [(None, 0), (0.0, 1), (0.19, 1), (0.2, 2), (0.99, 5), (1.0, 5)]
)
def test_a_tile_is_filled_by_fifths(share: float | None, step: int) -> None:
    assert tiles.step_of(share) == step


def test_tiles_lie_where_the_data_says() -> None:
    shown = [Tile("N", "3,2", 0.5, "1", "", ""), Tile("S", "2,3", None, "", "", "")]
    drawn = tiles.draw([*shown, Tile("Z", "", 1.0, "", "", "")])
    assert [(one.x, one.y, one.middle, one.step) for one in drawn.squares] == [
        (102, 0, 150, 3),
        (0, 102, 48, 0),
    ]
    assert (drawn.width, drawn.height) == (198, 198)
    assert tiles.draw([]).squares == []


def test_every_chart_has_its_table_and_its_file() -> None:
    words = Words("opened", "Opened", "Opened, three a day.", "Findings")
    data = Numbers(["Day", "Opened"], [("21 Nov", [1_234]), ("22 Nov", [None])])
    shown = bar_figure(words, [Bar("21", 1_234, "", hatched=True), Bar("22", None, "")], data)
    assert [[cell.text for _, cell in row] for row in shown.table.rows] == [
        ["21 Nov", "1,234"],
        ["22 Nov", "\u2013"],
    ]
    assert shown.unfinished
    request = RequestFactory().get("/", {"csv": "opened"})
    linked = with_links(RequestFactory().get("/x/"), [shown])
    assert linked[0].csv == "/x/?csv=opened"
    file = asked_file(request, linked)
    assert file is not None
    assert b"".join(file) == b"Day,Opened\r\n21 Nov,1234\r\n22 Nov,\r\n"
    assert asked_file(RequestFactory().get("/", {"csv": "other"}), linked) is None


def test_lines_are_drawn_wide_and_narrow() -> None:
    words = Words("open", "Day", "Open.", "Findings")
    shown = line_figure(words, [Series("Open", "a", [1, 2], ["", ""])], ["a", "b"])
    drawn = [(look, one) for look, one in shown.drawings if isinstance(one, lines.Drawn)]
    assert [(look, one.frame.width) for look, one in drawn] == [
        ("wide", 640),
        ("narrow", 320),
    ]
    assert shown.data.rows == [("a", [1]), ("b", [2])]
