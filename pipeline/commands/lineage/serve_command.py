"""`coralline lineage serve`."""

from __future__ import annotations

import click

from pipeline.commands.lineage.store_choice import default_store, store_option


@click.command("serve")
@store_option
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8130, show_default=True, help="Where it listens; 0: a free port."
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="The address that it listens on. Any but this machine's loopback asks everybody for a token.",
)
@click.option(
    "--token-file",
    type=click.Path(),
    help="A file that holds the token [default: CORALLINE_LINEAGE_TOKEN, else one is made and printed].",
)
@click.option(
    "--allow-root",
    "roots",
    multiple=True,
    type=click.Path(),
    help="A folder out of which artifacts' files may be shown, beside the store's own; may be given again.",
)
@click.option(
    "--allow-host",
    "names",
    multiple=True,
    help="A name of the server, as behind a reverse proxy; may be given again.",
)
@click.option("--open", "open_browser", is_flag=True, help="Open the page in a browser.")
def command(
    store: str | None,
    port: int,
    host: str,
    token_file: str | None,
    roots: tuple[str, ...],
    names: tuple[str, ...],
    open_browser: bool,
) -> None:
    """Show runs, graphs, scores and what is served on a page in the browser.

    It reads the store and changes nothing. Ctrl-C ends it.
    """
    from coralline.lineage_page.page_server import PageOptions, serve_page

    serve_page(PageOptions(store or default_store(), host, port, token_file, roots, names, open_browser), click.echo)
