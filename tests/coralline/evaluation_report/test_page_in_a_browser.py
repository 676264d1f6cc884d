"""The page as people meet it: in Chromium, light, dark, narrow, printed, and by keyboard alone."""

import re

import pytest

pytestmark = pytest.mark.slow

FIGURES = [
    "section.verdict h1",
    ".tile",
    "table.figures .interval",
    "#counts tbody tr",
    "#classes svg.plot",
    "table.errors tbody tr",
    "table.confusion td.right",
    ".picture img",
    "#scores svg.plot",
    "#training svg.plot",
    "#edgetpu table",
    "#file dl",
]


@pytest.fixture(scope="module")
def written(judged_sample, tmp_path_factory):
    """Address of a page with everything on it."""
    folder = tmp_path_factory.mktemp("page")
    judged_sample(14, side=120).page(10).write(str(folder))
    return f"file://{folder}/report.html"


@pytest.fixture
def open_page(chromium):
    """`open_page(address, **options of the context)`; fails if the page says anything on the console."""
    contexts, said = [], []

    def load(address, **options):
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: said.append(request.url) if request.url.startswith("http") else None)
        page.goto(address)
        return page

    yield load
    for context in contexts:
        context.close()
    assert said == []


def violations(page):
    """What axe-core finds serious or critical."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    found = axe.Axe().run(page).response["violations"]
    return [
        (of["id"], [node["html"][:200] for node in of["nodes"]])
        for of in found
        if of["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 1200), ("light", 400)])
def test_every_figure_is_there_and_accessible(written, open_page, scheme, width):
    page = open_page(written, color_scheme=scheme, viewport={"width": width, "height": 900})
    assert [figure for figure in FIGURES if not page.locator(figure).first.is_visible()] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_dark_page_is_dark(written, open_page):
    page = open_page(written, color_scheme="dark")
    ground, stroke = page.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.querySelector('.plot text')).fill]"
    )
    assert max(map(int, re.findall(r"\d+", ground))) < 60 and min(map(int, re.findall(r"\d+", stroke))) > 120


def test_filters_by_class_and_kind_of_error_and_threshold_by_keyboard(written, open_page):
    page = open_page(written)
    all_pictures = page.locator(".picture").count()
    page.locator("#by-kind").focus()
    page.keyboard.press("m")  # "missed": a list jumps to what is typed
    shown = page.locator(".picture:visible")
    assert 0 < shown.count() < all_pictures
    assert page.locator("#shown-pictures").text_content() == f"{shown.count()} of {all_pictures} pictures"
    for picture in shown.all():
        assert picture.locator(".reasons li.missed:visible").count() > 0
        assert picture.locator(".reasons li.wrong:visible").count() == 0
    page.locator("#by-class").focus()
    page.keyboard.press("d")
    assert page.locator("#by-class option:checked").text_content() == "dog"
    assert all("dog" in reason for reason in page.locator(".reasons li:visible").all_text_contents())
    page.locator("#threshold-classes").focus()
    page.keyboard.press("End")
    assert page.locator("output.at").first.text_content() == "0.95"
    found, missed = (int(page.locator("#counts tr").nth(1).locator("td.n").nth(of).text_content()) for of in (0, 1))
    assert missed > found


def test_picture_is_enlarged_zoomed_and_closed_by_keyboard(written, open_page):
    page = open_page(written, viewport={"width": 1000, "height": 700})
    page.locator(".enlarge").first.focus()
    page.keyboard.press("Enter")
    dialog = page.locator("#zoom")
    assert dialog.is_visible() and violations(page) == []
    first, width = page.locator("#zoom-title").text_content(), page.locator("#zoom .pane").bounding_box()["width"]
    assert width > page.locator(".picture .pane").first.bounding_box()["width"]
    page.keyboard.press("+")
    assert page.locator("#zoom .pane").bounding_box()["width"] == pytest.approx(1.5 * width, rel=0.01)
    page.keyboard.press("-")
    page.keyboard.press("ArrowRight")
    assert page.locator("#zoom-title").text_content() != first
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert page.evaluate("document.activeElement.className") == "enlarge"


def test_printed_page_has_all_photographs_and_explanations_whatever_is_filtered(written, open_page):
    page = open_page(written)
    page.locator("#by-kind").select_option("duplicate")
    assert page.locator(".picture:visible").count() < page.locator(".picture").count()
    pdf = page.pdf(format="A4")
    assert pdf.count(b"/DCTDecode") == page.locator(".picture").count()
    page.emulate_media(media="print")
    assert page.locator(".picture:visible").count() == page.locator(".picture").count()
    assert page.locator(".terms dd:visible").count() == page.locator(".terms dd").count()


def test_hostile_names_are_shown_as_they_are(judged_sample, open_page, tmp_path):
    names = judged_sample.HOSTILE
    judged_sample(6, names, side=120, names=names).page(6).write(str(tmp_path))
    page = open_page(f"file://{tmp_path}/report.html", viewport={"width": 400, "height": 800})
    assert page.locator("#counts tbody th").all_text_contents() == [*names, "all"]
    assert set(page.locator(".picture .name").all_text_contents()) >= set(names)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert page.locator("main script, main b b").count() == 0
