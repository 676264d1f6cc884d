"""When a schedule starts runs: a cron expression and a time zone, read, checked, said in words, and in one normal form.

Kubeflow's controller and Vertex AI read cron as Go's robfig/cron does: numbers, ranges, lists, steps, names of months
and days; Sunday is 0 and not 7; no `L`, `W` or `#`. Only what they all read alike is taken. cronsim does the reading,
the words and the next times, by the rules of Debian's cron, which are those of robfig/cron for what is left: where both
a day of the month and a day of the week are named, either will do.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import re
import zoneinfo

from cronsim import CronSim, CronSimError

from coralline.foundation.errors import UserError

_EXPECTED = "five fields (minute, hour, day of month, month, day of week), or six with seconds first"
_FIX = f"write {_EXPECTED}, such as '0 4 * * 1' for Mondays at 04:00"
_FIELDS = {
    "second": "0 to 59",
    "minute": "0 to 59",
    "hour": "0 to 23",
    "day-of-month": "1 to 31, as the month has",
    "month": "1 to 12 or JAN to DEC",
    "day-of-week": "0 to 6 or SUN to SAT",
}
_UNDERSTOOD = re.compile(r"\*(/\d+)?|(\d+|[A-Z]{3})([-/,](\d+|[A-Z]{3}))*")
"""A star alone or with a step; else numbers and names."""
_SUNDAY_AGAIN = 7
_ANY_TIME = datetime.datetime(2000, 1, 1)


@dataclasses.dataclass(frozen=True)
class CronTimes:
    """When runs are started; two that mean the same in the same words are equal. Made by `read_cron`.

    Attributes:
      seconds, minutes, hours, days, months, weekdays: the fields, in upper case; weekdays are `*`, `*/n` or a list of
        numbers and ranges from 0, Sunday, to 6.
      time_zone: an IANA name, such as Europe/Berlin.
    """

    seconds: str
    minutes: str
    hours: str
    days: str
    months: str
    weekdays: str
    time_zone: str

    @property
    def five_fields(self) -> str:
        """Without seconds, for targets that know none."""
        return " ".join((self.minutes, self.hours, self.days, self.months, self.weekdays))

    @property
    def six_fields(self) -> str:
        """Seconds first."""
        return f"{self.seconds} {self.five_fields}"

    def in_words(self) -> str:
        """`at 04:00 on Monday, Europe/Berlin`."""
        expression = self.five_fields if self.seconds == "0" else self.six_fields
        words = CronSim(expression, _ANY_TIME).explain()
        return f"{words[0].lower()}{words[1:]}, {self.time_zone}"

    def next_after(self, moment: datetime.datetime) -> datetime.datetime | None:
        """The first time after an aware moment, in UTC; None: it never comes."""
        local = moment.astimezone(_zone(self.time_zone))
        # With six fields cronsim has no rules of its own for the hours that daylight saving skips or repeats.
        found = next(CronSim(self.six_fields, local), None)
        return None if found is None else found.astimezone(datetime.timezone.utc)


def read_cron(text: str, time_zone: str) -> CronTimes:
    """Reads a cron expression.

    Args:
      text: five fields, or six with seconds first; `?` for a day is taken as `*`.
      time_zone: an IANA name.

    Raises:
      UserError: it says which field is wrong and how, or that there is no such time zone.
    """
    require_time_zone(time_zone)
    fields = text.upper().split()
    if len(fields) == 5:
        fields.insert(0, "0")
    if len(fields) != 6:
        found = f"{len(fields)} field{'s' * (len(fields) != 1)}: {text}"
        raise UserError("the cron expression can't be read", expected=_EXPECTED, found=found, fix=_FIX)
    for place in (3, 5):
        fields[place] = "*" if fields[place] == "?" else fields[place]
    for name, field in zip(_FIELDS, fields, strict=True):
        if not _UNDERSTOOD.fullmatch(field):
            raise _wrong_field(name, field, text)
    _require_order(fields, text)
    try:
        read = CronSim(" ".join(fields), _ANY_TIME)
    except CronSimError as error:
        name = str(error).removeprefix("Bad ")
        raise _wrong_field(name, fields[list(_FIELDS).index(name)], text) from error
    seconds, minutes, hours, days, months, weekdays = fields
    if not weekdays.startswith("*"):
        weekdays = _in_ranges(sorted({int(str(day)) % _SUNDAY_AGAIN for day in read.weekdays}))
    return CronTimes(seconds, minutes, hours, days, months, weekdays, time_zone)


def _in_ranges(numbers: list[int]) -> str:
    """`0,5-6`, the shortest form."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and parts[-1][-1] == number - 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ",".join(str(part[0]) if len(part) == 1 else f"{part[0]}-{part[-1]}" for part in parts)


def require_time_zone(name: str) -> None:
    """Looks a time zone up.

    Raises:
      UserError: there is none of this name.
    """
    try:
        _zone(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        nearest = _nearest_zone(name)
        raise UserError(
            f"there is no time zone {name}",
            expected="a name of the IANA database, such as Europe/Berlin or UTC",
            found=name,
            fix=f"--time-zone {nearest}" if nearest else "--time-zone NAME",
        ) from error


@functools.cache
def _zone(name: str) -> zoneinfo.ZoneInfo:
    return zoneinfo.ZoneInfo(name)


def _nearest_zone(name: str) -> str | None:
    import difflib

    known = {zone.casefold(): zone for zone in zoneinfo.available_timezones()}
    cities = {zone.rpartition("/")[2].casefold(): zone for zone in sorted(known.values())}
    for names in (known, cities):
        if close := difflib.get_close_matches(name.casefold(), names, n=1, cutoff=0.8):
            return names[close[0]]
    return None


def _require_order(fields: list[str], text: str) -> None:
    """cronsim says of a range that goes backwards no more than that the field is bad."""
    for name, field in zip(_FIELDS, fields, strict=True):
        for start, end in re.findall(r"(?<![0-9])(\d+)-(\d+)", field):
            if int(start) > int(end):
                raise UserError(
                    f"the {name.replace('-', ' ')} field of the cron expression has a range that goes backwards",
                    expected=f"the smaller one first, {_FIELDS[name]}",
                    found=f"{start}-{end} in {text}",
                    fix="write two ranges with a comma between them",
                )


def _wrong_field(name: str, field: str, text: str) -> UserError:
    expected = f"{_FIELDS[name]}, ranges (1-5), lists (1,3), steps (*/2)"
    return UserError(
        f"the {name.replace('-', ' ')} field of the cron expression can't be read",
        expected=expected,
        found=f"{field} in {text}",
        fix=_FIX,
    )
