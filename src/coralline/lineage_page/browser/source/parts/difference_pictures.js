/** The pictures of two runs' evaluations side by side: the same image as each model sees it. */
import { askIfThere, runPath } from "../api.js";
import { h, link } from "../dom.js";
import { count, lastPart, plain } from "../words.js";
import { pageFrame } from "./previews.js";

/** @typedef {import("../types.js").ArtifactAnswer} ArtifactAnswer */
/**
 * What the report of a run's evaluation shows.
 * @typedef {object} ReportPictures
 * @property {number} artifact
 * @property {Record<string, string>} pictures addresses, by the name of the image
 * @property {string | null} page
 */

const REPORT = "EvaluationReport";
const SHOWN = 8;
const LISTED = 60;

/** @param {string} run @param {AbortSignal} signal @returns {Promise<ReportPictures | null>} */
export async function reportPictures(run, signal) {
  if (!run) return null;
  // A report that's gone is a gap in the page, not a failure of it.
  try {
    const found = /** @type {import("../types.js").RunAnswer | null} */ (await askIfThere(`/api${runPath(run)}`, signal));
    const report = found?.graph.nodes.findLast((node) => node.kind === "artifact" && (node.type ?? "").endsWith(REPORT));
    if (!report) return null;
    const artifact = Number(report.id.slice(2));
    const answer = /** @type {ArtifactAnswer | null} */ (await askIfThere(`/api/artifacts/${artifact}`, signal));
    const files = (answer?.previews ?? []).filter(({ url }) => url?.startsWith("/api/"));
    const pictures = files.filter(({ kind }) => kind === "picture").map(({ name, url }) => [imageName(name), url ?? ""]);
    return { artifact, pictures: Object.fromEntries(pictures), page: files.find(({ kind }) => kind === "page")?.url ?? null };
  } catch (error) {
    if (signal.aborted) throw error;
    return null;
  }
}

/** "eval/015_shapes-0675.jpg" and "images/shapes-0675.jpg" are of one image: "shapes-0675". @param {string} name */
const imageName = (name) => lastPart(name).replace(/^\d+_/, "").replace(/\.[a-z]+$/i, "");

/** @param {any} found the difference @param {(ReportPictures | null)[]} reports */
export function picturesPart(found, reports) {
  const [one = null, other = null] = reports;
  const { images, images_why_not } = found;
  const lost = images?.only_one_finds ?? [], won = images?.only_other_finds ?? [];
  const told = images ? (lost.length || won.length ? null : "Both find and miss the same objects.") : `Which objects only one of them finds: ${images_why_not ?? "not recorded for both runs"}.`;
  return h("section", {}, h("h2", {}, "Images"),
    told && h("p", { class: "soft" }, told),
    ...finds("Only the run before finds", lost, one, other), ...finds("Only the run after finds", won, one, other),
    ...sideBySide(one, other), ...pages(one, other));
}

/** @param {string} title @param {any[]} objects @param {ReportPictures | null} one @param {ReportPictures | null} other @returns {Node[]} */
function finds(title, objects, one, other) {
  if (!objects.length) return [];
  /** @type {Map<string, string[]>} */
  const by = new Map();
  for (const { image, label } of objects) by.set(plain(image), [...(by.get(plain(image)) ?? []), plain(label)]);
  const shown = [...by].map(([image, labels]) => ({ image, labels, drawn: imageName(image) }));
  const pairs = shown.filter(({ drawn }) => one?.pictures[drawn] || other?.pictures[drawn]).slice(0, SHOWN);
  const rest = shown.filter((of) => !pairs.includes(of));
  return [h("h3", {}, title, " ", h("span", { class: "soft" }, count(objects.length))),
    ...(pairs.length ? [h("div", { class: "pairs" }, ...pairs.map(({ drawn, labels }) => pair(drawn, one, other, labels.join(", "))))] : []),
    ...(rest.length ? [h("ul", { class: "names" }, ...rest.slice(0, LISTED).map(({ image, labels }) => h("li", {}, labels.join(", "), " in ", h("span", { title: image }, lastPart(image)))))] : []),
    ...(rest.length > LISTED ? [h("p", { class: "soft" }, `${count(rest.length - LISTED)} more images are not listed.`)] : [])];
}

/** The images that both reports show. @param {ReportPictures | null} one @param {ReportPictures | null} other @returns {Node[]} */
function sideBySide(one, other) {
  if (!one || !other) return [h("p", { class: "soft" }, one || other ? "Only one of them has a report with pictures here." : "Neither has a report with pictures here.")];
  if (one.artifact === other.artifact) return [h("p", { class: "soft" }, "The evaluation was reused: both have ", link(`/artifacts/${one.artifact}`, {}, "the same report"), ".")];
  const both = Object.keys(one.pictures).filter((name) => other.pictures[name]);
  if (!both.length) return [h("p", { class: "soft" }, "Their reports show no image in common.")];
  const all = h("div", { class: "pairs" }, ...both.slice(0, SHOWN).map((name) => pair(name, one, other, "")));
  const more = h("button", { type: "button", onclick: () => { all.append(...both.slice(SHOWN).map((name) => pair(name, one, other, ""))); more.remove(); } }, `Show ${count(both.length - SHOWN)} more`);
  return [h("h3", {}, "The same images, before and after"), all, ...(both.length > SHOWN ? [more] : [])];
}

/** @param {string} name @param {ReportPictures | null} one @param {ReportPictures | null} other @param {string} says */
function pair(name, one, other, says) {
  /** @param {string | undefined} url @param {string} when */
  const half = (url, when) => (url ? h("a", { href: url, target: "_blank", rel: "noopener" }, h("img", { src: url, alt: `${name}, ${when}`, loading: "lazy" })) : h("span", { class: "gap" }, `no picture ${when}`));
  return h("figure", {}, h("div", { class: "halves" }, half(one?.pictures[name], "before"), half(other?.pictures[name], "after")), h("figcaption", {}, says && h("b", {}, says), name));
}

/** Whole reports beside each other, on demand. @param {ReportPictures | null} one @param {ReportPictures | null} other @returns {Node[]} */
function pages(one, other) {
  if (!one?.page || !other?.page || one.artifact === other.artifact) return [];
  const body = h("div", { class: "sides" });
  const folded = h("details", { id: "reports" }, h("summary", {}, "Both evaluation reports beside each other"), body);
  folded.addEventListener("toggle", () => {
    if (!folded.open || body.childElementCount) return;
    body.append(...[one, other].map((report, at) => pageFrame({ kind: "page", name: at ? "Report after" : "Report before", url: report.page ?? "" })));
  });
  return [folded];
}
