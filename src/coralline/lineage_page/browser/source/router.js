/** Which view an address shows, and moving between them without loading the page again. */
import { ask, askIfThere } from "./api.js";

/**
 * What a view has to work with. `keep` outlives a refresh: parts that must not be built anew, such as a graph.
 * @typedef {object} Context
 * @property {string[]} parts of the path, decoded, after the view's own name
 * @property {URLSearchParams} query
 * @property {AbortSignal} signal
 * @property {Map<string, any>} keep
 * @property {<T>(address: string) => Promise<T>} ask
 * @property {<T>(address: string) => Promise<T | null>} askIfThere
 * @property {(address: string, options?: {replace?: boolean}) => void} go
 * @property {() => void} refresh
 */

/**
 * @typedef {object} View
 * @property {(context: Context) => Promise<any>} load what the server has
 * @property {(data: any, context: Context) => Node[]} render
 * @property {(data: any, context: Context) => string} title of the document
 */

export class Router {
  /**
   * @param {(path: string[]) => View | null} find
   * @param {(view: View | null, data: any, context: Context, fresh: boolean) => void} show
   * @param {(error: unknown) => void} fail
   */
  constructor(find, show, fail) {
    this._find = find;
    this._show = show;
    this._fail = fail;
    this._abort = new AbortController();
    this._keep = new Map();
    this._last = "";
    this._busy = false;
    this._again = false;
    window.addEventListener("popstate", () => void this._open(true));
    document.addEventListener("click", (event) => this._follow(event));
  }

  /** @param {string} address @param {{replace?: boolean}} [options] */
  go(address, { replace = false } = {}) {
    const samePage = new URL(address, location.href).pathname === location.pathname;
    history[replace ? "replaceState" : "pushState"](null, "", address);
    void this._open(!samePage);
  }

  start() {
    return this._open(true);
  }

  /** Asks again for what is shown, and shows it if it has changed. */
  async refresh() {
    if (this._busy) {
      this._again = true;
      return;
    }
    await this._open(false, true);
  }

  /** @param {boolean} fresh whether it's another page: nothing is kept, and the reader is at its top @param {boolean} [quiet] */
  async _open(fresh, quiet = false) {
    this._abort.abort();
    const abort = (this._abort = new AbortController());
    if (fresh) this._keep = new Map();
    const [name, ...parts] = location.pathname.split("/").filter(Boolean).map(decoded);
    const view = this._find([name ?? "", ...parts]);
    const context = this._context(parts, abort.signal);
    this._busy = true;
    try {
      const data = view ? await view.load(context) : null;
      if (abort.signal.aborted) return;
      const text = JSON.stringify(data, withoutVersion) + location.href;
      if (fresh || text !== this._last) this._show(view, data, context, fresh);
      this._last = text;
    } catch (error) {
      if (abort.signal.aborted) return;
      // What is on the screen stays there when the server is away for a moment.
      if (!quiet) this._fail(error);
    } finally {
      if (!abort.signal.aborted) {
        this._busy = false;
        if (this._again) {
          this._again = false;
          void this.refresh();
        }
      }
    }
  }

  /** @param {string[]} parts @param {AbortSignal} signal @returns {Context} */
  _context(parts, signal) {
    return {
      parts,
      query: new URLSearchParams(location.search),
      signal,
      keep: this._keep,
      ask: (address) => ask(address, signal),
      askIfThere: (address) => askIfThere(address, signal),
      go: (address, options) => this.go(address, options),
      refresh: () => void this._open(false),
    };
  }

  /** A click on a link of this page. @param {MouseEvent} event */
  _follow(event) {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const found = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!(found instanceof HTMLAnchorElement) || found.target || found.origin !== location.origin) return;
    if (found.pathname.startsWith("/api/") || found.pathname.startsWith("/static/")) return;
    if (found.hash && found.pathname === location.pathname) return;
    event.preventDefault();
    this.go(found.pathname + found.search);
  }
}

/** The store's number rises with every change, also of what isn't shown. @param {string} name @param {unknown} value */
const withoutVersion = (name, value) => (name === "version" && typeof value === "number" ? undefined : value);

/** @param {string} part of a path; a broken escape is shown as it is */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
