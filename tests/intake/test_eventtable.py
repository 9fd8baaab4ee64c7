"""Events of IntelMQ: the same rows, whichever form they come in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pehra.intake.eventtable import open_events
from pehra.intake.source import Delivery
from pehra.kernel.errors import UnreadableFile

Deliver = Callable[..., Delivery]
QUIET = settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
WORDS = st.text('ab",\\{}\té', min_size=1, max_size=6)
EVENTS = st.lists(
    st.fixed_dictionaries(
        {"time.source": WORDS, "source.ip": WORDS},
        optional={"extra": st.dictionaries(st.sampled_from("xyz"), WORDS, min_size=1)},
    ),
    min_size=1,
    max_size=4,
)


def _read(delivery: Delivery) -> list[dict[str, str]]:
    return [
        {name: value for name, value in row.items() if value}
        for stretch in open_events(delivery.path, 1 << 20).stretches
        for row in stretch.frame.rows(named=True)
    ]


def _cell(value: Any) -> str:  # noqa: ANN401 any JSON
    return value if isinstance(value, str) else json.dumps(value)


def _csv(events: list[dict[str, Any]]) -> str:
    names = ("time.source", "source.ip", "extra")
    cells = [
        ['"{}"'.format(_cell(one.get(name, "")).replace('"', '""')) for name in names]
        for one in events
    ]
    return "\n".join(",".join(row) for row in [names, *cells]) + "\n"


def _dump(events: list[dict[str, Any]]) -> str:
    names = ("time.source", "source.ip", "extra")
    rows = [
        "\t".join(
            _cell(one[name]).replace("\\", "\\\\").replace("\t", "\\t") if name in one else "\\N"
            for name in names
        )
        for one in events
    ]
    listed = ", ".join(f'"{name}"' for name in names)
    return "\n".join([f"COPY events ({listed}) FROM stdin;", *rows, "\\.", ""])


@QUIET
@given(events=EVENTS)
def test_each_form_gives_the_same_rows(deliver: Deliver, events: list[dict[str, Any]]) -> None:
    lines = "\n".join(json.dumps(one) for one in events)
    wanted = _read(deliver(lines.encode()))
    assert _read(deliver(_csv(events).encode())) == wanted
    assert _read(deliver(_dump(events).encode())) == wanted
    old = "\n".join(json.dumps({name: _cell(one[name]) for name in one}) for one in events)
    assert _read(deliver(old.encode())) == wanted


def test_what_is_no_object_stays_and_numbers_stay_numbers(deliver: Deliver) -> None:
    text = 'time.source,extra,extra.b\n1,"{""a"": 3, ""b"": ""x""}",\n2,"[1]",y\n3,,\n'
    (stretch,) = open_events(deliver(text.encode()).path, 1 << 20).stretches
    assert stretch.frame.rows(named=True) == [
        {"time.source": "1", "extra": "", "extra.b": "x", "extra.a": "3"},
        {"time.source": "2", "extra": "[1]", "extra.b": "y", "extra.a": ""},
        {"time.source": "3", "extra": "", "extra.b": "", "extra.a": ""},
    ]
    assert stretch.literal == frozenset({"extra.a"})


def test_keys_are_bounded(deliver: Deliver) -> None:
    deep = "{" + '"a":{' * 12 + "}" * 13
    wide = json.dumps({f"k{at}": 1 for at in range(2_001)})
    cells = [deep, wide, '{"k": "v"}']
    rows = "".join('1,"{}"\n'.format(cell.replace('"', '""')) for cell in cells)
    (stretch,) = open_events(deliver(f"time.source,extra\n{rows}".encode()).path, 1 << 20).stretches
    assert stretch.frame.columns == ["time.source", "extra", "extra.k"]
    assert stretch.frame["extra"].to_list() == [deep, wide, ""]


def test_a_table_of_something_else_is_refused(deliver: Deliver) -> None:
    for data in (b"a,b\n1,2\n", b"", b"-- nothing\n"):
        with pytest.raises(UnreadableFile):
            open_events(deliver(data).path, 1000)
