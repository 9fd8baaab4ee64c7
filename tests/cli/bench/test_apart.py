"""Steps run in processes of their own, and their failures are said."""

from __future__ import annotations

import pytest

from pehra.cli.bench import apart
from pehra.kernel.errors import EnvironmentFault


def test_a_step_answers_with_what_it_measured() -> None:
    found = apart.run("attribution:measure", {"prefixes": "20", "rows": 10})
    assert found["attributed"] == 10


@pytest.mark.parametrize("step", ["nowhere:measure", "os.path:join"])
def test_a_step_that_fails_is_an_error_of_ours(step: str) -> None:
    with pytest.raises(EnvironmentFault, match=step):
        apart.run(step, {})


def test_the_last_line_is_the_answer() -> None:
    assert apart.answer("a:b", 0, b'remarks\n{"rows":1}\n') == {"rows": 1}
    with pytest.raises(EnvironmentFault):
        apart.answer("a:b", 0, b"")
