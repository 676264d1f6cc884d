/** Settings and properties, as they were recorded, by whatever wrote them. */
import { h, unseen } from "../dom.js";
import { count } from "../words.js";

const LONG_TEXT = 600;
const MANY = 60;

/**
 * Names and values as a list of terms; objects within open up.
 * @param {Record<string, unknown>} values
 * @returns {HTMLElement}
 */
export function recordedValues(values) {
  const entries = Object.entries(values);
  if (entries.length === 0) return h("p", { class: "soft" }, "Nothing is recorded.");
  return h("dl", { class: "recorded" }, ...entries.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, shown(value))]));
}

/** @param {unknown} value @returns {Node} */
function shown(value) {
  if (value === null || value === undefined || value === "") return h("span", { class: "soft" }, "not set");
  if (typeof value === "string") return longText(value);
  if (typeof value !== "object") return h("span", {}, String(value));
  const entries = Array.isArray(value) ? value.map((item, at) => /** @type {const} */ ([String(at + 1), item])) : Object.entries(value);
  const flat = entries.every(([, item]) => item === null || typeof item !== "object");
  if (entries.length === 0) return h("span", { class: "soft" }, Array.isArray(value) ? "empty list" : "nothing set");
  if (Array.isArray(value) && flat && entries.length <= 12) return longText(value.map(String).join(", "));
  const names = entries.slice(0, 4).map(([name]) => name);
  const label = Array.isArray(value) ? `${count(entries.length)} entries` : names.join(", ") + (entries.length > 4 ? ", …" : "");
  const opened = h("details", { class: "within" }, h("summary", {}, label));
  // A setting may hold a whole configuration: it's built when somebody looks.
  opened.addEventListener("toggle", () => opened.childElementCount > 1 || opened.append(...within(entries)), { once: true });
  return opened;
}

/** @param {(readonly [string, unknown])[]} entries */
function within(entries) {
  const parts = [recordedValues(Object.fromEntries(entries.slice(0, MANY)))];
  if (entries.length > MANY) parts.push(h("p", { class: "soft" }, `${count(entries.length - MANY)} more are not shown.`));
  return parts;
}

/** Text of any length, of which much is folded. @param {string} text */
export function longText(text) {
  if (text.length <= LONG_TEXT) return h("span", { class: "text" }, text);
  const rest = h("span", { hidden: true }, text.slice(LONG_TEXT));
  const more = h("button", { type: "button", class: "quiet", onclick: show }, `show all ${count(text.length)} characters`);
  function show() {
    rest.hidden = false;
    more.remove();
  }
  return h("span", { class: "text" }, text.slice(0, LONG_TEXT), rest, " ", more);
}

/** An id, hash or path with a button that copies it. @param {string} text @param {string} what */
export function copyable(text, what) {
  const button = h("button", { type: "button", class: "quiet copy", onclick: copy }, "copy", unseen(` ${what}`));
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "copied";
    } catch {
      button.textContent = "select and copy it by hand"; // the browser allows it on loopback and HTTPS only
    }
  }
  return h("span", { class: "copyable" }, h("code", {}, text), " ", button);
}
