"""Filling in the template of a report: one page, self-contained, with the style sheet that all reports share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
STYLE_SHEET = "style.css.j2"
"""What a page includes between `<style>` and `</style>`."""


def render(template: Path, filters: Mapping[str, Callable[..., str]], **values: Any) -> str:
    """The template with its values; whatever comes from data is escaped.

    Args:
      template: a file; it may include `STYLE_SHEET`.
      filters: of its own, beside `size` (bytes) and `percent` (a share).
      values: all that it names.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([template.parent, _HERE]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"size": _size, "percent": _percent, **filters}
    return environment.get_template(template.name).render(**values)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"


def _size(count: int) -> str:
    return f"{count / 2**20:.2f} MiB" if count >= 2**20 else f"{count / 2**10:.0f} KiB"
