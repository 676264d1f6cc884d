"""How a section travels: what differs from its defaults, with its version; and what is refused."""

import json
from typing import ClassVar, Literal

import pytest

from coralline.foundation.errors import UserError
from coralline.foundation.settings_section import SettingsSection


class Today(SettingsSection):
    steps: int = 100
    rate: float = 0.1
    sizes: tuple[int, ...] = (1, 2)


class WithOneMore(Today):
    warmup: int = 0


class OfTheNextVersion(Today):
    VERSION: ClassVar[int] = 2


class WithAChoice(SettingsSection):
    reader: Literal["voc"] = "voc"


class WithAnotherChoice(SettingsSection):
    reader: Literal["voc", "coco"] = "voc"


@pytest.mark.parametrize("section", [Today(), Today(steps=3), Today(rate=1e-3, sizes=(4,))])
def test_what_was_written_is_read_again(section):
    assert Today.from_property(section.to_property()) == section


def test_only_what_differs_from_the_defaults_is_written():
    assert json.loads(Today().to_property()) == {"version": 1}
    assert Today(steps=3, rate=0.1).to_property() == '{"steps": 3, "version": 1}'


def test_a_new_setting_changes_no_property_until_it_is_set():
    assert WithOneMore(steps=3).to_property() == Today(steps=3).to_property()
    assert WithOneMore(warmup=5).to_property() != Today().to_property()


def test_a_property_that_names_every_setting_is_read_too():
    assert Today.from_property('{"rate": 0.1, "sizes": [1, 2], "steps": 7}') == Today(steps=7)


def test_a_newer_version_is_refused_with_both_versions():
    with pytest.raises(UserError) as refused:
        Today.from_property(OfTheNextVersion().to_property())
    assert (refused.value.expected, refused.value.found) == ("version 1", "version 2")


def test_a_setting_from_the_future_is_refused_by_name():
    with pytest.raises(UserError) as refused:
        Today.from_property(WithOneMore(warmup=5).to_property())
    assert refused.value.found == "version 1 with warmup"


def test_a_value_from_the_future_is_refused_by_the_name_of_its_setting():
    with pytest.raises(UserError) as refused:
        WithAChoice.from_property(WithAnotherChoice(reader="coco").to_property())
    assert refused.value.found == "version 1 with reader"


def test_a_property_without_a_version_is_of_the_first():
    with pytest.raises(UserError) as refused:
        OfTheNextVersion.from_property('{"rate": 0.1, "sizes": [1, 2], "steps": 7}')
    assert (refused.value.expected, refused.value.found) == ("version 2", "version 1")


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"stps": 3}, "unknown key `stps`"), ({"steps": "many"}, "`steps` must be a whole number")],
)
def test_a_section_made_in_python_is_refused_in_our_words(settings, message):
    with pytest.raises(UserError) as refused:
        Today(**settings)
    assert refused.value.what == message
