"""The key file beside a table: whatever processes do to it, it knows what the table knows."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from pehra.findings import keyfile
from pehra.findings.keyfile import KeyFile

if TYPE_CHECKING:
    from pathlib import Path

KEYS = st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 60)
WHO = st.integers(0, 2)


class Table:
    """The findings, as the database holds them: in order of arrival, a key may come again."""

    def __init__(self) -> None:
        self.keys: list[int] = []

    def add(self, keys: list[int]) -> None:
        """Open findings."""
        self.keys += keys

    def after(self, through: int) -> list[tuple[int, int]]:
        """(key, id) of findings with a higher id."""
        return [(self.keys[n - 1], n) for n in range(through + 1, len(self.keys) + 1)]

    def ids(self, through: int) -> dict[int, int]:
        """Key -> its youngest id, of findings up to an id."""
        return {key: n for n, key in enumerate(self.keys[:through], start=1)}


def catch_up(file: KeyFile, table: Table) -> None:
    rows = table.after(file.through)
    if rows:
        file.learn(np.array(rows, dtype=np.int64), rows[-1][1])


def asked(file: KeyFile, keys: list[int]) -> dict[int, int]:
    ids = file.resolve(np.array(keys, dtype=np.int64))
    return {key: int(number) for key, number in zip(keys, ids, strict=True) if number >= 0}


class Processes(RuleBasedStateMachine):
    """Three processes with one folder and one table."""

    path: Path

    def __init__(self) -> None:
        super().__init__()
        shutil.rmtree(self.path, ignore_errors=True)
        self.table = Table()
        self.files = [KeyFile(self.path) for _ in range(3)]

    @rule(keys=st.lists(KEYS, max_size=40))
    def arrive(self, keys: list[int]) -> None:
        """Findings are opened by anybody."""
        self.table.add(keys)

    @rule(who=WHO)
    def catch_up(self, who: int) -> None:
        """A process asks the table."""
        catch_up(self.files[who], self.table)

    @rule(who=WHO)
    def save(self, who: int) -> None:
        """A process writes down what it knows."""
        self.files[who].save(force=True)

    @rule(who=WHO)
    def start_again(self, who: int) -> None:
        """A process dies and another begins."""
        self.files[who] = KeyFile(self.path)

    @rule(name=st.sampled_from(["base", "recent"]))
    def lose(self, name: str) -> None:
        """A folder is removed."""
        shutil.rmtree(self.path / name, ignore_errors=True)

    @rule(name=st.sampled_from(["base", "recent"]), data=st.binary(max_size=8))
    def damage(self, name: str, data: bytes) -> None:
        """A file is damaged."""
        for file in (self.path / name).glob("g-*/ids.npy"):
            file.unlink()  # what is mapped stays as it is
            file.write_bytes(data)

    @rule(who=WHO)
    def forget(self, who: int) -> None:
        """A process begins anew."""
        self.files[who].forget()

    @invariant()
    def each_knows_its_part_of_the_table(self) -> None:
        """What a process knows is the table up to where it says."""
        wanted = sorted({*self.table.keys, -7, 0, 2**62})
        for file in self.files:
            assert asked(file, wanted) == self.table.ids(file.through)
            assert file.through <= len(self.table.keys)
            last = self.table.keys[file.through - 1] if file.through else None
            assert file.witness == last


def test_processes_that_save_in_any_order_are_believed_only_where_they_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyfile, "_PIECE", 7)
    monkeypatch.setattr(keyfile, "_ASKED", 9)
    run_state_machine_as_test(
        type("Here", (Processes,), {"path": tmp_path / "finding-keys"}),
        settings=settings(
            max_examples=60,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_run_beside_another_ones_base_is_believed_where_the_base_reaches(tmp_path: Path) -> None:
    table = Table()
    table.add(list(range(0, 1000, 2)))
    first = KeyFile(tmp_path)
    catch_up(first, table)
    first.save(force=True)
    second = KeyFile(tmp_path)
    table.add([1])
    for file in (first, second):
        catch_up(file, table)
    table.add(list(range(1001, 2001, 2)))
    catch_up(first, table)
    first.save(force=True)  # a new base, up to 1001
    second.save(force=True)  # a run up to 501, which that base has overtaken
    third = KeyFile(tmp_path)
    assert third.through == 1001
    assert asked(third, [1, 1001, 1003, 5]) == {1: 501, 1001: 502, 1003: 503}


def test_an_older_base_does_not_hide_ids_behind_a_younger_run(tmp_path: Path) -> None:
    """As it was: base back to 500, a run from 1,000 on believed beside it, ids between lost."""
    table = Table()
    table.add(list(range(500)))
    slow = KeyFile(tmp_path)
    catch_up(slow, table)
    table.add(list(range(500, 1000)))
    quick = KeyFile(tmp_path)
    catch_up(quick, table)
    quick.save(force=True)
    slow.save(force=True)
    table.add([1000])
    catch_up(quick, table)
    quick.save(force=True)
    reader = KeyFile(tmp_path)
    assert asked(reader, list(range(1001))) == table.ids(reader.through)
    assert reader.through == 500


def test_a_base_that_is_removed_under_a_process_does_not_stop_it(tmp_path: Path) -> None:
    table = Table()
    table.add(list(range(1000)))
    file = KeyFile(tmp_path)
    catch_up(file, table)
    file.save(force=True)
    table.add([1000])
    catch_up(file, table)
    shutil.rmtree(tmp_path)
    assert file.save(force=True)
    assert asked(file, [0, 999, 1000]) == {0: 1, 999: 1000, 1000: 1001}
    assert KeyFile(tmp_path).through == 0


def test_what_was_saved_is_read_from_its_file(tmp_path: Path) -> None:
    table = Table()
    table.add(list(range(100_000)))
    file = KeyFile(tmp_path)
    catch_up(file, table)
    file.save(force=True)
    keys, ids = file._base  # noqa: SLF001 where the arrays lie is what is tried
    assert not keys.flags.writeable
    file.rest()
    assert (int(keys.sum()), int(ids.sum())) == (4_999_950_000, 5_000_050_000)


@pytest.mark.parametrize("force", [False, True])
def test_a_little_is_kept_in_memory_unless_asked_for(tmp_path: Path, *, force: bool) -> None:
    file = KeyFile(tmp_path)
    file.learn(np.array([(5, 1), (3, 2), (5, 3)]), 3)
    assert asked(file, [3, 4, 5]) == {3: 2, 5: 3}
    assert file.save(force=force) is force
    assert KeyFile(tmp_path).through == (3 if force else 0)
