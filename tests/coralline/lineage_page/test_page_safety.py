import pytest

TOKEN = "0123456789abcdef-token"


@pytest.fixture
def guarded(recorded, open_page, tmp_path):
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    return open_page(recorded.out, token_file=str(tmp_path / "token"))


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8130", "127.0.0.1.evil.example", "10.0.0.1", ""])
def test_refuses_a_name_that_is_not_the_servers(page, host):
    status, error = page.error("/api/store", host=host)
    assert status == 403 and "name" in error["message"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:8130", "LOCALHOST"])
def test_knows_the_names_of_loopback(page, host):
    assert page.get("/api/store", host=host)[0] == 200


def test_knows_the_names_that_it_was_given(recorded, open_page):
    page = open_page(recorded.out, names=["Lineage.example"])
    assert page.get("/api/store", host="lineage.example")[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site", "sec_fetch_mode": "no-cors", "sec_fetch_dest": "image"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"},
    ],
)
def test_refuses_questions_of_other_pages(page, headers):
    status, error = page.error("/api/runs", **headers)
    assert status == 403 and "other pages" in error["message"]


def test_a_link_on_another_page_opens_the_page_itself(page):
    followed = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
    assert page.get("/runs/20260101-000000-aaaa", **followed)[0] != 403


def test_a_report_in_its_frame_leads_to_its_other_pages(page):
    within = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "iframe"}
    status, headers, _ = page.get("/api/artifacts/4/files/report.html", **within)
    assert status == 200 and headers["content-security-policy"].endswith("frame-ancestors 'self'")
    assert page.get("/api/runs", **within)[0] == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_is_for_reading(page, method):
    status, headers, _ = page.get("/api/runs", method=method)
    assert status == 405 and "access-control-allow-origin" not in headers


@pytest.mark.parametrize("path", ["/api/store", "/api/nothing", "/runs/x", "/api/artifacts/2/files/labels.txt"])
def test_every_answer_has_the_headers(page, path):
    _, headers, _ = page.get(path)
    assert headers["x-content-type-options"] == "nosniff"
    assert "unsafe" not in headers["content-security-policy"] or "sandbox" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/", "/api/runs", "/api/artifacts/2/files/labels.txt", "/static/x", "/api/events"])
def test_without_the_token_nothing_is_told(guarded, path):
    status, error = guarded.error(path)
    assert status == 403 and "token" in error["message"] and TOKEN not in str(error)


def test_the_token_becomes_a_cookie(guarded):
    status, headers, _ = guarded.get(f"/runs/x?token={TOKEN}&tab=log")
    assert status == 303 and headers["location"] == "/runs/x?tab=log"
    assert "HttpOnly" in headers["set-cookie"] and "SameSite=Strict" in headers["set-cookie"]
    cookie = headers["set-cookie"].partition(";")[0]
    assert guarded.get("/api/runs", cookie=cookie)[0] == 200
    assert guarded.get("/api/runs", authorization=f"Bearer {TOKEN}")[0] == 200


def test_the_token_leads_to_no_other_server(guarded):
    _, headers, _ = guarded.get(f"//evil.example/?token={TOKEN}")
    assert headers["location"].startswith("/evil.example")


@pytest.mark.parametrize("told", ["", "x", TOKEN[:-1], TOKEN + "x", "\xff"])
def test_a_wrong_token_opens_nothing(guarded, told):
    assert guarded.get("/api/runs", authorization=f"Bearer {told}")[0] == 403


def test_beyond_loopback_there_is_a_token(recorded, open_page):
    page = open_page(recorded.out, host="0.0.0.0")
    assert len(page.token) >= 32
    assert page.get("/api/runs")[0] == 403
    assert page.get("/api/runs", authorization=f"Bearer {page.token}")[0] == 200
