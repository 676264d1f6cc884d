/** Finding: runs and artifacts by id, name or path. */
import { runPath, withQuery } from "../api.js";
import { h, link } from "../dom.js";
import { stateBadge } from "../parts/badges.js";
import { shortType, time } from "../words.js";

/** @typedef {import("../router.js").Context} Context */

/** @type {import("../router.js").View} */
export const artifacts = {
  /** @param {Context} context */
  async load(context) {
    const asked = context.query.get("q") ?? "";
    return { asked, found: asked ? await context.ask(withQuery("/api/search", { q: asked })) : null };
  },
  title: (/** @type {any} */ { asked }) => (asked ? `“${asked}”` : "Artifacts"),
  render,
};

/** @param {any} loaded @param {Context} context */
function render({ asked, found }, context) {
  const words = h("input", { type: "search", id: "find-artifact", value: asked, placeholder: "Number, type, path, run …", "aria-label": "Find runs and artifacts", autocomplete: "off" });
  /** @param {Event} event */
  const search = (event) => {
    event.preventDefault();
    context.go(withQuery("/artifacts", { q: words.value.trim() }));
  };
  const form = h("form", { class: "filters", role: "search", "aria-label": "Artifacts", onsubmit: search }, words, h("button", { type: "submit" }, "Find"));
  const head = [h("h1", {}, "Artifacts and runs"), form];
  if (!found) return [...head, h("section", { class: "empty" }, h("p", {}, "Find data, models, reports and published versions by number, type, name or path; also runs by id."))];
  const runs = /** @type {any[]} */ (found.runs ?? []), known = /** @type {any[]} */ (found.artifacts ?? []), steps = /** @type {any[]} */ (found.executions ?? []);
  if (!runs.length && !known.length && !steps.length) return [...head, h("section", { class: "empty" }, h("p", { role: "status" }, `Nothing in this store is called “${asked}”.`))];
  return [...head,
    ...(runs.length ? [h("section", {}, h("h2", {}, "Runs"), h("ul", { class: "plain" }, ...runs.map((run) => h("li", {}, link(runPath(run.run_id), {}, run.run_id), " ", stateBadge(run.state), " ", h("small", {}, time(run.began_ms))))))] : []),
    ...(steps.length ? [h("section", {}, h("h2", {}, "Steps"), h("ul", { class: "plain" }, ...steps.map((step) => h("li", {}, link(`/executions/${step.id}`, {}, step.node), " ", stateBadge(step.state), step.run && [" in run ", link(runPath(step.run), {}, step.run)]))))] : []),
    ...(known.length ? [h("section", { class: "table" }, h("h2", {}, "Artifacts"), table(known))] : [])];
}

/** @param {import("../types.js").NamedArtifact[]} known */
function table(known) {
  return h("div", { class: "scroll" }, h("table", {},
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Artifact"), h("th", { scope: "col" }, "Path"))),
    h("tbody", {}, ...known.map((artifact) => h("tr", {},
      h("th", { scope: "row" }, link(`/artifacts/${artifact.id}`, {}, `${shortType(artifact.type)} ${artifact.id}`)),
      h("td", {}, h("code", { title: artifact.uri }, artifact.uri || artifact.name || "–")))))));
}
