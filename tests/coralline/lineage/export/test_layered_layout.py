"""Where nodes stand in a picture."""

from __future__ import annotations

import itertools

from coralline.lineage.export.layered_layout import layered


def test_each_node_stands_behind_what_it_depends_on() -> None:
    edges = [("a", "b"), ("b", "c"), ("a", "c"), ("c", "d")]
    at = layered("abcd", edges)
    assert all(at[begin][0] < at[end][0] for begin, end in edges)
    assert len(set(at.values())) == 4


def test_cycles_and_edges_to_nowhere_are_drawn_too() -> None:
    at = layered("abc", [("a", "b"), ("b", "c"), ("c", "a"), ("a", "a"), ("a", "elsewhere")])
    assert sorted(at) == ["a", "b", "c"] and len(set(at.values())) == 3
    assert layered("", []) == {}


def test_a_long_chain_needs_no_recursion() -> None:
    nodes = [str(number) for number in range(5000)]
    at = layered(nodes, list(itertools.pairwise(nodes)))
    assert at["4999"] == (4999, 0)


def test_neighbours_stand_side_by_side() -> None:
    at = layered(["a", "b", "x", "y"], [("a", "y"), ("b", "x")])
    assert (at["a"][1] < at["b"][1]) == (at["y"][1] < at["x"][1])
