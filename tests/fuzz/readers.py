"""What each reader of other people's files does with any bytes: an answer, a problem or a UserError, and nothing else.

  python tests/fuzz/readers.py TARGET [-max_total_time=120] [CORPUS ...]   looks for more, guided by coverage

That needs `atheris` (2.3.0 has a wheel for Python 3.10), which isn't among the requirements. What was found is kept in
`found/TARGET/`, and `tests/test_fuzz_findings.py` replays it without atheris.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

_JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300080606070605080707070909080a0c140d0c0b0b0c1912130f141d1a1f1e1d"
    "1a1c1c20242e2720222c231c1c2837292c30313434341f27393d38323c2e333432ffc0000b080008000801011100ffc40014000100000000"
    "000000000000000000000006ffc40014100100000000000000000000000000000000ffda0008010100003f0032ffd9"
)
"""8 x 8 pixels of gray."""
_VOC = (
    b"<annotation><object><name>c</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>5</xmax><ymax>5</ymax></bndbox></object>"
    b"</annotation>"
)
_BESIDE = {"a.jpg": _JPEG, "b.jpg": _JPEG + b"b"}


def in_folder(name: str, **others: bytes) -> Callable[[bytes], None]:
    """A target that puts the bytes into a data set as a file of this name, and checks that."""

    def run(content: bytes) -> None:
        from coralline.data.dataset import check_dataset

        with _emptied() as folder:
            for other, its_content in {**_BESIDE, **others, name: content}.items():
                (folder / other).parent.mkdir(parents=True, exist_ok=True)
                (folder / other).write_bytes(its_content)
            check_dataset(str(folder))

    return run


def label_map(content: bytes) -> None:
    """A label_map.pbtxt."""
    from coralline.data.records.label_map import LabelMap

    with _emptied() as folder:
        (folder / "m.pbtxt").write_bytes(content)
        LabelMap.read(str(folder / "m.pbtxt")).labels_txt()


def labels(content: bytes) -> None:
    """A labels.txt."""
    from coralline.tflite.labels_file import read_labels_file

    with _emptied() as folder:
        (folder / "labels.txt").write_bytes(content)
        read_labels_file(folder / "labels.txt")


def image(content: bytes) -> None:
    """An image file, and what the trainer gets of it."""
    from coralline.data.images import image_file

    try:
        facts = image_file.inspect_image(content)
        if facts.width * facts.height < 1 << 20:
            image_file.encode_for_training(content, facts)
    except image_file.UnreadableImageError as e:  # An answer, which must be printable.
        f"{e} {e.fix}".encode()


def record(content: bytes) -> None:
    """One record whose frame is right, in a TFRecord file."""
    from coralline.data.records.tfrecord import masked_crc32c

    length = len(content).to_bytes(8, "little")
    in_folder("train.record")(length + masked_crc32c(length) + content + masked_crc32c(content))


def config(content: bytes) -> None:
    """A configuration of the pipeline."""
    from pipeline.config import load_config

    with _emptied() as folder:
        (folder / "c.yaml").write_bytes(content)
        load_config(folder / "c.yaml")


def od_api_config(content: bytes) -> None:
    """A pipeline.config of the Object Detection API."""
    from coralline.od_api.translation import translate

    with _emptied() as folder:
        (folder / "pipeline.config").write_bytes(content)
        translate(str(folder / "pipeline.config"))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "voc": in_folder("a.xml"),
    "coco": in_folder("a.json"),
    "yolo": in_folder("a.txt", **{"data.yaml": b"names: [cat, dog]"}),
    "data_yaml": in_folder("data.yaml", **{"a.txt": b"0 .5 .5 .2 .2"}),
    "csv": in_folder("boxes.csv"),
    "labelme": in_folder("a.json"),
    "json": in_folder("boxes.json"),
    "cvat": in_folder("annotations.xml"),
    "obj_data": in_folder("obj.data", **{"obj.names": b"cat", "a.txt": b"0 .5 .5 .2 .2"}),
    "list": in_folder("train.txt", **{"val.txt": b"b.jpg", "a.xml": _VOC, "b.xml": _VOC}),
    "tfrecord": in_folder("train.record"),
    "record": record,
    "label_map": label_map,
    "labels": labels,
    "image": image,
    "config": config,
    "od_api_config": od_api_config,
}


def run(target: str, content: bytes) -> None:
    """Raises what isn't an answer."""
    from coralline.foundation.errors import UserError

    try:
        TARGETS[target](content)
    except UserError as e:
        e.render().encode()


class _emptied:
    """One folder for all runs: making a new one each time takes longer than reading it."""

    folder: Path | None = None

    def __enter__(self) -> Path:
        if _emptied.folder is None:
            _emptied.folder = Path(tempfile.mkdtemp(prefix="coralline-fuzz-"))
        return _emptied.folder

    def __exit__(self, *_: object) -> None:
        assert _emptied.folder is not None
        for path in _emptied.folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def main() -> None:
    """See the module."""
    import atheris

    target = sys.argv.pop(1)
    with atheris.instrument_imports(include=["coralline", "pipeline", "yaml"]):
        run(target, b"")
    atheris.Setup(sys.argv, lambda content: run(target, content))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
