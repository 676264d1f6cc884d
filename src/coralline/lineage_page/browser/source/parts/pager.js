/** Pages of a long table. */
import { h } from "../dom.js";
import { count } from "../words.js";

/**
 * @param {{offset: number, limit: number, total: number, what: string}} where
 * @param {(offset: number) => void} turn
 */
export function pager({ offset, limit, total, what }, turn) {
  const last = Math.min(offset + limit, total);
  const said = h("span", { role: "status", id: "page-said" }, total > limit ? `${count(offset + 1)}–${count(last)} of ${count(total)} ${what}` : `${count(total)} ${what}`);
  if (total <= limit) return h("div", { class: "pager" }, said);
  /** @param {string} id @param {string} word @param {number} to @param {boolean} possible */
  const button = (id, word, to, possible) => h("button", { type: "button", id, disabled: !possible, onclick: () => turn(to) }, word);
  return h("nav", { class: "pager", "aria-label": "Pages of the table" },
    button("page-newer", "‹ Previous", Math.max(0, offset - limit), offset > 0),
    said,
    button("page-older", "Next ›", offset + limit, last < total));
}
