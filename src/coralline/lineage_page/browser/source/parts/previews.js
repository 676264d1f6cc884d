/** Looks into an artifact's files: pages, pictures, text, labels, statistics. */
import { Refused } from "../api.js";
import { h } from "../dom.js";
import { counted } from "../words.js";
import { statisticsTable } from "./statistics.js";
import { copyable, longText, recordedValues } from "./recorded_values.js";

/** @typedef {import("../types.js").Preview} Preview */
/** @typedef {Preview & {url: string}} File */

const PICTURES = 12;
const WORDS = /** @type {Record<string, string>} */ ({ page: "Page", text: "Text", json: "JSON", labels: "Label map", statistics: "Statistics", tensorboard: "TensorBoard" });

/** @param {Preview[]} previews @returns {HTMLElement[]} */
export function previewParts(previews) {
  // Whatever the server answers, only its own addresses are asked.
  const files = previews.flatMap((preview) => (preview.url?.startsWith("/api/") ? [{ ...preview, url: preview.url }] : []));
  // A report's own page comes before those that it leads to.
  files.sort((a, b) => depth(a) - depth(b));
  const pictures = files.filter(({ kind }) => kind === "picture");
  const others = [...files.filter(({ kind }) => kind !== "picture").map(fold), ...previews.filter(({ kind }) => kind === "tensorboard").map(board)];
  return pictures.length ? [...others, gallery(pictures)] : others;
}

/** @param {File} file */
const depth = ({ kind, name }) => (kind === "page" ? name.split("/").length : 100);

/** @param {File[]} pictures */
function gallery(pictures) {
  /** @param {File} picture */
  const shown = ({ name, url }) => h("figure", {}, h("a", { href: url, target: "_blank", rel: "noopener" }, h("img", { src: url, alt: name, loading: "lazy", onerror: gone })), h("figcaption", {}, name));
  /** @param {Event} event */
  function gone(event) {
    const image = /** @type {HTMLImageElement} */ (event.target);
    image.closest("figure")?.replaceChildren(h("p", { class: "gap" }, `${image.alt}: the file is gone or can’t be shown.`));
  }
  const all = h("div", { class: "pictures" }, ...pictures.slice(0, PICTURES).map(shown));
  const rest = pictures.slice(PICTURES);
  if (!rest.length) return all;
  const more = h("button", { type: "button", onclick: () => more.replaceWith(...rest.map(shown)) }, `Show ${counted(rest.length, "more picture")}`);
  all.append(more);
  return all;
}

/** Opened on demand: a page of a report is some megabytes. @param {File} preview */
function fold(preview) {
  const { kind, name, url } = preview;
  const body = h("div", { class: "preview-body" });
  const folded = h("details", { class: "preview", id: `preview-${name}` }, h("summary", {}, h("b", {}, WORDS[kind] ?? kind), ` ${name}`), body);
  folded.addEventListener("toggle", () => {
    if (!folded.open || body.childElementCount) return;
    if (kind === "page") body.append(pageFrame(preview));
    else void fill(body, preview);
  });
  if (kind === "page") folded.append(h("p", { class: "beside" }, h("a", { href: url, target: "_blank", rel: "noopener" }, "Open it on its own")));
  return folded;
}

/** @param {File} preview */
export const pageFrame = ({ name, url }) => h("iframe", { src: url, title: name, sandbox: "allow-scripts", loading: "lazy", referrerpolicy: "no-referrer" });

/** TensorBoard is a server of its own: the command that starts it is what helps. @param {Preview} preview */
function board({ url, command }) {
  if (url && /^https?:/.test(url)) return h("p", {}, h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, "TensorBoard"));
  return h("p", { class: "preview" }, h("b", {}, "TensorBoard"), " ", copyable(command ?? "coralline tensorboard", "the command that shows its curves"));
}

/** @param {HTMLElement} body @param {File} preview */
async function fill(body, { kind, url }) {
  body.replaceChildren(h("p", { class: "soft" }, "Loading …"));
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Refused(response.status, (await response.json().catch(() => ({}))).error ?? { message: "The file can’t be read." });
    const type = response.headers.get("Content-Type") ?? "";
    if (type.startsWith("application/octet-stream")) return body.replaceChildren(h("p", {}, "This is a binary file. ", h("a", { href: url, download: "" }, "Save it")));
    const text = await response.text();
    body.replaceChildren(kind === "labels" ? labelList(text) : kind === "text" ? plainText(text) : structured(text, kind));
  } catch (error) {
    body.replaceChildren(h("p", { class: "gap" }, error instanceof Error ? error.message : String(error)));
  }
}

/** @param {string} text */
const plainText = (text) => h("pre", { tabindex: "0" }, longText(text));

/** The names of a label map: lines, or the text of a protocol buffer. @param {string} text */
function labelList(text) {
  const quoted = [...text.matchAll(/^\s*(?:name|display_name)\s*:\s*(["'])(.*)\1\s*$/gm)].map((found) => found[2] ?? "");
  const names = quoted.length ? quoted : text.split("\n").filter((line) => line.trim());
  return h("ol", { class: "labels", start: quoted.length ? 1 : 0 }, ...names.map((name) => h("li", {}, name)));
}

/** @param {string} text of JSON, or of what should be @param {string} kind */
function structured(text, kind) {
  try {
    const content = JSON.parse(text);
    if (kind === "statistics" && Array.isArray(content.features)) return statisticsTable(content);
    if (content && typeof content === "object" && !Array.isArray(content)) return recordedValues(content);
    return plainText(JSON.stringify(content, null, 2));
  } catch {
    return plainText(text);
  }
}
