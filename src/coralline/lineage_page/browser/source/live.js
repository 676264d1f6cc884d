/** Tells of changes of the store, while the page is looked at. */
import { h } from "./dom.js";

/**
 * A line that says whether changes arrive by themselves; calls `changed` when the store did.
 * @param {() => void} changed
 */
export function liveLine(changed) {
  const word = h("span", {}, "connecting");
  const line = h("span", { class: "live", role: "status", "data-state": "waiting" }, h("i", { "aria-hidden": "true" }), word);
  /** @type {EventSource | null} */
  let source = null;
  let seen = -1;

  /** @param {string} state @param {string} text */
  const say = (state, text) => {
    if (line.dataset.state === state) return;
    line.dataset.state = state;
    word.textContent = text;
  };
  const listen = () => {
    if (source) return;
    source = new EventSource("/api/events");
    source.onopen = () => say("live", "live");
    source.onerror = () => say("lost", "not live: no connection");
    source.addEventListener("changed", (event) => {
      say("live", "live");
      const { version } = JSON.parse(event.data);
      if (seen !== -1 && version !== seen) changed();
      seen = version;
    });
  };
  const rest = () => {
    source?.close();
    source = null;
  };
  // A page in a tab behind others asks nothing, and catches up when it's looked at again.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return rest();
    listen();
    changed();
  });
  window.addEventListener("pagehide", rest);
  window.addEventListener("pageshow", listen);
  listen();
  return line;
}
