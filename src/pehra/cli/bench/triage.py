"""`pehra bench triage`: learn the open model from samples, and judge it across publishers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from pehra.cases.triage import learning, model, ngrams, trees
from pehra.cases.triage.addresses import canonical
from pehra.cases.triage.features import measured
from pehra.cases.triage.reasons import of_address, of_wording
from pehra.cases.triage.suggestions import suggest, suggest_texts, suggest_urls
from pehra.cases.triage.wording import bare, plain
from pehra.cli.bench import triagesets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray


APART = {"without-openphish": "openphish", "without-jpcert": "jpcert"}
"""Models that never saw a publisher, by which that publisher's addresses are judged."""
LAWFUL = ("government", "neighbours", "dotgov", "popular", "asked", "universities", "banks")
LAWFUL_TOO = ("national", "urls")
_GROUPS = {
    "government": ("government", "neighbours", "dotgov"),
    "popular": ("popular",),
    "banks": ("banks",),
}
_UNLEARNED = frozenset({"government", "neighbours", "dotgov", "national"})
_ALARMS = 0.01
_WORST = 12


def train(folder: Path) -> bytes:
    """The file of the model, learned anew: the same samples give the same bytes."""
    side = learning.side(learning.read(triagesets.addresses(folder)))
    addresses = {"all": learning.address_model(side, triagesets.HARMFUL, trees.Growth())}
    for name, apart in APART.items():
        rest = [one for one in triagesets.HARMFUL if one != apart]
        addresses[name] = learning.address_model(side, rest, trees.Growth())
    return model.saved(
        model.Model(side.letters, side.usual, side.columns, addresses, _lines(folder))
    )


def _lines(folder: Path) -> dict[str, NDArray[np.float32]]:
    short = {name: _bare(texts) for name, texts in triagesets.messages(folder).items()}
    mails = _letters(folder)
    ham, spam, phishing = (mails[name] for name in ("ham", "spam", "phishing"))
    return {
        "sms": learning.text_line(short["ham"], short["spam"]),
        "mail": learning.text_line(ham, [*spam, *phishing]),
        "mail-without-phishing": learning.text_line(ham, spam),
        "mail-without-spam": learning.text_line(ham, phishing),
    }


def _letters(folder: Path) -> dict[str, list[str]]:
    return {
        name: _bare([triagesets.letter_text(data) for data in mails])
        for name, mails in triagesets.letters(folder).items()
    }


def _bare(texts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(bare(text) for text in texts))


def across(table: pl.DataFrame) -> dict[str, Any]:
    """Addresses of each publisher, by the shipped model that never saw that publisher."""
    return {
        **{apart: _across(table, name, apart) for name, apart in APART.items()},
        "national names": _national(table),
    }


def judge(folder: Path) -> dict[str, Any]:
    """All figures of docs/triage.md."""
    table = learning.read(triagesets.addresses(folder))
    return {
        "across publishers": across(table),
        "within one set": {"ebbu2017": _within(table), "sms": _within_texts(folder)},
        "texts": _texts(folder),
        "mails": _mails(folder),
        **_speed(table),
    }


def _across(table: pl.DataFrame, which: str, apart: str) -> dict[str, Any]:
    """One publisher's addresses and the lawful ones, by the model that never saw that publisher."""
    c = pl.col
    learned = table.filter(c("set").is_in([s for s in triagesets.HARMFUL if s != apart]))["owner"]
    unseen = table.filter((c("set") == apart) & ~c("owner").is_in(learned.unique().implode()))
    harm = judged(unseen, which)
    lawful = {name: _unlearned(table, name) for name in (*LAWFUL, *LAWFUL_TOO)}
    odds = {name: judged(rows, which) for name, rows in lawful.items()}
    begin = _beginning(
        {group: np.concatenate([odds[name] for name in names]) for group, names in _GROUPS.items()}
    )
    return {
        "judged": len(unseen),
        "recall": _share(harm > 0),
        "recall at 1 % of lawful names": _share(harm > begin),
        "recall without a path": _share(harm[_deep(unseen) == 0] > 0),
        "recall with a path": _share(harm[_deep(unseen) == 1] > 0),
        "called harmful": {name: _share(one > 0) for name, one in odds.items()},
        "missed": _worst(unseen, harm),
        "false": _worst(
            pl.concat([lawful[name] for name in odds]), -np.concatenate(list(odds.values()))
        ),
    }


def judged(rows: pl.DataFrame, which: str) -> NDArray[np.float64]:
    """Odds of harm by all of triage: the model's, and what else speaks for or against."""
    weights = []
    for url, odds in zip(rows["url"].to_list(), model.odds(rows, which).tolist(), strict=True):
        address = canonical(url)
        found = of_address(address, odds) if address is not None else []
        weights.append(sum(reason.weight for reason in found))
    return np.array(weights)


def _unlearned(table: pl.DataFrame, name: str) -> pl.DataFrame:
    rows = table.filter(pl.col("set") == name)
    return rows if name in _UNLEARNED else rows.filter(pl.col("fold") == learning.JUDGED)


def _deep(rows: pl.DataFrame) -> NDArray[np.int64]:
    return rows.select((pl.col("path") + pl.col("query")) != "").to_series().to_numpy().astype(int)


def _beginning(groups: Mapping[str, NDArray[np.float64]]) -> float:
    """Where one in a hundred lawful names is called harmful, each group counting the same."""
    tried = np.sort(np.concatenate(list(groups.values())))
    low, high = 0, len(tried) - 1
    while low < high:
        middle = (low + high) // 2
        if np.mean([np.mean(one > tried[middle]) for one in groups.values()]) <= _ALARMS:
            high = middle
        else:
            low = middle + 1
    return float(tried[low])


def _share(hits: NDArray[np.bool_]) -> float:
    return round(float(hits.mean()), 4) if len(hits) else 0.0


def _worst(rows: pl.DataFrame, odds: NDArray[np.float64]) -> list[str]:
    at = np.argsort(odds, kind="stable")[:_WORST]
    return [rows["url"][int(place)] for place in at]


def _national(table: pl.DataFrame) -> dict[str, int]:
    """Names of the nation that nobody learned from, by all of triage."""
    c = pl.col
    rows = table.filter(c("set").is_in(["government", "national"]) & c("host").str.ends_with(".pk"))
    found = suggest_urls([f"http://{host}/" for host in rows["host"].unique().to_list()])
    counted = pl.Series([one.suggestion for one in found]).value_counts()
    return dict(sorted(counted.iter_rows()))


def _within(table: pl.DataFrame) -> dict[str, Any]:
    """One publisher's addresses alone, two folds apart: this model's kind, and runs alone."""
    rows = table.filter(pl.col("set").is_in(["ebbu2017", "urls"]))
    shipped = model.shipped()
    _, found = measured(rows, shipped.letters, shipped.usual)
    texts = np.array(model.written(rows), object)
    truth = (rows["set"] == "ebbu2017").to_numpy().astype(np.float64)
    learned = (rows["fold"] < learning.BEGINNING).to_numpy()
    weight = np.ones(int(learned.sum()))
    forest = trees.grow(found[learned], truth[learned], weight, trees.Growth())
    line = learning.run_line(texts[learned].tolist(), truth[learned], weight, model.BITS)
    runs = model.read_runs(texts[~learned].tolist(), model.BITS)
    alone = ngrams.odds(runs, line)
    both = trees.odds(forest, found[~learned]) + model.LINE_SHARE * alone
    return _areas(both, alone, truth[~learned])


def _within_texts(folder: Path) -> dict[str, Any]:
    """Short texts, two folds apart: by all of triage, and by runs of the text as it is."""
    flat = [(name, text) for name, of in triagesets.messages(folder).items() for text in of]
    truth = np.array([name == "spam" for name, _ in flat], np.float64)
    folds = np.array([learning.fold(bare(text)) for _, text in flat])
    learned = folds < learning.BEGINNING
    weight = np.ones(int(learned.sum()))
    lines = []
    for kind in (bare, plain):
        texts = np.array([kind(text) for _, text in flat], object)
        line = learning.run_line(texts[learned].tolist(), truth[learned], weight, model.TEXT_BITS)
        runs = model.read_runs(texts[~learned].tolist(), model.TEXT_BITS)
        lines.append(ngrams.odds(runs, line))
    held = [text for (_, text), inside in zip(flat, learned, strict=True) if not inside]
    said = [
        sum(one.weight for one in of_wording(text, value, len(text)))
        for text, value in zip(held, lines[0].tolist(), strict=True)
    ]
    return _areas(np.array(said), lines[1], truth[~learned])


def _areas(
    ours: NDArray[np.float64], alone: NDArray[np.float64], truth: NDArray[np.float64]
) -> dict[str, Any]:
    harmful = truth > 0
    return {
        "judged": len(truth),
        "area": area(ours[harmful].tolist(), ours[~harmful].tolist()),
        "area of the runs alone": area(alone[harmful].tolist(), alone[~harmful].tolist()),
    }


def _texts(folder: Path) -> dict[str, Any]:
    held = {
        name: [text for text in texts if learning.fold(bare(text)) == learning.JUDGED]
        for name, texts in triagesets.messages(folder).items()
    }
    scores = {name: [one.score for one in suggest_texts(texts)] for name, texts in held.items()}
    lines = {
        name: model.text_odds([bare(text) for text in texts], "sms").tolist()
        for name, texts in held.items()
    }
    return {
        "judged": {name: len(texts) for name, texts in held.items()},
        "area": area(scores["spam"], scores["ham"]),
        "area of the runs alone": area(lines["spam"], lines["ham"]),
        "recall": _share(np.array(scores["spam"]) >= _HARMFUL),
        "called harmful": _share(np.array(scores["ham"]) >= _HARMFUL),
    }


_HARMFUL = 0.8


def _mails(folder: Path) -> dict[str, Any]:
    texts = _letters(folder)
    ham = [text for text in texts["ham"] if learning.fold(text) == learning.JUDGED]
    found: dict[str, Any] = {}
    for apart in ("phishing", "spam"):
        which = f"mail-without-{apart}"
        lawful, harm = model.text_odds(ham, which), model.text_odds(texts[apart], which)
        found[apart] = {
            "judged": len(harm),
            "lawful": len(ham),
            "area": area(harm.tolist(), lawful.tolist()),
            "recall": _share(harm > 0),
            "called harmful": _share(lawful > 0),
        }
    return {**found, "whole": _whole(folder)}


def _whole(folder: Path) -> dict[str, float]:
    """All of triage on whole mails that its line did not learn from."""
    found = {}
    for name, mails in triagesets.letters(folder).items():
        held = [
            data
            for data in mails
            if learning.fold(bare(triagesets.letter_text(data))) == learning.JUDGED
        ]
        harmful = [suggest("mail", data).score >= _HARMFUL for data in held]
        found[name] = _share(np.array(harmful))
    return found


def area(harmful: Sequence[float], lawful: Sequence[float]) -> float:
    """The chance that a harmful one stands above a lawful one (area under the curve)."""
    both = pl.DataFrame(
        {"score": [*harmful, *lawful], "harm": [1] * len(harmful) + [0] * len(lawful)}
    ).with_columns(pl.col("score").rank("average").alias("rank"))
    ranks = float(both.filter(pl.col("harm") == 1)["rank"].sum())
    above = ranks - len(harmful) * (len(harmful) + 1) / 2
    return round(above / (len(harmful) * len(lawful)), 4)


def _speed(table: pl.DataFrame) -> dict[str, float]:
    texts = table["url"].to_list()[:100_000]
    suggest_urls(texts[:100])
    began = time.perf_counter()
    suggest_urls(texts)
    return {"addresses a second": round(len(texts) / (time.perf_counter() - began))}
