"""Samples that are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pehra.cli.bench import triagesets
from pehra.kernel.errors import EnvironmentFault

if TYPE_CHECKING:
    from pathlib import Path


def test_a_folder_without_samples_is_said(tmp_path: Path) -> None:
    for read in (triagesets.addresses, triagesets.messages, triagesets.letters):
        with pytest.raises(EnvironmentFault, match="no samples"):
            read(tmp_path)


def test_a_letter_names_no_list() -> None:
    data = b"Subject: Re: [list] lunch\n\nAt noon?\n_______________\nlist mailing list\n"
    assert triagesets.letter_text(data) == "lunch\nAt noon?\n"
