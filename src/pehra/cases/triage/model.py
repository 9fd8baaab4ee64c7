"""The open model: numbers that `pehra bench triage --train` learned, and nothing else.

`data/model.npz.xz` holds a table of letters, how usual suffixes are, symmetric trees over the
columns of `features`, and lines over runs of letters: one for addresses, one for short texts, one
for mails. Beside the models of all samples stand those that never saw one publisher's, by which
docs/triage.md judges.
"""

from __future__ import annotations

import functools
import importlib.resources
import io
import lzma
import math
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from pehra.cases.triage import ngrams, trees
from pehra.cases.triage.features import measured

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl
    from numpy.typing import NDArray

BITS = 17
TEXT_BITS = 15
"""How many places a line has, as a power of two."""
SHORTEST, LONGEST = 2, 5
"""Runs of letters that the lines read."""
LINE_SHARE = 0.5
"""How much the line of runs counts beside the trees."""
GIVEN_ONLY = 4.0
"""What a suffix that only public bodies get takes off, in logarithms of odds."""
_FILE = importlib.resources.files("pehra.cases.triage") / "data" / "model.npz.xz"


class AddressModel(msgspec.Struct, frozen=True):
    """What judges addresses.

    Attributes:
        forest, line: the two halves.
        bare, deep: from where on an address without, and with, a path is called harmful.
    """

    forest: trees.Forest
    line: NDArray[np.float32]
    bare: float
    deep: float


class Model(msgspec.Struct, frozen=True):
    """Everything that was learned.

    Attributes:
        letters: the table of letters of lawful names.
        usual: how usual each suffix is among them.
        columns: what the trees were learned on, in order.
        addresses: models of addresses: `all`, and `without-...` for judging.
        lines: of texts: `sms`, `mail`.
    """

    letters: NDArray[np.uint8]
    usual: Mapping[str, float]
    columns: tuple[str, ...]
    addresses: Mapping[str, AddressModel]
    lines: Mapping[str, NDArray[np.float32]]


@functools.cache
def shipped() -> Model:
    """The model of this version."""
    return loaded(_FILE.read_bytes())


def written(addresses: pl.DataFrame) -> list[str]:
    """Addresses as the line reads them: what was chosen, under what, and where it leads."""
    import polars as pl  # noqa: PLC0415 only tables need it

    c = pl.col
    return (
        addresses.select(
            pl.concat_str(
                c("sub"),
                pl.lit("."),
                c("name"),
                pl.lit("|"),
                c("under"),
                pl.lit(" "),
                c("path").str.slice(0, 80),
                c("query").str.slice(0, 30),
            ).str.to_lowercase()
        )
        .to_series()
        .to_list()
    )


def odds(addresses: pl.DataFrame, which: str = "all") -> NDArray[np.float64]:
    """For each address the logarithm of the odds of harm, against where a suggestion begins.

    Above 0 the model says harmful: about one lawful address in a hundred is there too.
    """
    model = shipped()
    if not len(addresses):
        return np.zeros(0)
    columns, rows = measured(addresses, model.letters, model.usual)
    return against(model.addresses[which], columns, rows, written(addresses))


def against(
    model: AddressModel, columns: tuple[str, ...], rows: NDArray[np.float32], texts: Sequence[str]
) -> NDArray[np.float64]:
    """The same, of columns that are measured already."""
    bare = rows[:, columns.index("bare")] > 0
    return raw(model, columns, rows, texts) - np.where(bare, model.bare, model.deep)


def read_runs(texts: Sequence[str], bits: int) -> ngrams.Runs:
    """Runs of letters as all lines read them."""
    return ngrams.runs(texts, shortest=SHORTEST, longest=LONGEST, bits=bits)


def raw(
    model: AddressModel, columns: tuple[str, ...], rows: NDArray[np.float32], texts: Sequence[str]
) -> NDArray[np.float64]:
    """What trees and line say together, before it is held against where a suggestion begins."""
    given = rows[:, columns.index("restricted")] > 0
    runs = read_runs(texts, BITS)
    total = trees.odds(model.forest, rows) + LINE_SHARE * ngrams.odds(runs, model.line)
    return total - GIVEN_ONLY * given


def text_odds(texts: Sequence[str], which: str) -> NDArray[np.float64]:
    """What the line of `sms` or `mail` says of texts, as `wording.bare` gives them."""
    return ngrams.odds(read_runs(texts, TEXT_BITS), shipped().lines[which])


def saved(model: Model) -> bytes:
    """The file of a model; the same model gives the same bytes."""
    arrays: dict[str, NDArray[np.generic]] = {
        "letters": model.letters,
        "suffixes": np.array(sorted(model.usual)),
        "usual": np.array([model.usual[one] for one in sorted(model.usual)], np.float32),
        "columns": np.array(model.columns),
    }
    for name, one in model.addresses.items():
        for part in ("edges", "column", "above", "leaf"):
            arrays[f"address/{name}/{part}"] = getattr(one.forest, part)
        arrays[f"address/{name}/from"] = np.array([one.bare, one.deep], np.float32)
        _squeeze(arrays, f"address/{name}", one.line)
    for name, line in model.lines.items():
        _squeeze(arrays, f"text/{name}", line)
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return lzma.compress(file.getvalue(), preset=9)


def loaded(data: bytes) -> Model:
    """The model of a file."""
    with np.load(io.BytesIO(lzma.decompress(data)), allow_pickle=False) as arrays:
        held = {name: arrays[name] for name in arrays.files}
    named = sorted({name.split("/")[1] for name in held if name.startswith("address/")})
    texts = sorted({name.split("/")[1] for name in held if name.startswith("text/")})
    suffixes = [str(one) for one in held["suffixes"]]
    return Model(
        letters=held["letters"],
        usual=dict(zip(suffixes, held["usual"].tolist(), strict=True)),
        columns=tuple(str(one) for one in held["columns"]),
        addresses={name: _address_model(held, f"address/{name}") for name in named},
        lines={name: _stretch(held, f"text/{name}") for name in texts},
    )


def _address_model(held: Mapping[str, NDArray[np.generic]], at: str) -> AddressModel:
    parts: dict[str, NDArray[Any]] = {
        part: held[f"{at}/{part}"] for part in ("edges", "column", "above", "leaf")
    }
    bare, deep = held[f"{at}/from"].tolist()
    return AddressModel(trees.Forest(**parts), _stretch(held, at), bare, deep)


def _squeeze(arrays: dict[str, NDArray[np.generic]], at: str, line: NDArray[np.float32]) -> None:
    """Weights as bytes: small ones finely, large ones coarsely, by their square root."""
    most = float(np.abs(line[:-1]).max()) or 1.0
    root = np.sign(line[:-1]) * np.sqrt(np.abs(line[:-1]) / most)
    arrays[f"{at}/line"] = np.rint(root * 127).astype(np.int8)
    arrays[f"{at}/most"] = np.array([most, line[-1]], np.float32)


def _stretch(held: Mapping[str, NDArray[np.generic]], at: str) -> NDArray[np.float32]:
    root = held[f"{at}/line"].astype(np.float32) / 127
    most, base = held[f"{at}/most"].tolist()
    return np.append(np.sign(root) * root**2 * most, base).astype(np.float32)


def chance(logarithm: float) -> float:
    """Odds as a chance of harm: 0.8 where a suggestion begins."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logarithm + math.log(4)))))
