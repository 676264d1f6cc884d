/** An artifact: what it is, who made it, who took it, and what its files look like. */
import { runPath } from "../api.js";
import { h, link } from "../dom.js";
import { icon } from "../icons.js";
import { stateBadge } from "../parts/badges.js";
import { impactPart } from "../parts/impact.js";
import { previewParts } from "../parts/previews.js";
import { copyable, recordedValues } from "../parts/recorded_values.js";
import { counted, lastPart, shortType, time } from "../words.js";
import { askGraph, graphSection } from "./lineage_graph.js";

/** @typedef {import("../router.js").Context} Context */
/** @typedef {import("../types.js").ArtifactAnswer} ArtifactAnswer */
/** @typedef {{found: ArtifactAnswer, graph: import("../types.js").GraphAnswer}} Loaded */

const TAKERS = 8;

/** @type {import("../router.js").View} */
export const artifact = {
  /** @param {Context} context @returns {Promise<Loaded>} */
  async load(context) {
    const id = context.parts[0] ?? "";
    const [found, graph] = await Promise.all([context.ask(`/api/artifacts/${encodeURIComponent(id)}`), askGraph(`a:${encodeURIComponent(id)}`, context)]);
    return { found: /** @type {ArtifactAnswer} */ (found), graph };
  },
  title: (/** @type {Loaded} */ { found }) => `${shortType(found.artifact.type)} ${found.artifact.id}`,
  render,
};

/** @param {Loaded} loaded @param {Context} context */
function render({ found, graph }, context) {
  const { artifact: known, previews, published } = found;
  const parts = previewParts(previews);
  return [
    h("p", { class: "crumbs" }, link("/artifacts", {}, "Artifacts"), " / "),
    h("h1", {}, shortType(known.type), " ", h("span", { class: "soft" }, known.id)),
    h("p", { class: "under" }, known.state !== "LIVE" && stateBadge(known.state), published && h("span", { class: "badge calm" }, icon("published"), "published"), h("span", {}, "made ", time(known.created_ms))),
    h("p", { class: "uri" }, known.uri ? copyable(known.uri, "the address") : h("span", { class: "soft" }, "It has no address.")),
    found.files_problem ? h("p", { class: "gap" }, `Its files are not shown: ${found.files_problem}.`) : found.files === false && known.state !== "DELETED" && known.uri ? h("p", { class: "gap" }, "Its files are not there any more.") : null,
    known.state === "DELETED" ? h("p", { class: "gap" }, "Its files were deleted to free space; what is recorded of it stays.") : null,
    h("div", { class: "two" }, makers(found), takers(found)),
    graphSection(`a:${known.id}`, graph, context, `/artifacts/${known.id}`),
    parts.length ? h("section", {}, h("h2", {}, "Look into it"), ...parts) : null,
    impactPart(known.id),
    h("section", {}, h("h2", {}, "Recorded with it"), recordedValues(known.properties)),
  ].filter((part) => part !== null);
}

/** @param {import("../types.js").BriefStep} step */
const stepLink = (step) => link(`/executions/${step.execution}`, {}, step.node ?? `execution ${step.execution}`);

/** @param {ArtifactAnswer} answer */
function makers({ producer, reused_by }) {
  return h("section", {}, h("h2", {}, "Made by"), producer
    ? h("p", {}, stepLink(producer), producer.name && ` as ${producer.name}`, producer.run && [" in run ", link(runPath(producer.run), {}, producer.run)])
    : h("p", { class: "soft" }, "No step of this store made it: it came from outside."),
    reused_by?.length ? h("p", { class: "soft" }, `${counted(reused_by.length, "later run")} reused it.`) : null);
}

/** @param {ArtifactAnswer} answer */
function takers({ consumers, more_consumers }) {
  const all = consumers.length + (more_consumers ?? 0);
  const shown = consumers.slice(0, TAKERS).map((step) => h("li", {}, stepLink(step), step.run && [" in run ", link(runPath(step.run), {}, lastPart(step.run))], " ", stateBadge(step.state) ?? ""));
  return h("section", {}, h("h2", {}, "Taken by"), consumers.length
    ? h("ul", { class: "plain" }, ...shown, all > TAKERS && h("li", { class: "soft" }, `and ${counted(all - TAKERS, "more step")}; the graph has them`))
    : h("p", { class: "soft" }, "No step has taken it."));
}
