"""The fold in order: known findings by id, new ones by key, former holders last; no plan stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pehra.findings.actions import take_in

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from tests.findings.conftest import House


def test_what_former_holders_saw_comes_in_chunks_of_its_own() -> None:
    plan = pl.DataFrame({"n": [1, 2, 3, 4], "former": [False, False, False, True]})
    cut = plan.with_columns(take_in._cut(plan["former"], 2))  # noqa: SLF001 the order itself is what is tried
    chunks = take_in._chunks(cut)  # noqa: SLF001 the order itself is what is tried
    assert [chunk["n"].to_list() for chunk in chunks] == [[1, 2], [3], [4]]
    assert take_in._cut(plan["former"][3:], 2).to_list() == [0]  # noqa: SLF001 the order itself is what is tried


def test_a_plan_of_the_first_version_keeps_its_chunks(tmp_path: Path) -> None:
    ids = [*range(3_000), *[-1] * 3_000, 5]
    path = tmp_path / "plan.arrow"
    pl.DataFrame({"id": ids, "former": [False] * 6_000 + [True]}).with_columns(
        key="id", organisation=pl.lit(1)
    ).write_ipc(path)
    kept = take_in._kept(path)  # noqa: SLF001 the order itself is what is tried
    assert [chunk.height for chunk in take_in._chunks(kept)] == [2_500, 2_500, 1_000, 1]  # noqa: SLF001 the order itself is what is tried


def test_a_kept_plan_finds_its_rows_again_each_once() -> None:
    planned = pl.DataFrame(
        {"key": [1, 2, 3, 4, 4, 5], "organisation": [7, None, 7, 7, 8, 7], "former": False}
    )
    told = pl.DataFrame({"key": [5, 4, 4, 3, 2], "organisation": [9, 8, 6, 7, None]})
    placed = take_in._placed(planned, told.with_row_index("at"))  # noqa: SLF001 the order itself is what is tried
    assert placed["key"].to_list() == planned["key"].to_list()
    assert placed["at"].to_list() == [None, 4, 3, 2, 1, 0]


def test_a_plan_is_kept_while_a_part_is_folded_and_then_forgotten(
    watch: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[int] = []
    fold = take_in._apply  # noqa: SLF001 watched from within a fold
    plans = watch.home.indexes / "plans"

    def watched(*given: object) -> take_in.Counts:
        kept.append(len(list(plans.glob("*.arrow"))))
        return fold(*given)  # type: ignore[arg-type] # handed on as it came

    monkeypatch.setattr(take_in, "CHUNK", 2)
    monkeypatch.setattr(take_in, "_apply", watched)
    told = watch.telnet("2026-11-20", 10, 11, 12, 13, 14)
    assert told.findings["opened"] == 5
    assert kept == [1, 1, 1]
    assert list(plans.iterdir()) == []
