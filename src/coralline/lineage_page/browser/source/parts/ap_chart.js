/** AP over time, as a drawing. The figures are in a table beside it. */
import { runPath } from "../api.js";
import { h, s } from "../dom.js";
import { figure, shortTime } from "../words.js";

/** @typedef {import("../types.js").ApPoint} ApPoint */

const LEFT = 44, RIGHT = 14, TOP = 14, BOTTOM = 26;

/**
 * @param {ApPoint[]} points with an AP, the oldest first
 * @param {number} [height]
 */
export function apChart(points, height = 240) {
  const narrow = matchMedia("(max-width: 720px)").matches;
  const width = narrow ? 400 : 1120;
  const known = points.filter((point) => typeof point.AP === "number").slice(narrow ? -25 : 0);
  const low = Math.min(...known.map((p) => p.AP ?? 0)), high = Math.max(...known.map((p) => p.AP ?? 0));
  const room = Math.max(0, 0.06 - (high - low)) / 2 + 0.005;
  const step = niceStep((high - low + 2 * room) / 4);
  const from = Math.max(0, Math.floor((low - room) / step) * step), to = Math.min(1, Math.ceil((high + room) / step) * step);
  // Evenly by order, not by the clock: weekly runs with a gap, or ten in a night, both stay legible.
  const x = (/** @type {number} */ at) => (known.length === 1 ? (LEFT + width - RIGHT) / 2 : LEFT + 10 + (at * (width - LEFT - RIGHT - 20)) / (known.length - 1));
  const y = (/** @type {number} */ ap) => TOP + ((to - ap) / (to - from || 1)) * (height - TOP - BOTTOM);
  const grid = [];
  for (let at = from; at <= to + step / 10; at += step) {
    grid.push(s("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(at), y2: y(at) }), s("text", { x: LEFT - 8, y: y(at) + 4, "text-anchor": "end" }, at.toFixed(2)));
  }
  const path = known.map((point, at) => `${at ? "L" : "M"}${x(at).toFixed(1)} ${y(point.AP ?? 0).toFixed(1)}`).join("");
  return h("div", { class: "chart" },
    s("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": `AP of ${known.length} runs over time, from ${figure(low)} to ${figure(high)}` },
      ...grid, ...dates(known, x, height, narrow ? 3 : 5), s("path", { class: "series", d: path }), ...known.map((point, at) => mark(point, x(at), y(point.AP ?? 0)))));
}

/** @param {number} about */
function niceStep(about) {
  const power = 10 ** Math.floor(Math.log10(about));
  return ([1, 2, 5, 10].find((n) => n * power >= about) ?? 10) * power;
}

/** @param {ApPoint[]} points @param {(at: number) => number} x @param {number} height @param {number} wanted */
function dates(points, x, height, wanted) {
  const most = Math.min(points.length, wanted);
  const shown = [...new Set(Array.from({ length: most }, (_, i) => Math.round((i * (points.length - 1)) / Math.max(1, most - 1))))];
  return shown.map((at, i) => {
    const anchor = points.length === 1 ? "middle" : i === 0 ? "start" : i === shown.length - 1 ? "end" : "middle";
    return s("text", { x: x(at), y: height - 6, "text-anchor": anchor }, shortTime(points[at]?.began_ms ?? 0));
  });
}

/** A point that is a link: a filled circle is blessed, a hollow one isn't, a star is served. @param {ApPoint} point @param {number} x @param {number} y */
function mark(point, x, y) {
  const words = pointWords(point);
  const kind = point.served ? "served" : point.verdict === "blessed" ? "blessed" : point.verdict ? "refused" : "unjudged";
  const shape = point.served ? s("path", { d: star(x, y, 9) }) : kind === "refused" ? s("path", { d: `M${x - 5} ${y - 5}l10 10m0-10l-10 10` }) : s("circle", { cx: x, cy: y, r: kind === "blessed" ? 5 : 4 });
  return s("a", { href: runPath(point.run_id), class: `mark ${kind}`, "aria-label": words }, s("title", {}, words), s("circle", { class: "target", cx: x, cy: y, r: 12 }), shape);
}

/** @param {ApPoint} point */
export function pointWords(point) {
  const said = [point.verdict ?? "no verdict", point.served ? "served now" : point.published ? "published" : ""].filter(Boolean);
  return `${point.run_id}, ${shortTime(point.began_ms)}: AP ${figure(point.AP)}, ${said.join(", ")}`;
}

/** @param {number} x @param {number} y @param {number} r */
function star(x, y, r) {
  const corners = Array.from({ length: 10 }, (_, i) => {
    const angle = -Math.PI / 2 + (i * Math.PI) / 5, far = i % 2 ? r * 0.45 : r;
    return `${(x + far * Math.cos(angle)).toFixed(1)} ${(y + far * Math.sin(angle)).toFixed(1)}`;
  });
  return `M${corners.join("L")}z`;
}

export function chartKey() {
  /** @param {string} kind @param {SVGElement} shape @param {string} word */
  const key = (kind, shape, word) => h("li", {}, s("svg", { viewBox: "0 0 20 20", class: `mark ${kind}`, "aria-hidden": "true" }, shape), word);
  return h("ul", { class: "keys" },
    key("served", s("path", { d: star(10, 10, 9) }), "served now"),
    key("blessed", s("circle", { cx: 10, cy: 10, r: 5 }), "blessed"),
    key("refused", s("path", { d: "M5 5l10 10m0-10l-10 10" }), "not blessed"),
    key("unjudged", s("circle", { cx: 10, cy: 10, r: 4 }), "no verdict"));
}
