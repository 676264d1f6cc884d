/** Runs, a line each. */
import { runPath } from "../api.js";
import { h, link, unseen } from "../dom.js";
import { duration, figure, lastPart, time } from "../words.js";
import { servedBadge, stateBadge, verdictBadge } from "./badges.js";

/** @typedef {import("../types.js").RunRow} RunRow */

/**
 * @typedef {object} Sorting
 * @property {string} by
 * @property {string} order
 * @property {(by: string) => void} choose
 */
/**
 * @typedef {object} Choosing of runs to compare
 * @property {string[]} chosen
 * @property {(run: string) => void} toggle
 */

/** @type {[string, string, string][]} heading, class, what the server sorts by */
const COLUMNS = [
  ["Run", "", "began"],
  ["Outcome", "", "state"],
  ["AP", "n", "AP"],
  ["AP50", "n wide", "AP50"],
  ["Data", "wide", ""],
  ["Took", "n wide", "seconds"],
  ["Reused", "n wide", ""],
];

/**
 * @param {RunRow[]} runs
 * @param {string} caption
 * @param {{sorting?: Sorting, choosing?: Choosing}} [options]
 */
export function runsTable(runs, caption, { sorting, choosing } = {}) {
  const head = COLUMNS.map(([word, kind, by]) => heading(word, kind, by, sorting));
  if (choosing) head.unshift(h("th", { scope: "col", class: "tick" }, unseen("Compare")));
  return h("div", { class: "scroll" },
    h("table", { class: "runs" },
      h("caption", {}, unseen(caption)),
      h("thead", {}, h("tr", {}, ...head)),
      h("tbody", {}, ...runs.map((run) => line(run, choosing)))));
}

/** @param {string} word @param {string} kind @param {string} by @param {Sorting} [sorting] */
function heading(word, kind, by, sorting) {
  if (!sorting || !by) return h("th", { scope: "col", class: kind }, word);
  const chosen = sorting.by === by;
  const order = sorting.order === "asc" ? "ascending" : "descending";
  const arrow = h("span", { class: "arrow", "aria-hidden": "true" }, chosen ? (sorting.order === "asc" ? "↑" : "↓") : "");
  return h("th", { scope: "col", class: kind, "aria-sort": chosen ? order : null },
    h("button", { type: "button", class: "sort", id: `sort-${by}`, onclick: () => sorting.choose(by) }, word, arrow));
}

/** @param {RunRow} run @param {Choosing} [choosing] */
function line(run, choosing) {
  const cells = [
    h("th", { scope: "row", class: "id" },
      link(runPath(run.run_id), {}, run.run_id),
      h("small", {}, time(run.began_ms), run.pipeline && ` · ${run.pipeline}`)),
    h("td", { class: "outcome" },
      h("span", { class: "badges" }, run.state === "COMPLETE" ? null : stateBadge(run.state), verdictBadge(run.verdict), servedBadge(run), plainEnd(run)),
      remark(run)),
    h("td", { class: "n main" }, figure(run.figures.AP)),
    h("td", { class: "n wide" }, figure(run.figures.AP50)),
    h("td", { class: "wide data" },
      run.data ? h("span", { title: run.data }, lastPart(run.data)) : h("span", { class: "soft" }, "–"),
      run.preset && h("small", {}, run.preset)),
    h("td", { class: "n wide" }, took(run)),
    h("td", { class: "n wide" }, run.steps ? `${run.reused} of ${run.steps}` : "–"),
  ];
  if (choosing) cells.unshift(tick(run, choosing));
  return h("tr", { class: run.served ? "is-served" : null }, ...cells);
}

/** Of a run that says nothing else about its end. @param {RunRow} run */
const plainEnd = (run) => (run.state === "COMPLETE" && !run.verdict && !run.published ? stateBadge(run.state) : null);

/** Why it failed, or isn't blessed, on a line. @param {RunRow} run */
function remark(run) {
  const text = run.failure ?? (run.verdict && run.verdict !== "blessed" ? run.reasons.join("; ") : "");
  return text ? h("small", { class: "remark", title: text }, text) : null;
}

/** How long a run took, or is taking. @param {{state: string, began_ms: number, seconds: number}} run */
export function took(run) {
  if (run.state !== "RUNNING") return duration(run.seconds);
  return h("span", { "data-since": run.began_ms }, duration(Math.max(0, Math.floor((Date.now() - run.began_ms) / 1000))));
}

/** @param {RunRow} run @param {Choosing} choosing */
function tick(run, { chosen, toggle }) {
  const box = h("input", {
    type: "checkbox", id: `compare-${run.run_id}`, checked: chosen.includes(run.run_id),
    "aria-label": `Compare run ${run.run_id}`, onchange: () => toggle(run.run_id),
  });
  return h("td", { class: "tick" }, box);
}
