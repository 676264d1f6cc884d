import os

import pytest

from coralline.lineage_page.shown_files import AllowedRoots, ArtifactFolder, RefusedFileError

SECRET = b"what nobody may see"


@pytest.fixture
def artifact(tmp_path):
    """An artifact's folder in a root, beside things that aren't part of it."""
    folder = tmp_path / "root" / "artifact"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "seen.txt").write_text("seen")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.txt").write_bytes(SECRET)
    (tmp_path / "root" / "sibling.txt").write_bytes(SECRET)
    return folder


def _open(artifact, name, *roots):
    roots = AllowedRoots.of([str(artifact.parent), *map(str, roots)])
    with ArtifactFolder(str(artifact), roots).open(name).stream as stream:
        return stream.read()


def test_a_file_inside_is_read(artifact):
    assert _open(artifact, "inner/seen.txt") == b"seen"


@pytest.mark.parametrize(
    "name",
    [
        "../sibling.txt",
        "inner/../../sibling.txt",
        "/etc/passwd",
        "//etc/passwd",
        "..",
        ".",
        "",
        "inner",
        "inner/",
        "inner/./seen.txt",
        "..\\sibling.txt",
        "inner/seen.txt\0.png",
        "file:///etc/passwd",
        "inner/seen.txt/x",
        "x" * 5000,
    ],
)
def test_other_names_open_nothing(artifact, name):
    with pytest.raises((RefusedFileError, OSError)):
        _open(artifact, name)


def test_a_link_out_of_the_folder_is_not_followed(artifact, tmp_path):
    (artifact / "link.txt").symlink_to(tmp_path / "outside" / "secret.txt")
    (artifact / "folder").symlink_to(tmp_path / "outside")
    (artifact / "sibling").symlink_to("../sibling.txt")
    for name in ("link.txt", "folder/secret.txt", "sibling"):
        with pytest.raises(RefusedFileError):
            _open(artifact, name, tmp_path)


def test_a_link_within_the_folder_is(artifact):
    (artifact / "link.txt").symlink_to("inner/seen.txt")
    assert _open(artifact, "link.txt") == b"seen"


def test_an_artifact_that_is_a_link_out_of_the_roots_is_not_shown(artifact, tmp_path):
    (artifact.parent / "away").symlink_to(tmp_path / "outside")
    with pytest.raises(RefusedFileError):
        ArtifactFolder(str(artifact.parent / "away"), AllowedRoots.of([str(artifact.parent)]))


def test_a_root_that_is_a_link_is_where_it_leads(artifact, tmp_path):
    (tmp_path / "known").symlink_to(artifact.parent)
    roots = AllowedRoots.of([str(tmp_path / "known")])
    assert ArtifactFolder(str(artifact), roots).names() == ["inner/seen.txt"]


@pytest.mark.parametrize(
    "uri",
    ["/etc", "/", "etc", "", "../root", "http://evil.example/x", "file:///etc", "ftp://x/y", "/root-other", "a\0b"],
)
def test_other_places_are_not_shown(artifact, uri):
    with pytest.raises(RefusedFileError):
        ArtifactFolder(uri, AllowedRoots.of([str(artifact.parent)]))


def test_a_folder_whose_name_begins_like_a_root_is_not_in_it(tmp_path):
    for name in ("root", "root-other"):
        (tmp_path / name).mkdir()
    with pytest.raises(RefusedFileError):
        ArtifactFolder(str(tmp_path / "root-other"), AllowedRoots.of([str(tmp_path / "root")]))


def test_a_pipe_keeps_nobody_waiting(artifact):
    os.mkfifo(artifact / "pipe")
    with pytest.raises(RefusedFileError):
        _open(artifact, "pipe")


def test_names_are_those_of_files_that_can_be_opened(artifact, tmp_path):
    (artifact / ".hidden").write_bytes(SECRET)
    (artifact / "folder").symlink_to(tmp_path / "outside")
    assert ArtifactFolder(str(artifact), AllowedRoots.of([str(artifact.parent)])).names() == ["inner/seen.txt"]


# Over HTTP


def _report(page):
    return next(a["id"] for a in page.json("/api/search?q=EvaluationReport")["artifacts"])


@pytest.mark.parametrize(
    "name",
    [
        "../../../../metadata.sqlite",
        "..%2f..%2f..%2f..%2fmetadata.sqlite",
        "%2e%2e/%2e%2e/%2e%2e/%2e%2e/metadata.sqlite",
        "..%252f..%252fmetadata.sqlite",
        "%2fetc%2fpasswd",
        "/etc/passwd",
        "report.html%00.png",
        "gs://bucket/x",
        "",
    ],
)
def test_paths_lead_nowhere_else(page, name):
    status, _, body = page.get(f"/api/artifacts/{_report(page)}/files/{name}")
    assert status in (403, 404)
    assert b"SQLite" not in body and b"root:" not in body and b"Traceback" not in body


def test_a_page_runs_its_script_in_a_sandbox_of_no_origin(page):
    status, headers, body = page.get(f"/api/artifacts/{_report(page)}/files/report.html")
    policy = headers["content-security-policy"]
    assert status == 200 and body.startswith(b"<script>")
    assert policy.startswith("sandbox allow-scripts;") and "allow-same-origin" not in policy
    assert "default-src 'none'" in policy and "set-cookie" not in headers


def test_a_picture_runs_nothing(page):
    _, headers, _ = page.get(f"/api/artifacts/{_report(page)}/files/curve.svg")
    assert headers["content-type"] == "image/svg+xml"
    assert (
        headers["content-security-policy"].startswith("sandbox;") and "script" not in headers["content-security-policy"]
    )


def test_what_browsers_should_not_guess_is_saved(page):
    labels = next(a["id"] for a in page.json("/api/search?q=LabelMap")["artifacts"])
    _, headers, body = page.get(f"/api/artifacts/{labels}/files/weights.bin")
    assert body == b"\0\1\2" and headers["content-disposition"] == "attachment"
    assert headers["content-type"] == "application/octet-stream"


def test_files_elsewhere_are_shown_where_that_was_allowed(recorded, open_page, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "labels.txt").write_text("owl\n")
    artifact = recorded.artifact("components.LabelMap", elsewhere)
    recorded.execute("20260104-000000-dddd", "VocExampleGen", 3, {}, {"label_map": artifact})
    place = f"/api/artifacts/{artifact.id}"
    refused = open_page(recorded.out)
    status, error = refused.error(f"{place}/files/labels.txt")
    assert status == 403 and "--allow-root" in error["fix"]
    assert refused.json(place)["files"] is None and "outside" in refused.json(place)["files_problem"]
    allowed = open_page(recorded.out, roots=[str(elsewhere)])
    assert allowed.get(f"{place}/files/labels.txt")[2] == b"owl\n"


def test_files_outside_the_roots_are_not_compared_either(recorded, open_page, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "report.json").write_text('{"classes": [{"name": "secret", "AP": 0.1}]}')
    report = recorded.artifact("components.EvaluationReport", elsewhere, AP=0.1)
    recorded.execute("20260104-000000-dddd", "Evaluator", 3, {}, {"report": report})
    _, _, body = open_page(recorded.out).get("/api/diff?one=20260101-000000-aaaa&other=20260104-000000-dddd")
    assert b"secret" not in body and b"not-shown" not in body
