/** What a graph's nodes are called, on the drawing, in the list and to a screen reader. */
import { stateWords } from "../parts/badges.js";
import { counted, duration, lastPart, middle, shortType } from "../words.js";

/** @typedef {import("../types.js").GraphNode} GraphNode */
/** @typedef {{back?: number, on?: number}} More */

/** @param {GraphNode} node */
export const nodeName = (node) => (node.kind === "execution" ? node.node || `execution ${node.id.slice(2)}` : shortType(node.type || "artifact"));

/** @param {GraphNode} node */
export const nodePath = (node) => `/${node.kind === "execution" ? "executions" : "artifacts"}/${node.id.slice(2)}`;

/** The second line on the drawing: a sign and a word. @param {GraphNode} node */
export function nodeRemark(node) {
  if (node.kind === "artifact") {
    const gone = node.state && !["LIVE", "PUBLISHED", "UNKNOWN"].includes(node.state);
    return gone ? `${stateWords(node.state).sign} ${stateWords(node.state).word}` : `#${node.id.slice(2)}`;
  }
  const { sign, word } = stateWords(node.state);
  const took = node.state === "COMPLETE" && typeof node.seconds === "number" ? ` · ${duration(node.seconds)}` : "";
  return `${sign} ${word}${took}`;
}

/** @param {More | undefined} more */
export function moreRemark(more) {
  const { back = 0, on = 0 } = more ?? {};
  const parts = [back && `← ${back} more`, on && `${on} more →`].filter(Boolean);
  return parts.join("  ");
}

/** @param {GraphNode} node @param {More} [more] */
export function nodeLabel(node, more) {
  return [middle(nodeName(node), 28), nodeRemark(node), moreRemark(more)].filter(Boolean).join("\n");
}

/** A whole sentence. @param {GraphNode} node @param {More} [more] */
export function nodeSentence(node, more) {
  const { back = 0, on = 0 } = more ?? {};
  const hidden = [back && `${counted(back, "neighbour")} before it not shown`, on && `${counted(on, "neighbour")} after it not shown`].filter(Boolean);
  const about = node.kind === "execution" ? `step ${nodeName(node)}, ${stateWords(node.state).word}` : `artifact ${nodeName(node)} number ${node.id.slice(2)}, ${lastPart(node.uri ?? "")}`;
  return [about, ...hidden].join(", ");
}
