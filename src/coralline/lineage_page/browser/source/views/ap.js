/** AP over time: whether the model gets better, and which of them were let through. */
import { runPath, withQuery } from "../api.js";
import { h, link, unseen } from "../dom.js";
import { apChart, chartKey } from "../parts/ap_chart.js";
import { servedBadge, verdictBadge } from "../parts/badges.js";
import { pager } from "../parts/pager.js";
import { figure, signed, time } from "../words.js";

/** @typedef {import("../router.js").Context} Context */
/** @typedef {import("../types.js").ApPoint} ApPoint */
/** @typedef {{points: ApPoint[], pipelines: string[]}} Loaded */

const DRAWN = 200;
const LIMIT = 50;

/** @type {import("../router.js").View} */
export const ap = {
  /** @param {Context} context @returns {Promise<Loaded>} */
  async load(context) {
    const [found, runs] = await Promise.all([
      context.ask(withQuery("/api/ap", { pipeline: context.query.get("pipeline") })),
      context.ask("/api/runs?limit=1"),
    ]);
    const points = /** @type {{points: ApPoint[]}} */ (found).points.filter((point) => typeof point.AP === "number");
    return { points: points.sort((a, b) => a.began_ms - b.began_ms), pipelines: /** @type {any} */ (runs).pipelines ?? [] };
  },
  title: () => "AP over time",
  render,
};

/** @param {Loaded} loaded @param {Context} context */
function render({ points, pipelines }, context) {
  const offset = Number(context.query.get("offset") ?? 0) || 0;
  const newest = points.map((point, at) => ({ point, before: points[at - 1] })).reverse();
  const pipeline = context.query.get("pipeline");
  const drawn = points.slice(-DRAWN);
  const chosen = h("select", { id: "pipeline", "aria-label": "Pipeline", onchange: () => context.go(withQuery("/ap", { pipeline: chosen.value })) },
    h("option", { value: "" }, "All pipelines"), ...pipelines.map((name) => h("option", { value: name, selected: name === pipeline }, name)));
  const head = [h("h1", {}, "AP over time"), pipelines.length > 1 ? h("div", { class: "filters" }, chosen) : null];
  if (points.length === 0) return [...head, h("section", { class: "empty" }, h("p", {}, "No run has recorded an AP yet. The evaluation at the end of a run does."))].filter((node) => node !== null);
  return [
    ...head,
    h("section", {}, chartKey(), apChart(drawn, 300), points.length > DRAWN && h("p", { class: "soft" }, `The last ${DRAWN} of ${points.length} runs are drawn.`)),
    h("section", { class: "table" }, table(newest.slice(offset, offset + LIMIT))),
    pager({ offset, limit: LIMIT, total: points.length, what: "runs with an AP" }, (to) => context.go(withQuery("/ap", { pipeline, offset: to || "" }))),
  ].filter((node) => node !== null);
}

/** @param {{point: ApPoint, before?: ApPoint}[]} rows */
function table(rows) {
  return h("div", { class: "scroll" }, h("table", { class: "runs" },
    h("caption", {}, unseen("AP by run, the newest first")),
    h("thead", {}, h("tr", {}, ...["Run", "AP", "Change", "AP50", "Verdict"].map((word, at) => h("th", { scope: "col", class: at && at < 4 ? "n" : null }, word)))),
    h("tbody", {}, ...rows.map(({ point, before }) => h("tr", { class: point.served ? "is-served" : null },
      h("th", { scope: "row", class: "id" }, link(runPath(point.run_id), {}, point.run_id), h("small", {}, time(point.began_ms))),
      h("td", { class: "n main" }, figure(point.AP)),
      h("td", { class: "n soft" }, before ? signed((point.AP ?? 0) - (before.AP ?? 0)) : ""),
      h("td", { class: "n" }, figure(point.AP50)),
      h("td", {}, h("span", { class: "badges" }, verdictBadge(point.verdict), servedBadge(point))))))));
}
