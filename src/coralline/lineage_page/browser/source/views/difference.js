/** Two runs side by side: what was set, read and run otherwise, and what came of it. */
import { askIfThere, runPath, withQuery } from "../api.js";
import { h, link } from "../dom.js";
import { classParts, codePart, dataParts, settingsPart } from "../parts/difference_parts.js";
import { picturesPart, reportPictures } from "../parts/difference_pictures.js";
import { servedBadge, stateBadge, verdictBadge } from "../parts/badges.js";
import { duration, figure, shortTime, signed, time } from "../words.js";

/** @typedef {import("../router.js").Context} Context */
/** @typedef {import("../types.js").RunRow} RunRow */
/** @typedef {import("../types.js").RunsAnswer} RunsAnswer */
/** @typedef {import("../parts/difference_pictures.js").ReportPictures} ReportPictures */
/** @typedef {{asked: {one: string, other: string}, runs: RunRow[], found: any, reports: (ReportPictures | null)[]}} Loaded */

const OFFERED = 200;

/** @type {import("../router.js").View} */
export const difference = {
  /** @param {Context} context @returns {Promise<Loaded>} */
  async load(context) {
    const asked = { one: context.query.get("one") ?? "", other: context.query.get("other") ?? "" };
    const [runs, found, ...reports] = await Promise.all([
      /** @type {Promise<RunsAnswer>} */ (context.ask(withQuery("/api/runs", { limit: OFFERED }))),
      asked.one && asked.other ? askIfThere(withQuery("/api/diff", asked), context.signal) : null,
      reportPictures(asked.one, context.signal),
      reportPictures(asked.other, context.signal),
    ]);
    return { asked, runs: runs.runs, found, reports };
  },
  title: () => "Compare two runs",
  render,
};

/** @param {Loaded} loaded @param {Context} context */
function render({ asked, runs, found, reports }, context) {
  const head = [h("h1", {}, "Compare two runs"), choices(asked, runs, context)];
  if (!asked.one || !asked.other) {
    return [...head, h("section", { class: "empty" }, h("p", {}, runs.length < 2 ? "It takes two runs to compare, and this store has fewer." : "Choose two runs: the older one first, so that the changes read forwards."))];
  }
  if (!found) return [...head, h("section", { class: "problem" }, h("p", { role: "alert" }, "One of these runs is not in this store."))];
  if (asked.one === asked.other) head.push(h("p", { class: "soft" }, "That is the same run twice."));
  return [...head, outcomes(found.one, found.other), settingsPart(found), ...dataParts(found), codePart(found), ...classParts(found), picturesPart(found, reports)].filter((part) => part instanceof Node);
}

/** @param {{one: string, other: string}} asked @param {RunRow[]} runs @param {Context} context */
function choices(asked, runs, context) {
  /** @param {"one" | "other"} which @param {string} word */
  const choice = (which, word) => {
    const known = runs.some((run) => run.run_id === asked[which]);
    const extra = asked[which] && !known ? [h("option", { value: asked[which], selected: true }, asked[which])] : [];
    const select = h("select", { id: which, onchange: () => context.go(withQuery("/diff", { ...asked, [which]: select.value })) },
      h("option", { value: "" }, "Choose a run"), ...extra,
      ...runs.map((run) => h("option", { value: run.run_id, selected: run.run_id === asked[which] }, optionWords(run))));
    return h("label", {}, word, select);
  };
  const swap = h("button", { type: "button", id: "swap", disabled: !asked.one || !asked.other, onclick: () => context.go(withQuery("/diff", { one: asked.other, other: asked.one })) }, "⇄ Swap");
  return h("div", { class: "filters diff-choice" }, choice("one", "Before"), choice("other", "After"), swap);
}

/** @param {RunRow} run */
function optionWords(run) {
  const said = [shortTime(run.began_ms), run.figures.AP === undefined ? run.state.toLowerCase() : `AP ${figure(run.figures.AP)}`, run.served ? "served" : ""];
  return `${run.run_id} · ${said.filter(Boolean).join(" · ")}`;
}

/** @param {RunRow} one @param {RunRow} other */
function outcomes(one, other) {
  const names = [...new Set([...Object.keys(one.figures), ...Object.keys(other.figures)])];
  /** @type {[string, (run: RunRow) => any, string?][]} */
  const lines = [
    ["Began", (run) => time(run.began_ms)],
    ["Outcome", (run) => h("span", { class: "badges" }, stateBadge(run.state), verdictBadge(run.verdict), servedBadge(run))],
    ["Took", (run) => duration(run.seconds)],
    ["Judged on", (run) => (run.images === null ? "–" : `${run.images} images${run.split ? ` of ${run.split}` : ""}`)],
    ["Data", (run) => run.data ?? "–"],
    ["Preset", (run) => run.preset ?? "–"],
    ["Why not", (run) => run.failure ?? (run.verdict && run.verdict !== "blessed" ? run.reasons.join("; ") : "")],
  ];
  const rows = lines.map(([word, of]) => [word, of(one), of(other)]).filter(([, a, b]) => a || b);
  return h("section", { class: "table" }, h("h2", {}, "Outcome"), h("div", { class: "scroll" }, h("table", { class: "even side-by-side" },
    h("thead", {}, h("tr", {}, h("td", {}), ...[one, other].map((run) => h("th", { scope: "col", class: "id" }, link(runPath(run.run_id), {}, run.run_id))))),
    h("tbody", {},
      ...names.map((name) => h("tr", {}, h("th", { scope: "row" }, name), h("td", { class: "figure" }, figure(one.figures[name])), h("td", { class: "figure" }, figure(other.figures[name]), change(one.figures[name], other.figures[name])))),
      ...rows.map(([word, a, b]) => h("tr", {}, h("th", { scope: "row" }, word), h("td", {}, a), h("td", {}, b)))))));
}

/** @param {number | undefined} before @param {number | undefined} after */
function change(before, after) {
  if (before === undefined || after === undefined) return null;
  const by = after - before;
  return h("span", { class: `delta ${by > 0 ? "up" : by < 0 ? "down" : ""}` }, ` ${signed(by)}`);
}
