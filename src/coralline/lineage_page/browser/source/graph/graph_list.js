/** A graph as a list: each step with what went in and what came out. For screen readers, and for whoever likes text. */
import { h, link } from "../dom.js";
import { stateBadge } from "../parts/badges.js";
import { counted, lastPart } from "../words.js";
import { nodeName, nodePath } from "./graph_words.js";

/** @typedef {import("../types.js").GraphNode} GraphNode */

const MOST = 200;

/** @param {import("../types.js").GraphAnswer} graph */
export function graphList({ nodes, edges }) {
  const by = new Map(nodes.map((node) => [node.id, node]));
  /** @type {Map<string, {taken: [string, GraphNode][], made: [string, GraphNode][]}>} */
  const joined = new Map(nodes.map(({ id }) => [id, { taken: [], made: [] }]));
  for (const { from, to, name } of edges) {
    const source = by.get(from), target = by.get(to);
    if (!source || !target) continue;
    joined.get(to)?.taken.push([name, source]);
    joined.get(from)?.made.push([name, target]);
  }
  const steps = nodes.filter((node) => node.kind === "execution").sort((a, b) => Number(a.id.slice(2)) - Number(b.id.slice(2)));
  const shown = steps.slice(0, MOST).map((step) => {
    const { taken = [], made = [] } = joined.get(step.id) ?? {};
    return h("li", {},
      h("div", { class: "step-head" }, link(nodePath(step), {}, nodeName(step)), " ", stateBadge(step.state), step.run ? h("small", {}, step.run) : null),
      h("dl", {}, ...side("takes", taken), ...side("makes", made)));
  });
  const loose = nodes.filter((node) => node.kind === "artifact" && !joined.get(node.id)?.taken.length && !joined.get(node.id)?.made.length);
  return h("div", {},
    h("ol", { class: "steps" }, ...shown),
    steps.length > MOST && h("p", { class: "soft" }, `${counted(steps.length - MOST, "step")} more are not listed.`),
    loose.length > 0 && h("p", {}, "Beside them: ", ...loose.flatMap((node) => [named("", node), " "])));
}

/** @param {string} word @param {[string, GraphNode][]} joined */
function side(word, joined) {
  if (!joined.length) return [];
  return [h("dt", {}, word), h("dd", {}, h("ul", { class: "inline" }, ...joined.map(([name, node]) => h("li", {}, named(name, node)))))];
}

/** @param {string} name @param {GraphNode} node */
function named(name, node) {
  return h("span", {}, link(nodePath(node), { title: node.uri ?? "" }, name || nodeName(node)), h("small", {}, ` ${nodeName(node)}, ${node.kind === "artifact" ? lastPart(node.uri ?? "") : ""}`));
}
