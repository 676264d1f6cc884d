"""What is served now, and whether newer data, newer code or a better run exists."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from coralline.foundation import storage
from coralline.foundation.code_version import code_version
from coralline.foundation.errors import UserError
from coralline.lineage.answers.data_facts import data_facts
from coralline.lineage.answers.outcome import published_place
from coralline.lineage.answers.run_difference import differing_code
from coralline.lineage.answers.run_table import RunRow, run_row, run_rows
from coralline.lineage.lineage_steps import LineageStep, came_from
from coralline.lineage.recorded_names import EXAMPLES, PUSHED_MODEL
from coralline.lineage.recorded_run import Artifact
from coralline.lineage.run_history import RunHistory
from coralline.publishing import serving_record
from coralline.publishing.places import as_user_errors, place_of

if TYPE_CHECKING:
    from coralline.data.data_settings import DataSettings

QUICK_BYTES, QUICK_FILES = 256 << 20, 20_000
"""Data sets up to these are read to see whether they have changed."""

_UNKNOWN_CODE = "unknown"
_BETTER_SHOWN = 5


@dataclasses.dataclass(frozen=True)
class _Served:
    """What a place serves: the version, when it came to be served, and the moves of `latest`."""

    version: str | None
    since: str | None
    moves: list[dict[str, Any]]
    why_not: str | None = None


def staleness(
    history: RunHistory,
    *,
    rows: Sequence[RunRow] | None = None,
    ask_addresses: bool = False,
    read_all_data: bool = False,
) -> dict[str, Any]:
    """Of each place where runs of this store have published: what it serves, and what makes that stale.

    Args:
      history: the store.
      rows: the table of runs, newest first, if it's known already.
      ask_addresses: also look at places at addresses (`s3://`), which takes a network.
      read_all_data: also read data sets that are larger than `QUICK_BYTES`, or at an address.

    Returns:
      {"places": [{"destination", "version", "artifact", "run": a `RunRow`, "since": UTC, "moves", "why_not", "stale":
      None if nothing could be compared, "data": {"changed", "path", "then", "now", "why_not", "newer_run"}, "code":
      {"changed", "differences": [{"name", "one": then, "other": now}], "why_not"}, "better": [each a `RunRow`],
      "better_why_not"}]}, the place that was published to last first. `why_not` says why there is no version;
      `newer_run` is the newest run that has read other data from the same place.
    """
    pushed = [artifact for artifact in history.artifacts_of_type(PUSHED_MODEL) if artifact.properties.get("pushed")]
    places = dict.fromkeys(place.rpartition("/")[0] for a in pushed if (place := published_place(a.properties)))
    rows = run_rows(history) if rows is None else rows
    # The newest come first: of one that several runs have published, the first is left.
    by_place = {str(published_place(artifact.properties)): artifact for artifact in pushed}
    return {"places": [_at(history, place, by_place, rows, ask_addresses, read_all_data) for place in places if place]}


def _at(
    history: RunHistory,
    destination: str,
    by_place: Mapping[str, Artifact],
    rows: Sequence[RunRow],
    ask_addresses: bool,
    read_all_data: bool,
) -> dict[str, Any]:
    served = _served_at(destination, ask_addresses)
    artifact = by_place.get(f"{destination}/{served.version}")
    answer: dict[str, Any] = {
        "destination": destination,
        "version": served.version,
        "artifact": artifact.id if artifact else None,
        "run": None,
        "since": served.since,
        "moves": served.moves,
        "why_not": served.why_not,
        "stale": None,
        "data": None,
        "code": None,
        "better": [],
        "better_why_not": None,
    }
    if artifact is None:
        if served.version is not None:
            answer["why_not"] = "no run of this store has published this version"
        return answer
    line = came_from(history, artifact)
    made = history.producers([artifact.id]).get(artifact.id)
    maker = next((step for step in line if made and step.execution.id == made[0]), None)
    run = history.run(maker.execution.run_id) if maker and maker.execution.run_id else None
    row = run_row(history, run) if run else None
    code = _code(run.properties if run else maker.code if maker else {})
    data = _data(line, rows, read_all_data)
    better, why_not = _better(row, rows)
    known = (data["changed"], code["changed"], bool(better) if why_not is None else None)
    return answer | {
        "run": dataclasses.asdict(row) if row else None,
        "stale": True if any(known) else None if all(part is None for part in known) else False,
        "data": data,
        "code": code,
        "better": [dataclasses.asdict(other) for other in better[:_BETTER_SHOWN]],
        "better_why_not": why_not,
    }


def _served_at(destination: str, ask_addresses: bool) -> _Served:
    if storage.is_remote(destination):
        if not ask_addresses:
            return _Served(None, None, [], "it is at an address, which isn't asked for this")
    elif not os.path.isdir(destination):
        return _Served(None, None, [], "its folder isn't here")
    try:
        with as_user_errors(destination, "what is served can't be read"):
            place = place_of(destination)
            latest = place.latest()
            if latest is None:
                return _Served(None, None, [], "it has no `latest`: nothing is served")
            record = serving_record.read_serving_record(place.read_record(), place.versions(), latest)
    except UserError as error:
        return _Served(None, None, [], f"it can't be read: {error.found or error.what}")
    moved = next((move for move in reversed(record.moves) if move.after == latest), None)
    return _Served(latest, moved.time if moved else None, [dataclasses.asdict(move) for move in record.moves])


def _code(then: Mapping[str, Any]) -> dict[str, Any]:
    """The code then against the code here; names that either side doesn't know say nothing."""
    now = code_version()
    known = {name for name, value in then.items() if value != _UNKNOWN_CODE and now.get(name, "unknown") != "unknown"}
    if not known:
        return {"changed": None, "differences": [], "why_not": "no code version is recorded, or none is known here"}
    pair = [{name: str(of[name]) for name in known} for of in (then, now)]
    differences = differing_code(*pair)
    return {"changed": bool(differences), "differences": differences, "why_not": None}


def _data(line: Sequence[LineageStep], rows: Sequence[RunRow], read_all: bool) -> dict[str, Any]:
    sources = [step for step in line if any(a.type == EXAMPLES for made in step.outputs.values() for a in made)]
    facts = data_facts(sources)
    answer: dict[str, Any] = {
        "changed": None,
        "path": facts.path if facts else None,
        "then": facts.fingerprint if facts else None,
        "now": None,
        "why_not": None,
        "newer_run": None,
    }
    if facts is None or not facts.path or not facts.fingerprint:
        return answer | {"why_not": "what data it saw is not recorded"}
    other = next((row for row in rows if row.data == facts.path and row.data_fingerprint), None)
    if other is not None and other.data_fingerprint != facts.fingerprint:
        answer["newer_run"] = other.run_id
    now = _fingerprint_now(facts.path, sources, read_all)
    if isinstance(now, UserError):
        return answer | {"changed": True if answer["newer_run"] else None, "why_not": now.what}
    return answer | {"changed": now != facts.fingerprint, "now": now}


def _fingerprint_now(path: str, sources: Sequence[LineageStep], read_all: bool) -> str | UserError:
    """The fingerprint of the data as it is now, or why it isn't known."""
    given = next((data for step in sources if isinstance(data := step.execution.settings.get("data"), dict)), None)
    if given is None:
        return UserError("another component than Coralline's has read it")
    if storage.is_remote(path) and not read_all:
        return UserError("it is at an address, which isn't read for this")
    if not storage.is_remote(path) and not os.path.isdir(path):
        return UserError("the folder isn't here")
    from coralline.data.data_fingerprint import content_of_data
    from coralline.data.data_settings import DataSettings

    try:
        options = DataSettings.from_property(json.dumps(given))
        if not read_all and not _is_quick(options):
            return UserError("it is too large to be read for this")
        return content_of_data(options)
    except UserError as error:
        return error


def _is_quick(options: DataSettings) -> bool:
    """Raises UserError if the folder can't be read."""
    from coralline.data.reading.reader_choice import files_read

    try:
        names = files_read(options.path, options.reader)
        if len(names) > QUICK_FILES:
            return False
        return sum(os.path.getsize(os.path.join(options.path, name)) for name in names) <= QUICK_BYTES
    except OSError as error:
        raise UserError("the data set can't be read", file=options.path, found=error) from error


def _better(served: RunRow | None, rows: Sequence[RunRow]) -> tuple[list[RunRow], str | None]:
    """Runs whose model has a higher AP on the same side of the same data, the best first, or why that isn't known."""
    if served is None or "AP" not in served.figures:
        return [], "no AP is recorded of it"
    best: dict[str | None, RunRow] = {}
    for row in rows:
        same = (row.pipeline, row.data_fingerprint, row.split, row.images)
        if same != (served.pipeline, served.data_fingerprint, served.split, served.images):
            continue
        if row.figures.get("AP", 0.0) > served.figures["AP"] and row.published != served.published:
            best.setdefault(row.run_id, row)
    return sorted(best.values(), key=lambda row: row.figures["AP"], reverse=True), None
