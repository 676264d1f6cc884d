"""The lineage page as people meet it: in Chromium, light, dark, narrow, live, and by keyboard alone."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

FAILED, SERVED, NEXT, LAST = (
    "20260608-021402-a367",
    "20260601-021402-a338",
    "20260615-021402-a396",
    "20260622-021402-a3c5",
)
PLACES = [
    "/",
    "/runs",
    f"/runs/{SERVED}",
    f"/runs/{FAILED}",
    "/artifacts",
    "/artifacts?q=Model",
    "/artifacts/1",
    "/executions/1",
    "/ap",
    "/served",
    "/diff",
    f"/diff?one={SERVED}&other={NEXT}",
]
# The folder of a test is nobody's.
RENAMED = """folder => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll(folder, "/srv/yard");
}"""


def violations(page):
    """What axe-core finds serious or critical."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    found = axe.Axe().run(page).response["violations"]
    return [
        (of["id"], [node["html"][:200] for node in of["nodes"]])
        for of in found
        if of["impact"] in ("serious", "critical")
    ]


def is_drawn(page):
    """Waits until the graph is on the page."""
    page.wait_for_selector(".graph[data-nodes]")
    return int(page.get_attribute(".graph", "data-nodes"))


def until(page, holds):
    """Waits until something holds; the page's policy forbids what playwright's own wait for that does."""
    for _ in range(300):
        if holds():
            return
        page.wait_for_timeout(100)
    raise AssertionError("that hasn't come about within 30 s")


def go(page, address):
    page.goto(address)
    page.wait_for_selector("main h1", state="attached")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 1200), ("light", 400)])
def test_every_place_fits_and_is_accessible(served_weekly_runs, open_lineage_page, scheme, width):
    page = open_lineage_page(
        served_weekly_runs, color_scheme=scheme, viewport={"width": width, "height": 900}, reduced_motion="reduce"
    )
    for place in PLACES:
        go(page, served_weekly_runs + place)
        page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
        page.wait_for_load_state("load")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, place
        assert violations(page) == [], place


def test_overview_says_what_is_served_why_and_how_the_last_run_went(served_weekly_runs, open_lineage_page):
    page = open_lineage_page(served_weekly_runs)
    served, last = page.locator(".two section").all()
    assert "20260601T030120Z" in served.text_content() and "misses raccoons at night" in served.text_content()
    assert "0.471" in served.text_content()
    assert LAST in last.text_content() and "not blessed" in last.text_content() and "−0.006" in last.text_content()
    assert page.locator(".chart a.mark").count() == 10
    assert page.locator(".chart a.mark.served").get_attribute("aria-label").startswith(SERVED)
    assert page.locator(".chart a.mark.refused").count() == 3
    page.locator(".chart a.mark.served").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/runs/{SERVED}")


def test_runs_are_filtered_searched_and_sorted_and_the_address_keeps_it(served_weekly_runs, open_lineage_page):
    page = open_lineage_page(f"{served_weekly_runs}/runs")
    rows = page.locator("table.runs tbody tr")
    assert rows.count() == 12
    page.locator("#state").select_option("FAILED")
    until(page, lambda: page.locator("table.runs tbody tr").count() == 2)
    assert "finite at step 212" in rows.first.text_content()
    page.locator("#state").select_option("")
    page.locator("#verdict").select_option("not blessed")
    until(page, lambda: page.locator("table.runs tbody tr").count() == 3)
    page.locator("#sort-AP").click()
    page.wait_for_selector("th[aria-sort=descending] #sort-AP")
    assert page.locator("table.runs td.main").all_text_contents() == ["0.483", "0.441", "0.424"]
    page.locator("#sort-AP").press("Enter")
    page.wait_for_selector("th[aria-sort=ascending] #sort-AP")
    assert page.locator("table.runs td.main").first.text_content() == "0.424"
    assert page.evaluate("document.activeElement.id") == "sort-AP"
    page.reload()
    page.wait_for_selector("th[aria-sort=ascending] #sort-AP")
    assert rows.count() == 3 and page.locator("#verdict").input_value() == "not blessed"
    page.locator("#search").fill("nothing is called so")
    page.wait_for_selector(".empty")
    page.locator(".empty a").click()
    until(page, lambda: page.locator("table.runs tbody tr").count() == 12)


def test_two_runs_are_chosen_and_compared_with_their_pictures(served_weekly_runs, open_lineage_page):
    page = open_lineage_page(f"{served_weekly_runs}/runs")
    for run in (SERVED, NEXT):
        page.locator(f"#compare-{run}").check()
    page.locator("#compare").click()
    page.wait_for_selector(".side-by-side")
    assert page.locator("#one").input_value() == SERVED and page.locator("#other").input_value() == NEXT
    text = page.locator("main").text_content()
    assert "+0.018" in text and "float_steps" in text and "6000" in text
    pairs = page.locator(".pairs figure")
    assert pairs.count() == 6 and pairs.first.locator("img").count() == 2
    pairs.first.scroll_into_view_if_needed()
    until(
        page, lambda: all(image.evaluate("image => image.naturalWidth") for image in pairs.first.locator("img").all())
    )
    page.locator("#swap").click()
    until(page, lambda: page.locator("#one").input_value() == NEXT)
    assert "−0.018" in page.locator(".side-by-side").text_content()


def test_a_failed_run_tells_why_and_shows_its_log(served_weekly_runs, open_lineage_page):
    page = open_lineage_page(f"{served_weekly_runs}/runs/{FAILED}")
    problem = page.locator("section.problem")
    assert "QatTrainer failed" in problem.text_content() and "finite at step 212" in problem.text_content()
    problem.locator("summary").click()
    problem.locator("pre").wait_for()
    assert "step 208: loss" in problem.locator("pre").text_content()


def test_graph_is_walked_by_keyboard_and_is_there_as_a_list(served_weekly_runs, open_lineage_page):
    page = open_lineage_page(f"{served_weekly_runs}/runs/{SERVED}")
    nodes = is_drawn(page)
    page.locator("#graph").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".graph[data-chosen]")
    first = page.get_attribute(".graph", "data-chosen")
    for key in ("ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    chosen = page.get_attribute(".graph", "data-chosen")
    assert chosen != first
    page.locator(".chosen h4, .chosen .uri").first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/(executions|artifacts)/{chosen[2:]}$"))
    page.locator(f"h1:not(:has-text('{SERVED}'))").wait_for()
    page.go_back()
    page.locator("h1", has_text=SERVED).wait_for()
    assert is_drawn(page) == nodes
    page.locator("#as-list").click()
    assert page.locator(".as-list .steps > li").count() == 7
    assert page.locator(".as-list a[href^='/artifacts/']").count() > nodes - 7
    assert violations(page) == []


def test_graph_of_an_artifact_grows_where_it_is_clicked_and_goes_either_way(served_weekly_runs, open_lineage_page):
    page = open_lineage_page(f"{served_weekly_runs}/artifacts/1")
    before = is_drawn(page)
    page.locator("#graph").focus()
    for key in ("ArrowRight", "ArrowLeft", "ArrowLeft", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    until(page, lambda: is_drawn(page) > before)
    page.locator("#way-back").click()
    page.wait_for_url("**/artifacts/1?direction=back")
    until(page, lambda: is_drawn(page) == 2)
    assert page.locator("#way-back").get_attribute("aria-pressed") == "true"


def test_previews_are_shown_and_cannot_touch_the_page(served_weekly_runs, open_lineage_page):
    page = open_lineage_page(f"{served_weekly_runs}/artifacts?q=EvaluationReport")
    page.locator("tbody a").first.click()
    page.wait_for_selector(".pictures img")
    assert page.locator(".pictures img").count() == 6
    title = page.title()
    page.locator(".preview summary").first.click()
    frame = page.frame_locator("iframe").locator("h1")
    frame.wait_for()
    assert frame.text_content().startswith("AP 0.4") and page.title() == title


def test_hostile_text_is_shown_as_it_is(served_weekly_runs, open_lineage_page, weekly_runs):
    page = open_lineage_page(f"{served_weekly_runs}/artifacts?q=LabelMap", viewport={"width": 400, "height": 800})
    page.locator("tbody a").first.click()
    page.locator(".preview summary").first.click()
    page.locator(".labels li").first.wait_for()
    assert page.locator(".labels li").all_text_contents() == ["raccoon", weekly_runs.HOSTILE]
    go(page, f"{served_weekly_runs}/artifacts?q=ModelRun")
    page.locator("tbody a").first.click()
    page.locator(".recorded .text", has_text=weekly_runs.HOSTILE).wait_for()
    go(page, f"{served_weekly_runs}/artifacts?q=%3Cb%3E")
    assert "“<b>”" in page.locator("main").text_content() and page.locator("main img[src=x], main b").count() == 0


def test_addresses_can_be_opened_and_gone_back_from(served_weekly_runs, open_lineage_page):
    page = open_lineage_page(f"{served_weekly_runs}/ap")
    assert page.title().startswith("AP over time")
    page.locator("nav a", has_text="Served").click()
    page.wait_for_url("**/served")
    page.locator(".moves li.back").wait_for()
    assert page.locator("nav a[aria-current]").text_content() == "Served"
    page.go_back()
    until(page, lambda: page.title().startswith("AP over time"))
    page.go_forward()
    page.locator(".moves li.back").wait_for()


@pytest.mark.parametrize(
    "place", ["/runs/no-such-run", "/artifacts/999999", "/executions/999999", "/runs/..%2f..%2fetc"]
)
def test_what_is_not_in_the_store_is_said_in_words(served_weekly_runs, open_lineage_page, place):
    page = open_lineage_page(served_weekly_runs + place, refused=True)
    assert page.locator("h1").text_content() == "Not in this store"
    assert "the store has no" in page.locator("[role=alert]").text_content()
    go(page, f"{served_weekly_runs}/nowhere")
    assert page.locator("h1").text_content() == "No such page"


def test_theme_is_switched_and_kept(served_weekly_runs, open_lineage_page):
    page = open_lineage_page(served_weekly_runs, color_scheme="light")

    def ground():
        return [int(n) for n in re.findall(r"\d+", page.evaluate("getComputedStyle(document.body).backgroundColor"))]

    assert min(ground()) > 200
    page.locator("#theme").select_option("dark")
    assert max(ground()) < 60
    page.reload()
    page.wait_for_selector("main h1", state="attached")
    assert max(ground()) < 60 and page.locator("#theme").input_value() == "dark"
    assert violations(page) == []


def test_a_run_under_way_appears_by_itself_and_leaves_the_reader_alone(serve_runs, open_lineage_page):
    runs, address = serve_runs()
    page = open_lineage_page(f"{address}/runs")
    assert "no runs yet" in page.locator(".empty").text_content()
    page.wait_for_selector(".live[data-state=live]")
    page.locator("#search").focus()
    page.keyboard.type("2026")
    runs.write(runs.Week(None, running=True))
    row = page.locator("table.runs tbody tr")
    row.filter(has_text="running").wait_for()
    assert page.evaluate("document.activeElement.id") == "search" and page.locator("#search").input_value() == "2026"
    runs.write(runs.Week(0.4))
    until(page, lambda: page.locator("table.runs tbody tr").count() == 2)


def test_an_open_run_learns_how_its_step_ended(serve_runs, open_lineage_page):
    runs, address = serve_runs()
    runs.write(runs.Week(None, running=True))
    page = open_lineage_page(f"{address}/runs/{runs.runs[0]}")
    is_drawn(page)
    page.wait_for_selector(".live[data-state=live]")
    page.locator("#as-list").click()
    assert "running" in page.locator(".as-list").text_content()
    log = page.locator(".log")
    assert log.count() == 0
    runs.fail_what_is_running()
    page.locator(".as-list .badge", has_text="failed").wait_for()
    assert page.locator("h2", has_text="QatTrainer failed").count() == 1
    log.locator("summary").click()
    runs.write(runs.Week(0.4))
    page.locator(".live").wait_for()
    page.wait_for_timeout(3000)
    assert log.get_attribute("open") is not None


def test_a_server_that_is_gone_is_told(serve_runs, open_lineage_page):
    runs, address = serve_runs()
    page = open_lineage_page(f"{address}/runs", refused=True)
    assert runs.runs == []
    page.route(
        "**/api/**", lambda route: route.fulfill(status=500, json={"error": {"message": "it broke", "fix": "Mend it."}})
    )
    page.locator("nav a", has_text="Served").click()
    page.wait_for_selector("[role=alert]")
    assert (
        "it broke" in page.locator("[role=alert]").text_content()
        and "Mend it." in page.locator("[role=alert]").text_content()
    )


@pytest.mark.parametrize("picture", ["overview", "run", "difference", "served"])
def test_pictures_of_the_docs_can_be_taken(served_weekly_runs, open_lineage_page, weekly_runs, tmp_path, picture):
    # CORALLINE_TAKE_PICTURES=docs writes those of docs/lineage-page.md anew.
    place, scheme, height = {
        "overview": ("/", "light", 900),
        "run": (f"/runs/{FAILED}", "dark", 800),
        "difference": (f"/diff?one={SERVED}&other={NEXT}", "light", 900),
        "served": ("/served", "light", 800),
    }[picture]
    page = open_lineage_page(
        served_weekly_runs + place, color_scheme=scheme, viewport={"width": 1200, "height": height}
    )
    page.wait_for_selector(".store:not(:empty)", state="attached")
    page.evaluate(RENAMED, str(weekly_runs.folder))
    if "runs/" in place:
        is_drawn(page)
        page.locator("#graph").focus()
        page.keyboard.press("ArrowRight")
        page.locator(".chosen h4").first.wait_for()
        page.evaluate("document.activeElement.blur()")
        page.locator(".tools button", has_text="Fit").click()
    page.wait_for_selector(".live[data-state=live]")
    file = Path(os.environ.get("CORALLINE_TAKE_PICTURES", tmp_path)) / f"lineage-{picture}.png"
    page.screenshot(path=str(file), animations="disabled", full_page=picture == "difference")
    assert file.stat().st_size > 20_000
