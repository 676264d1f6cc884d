"""Copies, frames and near-duplicates: on one side where the sides are ours, told where they aren't."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from coralline.data.data_settings import DataSettings
from coralline.data.dataset import check_dataset

HASH = "{:032x}"


def photograph(seed):
    random = np.random.default_rng(seed)
    layers = [
        Image.fromarray(random.integers(0, 256, (n, n, 3), np.uint8)).resize((100, 80), Image.Resampling.BICUBIC)
        for n in (3, 6, 12, 24)
    ]
    return Image.fromarray(np.mean([np.asarray(layer) for layer in layers], axis=0).astype(np.uint8))


@pytest.fixture
def put(voc):
    """`put(name, image)`: an annotated picture."""

    def write(name, image, **annotation):
        path = voc.root / f"{name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path, quality=90)
        voc.annotation(f"{name}.xml", **annotation)

    return write


def versions(image, count=3):
    return [ImageEnhance.Brightness(image).enhance(0.8 + 0.15 * i) for i in range(count)]


def sides(dataset, key):
    found = {}
    for image in dataset.images:
        found.setdefault(key(image.name), set()).add(image.split)
    return found


def related(dataset):
    return [(problem.kind, problem.policy) for problem in dataset.problems if problem.kind.startswith("related")]


def test_roboflow_s_copies_stay_together(put, look):
    for source in range(20):
        for version, image in enumerate(versions(photograph(source))):
            put(f"train/yard-{source}_jpg.rf.{HASH.format(source * 7919 + version * 104729)}", image)
    dataset = look()
    assert all(len(found) == 1 for found in sides(dataset, lambda name: name.split(".rf.")[0]).values())
    assert {image.split for image in dataset.images} == {"train", "eval"}
    assert related(dataset) and set(related(dataset)) == {("related_images", "fix")}
    kept = look(on_related_images="keep")
    assert any(len(found) == 2 for found in sides(kept, lambda name: name.split(".rf.")[0]).values())
    assert set(related(kept)) == {("related_images", "keep")}


def test_names_that_mislead_relate_nothing(put, look):
    """Thirty photographs with one name, as a search in the web gives them."""
    for number in range(30):
        put(f"google_0002_jpg.rf.{HASH.format(number * 104729)}", photograph(number))
    dataset = look()
    assert related(dataset) == [] and {image.split for image in dataset.images} == {"train", "eval"}


def test_copies_on_sides_of_the_data_set_are_told_where_the_picture_agrees(put, look):
    for number in range(6):
        put(f"{'train' if number % 2 else 'valid'}/same_jpg.rf.{HASH.format(number * 104729)}", photograph(number))
    assert related(look()) == []
    for side, image in zip(("train", "valid", "test"), versions(photograph(99)), strict=True):
        put(f"{side}/cat_jpg.rf.{HASH.format(len(side) * 7919)}", image)
    dataset = look()
    [problem] = [problem for problem in dataset.problems if problem.kind == "related_across_sides"]
    assert problem.policy == "keep" and "copies of cat_jpg are on several sides" in problem.message
    assert problem.found.startswith("eval: 1 image, valid/cat_jpg.rf.") and "test: 1 image" in problem.found
    assert {image.split for image in dataset.images if "cat" in image.name} == {"train", "eval", "test"}


def test_frames_of_a_video_stay_together(put, look):
    for video in range(8):
        for frame in range(6):
            put(f"walk{video}_frame_{frame:04d}", photograph(video * 10 + frame))
    dataset = look()
    assert all(len(found) == 1 for found in sides(dataset, lambda name: name.split("_")[0]).values())
    assert {image.split for image in dataset.images} == {"train", "eval"}


def test_one_video_alone_is_told(put, look):
    for frame in range(20):
        put(f"frame_{frame:06d}", photograph(frame))
    dataset = look()
    assert related(dataset) == [("related_across_sides", "keep")]
    assert {image.split for image in dataset.images} == {"train", "eval"}


def test_near_duplicates_with_the_same_boxes_stay_together(put, look):
    for number in range(30):
        put(f"a{number}", photograph(number))
        put(f"b{number}", versions(photograph(number), 1)[0], boxes=((11, 21, 31, 41),))
    dataset = look()
    assert all(len(found) == 1 for found in sides(dataset, lambda name: name[1:]).values())
    assert related(dataset)
    assert related(look(compare_pictures="none")) == []


def test_pictures_of_a_fixed_camera_with_other_objects_are_not_the_same(put, look):
    background = photograph(1)
    for number in range(20):
        image, x = background.copy(), 4 * number
        image.paste((255, 0, 0), (x, 20, x + 10, 40))
        put(f"{number}", image, boxes=((x, 20, x + 10, 40),))
    assert related(look()) == []


def test_a_person_s_groups_are_left_alone(put, look):
    for number in range(20):
        for version, image in enumerate(versions(photograph(number), 2)):
            put(f"{'xy'[version]}{number}", image)
    dataset = look(group_pattern="^(.)")
    assert all(len(found) == 1 for found in sides(dataset, lambda name: name[0]).values())
    assert set(related(dataset)) == {("related_across_sides", "keep")}


def groups(dataset):
    return {image.name.removesuffix(".jpg"): image.group for image in dataset.images}


@pytest.mark.parametrize("folders", [("", ""), ("train/", "valid/")], ids=["ours", "theirs"])
def test_images_that_belong_together_share_a_group_whoever_chose_the_sides(put, look, folders):
    for number in range(12):
        put(f"{folders[number % 2]}{number}", photograph(number))
        put(f"{folders[number % 2]}{number}-again", versions(photograph(number), 1)[0])
        put(f"{folders[number % 2]}alone{number}", photograph(50 + number))
    found = groups(look())
    assert all(found[name] is None for name in found if "alone" in name)
    pairs = [name for name in found if name.endswith("again")]
    assert len(pairs) == 12
    for name in pairs:
        assert found[name] == found[name.removesuffix("-again")] == min(f"{name}.jpg", f"{name[:-6]}.jpg")


def test_a_person_s_groups_are_the_groups(put, look):
    for number in range(20):
        put(f"{'xyz'[number % 3]}{number}", photograph(number))
    put("alone", photograph(99))
    found = groups(look(group_pattern="^([^0-9])"))
    assert found.pop("alone") is None and all(group == name[0] for name, group in found.items())


def test_the_same_file_under_another_name_is_of_its_group(put, look):
    for number in range(8):
        put(f"{number}", photograph(number))
    put("copy", photograph(0))
    found = groups(look(on_duplicate_image="keep", compare_pictures="none"))
    assert {name for name, group in found.items() if group == "0.jpg"} == {"0", "copy"}


def test_no_side_is_left_empty(put, look):
    for version, image in enumerate(versions(photograph(1), 2)):
        put(f"cat_jpg.rf.{HASH.format(version * 7919)}", image)
    assert {image.split for image in look().images} == {"train", "eval"}


def test_result_does_not_depend_on_where_it_is_computed(put, voc):
    """The component's workers check shares of the data; the whole is judged from what comes back."""
    import pickle

    from coralline.data.dataset import assemble, make_plan
    from coralline.data.judging.entry_checks import check_entry

    for number in range(20):
        for version, image in enumerate(versions(photograph(number), 2)):
            put(f"{'xy'[version]}{number}", image)
    settings = DataSettings()
    plan = make_plan(str(voc.root), settings)
    checked = [check_entry(plan.layout.root, entry, side, settings) for entry, side in plan.entries]
    travelled = pickle.loads(pickle.dumps([result.image for result in checked]))
    whole = assemble(plan.without_entries(), travelled, [], {}, settings)
    assert [(i.name, i.split) for i in whole.images] == [
        (i.name, i.split) for i in check_dataset(str(voc.root), settings).images
    ]
