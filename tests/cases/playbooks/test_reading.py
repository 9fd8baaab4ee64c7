"""A playbook is read, or every place that is wrong in it is named."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.cases.playbooks import shipped
from pehra.cases.playbooks.reading import LARGEST, Fault, check, read
from pehra.kernel.errors import UsageError

FIRST = "action--e19170f6-6445-4cff-b075-e2dadee57178"
"""The first step of the playbook about ransomware."""


def document() -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(shipped.content("ransomware"))
    return found


def faults(changed: dict[str, Any]) -> list[Fault]:
    return check(msgspec.json.encode(changed))[1]


def key_of(given: dict[str, Any], kind: str) -> str:
    return next(str(key) for key, step in given["workflow"].items() if step["type"] == kind)


def test_the_version_is_the_moment_of_the_last_change() -> None:
    assert read(shipped.content("ransomware")).version == "2026-11-28T00:00:00.000Z"


def test_a_machines_command_is_refused_with_its_place() -> None:
    given = document()
    given["workflow"][FIRST]["commands"][0]["type"] = "bash"
    assert faults(given) == [
        Fault(
            f'$.workflow["{FIRST}"].commands[0].type',
            "`bash` is a machine's command: nothing is executed, so only `manual` is taken.",
        )
    ]


def test_a_wrong_type_is_named_by_its_place() -> None:
    given = document()
    given["workflow"][FIRST]["commands"][0]["command"] = 5
    place = f'$.workflow["{FIRST}"].commands[0].command'
    assert faults(given) == [Fault(place, "Expected `str`, got `int`")]


def test_all_faults_are_named_in_order_of_place() -> None:
    given = document()
    given["spec_version"] = "1.1"
    given["priority"] = 101
    given["modified"] = "2020-01-01T00:00:00.000Z"
    given["valid_from"] = given["valid_until"] = "2027-01-01T00:00:00.000Z"
    given["created_by"] = "somebody"
    given["markings"] = ["marking-tlp--0"]
    del given["workflow"][FIRST]["on_completion"]
    given["workflow"][FIRST]["agent"] = "group--0"
    given["workflow"][FIRST]["targets"] = ["group--0"]
    given["workflow"][FIRST]["delay"] = -1
    end = key_of(given, "end")
    given["workflow"][end]["on_completion"] = FIRST
    at = f'$.workflow["{FIRST}"]'
    assert faults(given) == [
        Fault("$.created_by", "`somebody` is no identifier of the form identity--UUID."),
        Fault("$.markings[0]", "There is no such data marking."),
        Fault("$.modified", "Must not be before `created`."),
        Fault("$.priority", "Must be 0 to 100."),
        Fault("$.spec_version", "Must be `cacao-2.0`."),
        Fault("$.valid_until", "Must be after `valid_from`."),
        Fault(at, "Needs `on_completion` or `on_success`."),
        Fault(f"{at}.agent", "There is no such agent."),
        Fault(f"{at}.delay", "Must not be negative."),
        Fault(f"{at}.targets[0]", "There is no such target."),
        Fault(f'$.workflow["{end}"].on_completion', "An end has nothing after it."),
    ]


def test_what_only_the_whole_shows() -> None:
    given = document()
    second = given["workflow"][FIRST]["on_completion"]
    given["workflow"][second]["on_completion"] = FIRST
    found = faults(given)
    assert found[0].message == "No step leads here."
    assert [one.place for one in found if one.message.startswith("Leads back")] == [
        f'$.workflow["{second}"]'
    ]
    given = document()
    given["workflow_start"] = FIRST
    message = "Must name a start step of the workflow."
    assert faults(given) == [Fault("$.workflow_start", message)]


def test_branches_are_checked() -> None:
    given = document()
    parallel, asks = key_of(given, "parallel"), key_of(given, "if-condition")
    given["workflow"][parallel]["next_steps"] = given["workflow"][parallel]["next_steps"][:1]
    given["workflow"][asks]["on_false"] = "end--0"
    given["workflow"][asks]["type"] = "while-condition"
    assert [one.place for one in faults(given)] == [
        f'$.workflow["{asks}"].type',
        f'$.workflow["{parallel}"].next_steps',
    ]


def test_keys_extensions_and_moments() -> None:
    given = document()
    agent = next(iter(given["agent_definitions"]))
    given["agent_definitions"]["group--0"] = {"type": "group", "name": ""}
    given["agent_definitions"][agent]["agent_target_extensions"]["extension-definition--0"] = {}
    given["created"] = "2026-11-28T00:00:00"
    assert faults(given) == [
        Fault('$.agent_definitions["group--0"]', "Its key must be group--UUID."),
        Fault('$.agent_definitions["group--0"].name', "Must not be empty."),
        Fault(
            f'$.agent_definitions["{agent}"].agent_target_extensions["extension-definition--0"]',
            "There is no such extension definition.",
        ),
        Fault("$.created", "Must name its zone, such as Z."),
    ]


def test_too_large_and_no_json() -> None:
    assert check(b" " * (LARGEST + 1))[1] == [Fault("$", "It is larger than 1024 KiB.")]
    with pytest.raises(UsageError, match=r"\$: It is not JSON"):
        read(b"{")
    assert check(b"[" * 100_000)[0] is None


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner,
                                                                max_size=3),
    max_leaves=8,
).map(msgspec.json.encode))  # fmt: skip
def test_anything_else_is_faults_and_never_more(content: bytes) -> None:
    found, wrong = check(content)
    assert found is None
    assert all(one.place.startswith("$") for one in wrong)
    assert wrong != []


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_one_property_changed_anywhere_never_breaks_the_reader(data: st.DataObject) -> None:
    changed = document()
    step = changed["workflow"][data.draw(st.sampled_from(sorted(changed["workflow"])))]
    target = data.draw(st.sampled_from([changed, step]))
    name = data.draw(st.sampled_from(sorted(target)))
    target[name] = data.draw(
        st.none() | st.integers() | st.text(max_size=5) | st.just([]) | st.just({})
    )
    found, wrong = check(msgspec.json.encode(changed))
    assert (found is None) == bool(wrong)
