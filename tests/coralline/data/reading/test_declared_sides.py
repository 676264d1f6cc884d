"""What data sets say about their sides, in the forms in which tools write it."""

import pytest

from coralline.data.data_settings import DataSettings
from coralline.data.dataset import check_dataset, summary
from coralline.data.reading.declared_sides import sides_by
from coralline.data.reading.reader_choice import files_read

BOX = "0 0.5 0.5 0.2 0.2\n"
NAMES = "names: [cat]\n"
FOLDERS = {"train": "abc", "valid": "de", "test": "f"}


@pytest.fixture
def yolo(voc):
    """`yolo(folder, names)`: images in `folder/images`, text files in `folder/labels`."""

    def write(folder, names, images="images", labels="labels"):
        for name in names:
            voc.image(f"{folder}/{images}/{name}.jpg")
            voc.text(f"{folder}/{labels}/{name}.txt", BOX)

    return write


def sides(dataset):
    found = {}
    for image in dataset.images:
        found.setdefault(image.split, []).append(image.name.rpartition("/")[2].removesuffix(".jpg"))
    return {split: "".join(sorted(names)) for split, names in sorted(found.items())}


def test_first_two_words_decide_and_the_third_is_the_test_side():
    assert sides_by(["train", "val", "test", "trainval"]) == {"train": "train", "val": "eval", "test": "test"}
    assert sides_by(["trainval", "test"]) == {"trainval": "train", "test": "eval"}
    assert sides_by(["train", "test"]) == {"train": "train", "test": "eval"}
    assert sides_by(["train"]) is None and sides_by(["val", "test"]) is None and sides_by([]) is None


@pytest.mark.parametrize("up", ["../", "./", "", "/content/datasets/pets/", "C:\\Users\\me\\pets\\"])
def test_folders_of_data_yaml_are_found_wherever_it_was_written(voc, yolo, look, up):
    for folder, names in FOLDERS.items():
        yolo(folder, names)
    voc.text("data.yaml", f"train: {up}train/images\nval: {up}valid/images\ntest: {up}test/images\n{NAMES}")
    dataset = look()
    assert sides(dataset) == {"train": "abc", "eval": "de", "test": "f"}
    assert dataset.split_rule == "by data.yaml: train/images trains, valid/images evaluates, test/images tests"
    assert summary(dataset)["splits"] == {"train": 3, "eval": 2, "test": 1}


def test_data_yaml_goes_before_names_of_folders(voc, yolo, look):
    for folder, names in FOLDERS.items():
        yolo(folder, names)
    voc.text("data.yaml", f"train: [train/images, valid/images]\nval: test/images\n{NAMES}")
    dataset = look()
    assert sides(dataset) == {"train": "abcde", "eval": "f"}
    assert dataset.split_rule == "by data.yaml: train trains, test/images evaluates"


def test_path_and_list_files_of_data_yaml(voc, yolo, look):
    yolo("set/pool", "abcdef")
    voc.text("set/lists/train.txt", "./pool/images/a.jpg\n./pool/images/b.jpg\n./pool/images/c.jpg\n")
    voc.text("set/lists/val.txt", "pool\\images\\d.jpg\n/elsewhere/set/pool/images/e.jpg\n")
    voc.text("set/pets.yml", f"path: ../datasets/set\ntrain: lists/train.txt\nval: lists/val.txt\ntest:\n{NAMES}")
    dataset = look()
    assert sides(dataset) == {"train": "abc", "eval": "de"}
    [unlisted] = [problem for problem in dataset.problems if problem.kind == "unlisted_image"]
    assert unlisted.message == "1 annotated image on no side: not used" and unlisted.found == "set/pool/images/f.jpg"


def test_folder_that_is_not_there_is_told(voc, yolo, look):
    for folder in ("train", "valid"):
        yolo(folder, FOLDERS[folder])
    voc.text("data.yaml", f"train: ../train/images\nval: ../valid/images\ntest: ../test/images\n{NAMES}")
    dataset = look()
    assert sides(dataset) == {"train": "abc", "eval": "de"}
    assert dataset.split_rule.endswith("; not there: ../test/images")


def test_declaration_of_which_nothing_is_there_is_told(voc, yolo, look):
    yolo("pool", "abcdefgh")
    voc.text("data.yaml", f"train: ../else/train\nval: ../else/val\n{NAMES}")
    rule = look().split_rule
    assert "a hash" in rule and "data.yaml isn't used (not there: ../else/train, ../else/val)" in rule


def test_same_folder_for_two_sides_is_no_split(voc, yolo, look):
    yolo("pool", "abcdefgh")
    voc.text("data.yaml", f"train: pool/images\nval: pool/images\n{NAMES}")
    dataset = look()
    assert set(sides(dataset)) == {"train", "eval"}
    assert "data.yaml isn't used (it names the same images for training and for evaluation)" in dataset.split_rule
    assert "a hash of the file name" in dataset.split_rule


def test_folders_in_each_other_are_a_problem(voc, yolo, look, faults):
    yolo("pool", "abc")
    yolo("pool/val", "de")
    voc.text("data.yaml", f"train: pool\nval: pool/val\n{NAMES}")
    with pytest.raises(Exception, match="2 images of pool/val would be on two sides"):
        look()


@pytest.mark.parametrize("folder", ["obj_{}_data", "{}2017", "my-{}-set", "{}"])
@pytest.mark.parametrize("words", [("train", "val", "test"), ("Train", "Validation", "Test")])
def test_names_of_folders_decide(voc, look, folder, words):
    voc.text("obj.names", "cat\n")
    for word, names in zip(words, FOLDERS.values(), strict=True):
        for name in names:
            voc.image(f"{folder.format(word)}/{name}.jpg")
            voc.text(f"{folder.format(word)}/{name}.txt", BOX)
    assert sides(look()) == {"train": "abc", "eval": "de", "test": "f"}


def test_lists_of_darknet_and_cvat(voc, look):
    voc.text("obj.names", "cat\n")
    for name in "abcde":
        voc.image(f"obj_data/{name}.jpg")
        voc.text(f"obj_data/{name}.txt", BOX)
    voc.text(
        "obj.data",
        "classes = 1\ntrain = data/one.txt\nvalid = data/two.txt\nnames = data/obj.names\nbackup = backup/\n",
    )
    voc.text("one.txt", "".join(f"data/obj_data/{name}.jpg\n" for name in "abc"))
    voc.text("two.txt", "".join(f"data/obj_data/{name}.jpg\n" for name in "de"))
    dataset = look()
    assert sides(dataset) == {"train": "abc", "eval": "de"}
    assert dataset.split_rule == "by obj.data: one.txt trains, two.txt evaluates"
    assert {"obj.data", "one.txt", "two.txt"} <= set(files_read(str(voc.root), "auto"))


@pytest.mark.parametrize(
    "names", [("train", "val"), ("Train", "Validation"), ("train_list", "test_images"), ("list-train", "dev")]
)
def test_lists_by_themselves(voc, look, names):
    for name in "abcde":
        voc.pair(name)
    for name, listed in zip(names, ("abc", "de"), strict=True):
        voc.text(f"{name}.txt", "".join(f"{image}\n" for image in listed))
    dataset = look()
    assert sides(dataset) == {"train": "abc", "eval": "de"}
    assert dataset.split_rule.startswith(
        f"by {names[1]}.txt, {names[0]}.txt" if names[1] < names[0] else f"by {names[0]}.txt"
    )


def test_text_that_lists_no_image_is_no_list(voc, look):
    for name in ("train", "val", "c", "d", "e"):
        voc.image(f"{name}.jpg")
        voc.text(f"{name}.txt", BOX)
    voc.text("classes.txt", "cat\n")
    voc.text("notes/test.txt", "tested on Monday\n")
    assert "a hash of the file name" in look().split_rule


def test_lists_by_class_are_put_together(voc, look):
    for name in "abcd":
        voc.image(f"JPEGImages/{name}.jpg")
        voc.annotation(f"Annotations/{name}.xml")
    voc.text("ImageSets/Main/cat_train.txt", "a.jpg  1\nb -1\n")
    voc.text("ImageSets/Main/dog_train.txt", "b  1\n")
    voc.text("ImageSets/Main/cat_val.txt", "c.jpg\n")
    voc.text("ImageSets/Main/dog_test.txt", "d 0\n")
    dataset = look()
    assert sides(dataset) == {"train": "ab", "eval": "c", "test": "d"}
    assert dataset.split_rule == "by ImageSets/Main: train trains, cat_val.txt evaluates, dog_test.txt tests"


def test_listed_background_image_without_annotation_is_no_fault_of_the_list(voc, look, faults):
    for name in "ab":
        voc.pair(name)
    voc.image("c.jpg")
    voc.text("train.txt", "a.jpg\nc.jpg\n")
    voc.text("val.txt", "b.jpg\n")
    dataset = look()
    assert faults(dataset) == [("image_without_annotation", "c.jpg", None)]
    assert sides(look(on_image_without_annotation="fix")) == {"train": "ac", "eval": "b"}


def test_endings_and_capitals_in_lists_do_not_matter(voc, look):
    for name in "abc":
        voc.pair(name)
    voc.text("train.txt", "A.JPG\nb.png\n")
    voc.text("val.txt", "images/c\n")
    assert sides(look()) == {"train": "ab", "eval": "c"}


def test_leaks_are_found_across_three_sides(voc, look):
    for folder, colour in (("train", "red"), ("valid", "green"), ("test", "blue")):
        voc.image(f"{folder}/{folder}.png", colour=colour)
        voc.annotation(f"{folder}/{folder}.xml")
    (voc.root / "test/copy.png").write_bytes((voc.root / "valid/valid.png").read_bytes())
    voc.annotation("test/copy.xml")
    kinds = [(problem.kind, problem.message) for problem in look().problems if problem.kind == "leaked_image"]
    assert kinds == [("leaked_image", "the same image is in eval and, under another name, in test")]


def test_test_list_and_fraction(voc, look):
    for i in range(40):
        voc.pair(f"{i:02d}")
    names = {side: set(images.split()) for side, images in _named(look()).items()}
    listed = voc.text("t.lst", "00.jpg\n01\n")
    alone = _named(look(test_list=str(listed)))
    assert set(alone["test"].split()) == {"00", "01"}
    assert set(alone["train"].split()) == names["train"] - {"00", "01"}
    shared = _named(look(test_fraction=0.3))
    assert set(shared["eval"].split()) == names["eval"] and 6 <= len(shared["test"].split()) <= 18
    with pytest.raises(Exception, match="nothing would be left for training"):
        check_dataset(str(voc.root), DataSettings(eval_fraction=0.5, test_fraction=0.5))


def _named(dataset):
    found = {}
    for image in dataset.images:
        found.setdefault(image.split, []).append(image.name.removesuffix(".jpg"))
    return {side: " ".join(names) for side, names in found.items()}
