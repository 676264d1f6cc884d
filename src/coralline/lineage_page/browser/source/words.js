/** How times, durations, figures, states and addresses are said. */
import { h } from "./dom.js";

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const DATED = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const EXACT = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });
const COUNT = new Intl.NumberFormat("en");

/** "today 03:14", "yesterday 03:14", "2 Mar 03:14" or "2 Mar 2025, 03:14", in the reader's time zone. @param {number} ms */
export function shortTime(ms) {
  const then = new Date(ms);
  const now = new Date();
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (then.toDateString() === now.toDateString()) return `today ${CLOCK.format(then)}`;
  if (then.toDateString() === yesterday.toDateString()) return `yesterday ${CLOCK.format(then)}`;
  const day = then.getFullYear() === now.getFullYear() ? `${DAY.format(then)} ` : `${DATED.format(then)}, `;
  return day + CLOCK.format(then);
}

/** A time, with the exact one on hover. @param {number | null | undefined} ms */
export function time(ms) {
  if (!ms) return h("span", { class: "soft" }, "–");
  const then = new Date(ms);
  if (Number.isNaN(then.getTime())) return h("span", { class: "soft" }, "unknown time");
  return h("time", { datetime: then.toISOString(), title: `${EXACT.format(then)} · ${then.toISOString()}` }, shortTime(ms));
}

/** @param {string | number | null | undefined} when ISO text or milliseconds */
export function timeOf(when) {
  return time(typeof when === "string" ? Date.parse(when) : when);
}

/** "0.4 s", "12 s", "3 min 20 s", "2 h 05 min", "4 d 2 h". @param {number} seconds */
export function duration(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`;
}

/** @param {number} n */
export const count = (n) => COUNT.format(n);

/** "1 image", "2,431 images". @param {number} n @param {string} one @param {string} [many] */
export const counted = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

/** Three digits. @param {number | null | undefined} value */
export const figure = (value) => (typeof value === "number" && Number.isFinite(value) ? value.toFixed(3) : "–");

/** "+0.012", "−0.003", "±0". @param {number} value @param {number} [digits] */
export function signed(value, digits = 3) {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return "±0";
  return `${value > 0 ? "+" : "−"}${text}`;
}

/** The last part of a path or address. @param {string} address */
export const lastPart = (address) => address.replace(/\/+$/, "").split("/").pop() || address;

/** "components.TFLiteModel" -> "TFLiteModel". @param {string} type */
export const shortType = (type) => type.split(".").pop() || type;

/** A recorded value as one line of text. @param {unknown} value */
export function plain(value) {
  if (value === null || value === undefined) return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Shortens in the middle, so that both ends of an id or a path stay. @param {string} text @param {number} most */
export function middle(text, most) {
  if (text.length <= most) return text;
  const half = Math.floor((most - 1) / 2);
  return `${text.slice(0, most - 1 - half)}…${text.slice(-half)}`;
}
