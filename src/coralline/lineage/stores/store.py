"""Opening a store of ML Metadata by its address, to read it: a file, an output folder, a service or a database server.

Nothing here makes, upgrades or changes a store: a file is opened read-only, a database server is told to refuse writes,
and either only if it holds a store; of a service, nothing else is asked. Whoever opens one gets its `get_*` methods and
no others.
"""

from __future__ import annotations

import functools
import os
import re
import tempfile
import threading
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError
from ml_metadata import ListOptions, MetadataStore, errors
from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.foundation.errors import UserError
from coralline.foundation.output_capture import output_to
from coralline.foundation.printable import without_secrets
from coralline.lineage.stores import metadata_service
from coralline.lineage.stores.database_server import open_server
from coralline.lineage.stores.how_to_open import HowToOpen
from coralline.lineage.stores.sqlite_file import STORE_FILE, open_file

_AT_ONCE = 100
_OPENING = threading.Lock()  # the standard streams, which are turned meanwhile, are the process's
_SERVICES, _DATABASES, _FILES = ("grpc", "grpcs"), ("mysql", "postgresql"), ("sqlite", "file")


class ReadOnlyStore:
    """A store's `get_*` methods, as `ml_metadata.MetadataStore` has them; they raise UserError when it fails.

    A store that fails is opened again, and asked once more: a database server has ended the session, as it does after
    some idle hours, or a pipeline was just writing to the file, for which opening waits.
    """

    def __init__(self, address: str, connect: Callable[[], HowToOpen] | None, store: MetadataStore | None = None):
        self._address, self._connect, self._gaps = address, connect, True
        self._kept: Any = None
        self._store = store or self._opened()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if not name.startswith("get_"):
            raise AttributeError(f"a store is read here, never written to: {name}")
        return functools.partial(self._ask, name)

    @property
    def is_copy(self) -> bool:
        """Whether a copy of the file is read, which doesn't change with it."""
        return isinstance(self._kept, tempfile.TemporaryDirectory)

    def get_executions_by_id(self, ids: Sequence[int]) -> list[pb.Execution]:
        """Those that there are."""
        return self._those("get_executions", ids) if self._gaps else self._ask("get_executions_by_id", ids)

    def get_artifacts_by_id(self, ids: Sequence[int]) -> list[pb.Artifact]:
        """Those that there are."""
        return self._those("get_artifacts", ids) if self._gaps else self._ask("get_artifacts_by_id", ids)

    def get_contexts_by_id(self, ids: Sequence[int]) -> list[pb.Context]:
        """Those that there are."""
        return self._those("get_contexts", ids) if self._gaps else self._ask("get_contexts_by_id", ids)

    def get_executions_by_context(self, context_id: int) -> list[pb.Execution]:
        """A run's."""
        if self._gaps:
            return list(self._ask("get_executions", ListOptions(filter_query=f"contexts_0.id = {context_id}")))
        return list(self._ask("get_executions_by_context", context_id))

    def contexts_by_execution(self, execution_ids: Sequence[int]) -> dict[int, list[pb.Context]]:
        """The contexts of each of these executions, with a query a hundred, the most that ML Metadata takes at once."""
        links: list[pb.Association] = []
        for some in _portions(execution_ids):
            query = pb.LineageSubgraphQueryOptions(max_num_hops=0)
            query.starting_executions.filter_query = f"id IN ({', '.join(map(str, some))})"
            try:
                links += self.get_lineage_subgraph(query, ["associations"]).associations
            except UserError as error:
                if not isinstance(error.__cause__, errors.UnimplementedError):  # a service of before 1.14
                    raise
                return {execution_id: self.get_contexts_by_execution(execution_id) for execution_id in execution_ids}
        ids = sorted({link.context_id for link in links})
        contexts = {context.id: context for context in (self.get_contexts_by_id(ids) if ids else ())}
        found: dict[int, list[pb.Context]] = {execution_id: [] for execution_id in execution_ids}
        for link in links:
            if link.execution_id in found and link.context_id in contexts:
                found[link.execution_id].append(contexts[link.context_id])
        return found

    def _those(self, method: str, ids: Sequence[int]) -> list[Any]:
        """By a search, which asks for the details of nothing that isn't there."""
        queries = [f"id IN ({', '.join(map(str, some))})" for some in _portions(ids)]
        return [found for query in queries for found in self._ask(method, ListOptions(filter_query=query))]

    def _ask(self, name: str, *arguments: Any, **named: Any) -> Any:
        try:
            try:
                return getattr(self._store, name)(*arguments, **named)
            except (errors.InternalError, errors.UnavailableError, errors.AbortedError):
                if self._connect is None:
                    raise
                self._store = self._opened()
                return getattr(self._store, name)(*arguments, **named)
        except errors.StatusError as error:
            raise _unreadable(self._address, error) from error
        except DecodeError as error:
            raise UserError(
                "the store of ML Metadata holds text that isn't text",
                file=without_secrets(self._address),
                expected="UTF-8",
                found=f"other bytes, in what `{name}` reads",
                fix="it was changed by something other than ML Metadata: take a copy of it from before",
            ) from error

    def _opened(self) -> MetadataStore:
        assert self._connect is not None
        connection = self._connect()
        with tempfile.TemporaryDirectory() as folder:
            # The database clients write the reason to the standard error stream, from C++.
            log = Path(folder, "stderr")
            try:
                with _OPENING, output_to(log):
                    store = MetadataStore(connection.config, enable_upgrade_migration=connection.upgrade)
                    store.get_context_types()
            except (errors.StatusError, RuntimeError) as error:
                raise _unreadable(self._address, error, log.read_text(errors="replace")) from error
        self._kept, self._gaps = connection.kept, connection.gaps
        return store


def open_store(address: str | PathLike[str]) -> ReadOnlyStore:
    """Opens a store for reading.

    Args:
      address: the path of a SQLite file, the output folder of a run, `grpc://host:port` or with TLS `grpcs://host:port`
        (ML Metadata's service, which Kubeflow Pipelines runs), `mysql://user:password@host:port/database`, or
        `postgresql://...` of the same form. `CORALLINE_STORE_PASSWORD` is the password of an address without one,
        `CORALLINE_STORE_CA` a file of certificates that sign the server's (TLS).

    Raises:
      UserError: there is no store, or it can't be read.
    """
    address = os.fspath(address)
    scheme, separator, _ = address.partition("://")
    if separator and scheme not in (*_SERVICES, *_DATABASES, *_FILES):
        raise _no_address(address, scheme)
    if not separator or scheme in _FILES:
        file = urllib.parse.urlsplit(address).path if separator else address
        return ReadOnlyStore(address, lambda: open_file(file))
    try:
        parts = urllib.parse.urlsplit(address)
    except ValueError as error:  # brackets that hold no IPv6 address
        raise _no_address(address, scheme) from error
    if scheme in _SERVICES:
        return ReadOnlyStore(address, None, metadata_service.open_service(parts))
    return ReadOnlyStore(address, lambda: open_server(parts))


def _portions(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    yield from (ids[first : first + _AT_ONCE] for first in range(0, len(ids), _AT_ONCE))


def _no_address(address: str, scheme: str) -> UserError:
    return UserError(
        f"`{without_secrets(address)}` is not the address of a store",
        expected="a SQLite file, an output folder, grpc://..., grpcs://..., mysql://... or postgresql://...",
        found=f"{scheme}://",
    )


def _unreadable(address: str, error: Exception, log: str = "") -> UserError:
    told = (str(error).splitlines() or [type(error).__name__])[0]
    return UserError(
        "the store of ML Metadata can't be read",
        file=without_secrets(address),
        found=_reason(log) or told,
        fix="check the address, the user's rights, and that the store was written by ML Metadata",
    )


def store_above(path: str | PathLike[str]) -> str | None:
    """The store of the output folder that `path` lies in, if it lies in one."""
    folder = os.path.abspath(path)
    while True:
        if os.path.isfile(os.path.join(folder, STORE_FILE)):
            return os.path.join(folder, STORE_FILE)
        folder, below = os.path.dirname(folder), folder
        if folder == below:
            return None


def _reason(log: str) -> str:
    """The first error line of a C++ log, without its time and place."""
    found = re.search(r"^E\d+ [^\]]+\] (.+(?:\n\t.+)*)", log, re.MULTILINE)
    return " ".join(found[1].split()) if found else ""
