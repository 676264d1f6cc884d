"""A data set of any layout, looked at as a person would."""

import pytest


@pytest.fixture(scope="session")
def faults():
    """`faults(dataset)`: the kind, file and line of all that was found, but for what merely follows from few images."""

    def found(dataset):
        return [
            (problem.kind, problem.file.rpartition("/")[2], problem.line)
            for problem in dataset.problems
            if problem.kind not in ("class_missing_in_split", "duplicate_image", "no_box")
        ]

    return found


@pytest.fixture(scope="session")
def boxes():
    """`boxes(dataset)`: by the image's name, its classes with their corners in pixels."""

    def by_name(dataset):
        return {
            image.name: [(o.class_name, o.xmin, o.ymin, o.xmax, o.ymax) for o in image.objects]
            for image in dataset.images
        }

    return by_name
