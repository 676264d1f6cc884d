import json
import time
import urllib.parse

import pytest

RUN = "20260101-000000-aaaa"


def _artifact(page, artifact_type):
    return next(a for a in page.json("/api/search?q=" + artifact_type)["artifacts"] if a["type"] == artifact_type)["id"]


def test_the_store_is_counted(page):
    answer = page.json("/api/store")
    assert (answer["runs"], answer["executions"], answer["artifacts"]) == (3, 9, 6)
    assert answer["problem"] is None and not answer["loading"]


def test_runs_are_listed_newest_first_with_what_became_of_them(page):
    answer = page.json("/api/runs")
    assert [run["run_id"][-4:] for run in answer["runs"]] == ["cccc", "bbbb", "aaaa"]
    assert answer["runs"][2]["figures"] == {"AP": 0.61, "AP50": 0.9}
    assert answer["runs"][1]["reused"] == answer["runs"][1]["steps"] == 4
    assert answer["runs"][0]["failure"] == "VocExampleGen: <b>no</b> annotations\x07"
    assert answer["pipelines"] == ["yard"]


@pytest.mark.parametrize(
    ("query", "runs"),
    [
        ("search=raccoon", 2),
        ("search=RACCOON%20demo_160", 2),
        ("search=nothing", 0),
        ("state=FAILED", 1),
        ("verdict=blessed&state=COMPLETE", 2),
        ("pipeline=other", 0),
        ("offset=2", 1),
        ("limit=1", 1),
    ],
)
def test_runs_are_filtered(page, query, runs):
    assert len(page.json(f"/api/runs?{query}")["runs"]) == runs


def test_runs_are_sorted_and_what_has_no_score_comes_last(page):
    runs = page.json("/api/runs?sort=AP&order=desc")["runs"]
    assert "AP" not in runs[-1]["figures"]


@pytest.mark.parametrize("query", ["sort=../etc", "order=up", "limit=-1", "offset=1e9", "search=" + "a" * 1000])
def test_a_wrong_question_is_told(page, query):
    status, error = page.error(f"/api/runs?{query}")
    assert status == 400 and error["message"]


def test_a_run_has_its_steps_and_its_graph(page):
    answer = page.json(f"/api/runs/{RUN}")
    assert [step["node"] for step in answer["steps"]] == ["VocExampleGen", "QatTrainer", "Evaluator", "EdgeTpuPusher"]
    assert len(answer["graph"]["nodes"]) == 4 + 6
    assert page.json("/api/runs/latest")["run"]["run_id"].endswith("cccc")
    assert page.json("/api/runs/20260102")["run"]["run_id"].endswith("bbbb")
    assert page.json("/api/runs/previous")["run"]["run_id"].endswith("bbbb")
    assert page.json("/api/runs/latest~2")["run"]["run_id"] == RUN
    assert {page.get(f"/api/runs/{name}")[0] for name in ("served", "latest~3")} == {404}


@pytest.mark.parametrize(
    "path",
    [
        "/api/runs/none",
        "/api/runs/2026",
        "/api/artifacts/999",
        "/api/executions/0",
        "/api/artifacts/999/graph",
        "/api/impact/999",
        "/api/diff?one=none&other=latest",
        "/api/executions/999999999999999999999/log",
        "/api/artifacts/99999999999999999999999",
        "/api/artifacts/x",
        "/api/nothing",
        "/static/../page_app.py",
    ],
)
def test_what_is_not_there_is_told(page, path):
    assert page.error(path)[0] == 404


def test_an_artifact_has_its_makers_users_and_previews(page):
    answer = page.json(f"/api/artifacts/{_artifact(page, 'components.LabelMap')}")
    assert answer["producer"]["node"] == "VocExampleGen" and answer["producer"]["run"] == RUN
    assert [user["run"][-4:] for user in answer["consumers"]] == ["aaaa", "bbbb"]
    assert [preview["kind"] for preview in answer["previews"]] == ["labels"]
    assert answer["files"] is True


def test_files_that_are_gone_are_marked(page):
    assert page.json(f"/api/artifacts/{_artifact(page, 'Model')}")["files"] is False


def test_the_pushed_model_is_marked_as_published(page):
    assert page.json(f"/api/artifacts/{_artifact(page, 'PushedModel')}")["published"]


def test_a_step_shows_the_log_of_its_run(page):
    assert page.json("/api/executions/1/log")["text"] == "loss 0.4\n"
    status, error = page.error("/api/executions/9/log")
    assert status == 404 and "no log" in error["message"]


def test_scores_are_the_runs_that_have_one(page):
    points = page.json("/api/ap")["points"]
    assert [point["run_id"][-4:] for point in points] == ["aaaa", "bbbb"]
    assert page.json("/api/ap?pipeline=other")["points"] == []


def test_a_place_that_is_gone_is_marked(page):
    (place,) = page.json("/api/served")["places"]
    assert place["version"] is None and place["run"] is None
    assert [version["run"] for version in place["published"]] == [RUN]


def test_a_served_version_is_found_and_changes_without_the_store(recorded, open_page):
    page = open_page(recorded.out)
    assert page.json("/api/ap")["points"][0]["served"] is None
    published = recorded.out / "published"
    (published / "v1").mkdir(parents=True)
    (published / "v1" / "manifest.json").write_text(json.dumps({"files": {}}))
    (published / "latest").symlink_to("v1")
    (place,) = page.json("/api/served")["places"]
    assert (place["version"], place["run"]) == ("v1", RUN)
    for _ in range(100):
        if page.json("/api/ap")["points"][0]["served"]:
            break
        time.sleep(0.1)
    assert page.json("/api/ap")["points"][0]["served"] is True
    assert page.json("/api/runs/served")["run"]["run_id"] == RUN
    assert place["why"]["artifact"]["id"] == place["artifact"]
    assert place["stale"]["version"] == "v1"


def test_two_runs_are_compared(page):
    answer = page.json(f"/api/diff?one={RUN}&other=latest")
    assert answer["one"]["run_id"] == RUN and answer["other"]["run_id"].endswith("cccc")
    assert "QatTrainer" in [setting["node"] for setting in answer["settings"]]


def test_what_came_of_the_data_is_told(page):
    answer = page.json(f"/api/impact/{_artifact(page, 'Examples')}")
    assert "Model" in [made["type"] for made in answer["made"]]


def test_markup_and_large_texts_stay_text(recorded, open_page):
    large = "</script><script>alert(1)</script>\x00\x1b[31m\u202e" + "x" * 1_000_000
    artifact = recorded.artifact("Model", recorded.out / "a", note=large.replace("\x00", ""))
    recorded.execute("r<script>", "Trainer</b>", 3, {}, {"m": artifact}, error_message=large.replace("\x00", ""))
    page = open_page(recorded.out)
    status, headers, body = page.get("/api/runs/" + urllib.parse.quote("r<script>"))
    assert status == 200 and headers["content-type"] == "application/json" and headers["x-content-type-options"]
    assert json.loads(body)["steps"][0]["node"] == "Trainer</b>"
    assert page.json(f"/api/artifacts/{artifact.id}")["artifact"]["properties"]["note"].endswith("xxx")


def test_an_empty_store_is_an_empty_page(tmp_path, open_page):
    from ml_metadata import MetadataStore
    from ml_metadata.proto import metadata_store_pb2 as pb

    config = pb.ConnectionConfig()
    config.sqlite.filename_uri = str(tmp_path / "metadata.sqlite")
    config.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
    MetadataStore(config)
    page = open_page(tmp_path)
    assert page.json("/api/runs")["runs"] == [] and page.json("/api/store")["loading"] is False
