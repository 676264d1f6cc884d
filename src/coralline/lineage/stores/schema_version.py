"""The version of a database's schema, which ML Metadata reads only if it is its own.

The library would upgrade an older one, or make tables in a database that has none, as part of opening it; somebody's
database is left alone.
"""

from __future__ import annotations

from coralline.foundation.errors import UserError

READ_HERE = 10
"""Of ML Metadata since 1.11 (its RELEASE.md): the 1.16 here, and the server 1.14 that Kubeflow Pipelines runs."""


def require_readable(version: int | None, place: str) -> None:
    """Does nothing if a database can be opened without changing it.

    Args:
      version: as its table MLMDEnv says; None: it has no such table.
      place: the database, as people know it.

    Raises:
      UserError: it isn't a store, or one of another version.
    """
    if version is None:
        raise UserError(
            "this database is not a store of ML Metadata",
            file=place,
            expected="a database that a run, or ML Metadata's service, has written",
            found="one without ML Metadata's tables",
            fix="give the store's own database; Kubeflow Pipelines' is usually called metadb",
        )
    if version != READ_HERE:
        age = "an older" if version < READ_HERE else "a newer"
        raise UserError(
            f"the store was written by {age} ML Metadata, and is left as it is",
            file=place,
            expected=f"schema version {READ_HERE}",
            found=f"schema version {version}",
            fix="read it through the service that writes it, with `--store grpc://host:port`",
        )
