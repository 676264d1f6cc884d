import pytest

from coralline.lineage_page.lineage_graph import graph_around, run_graph
from coralline.lineage_page.snapshot import KnownArtifact, KnownExecution, Snapshot
from coralline.lineage_page.store_mirror import EventLine

IN, OUT = 3, 4  # of pb.Event.Type


def _snapshot(*lines, reused=()):
    """Of (execution, "takes" or "makes", artifact)."""
    snapshot = Snapshot(store=None)
    events = {}
    for execution, verb, artifact in lines:
        events.setdefault(execution, []).append(EventLine(execution, artifact, OUT if verb == "makes" else IN, "x", 0))
        snapshot.artifacts[artifact] = KnownArtifact(artifact, "Model", f"/a/{artifact}", "LIVE", 0, "")
        state = "CACHED" if execution in reused else "COMPLETE"
        snapshot.executions[execution] = KnownExecution(execution, "t", "Node", "run", state, 0, 1000, None)
    for execution, found in events.items():
        snapshot.structure.replace_events(execution, found)
    return snapshot


_CHAIN = ((1, "makes", 1), (2, "takes", 1), (2, "makes", 2), (3, "takes", 2), (3, "makes", 3), (4, "takes", 2))


def _ids(graph):
    return {node["id"] for node in graph["nodes"]}


@pytest.mark.parametrize(
    ("direction", "depth", "found"),
    [
        ("back", 1, {"a:2", "e:2"}),
        ("back", 4, {"a:2", "e:2", "a:1", "e:1"}),
        ("on", 1, {"a:2", "e:3", "e:4"}),
        ("both", 2, {"a:2", "e:2", "a:1", "e:3", "e:4", "a:3"}),
        ("both", 0, {"a:2"}),
    ],
)
def test_goes_so_far_in_each_direction(direction, depth, found):
    assert _ids(graph_around(_snapshot(*_CHAIN), ("a", 2), direction, depth, 200)) == found


def test_edges_go_from_what_was_taken_to_what_was_made():
    edges = graph_around(_snapshot(*_CHAIN), ("e", 2), "both", 1, 200)["edges"]
    assert [(edge["from"], edge["to"]) for edge in edges] == [("a:1", "e:2"), ("e:2", "a:2")]


def test_says_what_is_left_out():
    graph = graph_around(_snapshot(*_CHAIN), ("a", 2), "back", 1, 200)
    assert graph["more"] == {"a:2": {"back": 0, "on": 2}, "e:2": {"back": 1, "on": 0}}


def test_stops_at_the_limit_with_the_nearest():
    many = [(1, "makes", 1), *((number, "takes", 1) for number in range(2, 500))]
    graph = graph_around(_snapshot(*many), ("a", 1), "on", 5, 100)
    assert len(graph["nodes"]) == 100 and graph["more"]["a:1"] == {"back": 1, "on": 399}


def test_a_circle_ends():
    graph = graph_around(_snapshot((1, "takes", 1), (1, "makes", 1)), ("a", 1), "both", 100, 200)
    assert _ids(graph) == {"a:1", "e:1"}


def test_those_that_reused_it_did_not_make_it():
    lines = (*_CHAIN, (5, "makes", 2), (5, "takes", 1), (6, "takes", 2))
    snapshot = _snapshot(*lines, reused=(5, 6))
    assert _ids(graph_around(snapshot, ("a", 2), "back", 1, 200)) == {"a:2", "e:2"}
    assert _ids(graph_around(snapshot, ("a", 2), "on", 1, 200)) == {"a:2", "e:3", "e:4"}


def test_events_replace_those_before():
    snapshot = _snapshot(*_CHAIN)
    snapshot.structure.replace_events(2, [EventLine(2, 9, OUT, "x", 0)])
    assert [line.artifact for line in snapshot.events_of("execution", 2)] == [9]
    assert {line.execution for line in snapshot.events_of("artifact", 2)} == {3, 4}


def test_a_run_without_executions_is_an_empty_graph():
    assert run_graph(_snapshot(), "none") == {"nodes": [], "edges": [], "more": {}}
