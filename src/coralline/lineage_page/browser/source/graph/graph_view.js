/** A graph with its tools: the drawing, the same as a list, and what was chosen. */
import { h, link, unseen } from "../dom.js";
import { stateBadge } from "../parts/badges.js";
import { counted } from "../words.js";
import { GraphDrawing } from "./graph_drawing.js";
import { nodeName, nodePath, nodeSentence } from "./graph_words.js";
import { graphList } from "./graph_list.js";

/** @typedef {import("../types.js").GraphAnswer} GraphAnswer */
/** @typedef {import("../types.js").GraphNode} GraphNode */

/**
 * @typedef {object} GraphOptions
 * @property {string} label what the graph is of
 * @property {string} [focus] the node that it's about
 * @property {(node: GraphNode) => Promise<Node[]>} details of a node
 * @property {(id: string, more: {back?: number, on?: number}) => Promise<GraphAnswer>} [grow] asks for a node's other neighbours
 * @property {(address: string) => void} go
 */

export class GraphView {
  /** @param {GraphOptions} options */
  constructor(options) {
    this._options = options;
    /** @type {GraphAnswer} */
    this.graph = { nodes: [], edges: [], more: {} };
    /** @type {GraphDrawing | null} */
    this._drawing = null;
    this._canvas = h("div", { class: "canvas" });
    this._said = h("p", { class: "unseen", role: "status" });
    this._size = h("span", { class: "soft" });
    this._details = h("div", { class: "chosen", hidden: true });
    this._list = h("div", { class: "as-list", hidden: true });
    this._stage = this._makeStage();
    this._board = h("div", { class: "board" }, this._stage, this._details);
    this.element = h("div", { class: "graph" }, this._tools(), this._board, this._list, this._said);
  }

  _makeStage() {
    const keys = "Arrow keys move along the graph, Enter opens what is chosen, + and − zoom, 0 shows all, Escape lets go. The same is there as a list.";
    const stage = h("div", { class: "stage", id: "graph", tabindex: "0", role: "application", "aria-roledescription": "graph", "aria-label": this._options.label, "aria-describedby": "graph-keys", onkeydown: (/** @type {KeyboardEvent} */ event) => this._key(event) }, this._canvas, h("span", { id: "graph-keys", class: "hint" }, keys));
    return stage;
  }

  _tools() {
    /** @param {string} word @param {string} label @param {() => void} act */
    const tool = (word, label, act) => h("button", { type: "button", onclick: act, "aria-label": label, title: label }, word);
    const asList = h("button", { type: "button", id: "as-list", "aria-pressed": "false", onclick: () => {
      const on = this._list.hidden;
      asList.setAttribute("aria-pressed", String(on));
      this._list.hidden = !on;
      this._board.hidden = on;
      this._fillList();
    } }, "As a list");
    return h("div", { class: "tools" }, this._size, h("span", { class: "grow" }),
      tool("−", "Smaller", () => this._drawing?.zoom(1 / 1.3)), tool("+", "Larger", () => this._drawing?.zoom(1.3)),
      tool("Fit", "Show the whole graph", () => this._drawing?.fit()), asList);
  }

  /** Shows this graph; the drawing begins when the element is on the page and has a size. @param {GraphAnswer} graph */
  show(graph) {
    this.graph = { more: {}, ...graph };
    const steps = graph.nodes.filter((node) => node.kind === "execution").length;
    this._size.textContent = `${counted(steps, "step")}, ${counted(graph.nodes.length - steps, "artifact")}. Choose one to see what it is.`;
    this._fillList();
    requestAnimationFrame(() => {
      if (!this._canvas.isConnected) return;
      this._drawing ??= new GraphDrawing(this._canvas, { chosen: (id) => void this._chosen(id), opened: (id) => this._open(id) });
      this._drawing.show(this.graph, this._options.focus);
      this.element.dataset.nodes = String(this.graph.nodes.length);
    });
  }

  /** When the reader has gone to another page. */
  dispose() {
    this._drawing?.dispose();
    this._drawing = null;
  }

  /** Chooses a node, as a click does. @param {string} id */
  choose(id) {
    this._drawing?.choose(id, { bring: true });
  }

  _fillList() {
    if (!this._list.hidden) this._list.replaceChildren(graphList(this.graph));
  }

  /** @param {KeyboardEvent} event */
  _key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this._drawing) return;
    const { key } = event;
    if (key.startsWith("Arrow")) this._drawing.step(key);
    else if (key === "+" || key === "=") this._drawing.zoom(1.3);
    else if (key === "-") this._drawing.zoom(1 / 1.3);
    else if (key === "0") this._drawing.fit();
    else if (key === "Enter" && this._drawing.chosen) this._open(this._drawing.chosen);
    else if (key === "Escape" && this._drawing.chosen) this._close();
    else return;
    event.preventDefault();
  }

  /** @param {string} id */
  _open(id) {
    const node = this.graph.nodes.find((of) => of.id === id);
    if (node) this._options.go(nodePath(node));
  }

  /** @param {string} id */
  async _chosen(id) {
    const node = this.graph.nodes.find((of) => of.id === id);
    if (!node) return;
    const more = this.graph.more?.[id];
    this._said.textContent = nodeSentence(node, more);
    this.element.dataset.chosen = id;
    const grown = this._options.grow && more && (more.back || more.on) ? this._grow(id, more) : null;
    const close = h("button", { type: "button", class: "quiet", onclick: () => this._close() }, "close");
    const head = h("h3", {}, link(nodePath(node), {}, nodeName(node)), " ", node.kind === "execution" ? stateBadge(node.state) : unseen(`artifact ${id.slice(2)}`));
    const body = h("div", {}, h("p", { class: "soft" }, "Loading …"));
    this._details.replaceChildren(close, head, body);
    this._details.hidden = false;
    try {
      body.replaceChildren(...(await this._options.details(node)));
    } catch (error) {
      body.replaceChildren(h("p", {}, error instanceof Error ? error.message : String(error)));
    }
    await grown;
  }

  _close() {
    this._details.hidden = true;
    delete this.element.dataset.chosen;
    this._drawing?.unchoose();
    this._stage.focus();
  }

  /** @param {string} id @param {{back?: number, on?: number}} more */
  async _grow(id, more) {
    try {
      const found = await this._options.grow?.(id, more);
      if (found) this.show(joined(this.graph, found));
    } catch (error) {
      this._said.textContent = error instanceof Error ? error.message : String(error);
    }
  }
}

/** Two parts of one lineage as one: what the newer says of a node holds. @param {GraphAnswer} known @param {GraphAnswer} found @returns {GraphAnswer} */
export function joined(known, found) {
  const nodes = new Map([...known.nodes, ...found.nodes].map((node) => [node.id, node]));
  const edges = new Map([...known.edges, ...found.edges].map((edge) => [`${edge.from} ${edge.to} ${edge.name}`, edge]));
  /** @type {NonNullable<GraphAnswer["more"]>} */
  const more = {};
  for (const id of nodes.keys()) {
    const left = leftOut(id, [known, found], edges.values());
    if (left.back || left.on) more[id] = left;
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()], more };
}

/**
 * How many neighbours of a node are still hidden: all that it has, less those that are joined to it by now.
 * @param {string} id @param {GraphAnswer[]} answers @param {Iterable<import("../types.js").GraphEdge>} edges
 */
function leftOut(id, answers, edges) {
  const all = { back: 0, on: 0 };
  for (const { nodes, edges: own, more } of answers) {
    if (!nodes.some((node) => node.id === id)) continue;
    all.back = Math.max(all.back, neighbours(id, own).back + (more?.[id]?.back ?? 0));
    all.on = Math.max(all.on, neighbours(id, own).on + (more?.[id]?.on ?? 0));
  }
  const shown = neighbours(id, edges);
  return { back: Math.max(0, all.back - shown.back), on: Math.max(0, all.on - shown.on) };
}

/** @param {string} id @param {Iterable<import("../types.js").GraphEdge>} edges */
function neighbours(id, edges) {
  const back = new Set(), on = new Set();
  for (const { from, to } of edges) {
    if (to === id) back.add(from);
    if (from === id) on.add(to);
  }
  return { back: back.size, on: on.size };
}
