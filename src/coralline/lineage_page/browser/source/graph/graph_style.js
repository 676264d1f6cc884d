/** How cytoscape draws the graph, in the colours of the page. */

const NAMES = ["ground", "card", "ink", "soft", "line", "reef", "found", "wrong", "coral", "aside", "missed", "good-ground", "bad-ground"];

/** The page's colours as the browser resolves them now. @returns {Record<string, string>} */
export function pageColours() {
  const probe = document.createElement("i");
  document.body.append(probe);
  const colours = Object.fromEntries(NAMES.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color];
  }));
  probe.remove();
  return colours;
}

/** @returns {any[]} a style sheet of cytoscape */
export function graphStyle() {
  const colour = pageColours();
  return [
    { selector: "node", style: {
      shape: "round-rectangle", width: "data(width)", height: "data(height)", label: "data(label)",
      "background-color": colour.card, "border-color": colour.aside, "border-width": 1.5, color: colour.ink,
      "font-family": 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif', "font-size": 13, "line-height": 1.3,
      "text-valign": "center", "text-halign": "center", "text-wrap": "wrap", "text-max-width": "400px", "min-zoomed-font-size": 4,
      "overlay-opacity": 0,
    } },
    { selector: "node[kind = 'artifact']", style: { "corner-radius": "20px", "background-color": colour.ground, "border-color": colour.line, "font-size": 12 } },
    { selector: "node[state = 'COMPLETE'][kind = 'execution']", style: { "border-color": colour.found } },
    { selector: "node[state = 'FAILED']", style: { "border-color": colour.wrong, "border-width": 3, "background-color": colour["bad-ground"] } },
    { selector: "node[state = 'RUNNING'], node[state = 'NEW']", style: { "border-color": colour.missed, "border-width": 2.5, "border-style": "dashed" } },
    { selector: "node[state = 'CACHED'], node[state = 'SKIPPED'], node[state = 'CANCELED']", style: { "border-style": "dotted", "border-width": 2, "border-color": colour.aside } },
    { selector: "node[state = 'DELETED'], node[state = 'ABANDONED']", style: { "border-style": "dotted", color: colour.soft } },
    { selector: "node[?focus]", style: { "border-width": 4, "border-color": colour.coral, "font-weight": 700 } },
    { selector: "node:selected", style: { "outline-width": 3, "outline-color": colour.reef, "outline-offset": 3 } },
    { selector: "edge", style: {
      width: 1.3, "line-color": colour.aside, "line-opacity": 0.6, "target-arrow-color": colour.aside, "target-arrow-shape": "triangle", "arrow-scale": 0.8,
      "curve-style": "bezier", "overlay-opacity": 0,
    } },
    { selector: "edge[bends]", style: {
      "curve-style": "round-segments", "edge-distances": "node-position", "segment-distances": "data(distances)", "segment-weights": "data(weights)",
      "segment-radii": 26,
    } },
    { selector: "edge.near", style: { width: 2.2, "line-opacity": 1, "line-color": colour.reef, "target-arrow-color": colour.reef, label: "data(name)", "font-size": 10.5, color: colour.soft, "text-background-color": colour.card, "text-background-opacity": 0.9, "text-background-padding": "2px" } },
  ];
}

const context = document.createElement("canvas").getContext("2d");

/** How large a node must be for its label. @param {string} label @param {string} kind */
export function labelSize(label, kind) {
  const lines = label.split("\n");
  if (context) context.font = `${kind === "artifact" ? 12 : 13}px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif`;
  const widest = Math.max(...lines.map((line) => context?.measureText(line).width ?? line.length * 7));
  return { width: Math.ceil(widest * 1.06) + 28, height: lines.length * 17 + (kind === "artifact" ? 12 : 18) };
}
