/** All runs: filter, search, sort, and choose two to compare. */
import { withQuery } from "../api.js";
import { h, link } from "../dom.js";
import { pager } from "../parts/pager.js";
import { runsTable } from "../parts/runs_table.js";

/** @typedef {import("../router.js").Context} Context */
/** @typedef {import("../types.js").RunsAnswer} RunsAnswer */

const LIMIT = 50;
const FILTERS = ["search", "state", "verdict", "pipeline"];
const STATES = [["", "Any state"], ["COMPLETE", "Complete"], ["FAILED", "Failed"], ["RUNNING", "Running"], ["CANCELED", "Canceled"]];
const VERDICTS = [["", "Any verdict"], ["blessed", "Blessed"], ["not blessed", "Not blessed"]];

/** @type {import("../router.js").View} */
export const runs = {
  /** @param {Context} context @returns {Promise<RunsAnswer>} */
  load: (context) => context.ask(withQuery("/api/runs", { ...wanted(context), limit: LIMIT })),
  title: () => "Runs",
  render,
};

/** What the address asks for. @param {{query: URLSearchParams}} context */
function wanted({ query }) {
  const filters = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? ""]));
  return { ...filters, sort: query.get("sort") ?? "began", order: query.get("order") ?? "desc", offset: Number(query.get("offset") ?? 0) || 0 };
}

/** @param {RunsAnswer} found @param {Context} context */
function render(found, context) {
  const asked = wanted(context);
  /** @param {Record<string, string | number>} changes */
  const go = (changes) => {
    // What the address says now: the table may still be that of the choice before.
    const query = new URLSearchParams(location.search);
    const { sort, order, offset, ...filters } = { ...wanted({ query }), ...Object.fromEntries(query), offset: 0, ...changes };
    const plainOrder = sort === "began" && order === "desc";
    context.go(withQuery("/runs", { ...filters, sort: plainOrder ? "" : sort, order: plainOrder ? "" : order, offset: offset || "" }), { replace: true });
  };
  const sorting = {
    by: asked.sort,
    order: asked.order,
    /** @param {string} by */
    choose: (by) => go({ sort: by, order: asked.sort === by && asked.order === "desc" ? "asc" : "desc" }),
  };
  const choosing = chosenRuns(context);
  const filtered = FILTERS.some((name) => context.query.get(name));
  return [
    h("h1", {}, "Runs"),
    filters(found, context, go),
    found.runs.length
      ? h("section", { class: "table" }, runsTable(found.runs, "Runs", { sorting, choosing }))
      : h("section", { class: "empty" }, empty(filtered)),
    pager({ offset: asked.offset, limit: LIMIT, total: found.total, what: found.total === 1 ? "run" : "runs" }, (offset) => go({ offset })),
    choosing.bar,
  ];
}

/** @param {boolean} filtered */
function empty(filtered) {
  if (filtered) return h("p", {}, "No run matches. ", link("/runs", {}, "Show all runs"));
  return h("p", {}, "This store holds no runs yet. ", h("code", {}, "coralline run"), " records its first one here, and this page shows it at once.");
}

/**
 * The fields, which stay the same elements while somebody types.
 * @param {RunsAnswer} found @param {Context} context @param {(changes: Record<string, string>) => void} go
 */
function filters(found, context, go) {
  const pipelines = found.pipelines ?? [];
  const kept = context.keep.get("filters");
  if (kept && kept.pipelines === pipelines.join("\n")) {
    kept.go = go;
    kept.fill(context.query);
    return kept.form;
  }
  let timer = 0;
  const state = { go, pipelines: pipelines.join("\n") };
  const search = h("input", { type: "search", id: "search", placeholder: "Run, data, preset, failure …", "aria-label": "Search runs", autocomplete: "off", oninput: later });
  function later() {
    clearTimeout(timer);
    timer = setTimeout(() => state.go({ search: search.value.trim() }), 200);
  }
  /** @param {string} name @param {string} label @param {string[][]} choices */
  const choice = (name, label, choices) => {
    const options = choices.map(([value, word]) => h("option", { value }, word ?? ""));
    const select = h("select", { id: name, "aria-label": label, onchange: () => state.go({ [name]: select.value }) }, ...options);
    return select;
  };
  const selects = [choice("state", "State", STATES), choice("verdict", "Verdict", VERDICTS)];
  if (pipelines.length > 1) selects.push(choice("pipeline", "Pipeline", [["", "Any pipeline"], ...pipelines.map((name) => [name, name])]));
  /** @param {URLSearchParams} query */
  const fill = (query) => {
    if (document.activeElement !== search) search.value = query.get("search") ?? "";
    for (const select of selects) select.value = query.get(select.id) ?? "";
  };
  fill(context.query);
  const form = h("form", { class: "filters", role: "search", "aria-label": "Filter runs", onsubmit: (/** @type {Event} */ event) => event.preventDefault() }, search, ...selects);
  context.keep.set("filters", Object.assign(state, { form, fill }));
  return form;
}

/** Up to two runs to compare, and the bar that says so. @param {Context} context */
function chosenRuns(context) {
  /** @type {string[]} */
  const chosen = context.keep.get("chosen") ?? [];
  context.keep.set("chosen", chosen);
  const bar = h("div", { class: "compare-bar", role: "status" });
  const say = () => {
    bar.hidden = chosen.length === 0;
    const [one, other] = chosen;
    bar.replaceChildren(
      h("span", {}, other ? "Two runs chosen." : "One run chosen: choose another to compare it with."),
      other && one ? link(withQuery("/diff", { one, other }), { class: "button", id: "compare" }, "Compare them") : "");
  };
  say();
  /** @param {string} run */
  const toggle = (run) => {
    if (chosen.includes(run)) chosen.splice(chosen.indexOf(run), 1);
    else chosen.push(run);
    for (const dropped of chosen.splice(0, chosen.length - 2)) {
      const box = document.getElementById(`compare-${dropped}`);
      if (box instanceof HTMLInputElement) box.checked = false;
    }
    say();
  };
  return { chosen, toggle, bar };
}
