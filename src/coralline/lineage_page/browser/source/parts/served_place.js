/** A place where models are published: what it serves, since when, why, and how it got there. */
import { runPath, withQuery } from "../api.js";
import { h, link } from "../dom.js";
import { icon } from "../icons.js";
import { count, figure, timeOf } from "../words.js";
import { staleNotes } from "./stale_notes.js";
import { whyServed } from "./why_served.js";

/** @typedef {import("../types.js").RunRow} RunRow */

const MOVES = 20;

/** @param {any} place as /api/served has it @param {{short?: boolean}} [options] */
export function servedPlace(place, { short = false } = {}) {
  const problem = place.problem ?? place.why_not;
  const said = problem ? `What is served can’t be told: ${problem}.` : "Nothing is served here.";
  const version = place.version ? [icon("served"), place.version] : ["–"];
  return h("section", { class: "served-place" },
    short ? h("h2", { class: "eyebrow" }, "Served now") : null,
    h(short ? "p" : "h2", { class: "version" }, ...version),
    h("p", { class: "soft" }, h("code", { class: "path" }, place.destination), place.since && [" · since ", timeOf(place.since)]),
    place.version ? null : h("p", {}, said),
    short ? lastRollback(place) : null,
    figures(place.row ?? null, place.why?.recorded),
    notes(place),
    h("p", { class: "actions" },
      place.run && link(runPath(place.run), { class: "button" }, "Its run"),
      place.artifact && link(withQuery(`/artifacts/${place.artifact}`, { direction: "back" }), { class: "button" }, "What it came from")),
    ...(short ? [] : [whyServed(place.why, place.row?.reasons ?? place.why?.recorded?.reasons ?? []), moves(place.moves ?? []), versions(place)].filter((part) => part !== null)));
}

/** Why it isn't the newest version. @param {any} place */
function lastRollback({ moves, version }) {
  const [last] = newestFirst(moves ?? []);
  if (last?.by !== "rollback" || last.after !== version) return null;
  return h("p", {}, "Rolled back from ", h("code", {}, last.before ?? "nothing"), last.reason ? ": " : ".", last.reason && h("q", { class: "within" }, last.reason));
}

/** @param {import("../types.js").Move[]} moves */
const newestFirst = (moves) => [...moves].sort((a, b) => Date.parse(b.time) - Date.parse(a.time));

/** @param {RunRow | null} row @param {any} recorded */
function figures(row, recorded) {
  const known = /** @type {Record<string, number>} */ (row?.figures ?? recorded ?? {});
  const names = ["AP", "AP50", "AP75"].filter((name) => typeof known[name] === "number");
  if (!names.length) return null;
  const images = row?.images ?? recorded?.images;
  return h("p", { class: "figures" }, ...names.map((name) => h("span", {}, h("small", {}, name), h("b", {}, figure(known[name])))),
    images ? h("span", { class: "soft" }, `on ${count(images)} ${row?.split ?? recorded?.split ?? ""} images`) : null);
}

/** What is newer than what is served. @param {any} place */
function notes(place) {
  const found = staleNotes(place);
  if (!found.length) return null;
  return h("ul", { class: "notes" }, ...found.map((note) => h("li", {}, icon("warning"), h("span", {}, ...note))));
}

/** @param {import("../types.js").Move[]} moves */
function moves(moves) {
  if (!moves.length) return h("p", { class: "soft" }, "No moves are recorded.");
  const newest = newestFirst(moves);
  return h("div", {}, h("h3", {}, "History"), h("ol", { class: "moves" }, ...newest.slice(0, MOVES).map((move) => h("li", { class: move.by === "rollback" ? "back" : null },
    timeOf(move.time), h("span", {}, h("b", {}, move.by === "rollback" ? "rolled back to " : "published "), h("code", {}, move.after),
      move.before && h("span", { class: "soft" }, ` instead of ${move.before}`), move.reason && h("q", {}, move.reason))))),
    newest.length > MOVES && h("p", { class: "soft" }, `${count(newest.length - MOVES)} older ones are not shown.`));
}

/** Every version that runs of this store published there. @param {any} place */
function versions({ published, version, destination }) {
  if (!published?.length) return null;
  return h("details", { id: `versions-${destination}` }, h("summary", {}, `All ${count(published.length)} versions that runs of this store published here`),
    h("div", { class: "scroll" }, h("table", { class: "numbers" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Version"), h("th", { scope: "col" }, "AP"), h("th", { scope: "col" }, "Run"))),
      h("tbody", {}, ...published.map((/** @type {any} */ of) => h("tr", {},
        h("th", { scope: "row" }, of.artifact ? link(`/artifacts/${of.artifact}`, {}, of.version) : of.version, of.version === version && " (served)"),
        h("td", { class: "n" }, figure(of.AP)), h("td", {}, link(runPath(of.run), {}, of.run))))))));
}
