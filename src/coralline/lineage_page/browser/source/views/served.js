/** What is served now, why, and how it got there. */
import { h } from "../dom.js";
import { servedPlace } from "../parts/served_place.js";

/** @type {import("../router.js").View} */
export const served = {
  /** @param {import("../router.js").Context} context */
  load: (context) => context.ask("/api/served"),
  title: () => "What is served",
  render(/** @type {{places: any[]}} */ { places }) {
    const head = h("h1", {}, "What is served");
    if (places.length) return [head, ...places.map((place) => servedPlace(place))];
    return [head, h("section", { class: "empty" }, h("p", {}, "No run of this store has published a model. A blessed one is published where ", h("code", {}, "push.to"), " says."))];
  },
};
