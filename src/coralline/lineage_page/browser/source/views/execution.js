/** A step: its state, settings, what it took and made, its log. */
import { runPath } from "../api.js";
import { h, link } from "../dom.js";
import { artifactLinks } from "../parts/artifact_links.js";
import { stateBadge } from "../parts/badges.js";
import { logPart } from "../parts/log.js";
import { longText, recordedValues } from "../parts/recorded_values.js";
import { took } from "../parts/runs_table.js";
import { time } from "../words.js";
import { askGraph, graphSection } from "./lineage_graph.js";

/** @typedef {import("../router.js").Context} Context */
/** @typedef {import("../types.js").Step} Step */
/** @typedef {{step: Step, graph: import("../types.js").GraphAnswer}} Loaded */

/** @type {import("../router.js").View} */
export const execution = {
  /** @param {Context} context @returns {Promise<Loaded>} */
  async load(context) {
    const id = encodeURIComponent(context.parts[0] ?? "");
    const [step, graph] = await Promise.all([context.ask(`/api/executions/${id}`), askGraph(`e:${id}`, context)]);
    return { step: /** @type {Step} */ (step), graph };
  },
  title: (/** @type {Loaded} */ { step }) => `${step.node}, execution ${step.execution}`,
  render,
};

/** @param {Loaded} loaded @param {Context} context */
function render({ step, graph }, context) {
  const run = typeof step.run === "string" ? step.run : /** @type {any} */ (step.run)?.run_id;
  return [
    h("p", { class: "crumbs" }, link("/runs", {}, "Runs"), " / ", run && link(runPath(run), {}, run), " / "),
    h("h1", {}, step.node),
    h("p", { class: "under" }, h("span", { class: "badges" }, stateBadge(step.state)),
      h("span", {}, `execution ${step.execution} · began `, time(step.created_ms), step.state === "RUNNING" ? " · running for " : " · took ", took({ state: step.state, began_ms: step.created_ms, seconds: step.seconds }))),
    step.failure ? h("section", { class: "problem" }, h("h2", {}, "Why it failed"), h("div", { class: "failure" }, longText(step.failure)), logPart(step.execution, { open: true })) : null,
    h("div", { class: "two" },
      h("section", {}, h("h2", {}, "Takes"), artifactLinks(step.inputs, "This step takes nothing.")),
      h("section", {}, h("h2", {}, "Makes"), artifactLinks(step.outputs, step.state === "RUNNING" ? "Nothing yet." : "This step made nothing."))),
    graphSection(`e:${step.execution}`, graph, context, `/executions/${step.execution}`),
    h("section", {}, h("h2", {}, "Settings"), recordedValues(step.settings)),
    Object.keys(step.details ?? {}).length ? h("section", {}, h("h2", {}, "Recorded of the execution"), recordedValues(step.details)) : null,
    Object.keys(step.code ?? {}).length ? h("section", {}, h("h2", {}, "Code"), recordedValues(step.code)) : null,
    step.failure ? null : h("section", {}, logPart(step.execution)),
  ].filter((part) => part !== null);
}
