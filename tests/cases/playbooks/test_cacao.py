"""Objects of CACAO: what follows what."""

from __future__ import annotations

from pehra.cases.playbooks.cacao import (
    Action,
    Command,
    IfCondition,
    Parallel,
    SwitchCondition,
    after,
    successors,
)

DO = (Command(type="manual", command="Look."),)


def test_successors_of_each_kind_of_step() -> None:
    fork = Parallel(type="parallel", next_steps=("a", "b"), on_completion="z")
    assert successors(fork) == [("1", "a"), ("2", "b"), ("next", "z")]
    asks = IfCondition(type="if-condition", condition="x", on_true="a", on_completion="z")
    assert successors(asks) == [("true", "a"), ("next", "z")]
    both = IfCondition(type="if-condition", condition="x", on_true="a", on_false="b")
    assert successors(both) == [("true", "a"), ("false", "b")]
    many = SwitchCondition(type="switch-condition", switch="x", cases={"one": "a", "default": "b"})
    assert successors(many) == [("one", "a"), ("default", "b")]


def test_what_follows_is_the_success_where_both_are_named() -> None:
    step = Action(type="action", commands=DO, agent="g", on_success="a", on_failure="b")
    assert after(step) == "a"
    assert successors(step) == [("next", "a"), ("next", "b")]
