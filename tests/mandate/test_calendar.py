"""Business days: weekends and holidays by dated rows, against a plain count of days."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pehra.mandate.calendar import WEEKDAYS, Calendar, HolidayFacts

WEEKEND = (HolidayFacts(day="saturday"), HolidayFacts(day="sunday"))
DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))


def test_weekends_every_year_and_once() -> None:
    rows = (*WEEKEND, HolidayFacts(day="08-14"), HolidayFacts(day="2027-03-10"))
    calendar = Calendar(rows)
    asked = (date(2026, 11, 28), date(2026, 8, 14), date(2030, 8, 14), date(2027, 3, 10),
             date(2028, 3, 10))  # fmt: skip
    assert [calendar.rests(day) for day in asked] == [True, True, True, True, False]
    assert calendar.next_business_day(date(2026, 8, 14)) == date(2026, 8, 17)


def test_a_holiday_is_of_its_territory_and_its_time() -> None:
    row = HolidayFacts(day="06-01", territory=3, valid_from=date(2026, 1, 1),
                       valid_to=date(2028, 1, 1))  # fmt: skip
    calendar = Calendar((row,))
    assert [calendar.rests(date(2026, 6, 1), place) for place in (None, 2, 3)] == [
        False,
        False,
        True,
    ]
    assert [calendar.rests(date(year, 6, 1), 3) for year in (2025, 2027, 2028)] == [
        False,
        True,
        False,
    ]


@given(DAYS)
def test_the_next_business_day_is_the_first_that_is_one(day: date) -> None:
    calendar = Calendar((*WEEKEND, HolidayFacts(day=f"{day:%m-%d}")))
    found = calendar.next_business_day(day)
    between = [day + timedelta(days=past) for past in range((found - day).days)]
    assert (calendar.rests(found), all(map(calendar.rests, between))) == (False, True)


def test_where_nobody_ever_works_the_day_itself_is_given() -> None:
    calendar = Calendar(tuple(HolidayFacts(day=word) for word in WEEKDAYS))
    assert calendar.next_business_day(date(2026, 11, 28)) == date(2026, 11, 28)
