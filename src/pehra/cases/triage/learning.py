"""How the open model is learned from samples, and what of them is kept apart to judge it.

A name belongs to one of eight folds by its registered domain, so that nothing of one owner stands
on both sides. Lawful names of folds 0-2 make the table of letters, 3-5 the trees and lines (of
lawful addresses with a path, 0-5), 6 says where a suggestion begins; those of fold 7 and of
government lists are never learned.
"""

from __future__ import annotations

import collections
import hashlib
import math
import re
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import polars as pl

from pehra.cases.triage import lettering, ngrams, trees
from pehra.cases.triage.addresses import frame
from pehra.cases.triage.features import measured
from pehra.cases.triage.model import (
    BITS,
    TEXT_BITS,
    AddressModel,
    raw,
    read_runs,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

FOLDS = 8
JUDGED = 7
LETTERS, LEARNED, BEGINNING = (0, 1, 2), (3, 4, 5), 6
MOST = 16_000
"""Rows of one set that are learned."""
_RIDGE = 1e-6
_WORD = re.compile("[a-z]{4,20}")
_ALARMS = 0.01
_LAWFUL = {"urls": 0.5, "popular": 0.2, "asked": 0.15, "universities": 0.1, "banks": 0.05}
"""Lawful sets, and how much each weighs."""


class Side(msgspec.Struct, frozen=True):
    """Addresses of all sets, measured once.

    Attributes:
        table: as `addresses.frame` gives them, with `set`, `given` and `fold`.
        columns, rows: what the trees read.
        texts: what the line reads.
        letters, usual: of the model.
    """

    table: pl.DataFrame
    columns: tuple[str, ...]
    rows: NDArray[np.float32]
    texts: NDArray[np.object_]
    letters: NDArray[np.uint8]
    usual: Mapping[str, float]

    def chosen(self, mask: pl.Expr, most: int = MOST) -> NDArray[np.int64]:
        """Rows that fit, the same ones each time, at most so many."""
        found = self.table.with_row_index("at").filter(mask)["at"].to_numpy().astype(np.int64)
        dice = np.random.default_rng(3)
        return found if len(found) <= most else np.sort(dice.choice(found, most, replace=False))


def fold(host: str) -> int:
    """The fold of a name: by what was registered, however deep the name."""
    return int.from_bytes(hashlib.blake2b(host.encode(), digest_size=2).digest()) % FOLDS


def read(sets: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    """All sets as one table of addresses."""
    flat = [(name, text) for name, texts in sets.items() for text in texts]
    table = frame([text for _, text in flat])
    names = pl.Series("set", [flat[row][0] for row in table["row"].to_list()], pl.String)
    owners = table.select(
        pl.when(pl.col("hosting") == "")
        .then(pl.concat_str("name", pl.lit("."), "under"))
        .otherwise("host")
    ).to_series()
    folds = pl.Series("fold", [fold(owner) for owner in owners.to_list()], pl.Int8)
    return table.with_columns(names, folds, owners.alias("owner"))


def side(table: pl.DataFrame) -> Side:
    """The table of letters of its lawful names, and all its columns."""
    c = pl.col
    lawful = table.filter(c("set").is_in(list(_LAWFUL)) & c("fold").is_in(LETTERS))
    names = lawful.filter((c("suffix") != "") & (c("hosting") == ""))["name"].unique().to_list()
    paths = lawful.filter(c("set") == "urls")["path"].str.to_lowercase().to_list()
    words = {word for path in paths for word in _WORD.findall(path)}
    letters = lettering.learn(sorted({*names, *words}))
    under = lawful.filter(c("set") != "urls").unique("owner")["under"].to_list()
    usual = {
        suffix: math.log((count + 0.5) / len(under))
        for suffix, count in collections.Counter(under).items()
    }
    usual[""] = math.log(0.5 / len(under))
    columns, rows = measured(table, letters, usual)
    return Side(table, columns, rows, np.array(written(table), object), letters, usual)


def address_model(of: Side, harmful: Sequence[str], how: trees.Growth) -> AddressModel:
    """Learn from the named sets of harmful addresses, and from lawful ones."""
    c = pl.col
    places: list[NDArray[np.int64]] = []
    weights: list[NDArray[np.float64]] = []
    for name in harmful:
        places.append(of.chosen(c("set") == name))
        weights.append(np.full(len(places[-1]), 1 / len(places[-1]) / len(harmful)))
    count = sum(map(len, places))
    for name, weight in _LAWFUL.items():
        folds = [*LETTERS, *LEARNED] if name == "urls" else list(LEARNED)
        places.append(of.chosen((c("set") == name) & c("fold").is_in(folds)))
        weights.append(np.full(len(places[-1]), weight / len(places[-1])))
    at, shares = np.concatenate(places), np.concatenate(weights)
    truth = (np.arange(len(at)) < count).astype(np.float64)
    forest = trees.grow(of.rows[at], truth, shares, how)
    line = run_line(of.texts[at].tolist(), truth, shares, BITS)
    return _begun(of, AddressModel(forest, line, 0.0, 0.0))


def _begun(of: Side, model: AddressModel) -> AddressModel:
    """Say where a suggestion begins: where one in a hundred lawful addresses is called harmful."""
    c = pl.col
    found = []
    for deep, sets in ((False, ("popular", "universities", "banks")), (True, ("urls",))):
        scores = []
        for name in sets:
            at = of.chosen(
                (c("set") == name)
                & (c("fold") == BEGINNING)
                & (((c("path") != "") | (c("query") != "")) == deep)
            )
            scores.append(raw(model, of.columns, of.rows[at], of.texts[at].tolist()))
        found.append(float(np.mean([np.quantile(one, 1 - _ALARMS) for one in scores])))
    return AddressModel(model.forest, model.line, *found)


def run_line(
    texts: Sequence[str], truth: NDArray[np.float64], weight: NDArray[np.float64], bits: int
) -> NDArray[np.float32]:
    """A line through runs of letters."""
    runs = read_runs(texts, bits)
    return ngrams.learn(runs, truth, weight, bits, _RIDGE)


def text_line(lawful: Sequence[str], harmful: Sequence[str]) -> NDArray[np.float32]:
    """A line for texts, above 0 where one lawful text in a hundred is called harmful.

    Texts are as `wording.bare` gives them; those of fold 7 are left out.
    """
    sides = [[text for text in texts if fold(text) != JUDGED] for texts in (lawful, harmful)]
    learned = [[text for text in texts if fold(text) != BEGINNING] for texts in sides]
    truth = np.repeat([0.0, 1.0], [len(texts) for texts in learned])
    weight = np.repeat([1 / len(texts) for texts in learned], [len(texts) for texts in learned])
    line = run_line([*learned[0], *learned[1]], truth, weight, TEXT_BITS)
    begin = [text for text in sides[0] if fold(text) == BEGINNING]
    runs = read_runs(begin, TEXT_BITS)
    line[-1] -= np.quantile(ngrams.odds(runs, line), 1 - _ALARMS)
    return line
