"""The version of a database's schema, which ML Metadata reads only if it is its own.

Somebody's database is never upgraded, nor are tables made in one that has none. Of an older file, a copy is upgraded
and read: the tests do that with every version, as ML Metadata's own `downgrade_schema` makes them.
"""

from __future__ import annotations

from coralline.foundation.errors import UserError

READ_HERE = 10
"""Of ML Metadata since 1.11 (its RELEASE.md): the 1.16 here, and the server 1.14 that Kubeflow Pipelines runs."""

# ML Metadata's RELEASE.md and its g3doc/get_started.md ("The list of schema_version used in MLMD releases").
_RELEASES = {
    0: "0.13",
    4: "0.14 to 0.21",
    5: "0.22 to 0.24",
    6: "0.25 to 1.0",
    7: "1.1 to 1.6",
    8: "1.7 to 1.10",
}


def require_a_store(version: int | None, place: str) -> None:
    """Does nothing if a database has ML Metadata's tables.

    Args:
      version: as its table MLMDEnv says; None: it has no such table.
      place: the database, as people know it.

    Raises:
      UserError: it hasn't.
    """
    if version is None:
        raise UserError(
            "this database is not a store of ML Metadata",
            file=place,
            expected="a database that a run, or ML Metadata's service, has written",
            found="one without ML Metadata's tables",
            fix="give the store's own database; Kubeflow Pipelines' is usually called metadb",
        )


def require_known(version: int | None, place: str) -> None:
    """As `require_a_store`; refuses the schema of a newer ML Metadata, too."""
    require_a_store(version, place)
    if version is not None and version > READ_HERE:
        raise UserError(
            "the store was written by a newer ML Metadata, and is left as it is",
            file=place,
            expected=f"schema version {READ_HERE}",
            found=f"schema version {version}",
            fix="read it through the service that writes it, with `--store grpc://host:port`",
        )


def require_readable(version: int | None, place: str) -> None:
    """As `require_known`; refuses an older schema, too: a server's database can't be copied."""
    require_known(version, place)
    if version is not None and version < READ_HERE:
        release = f", of ML Metadata {_RELEASES[version]}" if version in _RELEASES else ""
        raise UserError(
            "the store was written by an older ML Metadata, and is left as it is",
            file=place,
            expected=f"schema version {READ_HERE}",
            found=f"schema version {version}{release}",
            fix="read it through the service that writes it, with `--store grpc://host:port`",
        )
