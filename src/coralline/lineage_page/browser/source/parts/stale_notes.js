/** What is newer than what is served: data, code, a better run. */
import { runPath, withQuery } from "../api.js";
import { link } from "../dom.js";
import { figure } from "../words.js";

/** @param {any} place @returns {(string | Node)[][]} sentences, with links in them */
export function staleNotes(place) {
  const answer = place.stale && typeof place.stale === "object" ? place.stale : place;
  const notes = [];
  const { data, code, better } = answer;
  if (data?.changed) notes.push(data.newer_run ? ["The data has changed since: ", link(runPath(data.newer_run), {}, data.newer_run), " has read newer data."] : [`The data in ${data.path} has changed since.`]);
  if (code?.changed) notes.push(["It was made by other code than what is installed here."]);
  const [best] = better ?? [];
  if (best) notes.push(["A better run exists: ", link(withQuery("/diff", { one: place.run?.run_id ?? place.run, other: best.run_id }), {}, best.run_id), `, AP ${figure(best.figures?.AP)}.`]);
  return notes;
}
