/** What differs between two runs, a section each. */
import { h } from "../dom.js";
import { count, counted, figure, plain, signed } from "../words.js";
import { longText } from "./recorded_values.js";

const SHOWN = 20;

/** @param {string} title @param {...(Node | string | null | false)} content */
const part = (title, ...content) => h("section", { class: "table" }, h("h2", {}, title), ...content);

/** @param {string[]} heads @param {(HTMLTableRowElement)[]} rows @param {string} [kind] */
const table = (heads, rows, kind) => h("div", { class: "scroll" }, h("table", { class: kind },
  h("thead", {}, h("tr", {}, ...heads.map((word) => h("th", { scope: "col" }, word)))), h("tbody", {}, ...rows)));

/** Before and after of named values. @param {string} name @param {unknown} one @param {unknown} other */
const changed = (name, one, other) => h("tr", {}, h("th", { scope: "row" }, name), h("td", { class: "before" }, longText(plain(one))), h("td", { class: "after" }, longText(plain(other))));

/** @param {any} found */
export function settingsPart({ settings }) {
  if (!settings?.length) return part("Settings", h("p", { class: "soft" }, "Every setting is the same."));
  const rows = settings.map((/** @type {any} */ of) => changed([of.node, of.name].filter(Boolean).join(" · "), of.one, of.other));
  return part("Settings", h("p", {}, counted(settings.length, "setting differs", "settings differ"), "."), table(["Setting", "Before", "After"], rows, "even"));
}

/** @param {any} found */
export function codePart({ code }) {
  if (!code?.length) return part("Code", h("p", { class: "soft" }, "The same code, as far as it is recorded."));
  return part("Code", table(["", "Before", "After"], code.map((/** @type {any} */ of) => changed(of.name, of.one, of.other)), "even"));
}

/** @param {any} found @returns {Node[]} */
export function dataParts({ data }) {
  if (!data) return [];
  const said = data.changed === null ? "Whether the data changed is not recorded." : data.changed ? "The data changed." : "The data is the same.";
  const classes = (data.classes ?? []).map((/** @type {any} */ of) => h("tr", {}, h("th", { scope: "row" }, of.name), h("td", { class: "n" }, amount(of.one)), h("td", { class: "n" }, amount(of.other)), h("td", { class: "n" }, difference(of.one, of.other))));
  const files = data.files ? ["added", "removed", "changed"].map((kind) => fileList(kind, data.files[kind] ?? [])) : [];
  const sentences = (data.sentences ?? []).map((/** @type {string} */ text) => h("li", {}, text));
  return [part("Data", h("p", {}, said), sentences.length ? h("ul", { class: "plain" }, ...sentences) : null,
    !files.some(Boolean) && data.why_not && data.changed !== false ? h("p", { class: "soft" }, `Which files changed: ${data.why_not}.`) : null,
    classes.length > 0 && table(["Class", "Boxes before", "Boxes after", "Change"], classes, "numbers"),
    ...files.filter((node) => node !== null))];
}

/** @param {unknown} value */
const amount = (value) => (typeof value === "number" ? count(value) : value && typeof value === "object" ? plain(/** @type {any} */ (value).boxes ?? value) : "–");

/** @param {unknown} one @param {unknown} other */
function difference(one, other) {
  if (typeof one !== "number" || typeof other !== "number") return typeof other === "number" ? "new" : typeof one === "number" ? "gone" : "";
  return other === one ? "" : signed(other - one, 0);
}

/** @param {string} kind @param {string[]} names */
function fileList(kind, names) {
  if (!names.length) return null;
  return h("details", { id: `files-${kind}` }, h("summary", {}, `${counted(names.length, "file")} ${kind}`),
    h("ul", { class: "names" }, ...names.slice(0, 200).map((name) => h("li", {}, h("code", {}, plain(name))))),
    names.length > 200 && h("p", { class: "soft" }, `${count(names.length - 200)} more are not listed.`));
}

/** AP by class, the largest changes first. @param {any} found @returns {Node[]} */
export function classParts({ classes, classes_why_not }) {
  if (!classes?.length) return classes_why_not ? [part("AP by class", h("p", { class: "soft" }, `Not known: ${classes_why_not}.`))] : [];
  const by = (/** @type {any} */ of) => (typeof of.one === "number" && typeof of.other === "number" ? of.other - of.one : 0);
  const sorted = [...classes].sort((a, b) => Math.abs(by(b)) - Math.abs(by(a)));
  const rows = sorted.slice(0, SHOWN).map((of) => h("tr", {}, h("th", { scope: "row" }, of.name), h("td", { class: "n" }, figure(of.one)), h("td", { class: "n" }, figure(of.other)),
    h("td", { class: "n" }, h("span", { class: `delta ${by(of) > 0 ? "up" : by(of) < 0 ? "down" : ""}` }, typeof of.one === "number" && typeof of.other === "number" ? signed(by(of)) : "")), h("td", { class: "wide bars" }, bars(of.one, of.other))));
  return [part("AP by class", table(["Class", "Before", "After", "Change", ""], rows, "numbers"), sorted.length > SHOWN && h("p", { class: "soft" }, `The ${SHOWN} largest changes of ${sorted.length} classes.`))];
}

/** Two bars, one above the other, for the eye; the figures stand beside them. @param {unknown} one @param {unknown} other */
function bars(one, other) {
  return h("span", { class: "pair-bars", "aria-hidden": "true" }, ...[one, other].map((value) => {
    const bar = h("i", {});
    bar.style.width = `${Math.round(100 * Math.min(1, Math.max(0, typeof value === "number" ? value : 0)))}%`;
    return bar;
  }));
}
