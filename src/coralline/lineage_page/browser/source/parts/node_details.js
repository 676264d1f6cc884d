/** What is said beside a graph of the node that was chosen. */
import { ask } from "../api.js";
import { h, link } from "../dom.js";
import { duration, shortType, time } from "../words.js";
import { artifactLink, artifactLinks } from "./artifact_links.js";
import { stateBadge } from "./badges.js";
import { longText, recordedValues } from "./recorded_values.js";

/** @typedef {import("../types.js").ArtifactAnswer} ArtifactAnswer */
/** @typedef {import("../types.js").Step} Step */

/** @param {import("../types.js").GraphNode} node @returns {Promise<Node[]>} */
export async function nodeDetails(node) {
  const id = node.id.slice(2);
  return node.kind === "execution" ? stepDetails(await ask(`/api/executions/${id}`)) : artifactDetails(await ask(`/api/artifacts/${id}`));
}

/** @param {Step} step @returns {Node[]} */
function stepDetails(step) {
  return [
    h("p", { class: "soft" }, time(step.created_ms), step.state === "RUNNING" ? "" : ` · ${duration(step.seconds)}`, ` · execution ${step.execution}`),
    step.failure && h("div", { class: "failure" }, longText(step.failure)),
    h("h4", {}, "Takes"), artifactLinks(step.inputs, "Nothing."),
    h("h4", {}, "Makes"), artifactLinks(step.outputs, "Nothing is recorded."),
    h("p", {}, link(`/executions/${step.execution}`, {}, "Settings, log and more")),
  ].filter((part) => part instanceof Node);
}

/** @param {ArtifactAnswer} answer @returns {Node[]} */
function artifactDetails({ artifact, producer, consumers, more_consumers, previews }) {
  const picture = previews.find(({ kind, url }) => kind === "picture" && url?.startsWith("/api/"));
  return [
    h("p", { class: "soft" }, `${shortType(artifact.type)} ${artifact.id} · `, time(artifact.created_ms), artifact.state !== "LIVE" && [" ", stateBadge(artifact.state)].map((part) => part ?? "")),
    h("p", { class: "uri" }, h("code", {}, artifact.uri || "no address")),
    producer && h("p", {}, "Made by ", link(`/executions/${producer.execution}`, {}, producer.node ?? `execution ${producer.execution}`), ` · taken by ${consumers.length + (more_consumers ?? 0)}`),
    picture && h("img", { class: "thumb", src: picture.url ?? "", alt: picture.name, loading: "lazy" }),
    h("details", {}, h("summary", {}, "Properties"), recordedValues(artifact.properties)),
    h("p", {}, artifactLink(artifact, previews.length ? `Where it came from, and ${previews.length} previews` : "Where it came from, and what came of it")),
  ].filter((part) => part instanceof Node);
}
