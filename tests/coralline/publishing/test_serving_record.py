"""Where a rollback leads, by what is on record, what isn't, and what never happened."""

import pytest

from coralline.publishing import serving_record

VERSIONS = ["A", "B", "C", "D"]


def record(*moves):
    """Content of a record: "A>B" is a push, "A<B" a rollback from B to A, ">A" the first push."""
    content = None
    for move in moves:
        by = "push" if ">" in move else "rollback"
        one, other = move.replace("<", ">").split(">")
        before, after = (one, other) if by == "push" else (other, one)
        content = serving_record.with_move(content, before or None, after, by)
    return content


def trail(content, latest, versions=VERSIONS):
    return "".join(serving_record.read_serving_record(content, versions, latest).trail)


@pytest.mark.parametrize(
    ("moves", "latest", "expected"),
    [
        ([">A", "A>B", "B>C"], "C", "ABC"),
        ([">A", "A>B", "B>C", "B<C"], "B", "AB"),
        ([">A", "A>B", "B>C", "B<C", "A<B"], "A", "A"),
        ([">A", "A>B", "B>C", "A<C"], "A", "A"),  # over several with --to
        ([">A", "A>B", "A<B", "A>C"], "C", "AC"),  # B isn't gone back to
        ([">A", "A>B", "A<B", "B<A"], "B", "AB"),  # rolled forward with --to
        ([">A", "A>B", "B>A"], "A", "ABA"),  # an older model was pushed again: B was served before it
        ([">A", "A>B", "B>A", "B<A"], "B", "AB"),
        ([">A", "A>B", "B>A", "B<A", "A<B"], "A", "A"),
    ],
)
def test_each_rollback_goes_further_back(moves, latest, expected):
    assert trail(record(*moves), latest) == expected


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"moves": 3}', b'{"moves": [{"colour": "red"}]}'])
def test_without_a_record_versions_were_served_in_their_order(content):
    assert trail(content, "C") == "ABC"
    assert trail(content, "B") == "AB"
    assert trail(content, None) == "ABCD"
    assert trail(content, None, []) == ""


def test_versions_from_before_the_record_come_before_it():
    assert trail(record("B>D"), "D") == "ABD"  # C had been gone back from by hand


@pytest.mark.parametrize("latest", ["B", "C"])
def test_a_move_whose_writer_was_killed_before_latest_moved_was_never_made(latest):
    found = serving_record.read_serving_record(record(">A", "A>B", "B>C"), VERSIONS, latest)
    assert "".join(found.trail) == ("AB" if latest == "B" else "ABC")
    assert len(found.moves) == (2 if latest == "B" else 3)
    assert trail(record(">A", "A>B", "B>C", "B>C"), "C") == "ABC"  # and was made by the next one


def test_a_pointer_moved_by_hand_is_taken_as_it_is():
    assert trail(record(">A", "A>B", "B>C"), "A") == "A"
    assert trail(record(">A", "A>B", "B>C", "A>D"), "D") == "AD"
    assert trail(record(">B", "B>C"), "A") == "BCA"


def test_what_was_gone_back_from_is_withdrawn_until_it_is_served_again():
    def withdrawn(latest, *moves):
        return "".join(sorted(serving_record.read_serving_record(record(*moves), VERSIONS, latest).withdrawn))

    assert withdrawn("C", ">A", "A>B", "B>C") == ""
    assert withdrawn("A", ">A", "A>B", "B>C", "A<C") == "BC"
    assert withdrawn("C", ">A", "A>B", "B>C", "A<C", "C<A") == "B"
    assert withdrawn("D", ">A", "A>B", "B>C", "B<C", "B>D") == "C"
    assert withdrawn("C", ">A", "A>B", "B>C", "B<C") == ""  # the rollback was killed
