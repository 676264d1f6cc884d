/** A run: how it ended and why, its figures, its graph, its steps. */
import { ask, askIfThere, runPath, withQuery } from "../api.js";
import { h, link } from "../dom.js";
import { GraphView } from "../graph/graph_view.js";
import { nodePath } from "../graph/graph_words.js";
import { servedBadge, stateBadge, verdictBadge } from "../parts/badges.js";
import { logPart } from "../parts/log.js";
import { nodeDetails } from "../parts/node_details.js";
import { longText, recordedValues } from "../parts/recorded_values.js";
import { took } from "../parts/runs_table.js";
import { counted, duration, figure, signed, time } from "../words.js";

/** @typedef {import("../router.js").Context} Context */
/** @typedef {import("../types.js").RunAnswer} RunAnswer */
/** @typedef {import("../types.js").ApPoint} ApPoint */
/** @typedef {{found: RunAnswer, before: ApPoint | null, served: ApPoint | null}} Loaded */

/** @type {import("../router.js").View} */
export const run = {
  /** @param {Context} context @returns {Promise<Loaded>} */
  async load({ parts: [id = ""], signal }) {
    const found = /** @type {RunAnswer} */ (await ask(`/api${runPath(id)}`, signal));
    const { run: row } = found;
    // What to compare with is extra: without it the page is still whole.
    const ap = /** @type {{points: ApPoint[]} | null} */ (await askIfThere(withQuery("/api/ap", { pipeline: row.pipeline }), signal).catch(() => null));
    const others = (ap?.points ?? []).filter((point) => point.run_id !== row.run_id).sort((a, b) => b.began_ms - a.began_ms);
    return { found, before: others.find((point) => point.began_ms < row.began_ms) ?? null, served: others.find((point) => point.served) ?? null };
  },
  title: (/** @type {Loaded} */ { found }) => `Run ${found.run.run_id}`,
  render,
};

/** @param {Loaded} loaded @param {Context} context */
function render({ found, before, served }, context) {
  const { run: row, steps, properties } = found;
  /** @type {GraphView} */
  const graph = context.keep.get("graph") ?? new GraphView({ label: `Steps and artifacts of run ${row.run_id}`, details: nodeDetails, go: context.go });
  context.keep.set("graph", graph);
  graph.show(found.graph);
  const code = { ...row.code, ...properties };
  return [
    h("p", { class: "crumbs" }, link("/runs", {}, "Runs"), " / "),
    h("h1", { class: "id" }, row.run_id),
    h("p", { class: "under" }, h("span", { class: "badges" }, stateBadge(row.state), verdictBadge(row.verdict), servedBadge(row)),
      h("span", {}, row.pipeline, " · began ", time(row.began_ms), row.state === "RUNNING" ? " · running for " : " · took ", took(row), row.steps ? ` · ${row.reused} of ${counted(row.steps, "step")} reused` : "")),
    actions(found, before, served),
    failures(row, steps),
    outcome(row, before),
    h("section", { class: "has-graph" }, h("h2", {}, "Graph"), graph.element),
    stepTable(steps),
    h("section", {}, h("h2", {}, "Recorded with the run"), recordedValues(code)),
  ].filter((part) => part !== null);
}

/** @param {RunAnswer} found @param {ApPoint | null} before @param {ApPoint | null} served */
function actions({ run: row, graph }, before, served) {
  const links = [];
  if (before) links.push(link(withQuery("/diff", { one: before.run_id, other: row.run_id }), { class: "button" }, "Compare with the run before"));
  if (served && !row.served && served.run_id !== before?.run_id) links.push(link(withQuery("/diff", { one: served.run_id, other: row.run_id }), { class: "button" }, "Compare with the served one"));
  const report = graph.nodes.find((node) => node.kind === "artifact" && (node.type ?? "").endsWith("EvaluationReport"));
  if (report) links.push(link(nodePath(report), { class: "button" }, "Evaluation report"));
  if (!links.length) return null;
  return h("p", { class: "actions" }, ...links);
}

/** @param {import("../types.js").RunRow} row @param {import("../types.js").Step[]} steps */
function failures(row, steps) {
  const failed = steps.filter((step) => step.state === "FAILED");
  // A step that was tried again and came through isn't why the run failed.
  const told = failed.filter((step) => steps.findLast((other) => other.node === step.node) === step);
  if (row.state !== "FAILED") return null;
  return h("section", { class: "problem" },
    h("h2", {}, told.length === 1 ? `${told[0]?.node} failed` : "What failed"),
    ...(told.length ? told.flatMap((step) => [
      told.length > 1 ? h("h3", {}, step.node) : null,
      h("div", { class: "failure" }, longText(step.failure || "No reason is recorded; the log may have it.")),
      h("p", {}, link(`/executions/${step.execution}`, {}, "Settings and inputs of this step")),
      logPart(step.execution),
    ]) : [h("p", {}, row.failure ?? "No reason is recorded.")]));
}

/** @param {import("../types.js").RunRow} row @param {ApPoint | null} before */
function outcome(row, before) {
  const figures = Object.entries(row.figures);
  if (!figures.length && !row.verdict) return null;
  /** @param {string} name @param {number} value */
  const tile = (name, value) => {
    const older = before?.[/** @type {"AP" | "AP50"} */ (name)];
    return h("div", { class: "tile" }, h("span", { class: "soft" }, name), h("b", {}, figure(value)), typeof older === "number" && h("small", {}, `${signed(value - older)} to the run before`));
  };
  const bad = row.verdict !== null && row.verdict !== "blessed";
  return h("section", { class: row.verdict ? `verdict${bad ? " bad" : ""}` : null },
    h("h2", {}, row.verdict ? (bad ? "Not blessed" : "Blessed") : "Figures"),
    row.reasons.length > 0 && h("ul", {}, ...row.reasons.map((reason) => h("li", {}, reason))),
    h("div", { class: "tiles" }, ...figures.map(([name, value]) => tile(name, value))),
    row.images !== null && h("p", { class: "soft" }, `Judged on ${counted(row.images, "image")}${row.split ? ` of ${row.split}` : ""}.`),
    h("dl", {}, ...[["Data", row.data], ["Preset", row.preset], ["Published as", row.published]].flatMap(([word, value]) => (value ? [h("dt", {}, word), h("dd", {}, value)] : []))));
}

/** @param {import("../types.js").Step[]} steps */
function stepTable(steps) {
  if (!steps.length) return h("section", {}, h("h2", {}, "Steps"), h("p", { class: "soft" }, "No step has begun yet."));
  return h("section", { class: "table" }, h("h2", {}, "Steps"), h("div", { class: "scroll" }, h("table", {},
    h("thead", {}, h("tr", {}, ...["Step", "State", "Began", "Took"].map((word, at) => h("th", { scope: "col", class: at === 3 ? "n" : at === 2 ? "wide" : null }, word)))),
    h("tbody", {}, ...steps.map((step) => h("tr", {},
      h("th", { scope: "row" }, link(`/executions/${step.execution}`, {}, step.node)),
      h("td", {}, stateBadge(step.state)),
      h("td", { class: "wide" }, time(step.created_ms)),
      h("td", { class: "n" }, step.state === "RUNNING" ? h("span", { "data-since": step.created_ms }, "…") : duration(step.seconds))))))));
}
