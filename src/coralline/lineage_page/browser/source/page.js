/** The page: its frame, and the view that its address names. */
import { Refused, withQuery } from "./api.js";
import { h, link } from "./dom.js";
import { liveLine } from "./live.js";
import { Router } from "./router.js";
import { themeSwitch } from "./theme_switch.js";
import { counted, duration, shortTime } from "./words.js";
import { ap } from "./views/ap.js";
import { artifact } from "./views/artifact.js";
import { artifacts } from "./views/artifacts.js";
import { difference } from "./views/difference.js";
import { execution } from "./views/execution.js";
import { overview } from "./views/overview.js";
import { run } from "./views/run.js";
import { runs } from "./views/runs.js";
import { served } from "./views/served.js";

const PLACES = [
  ["/", "Overview"],
  ["/runs", "Runs"],
  ["/artifacts", "Artifacts"],
  ["/ap", "AP"],
  ["/diff", "Compare"],
  ["/served", "Served"],
];

/** @param {string[]} path @returns {import("./router.js").View | null} */
function viewAt([name, id, ...rest]) {
  if (rest.length) return null;
  if (id !== undefined) return { runs: run, artifacts: artifact, executions: execution }[name ?? ""] ?? null;
  return { "": overview, runs, artifacts, ap, diff: difference, served }[name ?? ""] ?? null;
}

const main = h("main", { id: "content", tabindex: "-1" });
const store = h("p", { class: "store soft" });
const banner = h("p", { class: "banner", role: "status", hidden: true });
const router = new Router(viewAt, show, fail);
const links = PLACES.map(([href, word]) => link(href ?? "/", {}, word ?? ""));

/** @param {import("./router.js").View | null} view @param {any} data @param {import("./router.js").Context} context @param {boolean} fresh */
function show(view, data, context, fresh) {
  const focused = document.activeElement?.id;
  const open = new Set(folds().filter(([, details]) => details.open).map(([key]) => key));
  const top = scrollY;
  main.replaceChildren(...(view ? view.render(data, context) : nowhere()));
  document.title = `${view ? view.title(data, context) : "No such page"} · Coralline lineage`;
  arrive(fresh);
  if (fresh) return;
  for (const [key, details] of folds()) if (open.has(key)) details.open = true;
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
  scrollTo(0, top);
}

/** What opens and closes on the page, each with a name that outlives a refresh. @returns {[string, HTMLDetailsElement][]} */
function folds() {
  /** @type {Map<string, number>} */
  const seen = new Map();
  return [...main.querySelectorAll("details")].filter((details) => !details.closest(".graph")).map((details) => {
    const name = details.id || (details.querySelector("summary")?.textContent ?? "");
    seen.set(name, (seen.get(name) ?? 0) + 1);
    return [`${name} ${seen.get(name)}`, details];
  });
}

/** Where the reader is after another page was opened. @param {boolean} fresh */
function arrive(fresh) {
  for (const place of links) {
    const here = place.pathname === "/" ? location.pathname === "/" : location.pathname.startsWith(place.pathname);
    if (here) place.setAttribute("aria-current", "page");
    else place.removeAttribute("aria-current");
  }
  main.setAttribute("aria-busy", "false");
  if (!fresh) return;
  scrollTo(0, 0);
  const heading = main.querySelector("h1");
  heading?.setAttribute("tabindex", "-1");
  if (started) heading?.focus({ preventScroll: true });
  started = true;
}
let started = false;

function nowhere() {
  return [h("h1", {}, "No such page"), h("p", {}, "Nothing is shown at this address. ", link("/runs", {}, "All runs"))];
}

/** @param {unknown} error */
function fail(error) {
  const said = error instanceof Refused ? error : new Refused(0, { message: `This page has a fault: ${error}` });
  if (!(error instanceof Refused)) console.error(error);
  document.title = "Not shown · Coralline lineage";
  const again = h("button", { type: "button", onclick: () => void router.start() }, "Try again");
  main.replaceChildren(
    h("section", { class: "problem", role: "alert" },
      h("h1", {}, said.status === 404 ? "Not in this store" : "This can’t be shown"),
      h("p", {}, said.message),
      said.found && h("p", { class: "soft" }, `Found: ${said.found}`),
      said.fix && h("p", {}, said.fix),
      h("p", {}, again, " ", link("/runs", {}, "All runs"))),
  );
  arrive(true);
}

function frame() {
  const words = h("input", { type: "search", id: "find", name: "q", placeholder: "Run, artifact, path …", "aria-label": "Find a run or an artifact", autocomplete: "off" });
  const find = h("form", { role: "search", class: "find", onsubmit: search }, words);
  /** @param {Event} event */
  function search(event) {
    event.preventDefault();
    if (words.value.trim()) router.go(withQuery("/artifacts", { q: words.value.trim() }));
  }
  document.body.append(
    h("a", { class: "skip", href: "#content" }, "Skip to the content"),
    h("header", { class: "top" },
      h("div", { class: "bar" },
        link("/", { class: "brand" }, h("img", { src: "/static/icon.svg", alt: "", width: "22", height: "22" }), "Coralline ", h("span", {}, "lineage")),
        h("nav", { "aria-label": "Pages" }, ...links),
        find, themeSwitch())),
    banner,
    main,
    h("footer", {}, store, liveLine(() => { void router.refresh(); void sayStore(); })),
  );
}

/** Which store this is, how much it holds, and whether it can be read. */
async function sayStore() {
  const response = await fetch("/api/store").catch(() => null);
  if (!response?.ok) return;
  const found = /** @type {import("./types.js").StoreAnswer} */ (await response.json());
  store.textContent = [found.address, counted(found.runs, "run"), counted(found.executions, "execution"), counted(found.artifacts, "artifact")].join(" · ");
  banner.hidden = !found.problem && !found.loading;
  const since = found.problem_since_ms ? ` since ${shortTime(found.problem_since_ms)}` : "";
  banner.textContent = found.problem ? `The store can’t be read${since}; what is shown is from before. ${found.problem}` : "The store is still being read: what is shown is not everything yet.";
}

/** What is going on counts its seconds. */
function tick() {
  for (const element of document.querySelectorAll("[data-since]")) {
    const since = Number(/** @type {HTMLElement} */ (element).dataset.since);
    element.textContent = duration(Math.max(0, Math.floor((Date.now() - since) / 1000)));
  }
}

const address = new URL(location.href);
if (address.searchParams.has("token")) {
  // The cookie has it by now; it shall not stay in the history, or be copied with the address.
  address.searchParams.delete("token");
  history.replaceState(null, "", address);
}
frame();
void router.start();
void sayStore();
setInterval(tick, 1000);
