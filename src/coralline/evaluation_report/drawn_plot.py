"""Plots for a page: matplotlib's SVG in the page's own colours and type, so that it follows a dark or printed page."""

from __future__ import annotations

import dataclasses
import io
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# What is drawn in such a colour takes the page's own: the hexadecimal values are only marks in the SVG.
INK, SOFT, LINE = "#010203", "#010204", "#010205"
SERIES = ("#010211", "#010212", "#010213", "#010214")
"""Blue, vermilion, green and purple of Okabe and Ito's palette, which colour-blind people can tell apart
(https://jfly.uni-koeln.de/color/); the style sheet has lighter ones for the dark."""
_ON_THE_PAGE = {INK: "--ink", SOFT: "--soft", LINE: "--line"} | {
    colour: f"--series-{number}" for number, colour in enumerate(SERIES, start=1)
}
_STYLE = {
    "svg.fonttype": "none",  # text stays text: small, searchable, in the page's own type
    "svg.hashsalt": "coralline",  # else ids differ each time
    "font.size": 9,
    "axes.edgecolor": LINE,
    "axes.labelcolor": SOFT,
    "axes.titlecolor": INK,
    "axes.titlesize": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": LINE,
    "grid.linewidth": 0.7,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "legend.labelcolor": INK,
    "path.simplify": True,
    # A name is shown as it is: "$" doesn't begin a formula.
    "text.parse_math": False,
}


@dataclasses.dataclass(frozen=True)
class DrawnPlot:
    """A plot for a page.

    Attributes:
      svg: an element to put into the page. description: what is to be seen, for people who don't see it.
    """

    svg: Markup
    description: str


@dataclasses.dataclass(frozen=True)
class PlotGroup:
    """Plots that stand side by side under one title."""

    title: str
    plots: tuple[DrawnPlot, ...]


class Canvas:
    """Axes to draw on.

    Args:
      title: of the plot, above it.
      width, height: in points; the page scales it.

    Attributes:
      axes: to draw on, while `styled` is entered.
    """

    def __init__(self, title: str, width: float = 200, height: float = 150):
        from matplotlib.figure import Figure

        with styled():
            self._figure: Figure = Figure(figsize=(width / 72, height / 72))
            self._figure.patch.set_alpha(0)
            # Margins in points, for tick labels: a layout that measures them takes ten times longer.
            self._figure.subplots_adjust(left=28 / width, right=1 - 9 / width, bottom=19 / height, top=1 - 19 / height)
            self.axes: Axes = self._figure.subplots()
            self.axes.patch.set_alpha(0)
            self.axes.set_axisbelow(True)
            self.axes.set_title(title, loc="left")

    def wipe(self) -> None:
        """Takes away what was drawn; the axes stay, which take longer to make than most of what is on them."""
        for artist in (*self.axes.lines, *self.axes.patches, *self.axes.texts):
            artist.remove()

    def drawn(self, name: str, description: str) -> DrawnPlot:
        """The plot as it is now.

        Args:
          name: letters, digits and hyphens; no other plot of the page has it.
          description: what is to be seen, with its figures.
        """
        from markupsafe import Markup, escape

        content = io.StringIO()
        with styled():
            self._figure.savefig(content, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
        svg = _for_the_page(content.getvalue(), name)
        head = Markup(
            f'<svg role="img" class="plot" aria-labelledby="{name}-title" viewBox="{_view_box(svg)}">'
            f'<title id="{name}-title">{escape(description)}</title>'
        )
        return DrawnPlot(head + Markup(svg[svg.index(">", svg.index("<svg")) + 1 :]), description)


def styled() -> Any:
    """While it is entered, what is drawn looks as the page does: `with styled(): axes.plot(...)`."""
    import matplotlib

    return matplotlib.rc_context(_STYLE)


def _view_box(svg: str) -> str:
    found = re.search(r'viewBox="([0-9. -]+)"', svg)
    if found is None:
        raise ValueError("an SVG without a viewBox")
    return found[1]


def _for_the_page(svg: str, name: str) -> str:
    """Without a head of its own, its ids unlike those of other plots, in colours of the style sheet."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<style[^>]*>.*?</style>", "", svg, count=1, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\n?", "", svg, flags=re.DOTALL)
    svg = re.sub(
        r'\bid="(?:figure|axes|patch|line2d|text|legend|matplotlib\.axis|[xy]tick|\w+Collection)_\d+"', "", svg
    )
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r'xlink:href="#', f'href="#{name}-', svg)
    svg = svg.replace("url(#", f"url(#{name}-")
    svg = re.sub(r" font-family: [^;\"]*;", "", svg)
    svg = re.sub(r' transform="rotate\(-0 [^"]*"', "", svg)
    svg = re.sub(r'<g>\n\s*<use href="[^"]*" [^>]*stroke-width: 0"/>\n\s*</g>\n', "", svg)
    for colour, variable in _ON_THE_PAGE.items():
        svg = svg.replace(colour, f"var({variable})")
    return re.sub(r"\n\s*", "\n", svg).strip()
