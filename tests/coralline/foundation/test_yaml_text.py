"""YAML that multiplies, goes in circles or is too deep is an error like any other."""

import tracemalloc

import pytest
import yaml

from coralline.foundation.yaml_text import parse_yaml


def multiplied(levels, width=9):
    """A list of lists of aliases: `width` to the power of `levels` values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * width)}]" for i in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (multiplied(9), "aliases .* that make more than"),
        (multiplied(9).replace("[*", "{<<: [*").replace("*a7]", "*a7]}"), "aliases|expected"),
        ("a: &a [*a]", "an alias of a value that it's part of"),
        ("a: &a {b: *a}", "an alias of a value that it's part of"),
        ("[" * 200 + "]" * 200, "too deep"),
        ("[" * 1000, "too deep"),
        ("- " * 20_000, "too deep|expected"),
        ("a: 2001-99-99", "can't be read"),
        ("a: 9" + "9" * 5000, "can't be read"),
        ("a: !!binary é", "can't be read|failed"),
        ("? [a]\n: b", "unhashable|can't be read"),
        ("a: b: c", "mapping values"),
        ("a: *b", "undefined alias"),
        ("a: \0", "special characters"),
    ],
)
def test_what_cannot_be_used_is_one_error(text, message):
    tracemalloc.start()
    with pytest.raises(yaml.YAMLError, match=message):
        parse_yaml(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50 << 20


def test_usual_aliases_and_merges_are_read():
    text = "base: &base {a: 1, b: 2}\nother: {<<: *base, b: 3}\nlists: [*base, *base]"
    content = parse_yaml(text)
    assert content["other"] == {"a": 1, "b": 3} and content["lists"] == [{"a": 1, "b": 2}] * 2


def test_a_base_loader_makes_texts():
    assert parse_yaml("names: [no, 1, 2001-99-99]", yaml.BaseLoader) == {"names": ["no", "1", "2001-99-99"]}
    assert parse_yaml("") is None
