"""One jar out of several, as a class path would have them."""

import zipfile

from deployment.engines.merged_jar import merge_jars


def jar(path, **entries):
    with zipfile.ZipFile(path, "w") as made:
        for name, content in entries.items():
            made.writestr(name.replace("__", "/"), content)
    return path


def test_the_first_file_of_a_name_is_taken_services_are_joined_and_signatures_left_out(tmp_path):
    one = jar(tmp_path / "1.jar", **{"a.class": "one", "META-INF/services/S": "One", "META-INF/X.SF": "signed"})
    two = jar(tmp_path / "2.jar", **{"a.class": "two", "b.class": "b", "META-INF/services/S": "Two"})
    merge_jars([one, two], tmp_path / "all.jar")
    with zipfile.ZipFile(tmp_path / "all.jar") as merged:
        assert merged.testzip() is None
        found = {name: merged.read(name).decode() for name in merged.namelist()}
    assert "Multi-Release: true" in found.pop("META-INF/MANIFEST.MF")
    assert found == {"a.class": "one", "b.class": "b", "META-INF/services/S": "One\nTwo"}
