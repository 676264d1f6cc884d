/** Small drawings, each beside a word: no state is told by colour alone. */
import { s } from "./dom.js";

/** @type {Record<string, string[]>} paths in a box of 16 by 16 */
const PATHS = {
  check: ["M3 8.5l3.200 3.200L13 4.800"],
  cross: ["M4 4l8 8M12 4l-8 8"],
  running: ["M8 2.500a5.500 5.500 0 1 1-5.500 5.500", "M8 5v3.200l2.200 1.600"],
  reused: ["M13 8a5 5 0 1 1-1.600-3.700", "M13.300 1.800v3h-3"],
  stopped: ["M8 2.500a5.500 5.500 0 1 1-.01 0z", "M4.200 11.800l7.600-7.600"],
  skipped: ["M3 8h10"],
  unknown: ["M6 6.200a2 2 0 1 1 2.800 1.900c-.6.3-.8.7-.8 1.400", "M8 12.200v.2"],
  served: ["M8 1.800l1.900 4 4.300.500-3.200 3 .9 4.300L8 11.500l-3.900 2.100.9-4.300-3.200-3 4.300-.500z"],
  published: ["M8 13V5M4.500 8L8 4.500 11.500 8", "M3 2.200h10"],
  warning: ["M8 2l6.300 11.500H1.700z", "M8 6.500v3.200M8 11.500v.2"],
};

/** @param {string} name */
export function icon(name) {
  const paths = (PATHS[name] ?? PATHS.unknown ?? []).map((d) => s("path", { d }));
  return s("svg", { class: `icon ${name}`, viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" }, ...paths);
}
