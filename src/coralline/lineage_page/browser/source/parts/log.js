/** A step's log, from the end backwards, which is where a failure stands. */
import { askIfThere } from "../api.js";
import { h } from "../dom.js";

/** @param {number} execution @param {{open?: boolean}} [options] */
export function logPart(execution, { open = false } = {}) {
  const body = h("div", {});
  const folded = h("details", { class: "log", id: `log-${execution}` }, h("summary", {}, "Log of the run"), body);
  let asked = false;
  folded.addEventListener("toggle", () => {
    if (!folded.open || asked) return;
    asked = true;
    void fill(body, execution);
  });
  if (open) folded.open = true;
  return folded;
}

/** @param {HTMLElement} body @param {number} execution */
async function fill(body, execution) {
  body.replaceChildren(h("p", { class: "soft" }, "Loading …"));
  try {
    const log = /** @type {{text: string, truncated: boolean} | null} */ (await askIfThere(`/api/executions/${execution}/log`));
    if (!log) return body.replaceChildren(h("p", { class: "soft" }, "There is no log of it here: it ran elsewhere, or its log was deleted."));
    const text = h("pre", { tabindex: "0", "aria-label": "Log" }, log.text || "The log is empty.");
    body.replaceChildren(...(log.truncated ? [h("p", { class: "soft" }, "Only its end is shown.")] : []), text);
    text.scrollTop = text.scrollHeight;
  } catch (error) {
    body.replaceChildren(h("p", { class: "gap" }, error instanceof Error ? error.message : String(error)));
  }
}
