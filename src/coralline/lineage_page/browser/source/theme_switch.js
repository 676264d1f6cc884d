/** Light, dark, or as the system has it. */
import { h } from "./dom.js";

const KEY = "coralline-theme";
const CHOICES = [
  ["", "Auto"],
  ["light", "Light"],
  ["dark", "Dark"],
];

/**
 * Calls `repaint` whenever the colours change, for what isn't drawn by CSS, until what it returns is called.
 * @param {() => void} repaint
 */
export function onThemeChange(repaint) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", repaint);
  document.addEventListener("coralline-theme", repaint);
  return () => {
    system.removeEventListener("change", repaint);
    document.removeEventListener("coralline-theme", repaint);
  };
}

/** A choice of the theme, kept in this browser. */
export function themeSwitch() {
  const chosen = document.documentElement.dataset.theme ?? "";
  const options = CHOICES.map(([value, word]) => h("option", { value, selected: value === chosen }, word));
  const select = h("select", { id: "theme", "aria-label": "Colours", onchange: choose }, ...options);
  function choose() {
    if (select.value) document.documentElement.dataset.theme = select.value;
    else delete document.documentElement.dataset.theme;
    try {
      localStorage.setItem(KEY, select.value);
    } catch {
      // Kept until the page is left, then.
    }
    document.dispatchEvent(new Event("coralline-theme"));
  }
  return select;
}
