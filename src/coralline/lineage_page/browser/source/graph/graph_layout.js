/** Where a graph's nodes stand: in layers, along the arrows. */
import { Graph, layout } from "@dagrejs/dagre";

/** @typedef {{id: string, width: number, height: number}} Box */
/** @typedef {{from: string, to: string}} Arrow */
/** @typedef {{x: number, y: number}} Point */
/** @typedef {{nodes: Record<string, Point>, bends: Point[][]}} Places by node, and by arrow in their order */

// Above this dagre's crossings cost seconds; a plain layering is at once there and nobody reads every arrow any more.
const THOROUGH = 220;

/**
 * @param {Box[]} boxes
 * @param {Arrow[]} arrows
 * @param {"LR" | "TB"} direction
 * @returns {Places}
 */
export function places(boxes, arrows, direction) {
  return boxes.length <= THOROUGH ? thorough(boxes, arrows, direction) : plain(boxes, arrows, direction);
}

/** @param {Box[]} boxes @param {Arrow[]} arrows @param {"LR" | "TB"} direction @returns {Places} */
function thorough(boxes, arrows, direction) {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: direction, nodesep: 16, ranksep: direction === "LR" ? 36 : 30, ranker: boxes.length > 150 ? "longest-path" : "network-simplex" });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of boxes) graph.setNode(id, { width, height });
  arrows.forEach(({ from, to }, at) => graph.setEdge(from, to, {}, String(at)));
  layout(graph);
  const nodes = Object.fromEntries(boxes.map(({ id }) => [id, { x: graph.node(id).x, y: graph.node(id).y }]));
  // Between the points where an arrow leaves and meets its nodes are those where it goes around others.
  const bends = arrows.map(({ from, to }, at) => graph.edge(from, to, String(at)).points.slice(1, -1));
  return { nodes, bends };
}

/**
 * Layers by the longest way from a source; within one, by the middle of what a node hangs on.
 * @param {Box[]} boxes @param {Arrow[]} arrows @param {"LR" | "TB"} direction @returns {Places}
 */
function plain(boxes, arrows, direction) {
  const before = new Map(boxes.map(({ id }) => [id, /** @type {string[]} */ ([])]));
  for (const { from, to } of arrows) before.get(to)?.push(from);
  const ranks = longestWays(boxes, arrows);
  /** @type {Box[][]} */
  const layers = [];
  for (const box of boxes) (layers[ranks.get(box.id) ?? 0] ??= []).push(box);
  /** @type {Map<string, number>} */
  const order = new Map();
  /** @type {Record<string, Point>} */
  const found = {};
  let along = 0;
  for (const layer of layers.filter(Boolean)) {
    const middle = (/** @type {Box} */ { id }) => {
      const known = (before.get(id) ?? []).flatMap((of) => order.get(of) ?? []);
      return known.length ? known.reduce((sum, at) => sum + at, 0) / known.length : 0;
    };
    layer.sort((a, b) => middle(a) - middle(b));
    const across = layer.map((box) => (direction === "LR" ? box.height : box.width) + 18);
    let at = -across.reduce((sum, size) => sum + size, 0) / 2;
    const thick = Math.max(...layer.map((box) => (direction === "LR" ? box.width : box.height)));
    layer.forEach(({ id }, i) => {
      const size = across[i] ?? 0;
      order.set(id, at + size / 2);
      found[id] = direction === "LR" ? { x: along + thick / 2, y: at + size / 2 } : { x: at + size / 2, y: along + thick / 2 };
      at += size;
    });
    along += thick + 70;
  }
  return { nodes: found, bends: [] };
}

/** The layer of each node. A circle, which a store may hold though it shouldn't, is cut where it's met. @param {Box[]} boxes @param {Arrow[]} arrows */
function longestWays(boxes, arrows) {
  const waiting = new Map(boxes.map(({ id }) => [id, 0]));
  /** @type {Map<string, string[]>} */
  const after = new Map();
  for (const { from, to } of arrows) {
    waiting.set(to, (waiting.get(to) ?? 0) + 1);
    after.set(from, [...(after.get(from) ?? []), to]);
  }
  const ranks = new Map(boxes.map(({ id }) => [id, 0]));
  const free = boxes.map(({ id }) => id).filter((id) => waiting.get(id) === 0);
  for (let id = free.shift(); id !== undefined; id = free.shift()) {
    for (const next of after.get(id) ?? []) {
      ranks.set(next, Math.max(ranks.get(next) ?? 0, (ranks.get(id) ?? 0) + 1));
      const left = (waiting.get(next) ?? 0) - 1;
      waiting.set(next, left);
      if (left === 0) free.push(next);
    }
  }
  return ranks;
}
