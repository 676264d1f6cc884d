/** Why a version is served, on one screen: the verdict, its data, settings, start, code, and what was new in it. */
import { runPath } from "../api.js";
import { h, link } from "../dom.js";
import { count, counted, plain } from "../words.js";
import { recordedValues } from "./recorded_values.js";

/** @typedef {import("../dom.js").Children} Children */

const SETTINGS = 14;
const SHORT_TEXT = 120;

/** @param {any} why as `coralline lineage why --json` has it @param {string[]} reasons */
export function whyServed(why, reasons) {
  const lines = [
    ["Verdict", listed(reasons.map((reason) => [reason]))],
    ["Data", dataSet(why?.data_set)],
    ["Settings", settings(why?.changed_settings, why?.chosen_settings)],
    ["Warm start", start(why?.warm_start)],
    ["Judged against", baseline(why?.baseline)],
    ["Code", code(why?.code)],
    ["New in it", sinceBefore(why?.since_run_before)],
  ].filter(([, value]) => value);
  if (!lines.length) return null;
  return h("div", { class: "why" }, h("h3", {}, "Why it is served"),
    h("dl", {}, ...lines.flatMap(([word, value]) => [h("dt", {}, /** @type {string} */ (word)), h("dd", {}, /** @type {Children} */ (value))])),
    why?.settings && h("details", { id: `settings-${why.artifact?.id}` }, h("summary", {}, "Every recorded setting"), recordedValues(why.settings)));
}

/** @param {Children[][]} items */
function listed(items) {
  if (!items.length) return null;
  return h("ul", { class: "plain" }, ...items.map((item) => h("li", {}, ...item)));
}

/** @param {any} of */
function dataSet(of) {
  if (!of) return null;
  const splits = Object.entries(of.splits ?? {}).map(([name, images]) => `${name} ${count(/** @type {number} */ (images))}`);
  const classes = Object.entries(of.classes ?? {}).map(([name, boxes]) => `${name} ${count(/** @type {number} */ (boxes))}`);
  return listed([
    [h("code", {}, of.path ?? "not recorded"), of.images ? ` · ${counted(of.images, "image")}` : "", splits.length ? ` (${splits.join(", ")})` : ""],
    ...(classes.length ? [[h("span", { class: "soft" }, `boxes: ${classes.slice(0, SETTINGS).join(", ")}${classes.length > SETTINGS ? ", …" : ""}`)]] : []),
  ]);
}

/** Those that were given other than the defaults, and those that the run chose for itself. @param {any[] | undefined} changed @param {any[] | undefined} chosen */
function settings(changed, chosen) {
  const given = (changed ?? []).map((of) => [h("code", {}, of.name), ` ${short(of.used ?? of.given)}`]);
  const own = (chosen ?? []).map((of) => [h("code", {}, of.name), ` ${short(of.used)}`, h("span", { class: "soft" }, " chosen by the run")]);
  const all = [...given, ...own];
  if (!all.length) return changed ? "The defaults." : null;
  return listed([...all.slice(0, SETTINGS), ...(all.length > SETTINGS ? [[h("span", { class: "soft" }, `and ${all.length - SETTINGS} more`)]] : [])]);
}

/** @param {unknown} value */
function short(value) {
  const text = plain(value);
  return text.length > SHORT_TEXT ? `${text.slice(0, SHORT_TEXT)}…` : text;
}

/** @param {any} of */
function start(of) {
  if (!of) return null;
  const known = of.version || of.path || of.source;
  return [link(`/artifacts/${of.artifact}`, {}, known || `artifact ${of.artifact}`), of.source && known !== of.source ? ` (${of.source})` : ""];
}

/** @param {any} of */
function baseline(of) {
  if (!of) return null;
  if (of.content === "nothing") return "Nothing: no model was served yet.";
  return [link(`/artifacts/${of.artifact}`, {}, of.version || `artifact ${of.artifact}`), of.damage ? `, which was damaged: ${of.damage}` : ""];
}

/** @param {any} of */
function code(of) {
  const parts = [of?.coralline_version && `Coralline ${of.coralline_version}`, of?.git_commit && `commit ${of.git_commit.slice(0, 12)}${of.git_commit.endsWith("+changes") ? " with changes" : ""}`].filter(Boolean);
  return parts.length ? parts.join(", ") : null;
}

/** What changed since the run before. @param {any} of */
function sinceBefore(of) {
  if (!of?.run) return null;
  const changes = [
    ...(of.data ?? []).map((/** @type {string} */ sentence) => [sentence]),
    ...(of.settings ?? []).map((/** @type {any} */ one) => [h("code", {}, one.name), ` ${short(one.one)} → ${short(one.other)}`]),
    ...(of.code ?? []).map((/** @type {any} */ one) => [h("code", {}, one.name), ` ${short(one.one)} → ${short(one.other)}`]),
  ];
  const before = ["since ", link(runPath(of.run), {}, of.run)];
  if (changes.length) return listed([...changes.slice(0, SETTINGS), [h("span", { class: "soft" }, ...before)]]);
  return of.data_changed === false ? ["Neither data nor settings nor code, as far as they are recorded, ", ...before, "."] : null;
}
