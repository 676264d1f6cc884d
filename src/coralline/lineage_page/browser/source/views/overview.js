/** The first page: what is served, how the last run went, whether the models get better. */
import { askIfThere, runPath, withQuery } from "../api.js";
import { h, link } from "../dom.js";
import { apChart, chartKey } from "../parts/ap_chart.js";
import { stateBadge, verdictBadge } from "../parts/badges.js";
import { longText } from "../parts/recorded_values.js";
import { runsTable, took } from "../parts/runs_table.js";
import { servedPlace } from "../parts/served_place.js";
import { counted, figure, signed, time } from "../words.js";

/** @typedef {import("../router.js").Context} Context */
/** @typedef {import("../types.js").RunRow} RunRow */
/** @typedef {import("../types.js").ApPoint} ApPoint */
/** @typedef {{runs: import("../types.js").RunsAnswer, places: any[], points: ApPoint[]}} Loaded */

const RECENT = 8;
const DRAWN = 60;

/** @type {import("../router.js").View} */
export const overview = {
  /** @param {Context} context @returns {Promise<Loaded>} */
  async load({ signal, ask }) {
    const [runs, served, ap] = await Promise.all([
      ask(withQuery("/api/runs", { limit: RECENT })),
      askIfThere("/api/served", signal).catch(() => null),
      askIfThere("/api/ap", signal).catch(() => null),
    ]);
    const points = /** @type {ApPoint[]} */ (/** @type {any} */ (ap)?.points ?? []).filter((point) => typeof point.AP === "number");
    return { runs: /** @type {any} */ (runs), places: /** @type {any} */ (served)?.places ?? [], points: points.sort((a, b) => a.began_ms - b.began_ms) };
  },
  title: () => "Overview",
  render,
};

/** @param {Loaded} loaded */
function render({ runs, places, points }) {
  const [last] = runs.runs;
  if (!last) return [h("h1", {}, "No runs yet"), h("section", { class: "empty" }, h("p", {}, "This store holds no runs. ", h("code", {}, "coralline run"), " records its first one here, and this page shows it at once."))];
  return [
    h("h1", { class: "unseen" }, "Overview"),
    h("div", { class: "two" }, ...servedParts(places), lastRun(last, points)),
    points.length > 1 && h("section", {}, h("div", { class: "head-row" }, h("h2", {}, link("/ap", {}, "AP over time")), chartKey()), apChart(points.slice(-DRAWN), 200)),
    h("section", { class: "table" }, h("div", { class: "head-row" }, h("h2", {}, "Recent runs"), link("/runs", {}, `All ${counted(runs.total, "run")}`)), runsTable(runs.runs, "The newest runs")),
  ].filter((part) => part instanceof Node);
}

/** @param {any[]} places */
function servedParts(places) {
  if (!places.length) return [h("section", {}, h("h2", { class: "eyebrow" }, "Served now"), h("p", { class: "soft" }, "Nothing: no run has published a model yet."))];
  const shown = places.slice(0, 3).map((place) => servedPlace(place, { short: true }));
  if (places.length > 3) shown.push(h("section", {}, h("p", {}, link("/served", {}, `All ${places.length} places`))));
  return shown;
}

/** @param {RunRow} run @param {ApPoint[]} points */
function lastRun(run, points) {
  const before = points.filter((point) => point.began_ms < run.began_ms && point.run_id !== run.run_id).at(-1);
  const ap = run.figures.AP;
  return h("section", { class: run.state === "FAILED" ? "problem" : null },
    h("h2", { class: "eyebrow" }, run.state === "RUNNING" ? "Running now" : "Last run"),
    h("p", { class: "version" }, link(runPath(run.run_id), {}, run.run_id)),
    h("p", { class: "soft" }, h("span", { class: "badges" }, stateBadge(run.state), verdictBadge(run.verdict)), " ", time(run.began_ms), run.state === "RUNNING" ? " · for " : " · ", took(run)),
    run.failure && h("div", { class: "failure" }, longText(run.failure)),
    ap !== undefined && h("p", { class: "figures" }, h("span", {}, h("small", {}, "AP"), h("b", {}, figure(ap))), before && typeof before.AP === "number" && h("span", {}, h("small", {}, "to the run before"), h("b", {}, signed(ap - before.AP)))),
    run.state === "COMPLETE" && run.steps > 0 && run.reused === run.steps && h("p", {}, "Every step was reused: neither data nor settings had changed."),
    !run.failure && run.verdict !== null && run.verdict !== "blessed" && h("ul", { class: "plain" }, ...run.reasons.slice(0, 3).map((reason) => h("li", {}, reason))),
    h("p", { class: "actions" }, before && link(withQuery("/diff", { one: before.run_id, other: run.run_id }), { class: "button" }, "What changed")));
}
