/** Statistics of a data set, a feature a line, with its distribution. */
import { h, s, unseen } from "../dom.js";
import { count, counted, plain } from "../words.js";

const SHOWN = 60;
const WIDTH = 120, HEIGHT = 26;
const NUMBER = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });

/** @param {any} statistics */
export function statisticsTable({ examples, features = [] }) {
  const heads = [["Feature", ""], ["In examples", "n"], ["Values each", "n wide"], ["Mean", "n wide"], ["Range", "n wide"], ["Distribution", ""]];
  return h("div", {},
    h("p", { class: "soft" }, counted(examples ?? 0, "example"), features.length > SHOWN && `; the first ${SHOWN} of ${features.length} features`),
    h("div", { class: "scroll" }, h("table", {},
      h("caption", {}, unseen("Statistics by feature")),
      h("thead", {}, h("tr", {}, ...heads.map(([word = "", kind]) => h("th", { scope: "col", class: kind }, word)))),
      h("tbody", {}, ...features.slice(0, SHOWN).map((/** @type {any} */ of) => line(of, examples))))));
}

/** @param {any} of @param {number} examples */
function line(of, examples) {
  const present = typeof of.present === "number" ? (of.missing ? `${count(of.present)} of ${count(examples)}` : "all") : "–";
  return h("tr", {},
    h("th", { scope: "row" }, of.name, h("small", {}, ` ${of.kind}`)),
    h("td", { class: "n" }, present),
    h("td", { class: "n wide" }, number(of.average)),
    h("td", { class: "n wide" }, number(of.mean)),
    h("td", { class: "n wide" }, of.min === undefined ? "–" : `${number(of.min)} – ${number(of.max)}`),
    h("td", {}, of.histogram?.length ? histogram(of) : tops(of)));
}

/** @param {unknown} value */
const number = (value) => (typeof value === "number" && Number.isFinite(value) ? NUMBER.format(value) : "–");

/** @param {any} of */
function histogram({ name, histogram: buckets, min, max }) {
  const counts = buckets.map((/** @type {any} */ bucket) => Number(bucket.count) || 0);
  const most = Math.max(1, ...counts), wide = WIDTH / counts.length;
  return s("svg", { class: "histogram", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `Distribution of ${name} from ${number(min)} to ${number(max)}` },
    ...counts.map((/** @type {number} */ value, /** @type {number} */ at) => s("rect", { x: at * wide + 0.5, y: HEIGHT - (value / most) * HEIGHT, width: Math.max(1, wide - 1), height: (value / most) * HEIGHT })));
}

/** @param {any} of */
function tops({ top, unique }) {
  const words = (top ?? []).slice(0, 3).map((/** @type {any} */ one) => `${plain(one.value)} ${count(one.count)}`);
  if (unique !== undefined) words.push(`${count(unique)} different`);
  return h("small", {}, words.join(", ") || "–");
}
