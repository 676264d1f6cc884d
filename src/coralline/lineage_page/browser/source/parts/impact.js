/** Everything that was made from an artifact; asked for when somebody wants it, since that may be a lot. */
import { ask, runPath } from "../api.js";
import { h, link } from "../dom.js";
import { counted, figure, shortType } from "../words.js";
import { servedBadge } from "./badges.js";
import { runsTable } from "./runs_table.js";

const SHOWN = 50;

/** @param {number} artifact */
export function impactPart(artifact) {
  const body = h("div", {}, h("p", { class: "soft" }, "Loading …"));
  const folded = h("details", { id: "impact" }, h("summary", {}, "Which published models and runs depend on it"), body);
  let asked = false;
  folded.addEventListener("toggle", async () => {
    if (!folded.open || asked) return;
    asked = true;
    try {
      body.replaceChildren(...shown(await ask(`/api/impact/${artifact}`)));
    } catch (error) {
      body.replaceChildren(h("p", { class: "gap" }, error instanceof Error ? error.message : String(error)));
    }
  });
  return h("section", {}, folded);
}

/** @param {any} answer @returns {Node[]} */
function shown({ published = [], runs = [], made = [] }) {
  if (!published.length && !runs.length && !made.length) return [h("p", {}, "Nothing was made from it.")];
  return [
    h("h3", {}, counted(published.length, "published model")),
    published.length ? h("ul", { class: "plain" }, ...published.slice(0, SHOWN).map(model)) : h("p", { class: "soft" }, "None depends on it."),
    h("h3", {}, counted(runs.length, "run")),
    ...(runs.length ? [runsTable(runs.slice(0, SHOWN), "Runs that depend on it")] : []),
    h("h3", {}, counted(made.length, "artifact")),
    h("ul", { class: "plain" }, ...made.slice(0, SHOWN).map((/** @type {any} */ of) => h("li", {}, link(`/artifacts/${of.id}`, { title: of.uri }, `${shortType(of.type)} ${of.id}`), h("small", {}, ` by ${of.node} in ${of.run}`)))),
    ...(made.length > SHOWN ? [h("p", { class: "soft" }, `The first ${SHOWN} are listed.`)] : []),
  ];
}

/** @param {any} of a published model */
function model(of) {
  const way = of.how === "warm start" ? " · by its warm start" : "";
  return h("li", {}, link(`/artifacts/${of.artifact}`, { title: of.address }, of.version), " ", servedBadge({ served: of.served, published: of.address }),
    h("small", {}, ` AP ${figure(of.AP)}${way} · `), h("small", {}, of.run && link(runPath(of.run), {}, of.run)));
}
