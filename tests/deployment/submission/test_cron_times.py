"""Cron expressions with a time zone: taken, refused in words, said in words, and in one normal form."""

from __future__ import annotations

import datetime

import pytest

from coralline.foundation.errors import UserError
from deployment.submission.cron_times import read_cron

_NOW = datetime.datetime(2026, 12, 1, tzinfo=datetime.timezone.utc)


@pytest.mark.parametrize(
    ("text", "six_fields", "words"),
    [
        ("0 4 * * 1", "0 0 4 * * 1", "at 04:00 on Monday, Europe/Berlin"),
        ("0 0 4 ? * MON", "0 0 4 * * 1", "at 04:00 on Monday, Europe/Berlin"),
        ("30 4 * * mon-fri", "0 30 4 * * 1-5", "at 04:30 on Monday through Friday, Europe/Berlin"),
        ("30 0 4 * * 5-7", "30 0 4 * * 0,5-6", "at 04:00:30 on Sunday, Friday, and Saturday, Europe/Berlin"),
        ("0 4 15 JAN *", "0 0 4 15 JAN *", "at 04:00 on January 15, Europe/Berlin"),
        ("*/15 * * * *", "0 */15 * * * *", "every 15th minute of every hour, Europe/Berlin"),
    ],
)  # fmt: skip
def test_five_and_six_fields_are_read(text, six_fields, words) -> None:
    cron = read_cron(text, "Europe/Berlin")
    assert (cron.six_fields, cron.in_words()) == (six_fields, words)
    assert cron == read_cron(cron.six_fields, "Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("0 4 * *", "4 fields"),
        ("@daily", "1 field"),
        ("0 4 * * 1 2 3", "7 fields"),
        ("", "0 fields"),
        ("61 4 * * *", "the minute field"),
        ("0 24 * * *", "the hour field"),
        ("0 4 0 * *", "the day of month field"),
        ("0 4 31 2 *", "the day of month field"),
        ("0 4 * FOO *", "the month field"),
        ("0 4 * * 8", "the day of week field"),
        ("99 0 4 * * 1", "the second field"),
        ("0 4 * * 5-2", "a range that goes backwards"),
        ("*/0 4 * * *", "the minute field"),
        ("0 4 L * *", "the day of month field"),
        ("0 4 * * 5L", "the day of week field"),
        ("0 4 * * MON#1", "the day of week field"),
        ("0 4 1,* * *", "the day of month field"),
        ("4-4/2 * * * *", "the minute field"),
        ("0 4 29 2 */7", "no time in the next five years"),
        ("o 4 * * 1", "the minute field"),
    ],
)
def test_what_no_cluster_reads_alike_is_refused_in_words(text, wrong) -> None:
    with pytest.raises(UserError) as told:
        read_cron(text, "UTC")
    assert wrong in str(told.value) and "fix: write" in str(told.value)


@pytest.mark.parametrize(
    ("name", "near"), [("Europe/Berln", "Europe/Berlin"), ("berlin", "Europe/Berlin"), ("xx", "NAME")]
)
def test_an_unknown_time_zone_is_refused_with_the_nearest(name, near) -> None:
    with pytest.raises(UserError, match=f"there is no time zone {name}") as told:
        read_cron("0 4 * * 1", name)
    assert f"--time-zone {near}" in str(told.value)


@pytest.mark.parametrize("name", ["../etc/passwd", "/etc/passwd", "", "Europe"])
def test_a_time_zone_is_no_path(name) -> None:
    with pytest.raises(UserError, match="there is no time zone"):
        read_cron("0 4 * * 1", name)


def test_the_next_time_goes_by_the_zone_and_its_summer_time() -> None:
    cron = read_cron("0 4 * * 1", "Europe/Berlin")
    assert cron.next_after(_NOW) == datetime.datetime(2026, 12, 7, 3, tzinfo=datetime.timezone.utc)
    summer = datetime.datetime(2027, 7, 1, tzinfo=datetime.timezone.utc)
    assert cron.next_after(summer) == datetime.datetime(2027, 7, 5, 2, tzinfo=datetime.timezone.utc)
    either = read_cron("0 4 13 * 5", "UTC")
    assert either.next_after(_NOW) == datetime.datetime(2026, 12, 4, 4, tzinfo=datetime.timezone.utc)
