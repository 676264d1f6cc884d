/** What went into a step and what came out, as links. */
import { h, link } from "../dom.js";
import { lastPart, shortType } from "../words.js";

/** @typedef {import("../types.js").NamedArtifact} NamedArtifact */

/** @param {NamedArtifact} artifact @param {string} [word] */
export const artifactLink = (artifact, word) => link(`/artifacts/${artifact.id}`, { title: artifact.uri }, word ?? `${shortType(artifact.type)} ${artifact.id}`);

/**
 * Artifacts by the names under which a step took or made them.
 * @param {Record<string, NamedArtifact[]>} named
 * @param {string} nothing what to say if there are none
 */
export function artifactLinks(named, nothing) {
  const entries = Object.entries(named);
  if (!entries.length) return h("p", { class: "soft" }, nothing);
  return h("ul", { class: "plain" }, ...entries.flatMap(([name, artifacts]) => artifacts.map((artifact) =>
    h("li", {}, artifactLink(artifact, name), h("small", {}, ` ${shortType(artifact.type)} · ${lastPart(artifact.uri)}`)))));
}
