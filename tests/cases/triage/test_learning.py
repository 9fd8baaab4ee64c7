"""Learning, small: from addresses that we wrote."""

from __future__ import annotations

import numpy as np
import polars as pl

from pehra.cases.triage import learning, model
from pehra.cases.triage.trees import Growth

WORDS = ["market", "news", "garden", "school", "river", "travel", "music", "office", "forest"]
SETS = {
    "popular": [f"{a}{b}.com" for a in WORDS for b in WORDS],
    "asked": [f"{a}-{b}.org" for a in WORDS for b in WORDS],
    "universities": [f"{a}.edu" for a in WORDS for b in WORDS[:2]] + [f"{a}u.net" for a in WORDS],
    "banks": [f"{a}bank.net" for a in WORDS] + [f"bank{a}.net" for a in WORDS],
    "urls": [f"http://{a}{b}.net/{b}/{a}.html" for a in WORDS for b in WORDS],
    "harm": [
        f"http://{a[::-1]}{n}x.top/login{n}.php?q={b}" for n, a in enumerate(WORDS) for b in WORDS
    ],
}


def test_a_model_is_learned_and_kept_as_it_is() -> None:
    side = learning.side(learning.read(SETS))
    one = learning.address_model(side, ["harm"], Growth(trees=8, doubt=1.0))
    harm = side.chosen(pl.col("set") == "harm")
    judged = model.against(one, side.columns, side.rows[harm], side.texts[harm].tolist())
    assert np.mean(judged > 0) > 0.9
    line = learning.text_line(
        ["see you at lunch " + a for a in WORDS * 3], ["win a prize " + a for a in WORDS * 3]
    )
    kept = model.Model(side.letters, side.usual, side.columns, {"all": one}, {"sms": line})
    data = model.saved(kept)
    again = model.loaded(data)
    assert model.saved(again) == data
    assert again.columns == side.columns
    held = model.against(
        again.addresses["all"], side.columns, side.rows[harm], side.texts[harm].tolist()
    )
    assert np.abs(held - judged).max() < 0.5


def test_a_fold_is_of_what_was_registered() -> None:
    table = learning.read({"a": ["http://a.example.com/x", "b.example.com", "x.weebly.com"]})
    assert table["owner"].to_list() == ["example.com", "example.com", "x.weebly.com"]
    assert table["fold"].to_list()[0] == table["fold"].to_list()[1]
    assert all(0 <= learning.fold(word) < learning.FOLDS for word in WORDS)
