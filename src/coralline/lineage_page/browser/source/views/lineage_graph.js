/** The graph around an artifact or a step: what it came from and what came of it, growing where it's clicked. */
import { ask, withQuery } from "../api.js";
import { h } from "../dom.js";
import { GraphView, joined } from "../graph/graph_view.js";
import { nodeDetails } from "../parts/node_details.js";

/** @typedef {import("../router.js").Context} Context */
/** @typedef {import("../types.js").GraphAnswer} GraphAnswer */

const LIMIT = 60;
const DEPTH = 3;
const STEP = 40;

/** @param {string} id of the node: "a:3", "e:7" */
const place = (id) => `/api/${id.startsWith("e:") ? "executions" : "artifacts"}/${id.slice(2)}/graph`;

/** @param {Context} context */
const direction = ({ query }) => query.get("direction") ?? "both";

/** @param {string} id @param {Context} context @returns {Promise<GraphAnswer>} */
export const askGraph = (id, context) => ask(withQuery(place(id), { direction: direction(context), depth: DEPTH, limit: LIMIT }), context.signal);

/**
 * @param {string} id @param {GraphAnswer} found @param {Context} context
 * @param {string} own address of the page
 */
export function graphSection(id, found, context, own) {
  const way = direction(context), key = `graph ${way}`;
  /** @type {GraphView} */
  const view = context.keep.get(key) ?? new GraphView({ label: "What it came from and what came of it", focus: id, details: nodeDetails, grow, go: context.go });
  const known = view.graph.nodes.length > 0;
  context.keep.set(key, view);
  view.show(known ? joined(view.graph, found) : found);

  /** @param {string} of @param {{back?: number, on?: number}} more */
  function grow(of, more) {
    const shown = view.graph.edges.filter(({ from, to }) => from === of || to === of).length;
    const to = way === "both" ? (more.back && more.on ? "both" : more.back ? "back" : "on") : way;
    return /** @type {Promise<GraphAnswer>} */ (ask(withQuery(place(of), { direction: to, depth: 1, limit: shown + STEP })));
  }
  /** @param {string} value @param {string} word */
  const choice = (value, word) => h("button", { type: "button", id: `way-${value}`, "aria-pressed": String(way === value), onclick: () => context.go(withQuery(own, { direction: value === "both" ? "" : value }), { replace: true }) }, word);
  return h("section", { class: "has-graph" },
    h("div", { class: "head-row" }, h("h2", {}, "Graph"),
      h("div", { class: "choice", role: "group", "aria-label": "Which way" }, choice("back", "Came from"), choice("both", "Both ways"), choice("on", "Came of it"))),
    view.element);
}
