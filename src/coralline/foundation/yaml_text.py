"""YAML out of files that may be hostile or damaged: whatever is wrong with one is a YAMLError.

PyYAML shares what aliases name, but whoever prints, merges or checks the result goes through all copies: a list of
nine aliases, each to such a list, nine levels deep, is 300 bytes and 400 million values. The loaders in Python are
used, since the one in C (PyYAML 6.0.3 with libyaml) crashes on 100,000 lists in each other.
"""

from __future__ import annotations

from typing import Any

import yaml

ENDINGS = (".yaml", ".yml")
MOST_BYTES = 1 << 24
"""Of a file: names of a million classes."""
_MOST_NODES = 1_000_000
_DEEPEST = 100
"""Values within values; files for people have five levels."""


def parse_yaml(text: str, loader: type[yaml.BaseLoader] | type[yaml.SafeLoader] = yaml.SafeLoader) -> Any:
    """The content of a YAML text.

    Args:
      text: of one document.
      loader: SafeLoader for values with YAML's types; BaseLoader for texts, lists and mappings alone.

    Raises:
      yaml.YAMLError: it isn't YAML, its values can't be made, or it's too deep or too large with all aliases resolved.
    """
    try:
        parser = loader(text)
        try:
            node = parser.get_single_node()
            if node is None:
                return None
            _require_usual_size(node)
            return parser.construct_document(node)
        finally:
            parser.dispose()
    except RecursionError as e:
        raise yaml.YAMLError("values within values, too deep to be read") from e
    except (ValueError, OverflowError, TypeError, KeyError, AttributeError) as e:  # of dates, numbers and keys
        raise yaml.YAMLError(f"a value that can't be read: {e}") from e


def _require_usual_size(root: yaml.Node) -> None:
    """Raises YAMLError if there are too many values, counting a value once for each alias, or aliases go in circles."""
    counts: dict[int, int] = {}
    open_nodes: set[int] = set()

    def count(node: yaml.Node, depth: int) -> int:
        if id(node) in counts:
            return counts[id(node)]
        if id(node) in open_nodes:
            raise _refused("an alias of a value that it's part of", node)
        if depth > _DEEPEST:
            raise _refused("values within values, too deep to be read", node)
        open_nodes.add(id(node))
        total = 1 + sum(count(inner, depth + 1) for inner in _inside(node))
        if total > _MOST_NODES:
            raise _refused(f"aliases (`*name`) that make more than {_MOST_NODES:,} values of a small file", node)
        open_nodes.discard(id(node))
        counts[id(node)] = total
        return total

    count(root, 0)


def _inside(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _refused(what: str, node: yaml.Node) -> yaml.YAMLError:
    return yaml.MarkedYAMLError(problem=what, problem_mark=node.start_mark)
