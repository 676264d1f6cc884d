import hashlib

import pytest

from coralline.publishing import published
from coralline.publishing.served_model import NOTHING, content_of, served_now, to_be_replaced


def sha256(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def publish(tmp_path):
    return lambda content, **more: published.publish(
        str(tmp_path), {"model.tflite": content, **more}, {"labels": ["a"]}
    )


def test_before_the_first_there_is_none(tmp_path):
    assert served_now(str(tmp_path / "nowhere")) is None
    assert content_of(served_now(str(tmp_path))) == NOTHING


def test_it_is_known_by_the_content_of_its_model(tmp_path, publish):
    version = publish(b"one")
    first = served_now(str(tmp_path))
    assert (first.version, first.sha256, first.damage) == (version, sha256(b"one"), None)
    publish(b"one", **{"model_edgetpu.tflite": b"compiled"})
    second = served_now(str(tmp_path))
    assert second.version != first.version and content_of(second) == content_of(first)
    publish(b"two")
    assert content_of(served_now(str(tmp_path))) == f"sha256:{sha256(b'two')}"


@pytest.mark.parametrize(
    ("break_it", "damage"),
    [
        (lambda folder: (folder / "model.tflite").write_bytes(b"other"), "model.tflite isn't as it was published"),
        (lambda folder: (folder / "model.tflite").unlink(), "model.tflite isn't there"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "manifest.json isn't there, or isn't a manifest"),
        (lambda folder: folder.rename(folder.parent / "elsewhere"), "manifest.json isn't there, or isn't a manifest"),
    ],
)
def test_a_damaged_one_is_not_taken_for_none(tmp_path, publish, break_it, damage):
    version = publish(b"one")
    break_it(tmp_path / version)
    served = served_now(str(tmp_path))
    assert served.damage == damage and content_of(served) == f"damaged:{version}"


def test_a_pointer_that_leads_elsewhere_is_damage(tmp_path):
    (tmp_path / "latest").symlink_to("/")
    assert served_now(str(tmp_path)).damage == "it names no version in this folder"


def test_what_a_candidate_replaces_is_what_is_served(tmp_path, publish):
    assert to_be_replaced(str(tmp_path), sha256(b"new")) is None
    publish(b"one")
    assert to_be_replaced(str(tmp_path), sha256(b"new")).sha256 == sha256(b"one")


def test_what_a_candidate_that_is_served_already_has_replaced(tmp_path, publish):
    publish(b"one")
    assert to_be_replaced(str(tmp_path), sha256(b"one")) is None
    publish(b"two")
    publish(b"two", **{"model_edgetpu.tflite": b"compiled"})
    assert to_be_replaced(str(tmp_path), sha256(b"two")).sha256 == sha256(b"one")
    published.roll_back(str(tmp_path))
    published.roll_back(str(tmp_path))
    assert served_now(str(tmp_path)).sha256 == sha256(b"one")
    assert to_be_replaced(str(tmp_path), sha256(b"one")) is None


def test_publishing_needs_the_baseline_that_was_judged_against(tmp_path, publish):
    place, model = str(tmp_path), {"model.tflite": b"new"}
    publish(b"one")
    with pytest.raises(published.BaselineMovedError, match=r"judged against nothing, and version .* is served now"):
        published.publish(place, model, {}, judged_against=NOTHING)
    assert served_now(place).sha256 == sha256(b"one")
    published.publish(place, model, {}, judged_against=f"sha256:{sha256(b'one')}")
    # Once more, as by a pusher that was killed before it could record the push: this very model is served.
    published.publish(place, model, {}, judged_against=f"sha256:{sha256(b'one')}")
    compiled = {**model, "model_edgetpu.tflite": b"compiled"}
    published.publish(place, compiled, {}, judged_against=f"sha256:{sha256(b'one')}")
    assert served_now(place).sha256 == sha256(b"new")


def test_a_rollback_after_the_judgement_counts(tmp_path, publish):
    publish(b"one")
    publish(b"two")
    published.roll_back(str(tmp_path))
    with pytest.raises(published.BaselineMovedError, match="judged against another model"):
        published.publish(str(tmp_path), {"model.tflite": b"new"}, {}, judged_against=f"sha256:{sha256(b'two')}")
