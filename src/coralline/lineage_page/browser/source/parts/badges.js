/** States and verdicts: a shape and a word. */
import { h } from "../dom.js";
import { icon } from "../icons.js";

/** @type {Record<string, {word: string, shape: string, tone: string, sign: string}>} */
const STATES = {
  COMPLETE: { word: "complete", shape: "check", tone: "good", sign: "✓" },
  CACHED: { word: "reused", shape: "reused", tone: "calm", sign: "↺" },
  FAILED: { word: "failed", shape: "cross", tone: "bad", sign: "✕" },
  RUNNING: { word: "running", shape: "running", tone: "busy", sign: "◔" },
  NEW: { word: "not begun", shape: "running", tone: "busy", sign: "◔" },
  CANCELED: { word: "canceled", shape: "stopped", tone: "calm", sign: "⊘" },
  SKIPPED: { word: "skipped", shape: "skipped", tone: "calm", sign: "–" },
  LIVE: { word: "there", shape: "check", tone: "calm", sign: "✓" },
  PENDING: { word: "being made", shape: "running", tone: "busy", sign: "◔" },
  DELETED: { word: "files deleted", shape: "skipped", tone: "calm", sign: "–" },
  ABANDONED: { word: "abandoned", shape: "stopped", tone: "calm", sign: "⊘" },
};

/** How a state of ML Metadata is said. @param {string | null | undefined} state */
export function stateWords(state) {
  const word = (state || "unknown").toLowerCase().replaceAll("_", " ");
  return STATES[state ?? ""] ?? { word, shape: "unknown", tone: "calm", sign: "?" };
}

/** @param {string} tone @param {string} shape @param {string} word @param {string} [title] */
const badge = (tone, shape, word, title) => h("span", { class: `badge ${tone}`, title }, icon(shape), word);

/** @param {string | null | undefined} state */
export function stateBadge(state) {
  const { word, shape, tone } = stateWords(state);
  return badge(tone, shape, word);
}

/** @param {string | null | undefined} verdict */
export function verdictBadge(verdict) {
  if (!verdict) return null;
  return verdict === "blessed" ? badge("good", "check", verdict) : badge("bad", "cross", verdict);
}

/** @param {{served?: boolean | null, published?: string | null}} of */
export function servedBadge({ served, published }) {
  if (served) return badge("served", "served", "served now", published ?? undefined);
  if (published) return badge("calm", "published", "published", published);
  return null;
}
