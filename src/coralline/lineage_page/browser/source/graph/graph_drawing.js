/** The drawing of a graph on a canvas: cytoscape, with pan, zoom, selection and the arrow keys. */
import cytoscape from "cytoscape";
import { onThemeChange } from "../theme_switch.js";
import { places } from "./graph_layout.js";
import { graphStyle, labelSize } from "./graph_style.js";
import { nodeLabel } from "./graph_words.js";

/** @typedef {import("../types.js").GraphAnswer} GraphAnswer */

const SHORTEST = 240;
const TALLEST = 760;
const LEGIBLE = 0.6;
const TRIED_BOTH_WAYS = 100;

/** @typedef {import("./graph_layout.js").Point} Point */

/** How large a drawing is, in pixels at its own scale. @param {any[]} nodes @param {Record<string, {x: number, y: number}>} where */
function extent(nodes, where) {
  const at = nodes.map(({ id, width, height }) => ({ x: where[id]?.x ?? 0, y: where[id]?.y ?? 0, width, height }));
  const across = Math.max(...at.map(({ x, width }) => x + width / 2)) - Math.min(...at.map(({ x, width }) => x - width / 2));
  const down = Math.max(...at.map(({ y, height }) => y + height / 2)) - Math.min(...at.map(({ y, height }) => y - height / 2));
  return { across: across || 1, down: down || 1 };
}

/**
 * An arrow's bends as cytoscape has them: how far along the straight line between the nodes' middles, and how far from it.
 * @param {Point | undefined} from @param {Point | undefined} to @param {Point[]} bends
 */
function around(from, to, bends) {
  const [x, y] = [(to?.x ?? 0) - (from?.x ?? 0), (to?.y ?? 0) - (from?.y ?? 0)];
  const length = Math.hypot(x, y);
  if (!from || !to || !bends.length || !length) return { bends: null };
  const ends = bends.map((bend) => ({ dx: bend.x - from.x, dy: bend.y - from.y }));
  return {
    bends: bends.length,
    weights: ends.map(({ dx, dy }) => (dx * x + dy * y) / length ** 2),
    distances: ends.map(({ dx, dy }) => (dy * x - dx * y) / length),
  };
}

export class GraphDrawing {
  /**
   * @param {HTMLElement} box on the page, with a size
   * @param {{chosen: (id: string) => void, opened: (id: string) => void}} tell
   */
  constructor(box, tell) {
    this._box = box;
    this._tell = tell;
    this._signature = "";
    /** @type {"LR" | "TB" | null} */
    this._direction = null;
    this._left = "";
    this._cy = cytoscape({ container: box, style: graphStyle(), minZoom: 0.05, maxZoom: 2.5, boxSelectionEnabled: false, autounselectify: false, selectionType: "single", userZoomingEnabled: false });
    this._cy.on("tap", "node", (event) => this.choose(event.target.id()));
    this._cy.on("dbltap", "node", (event) => tell.opened(event.target.id()));
    this._cy.on("mouseover", "node", () => box.classList.add("over"));
    this._cy.on("mouseout", "node", () => box.classList.remove("over"));
    // The wheel scrolls the page until somebody works in the drawing.
    box.addEventListener("pointerdown", () => this._cy.userZoomingEnabled(true));
    box.addEventListener("mouseleave", () => this._cy.userZoomingEnabled(false));
    this._stopPainting = onThemeChange(() => this._cy.style(graphStyle()));
    this._sizes = new ResizeObserver(() => this._resized());
    this._sizes.observe(box);
  }

  /** Lets go of the canvas and of what it listens to. */
  dispose() {
    this._stopPainting();
    this._sizes.disconnect();
    this._cy.destroy();
  }

  /** Shows a graph, or what has changed in it. @param {GraphAnswer} graph @param {string} [focus] the node that it's about */
  show(graph, focus) {
    const narrow = this._box.clientWidth < 620;
    const nodes = graph.nodes.map((node) => {
      const label = nodeLabel(node, graph.more?.[node.id]);
      return { ...node, label, focus: node.id === focus, ...labelSize(label, node.kind) };
    });
    const known = new Set(nodes.map((node) => node.id));
    const edges = graph.edges.filter(({ from, to }) => known.has(from) && known.has(to));
    const signature = JSON.stringify([narrow, nodes.map((n) => [n.id, n.width, n.height]), edges]);
    const first = this._signature === "";
    if (signature === this._signature) {
      this._cy.batch(() => nodes.forEach((node) => this._cy.getElementById(node.id).data(node)));
      return;
    }
    this._signature = signature;
    const where = this._arranged(nodes, edges);
    this._put(nodes, edges, where);
    if (first || this._untouched()) this.fit();
  }

  /**
   * Along or down, whichever shows the graph larger; it stays so while the graph grows.
   * @param {any[]} nodes @param {import("../types.js").GraphEdge[]} edges
   */
  _arranged(nodes, edges) {
    const width = this._box.clientWidth;
    if (this._direction) return places(nodes, edges, this._direction);
    const ways = /** @type {("LR" | "TB")[]} */ (nodes.length > TRIED_BOTH_WAYS ? ["LR"] : ["LR", "TB"]).map((direction) => {
      const where = places(nodes, edges, direction);
      const { across, down } = extent(nodes, where.nodes);
      // A drawing may be tall, since a page is; in a narrow window that's the only way to read it.
      const scale = Math.min(1.1, width / across, (direction === "TB" ? 1.25 : 1) * TALLEST / down);
      return { direction, where, scale, height: Math.min(1.1, width / across) * down };
    });
    const [best] = ways.sort((a, b) => b.scale - a.scale);
    if (!best) return { nodes: {}, bends: [] };
    this._direction = best.direction;
    this._box.style.height = `${Math.round(Math.min(TALLEST, Math.max(SHORTEST, best.height + 60)))}px`;
    this._cy.resize();
    return best.where;
  }

  /** @param {any[]} nodes @param {import("../types.js").GraphEdge[]} edges @param {import("./graph_layout.js").Places} where */
  _put(nodes, edges, where) {
    const cy = this._cy, chosen = this.chosen;
    const anchor = chosen ? cy.getElementById(chosen).renderedPosition() : null;
    cy.batch(() => {
      const arrows = edges.map(({ from, to, name }, at) => ({ data: { id: `${from} ${to} ${name}`, source: from, target: to, name, ...around(where.nodes[from], where.nodes[to], where.bends[at] ?? []) } }));
      const wanted = new Set([...nodes.map(({ id }) => id), ...arrows.map(({ data }) => data.id)]);
      cy.elements().filter((element) => !wanted.has(element.id())).remove();
      for (const node of nodes) {
        const there = cy.getElementById(node.id);
        if (there.nonempty()) there.data(node).position(where.nodes[node.id] ?? { x: 0, y: 0 });
        else cy.add({ group: "nodes", data: node, position: where.nodes[node.id] });
      }
      for (const { data } of arrows) {
        const there = cy.getElementById(data.id);
        if (there.nonempty()) there.data(data);
        else cy.add({ group: "edges", data });
      }
    });
    if (!chosen || !anchor) return;
    // What was clicked stays under the pointer while the graph grows around it.
    const now = cy.getElementById(chosen).renderedPosition();
    if (now) cy.panBy({ x: anchor.x - now.x, y: anchor.y - now.y });
    this._mark(chosen);
  }

  get chosen() {
    const found = this._cy.$(":selected").filter("node");
    return found.nonempty() ? found[0]?.id() ?? null : null;
  }

  /** @param {string} id @param {{bring?: boolean}} [options] */
  choose(id, { bring = false } = {}) {
    const node = this._cy.getElementById(id);
    if (node.empty()) return;
    this._cy.$(":selected").unselect();
    node.select();
    this._mark(id);
    const at = node.renderedBoundingBox({});
    const inside = at.x1 >= 0 && at.y1 >= 0 && at.x2 <= this._box.clientWidth && at.y2 <= this._box.clientHeight;
    if (bring && !inside) this._cy.center(node);
    this._tell.chosen(id);
  }

  /** @param {string} id */
  _mark(id) {
    this._cy.edges().removeClass("near");
    this._cy.getElementById(id).connectedEdges().addClass("near");
  }

  /** The next node in the direction of an arrow key. @param {string} key */
  step(key) {
    const from = this.chosen ? this._cy.getElementById(this.chosen) : null;
    if (!from) return this._cy.nodes().nonempty() ? this.choose(this._first(), { bring: true }) : undefined;
    const here = from.position();
    const away = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
    if (!away) return;
    const [dx = 0, dy = 0] = away;
    let best = "", least = Infinity;
    this._cy.nodes().forEach((node) => {
      const { x, y } = node.position();
      const ahead = (x - here.x) * dx + (y - here.y) * dy, aside = Math.abs((x - here.x) * dy) + Math.abs((y - here.y) * dx);
      const joined = from.edgesWith(node).nonempty();
      const far = ahead + 2 * aside - (joined && ahead > aside ? 1e6 : 0);
      if (ahead > 8 && far < least) [best, least] = [node.id(), far];
    });
    if (best) this.choose(best, { bring: true });
  }

  _first() {
    const about = this._cy.nodes("[?focus]");
    if (about.nonempty()) return about[0]?.id() ?? "";
    const start = (/** @type {any} */ node) => node.position().x + node.position().y;
    return this._cy.nodes().min(start).ele?.id() ?? "";
  }

  /** @param {number} factor */
  zoom(factor) {
    this._cy.zoom({ level: this._cy.zoom() * factor, renderedPosition: { x: this._box.clientWidth / 2, y: this._box.clientHeight / 2 } });
  }

  /** The whole graph, or as much as can be read with what it's about in the middle. */
  fit() {
    const cy = this._cy;
    cy.fit(undefined, 22);
    if (cy.zoom() > 1.1) {
      cy.zoom(1.1);
      cy.center();
    }
    if (cy.zoom() < LEGIBLE && cy.nodes().nonempty()) this._legibly();
    this._left = JSON.stringify([cy.zoom(), cy.pan()]);
  }

  /** As much as can be read: around what it's about, or from its beginning. */
  _legibly() {
    const cy = this._cy;
    cy.zoom(LEGIBLE);
    const { x1, y1, w, h } = cy.elements().boundingBox({});
    const about = cy.nodes("[?focus]");
    const middle = about.nonempty() ? about[0]?.position() : null;
    /** @param {number} room @param {number} start @param {number} size @param {number | undefined} at */
    const pan = (room, start, size, at) => {
      if (size <= room - 44) return (room - size) / 2 - start;
      const first = 22 - start, last = room - 22 - start - size;
      return at === undefined ? first : Math.min(first, Math.max(last, room / 2 - at));
    };
    cy.pan({
      x: pan(this._box.clientWidth, x1 * LEGIBLE, w * LEGIBLE, middle && middle.x * LEGIBLE || undefined),
      y: pan(this._box.clientHeight, y1 * LEGIBLE, h * LEGIBLE, middle && middle.y * LEGIBLE || undefined),
    });
  }

  unchoose() {
    this._cy.$(":selected").unselect();
    this._cy.edges().removeClass("near");
  }

  _untouched() {
    return this._left === JSON.stringify([this._cy.zoom(), this._cy.pan()]) && !this.chosen;
  }

  _resized() {
    if (!this._box.clientWidth) return;
    const untouched = this._untouched();
    this._cy.resize();
    if (untouched) return this.fit();
    // What is said of a node takes room beside the drawing, and must not hide the node.
    const chosen = this.chosen && this._cy.getElementById(this.chosen);
    if (!chosen) return;
    const beyond = chosen.renderedBoundingBox({}).x2 + 12 - this._box.clientWidth;
    if (beyond > 0) this._cy.panBy({ x: -beyond, y: 0 });
  }
}
