"""The page's snapshot says what the store says, whoever wrote it and however it's reached."""

import pytest

from coralline.foundation.errors import UserError
from coralline.lineage.answers.run_table import run_rows
from coralline.lineage.lineage_steps import step_as_dict, steps
from coralline.lineage.run_history import open_lineage
from coralline.lineage_page.snapshot import Snapshot
from coralline.lineage_page.snapshot_loading import SnapshotLoader
from coralline.lineage_page.store_mirror import LockedStore


def _loaded(address, reader=LockedStore):
    snapshot = Snapshot(LockedStore(str(address)))
    loader = SnapshotLoader(snapshot, reader(str(address)))
    loader.load()
    return snapshot, loader


@pytest.fixture(params=["kubeflow", "out"])
def address(request):
    found = request.getfixturevalue(request.param)
    return getattr(found, "address", found)


def test_the_table_is_that_of_the_store(address):
    snapshot, loader = _loaded(address)
    assert sorted(snapshot.rows_newest_first(), key=lambda row: row.run_id) == sorted(
        run_rows(open_lineage(address)), key=lambda row: row.run_id
    )
    assert not loader.update()


def test_steps_and_what_is_around_them_are_those_of_the_store(address):
    snapshot, _ = _loaded(address)
    history = open_lineage(address)
    ids = [execution.id for run in history.runs() for execution in run.executions]
    expected = [step_as_dict(step) for step in steps(history, ids)]
    assert [step_as_dict(step) for step in steps(snapshot.history, ids)] == expected
    for step in expected:
        known = snapshot.executions[step["execution"]]
        assert (known.node, known.run_id, known.state) == (step["node"], step["run"], step["state"])


class _OlderService(LockedStore):
    """ML Metadata before 1.14 has no such request."""

    def ask(self, method, *arguments, **named):
        if method == "get_lineage_subgraph":
            raise UserError("the store of ML Metadata can't be read", found="UNIMPLEMENTED")
        return super().ask(method, *arguments, **named)


def test_a_service_that_knows_no_subgraphs_is_read_all_the_same(address):
    assert _loaded(address, _OlderService)[0].rows == _loaded(address)[0].rows
