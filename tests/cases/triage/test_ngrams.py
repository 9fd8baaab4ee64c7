"""Lines through runs of letters."""

from __future__ import annotations

import numpy as np

from pehra.cases.triage.ngrams import learn, odds, runs


def test_a_run_counts_once_in_a_text() -> None:
    assert len(runs(["aaaa"], shortest=2, longest=2, bits=12).place) == 3  # " a", "aa", "a "
    assert runs(["", "ab"], shortest=2, longest=2, bits=12).row.tolist() == [0, 1, 1, 1]


def test_a_line_tells_texts_apart() -> None:
    texts = ["win a prize now", "see you at lunch"] * 4
    found = runs(texts, shortest=2, longest=4, bits=10)
    line = learn(found, np.array([1.0, 0.0] * 4), np.ones(8), 10, 1e-6)
    assert (odds(found, line) > 0).tolist() == [True, False] * 4
