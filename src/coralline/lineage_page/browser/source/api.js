/** Asks the server. */

/** What the server says when it refuses, or that it doesn't answer. */
export class Refused extends Error {
  /** @param {number} status @param {{message?: string, found?: string | null, fix?: string | null}} said */
  constructor(status, said) {
    super(said.message ?? "the server refused");
    this.status = status;
    this.found = said.found ?? null;
    this.fix = said.fix ?? null;
  }
}

/**
 * The JSON at an address.
 * @template T
 * @param {string} address
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 * @throws {Refused}
 */
export async function ask(address, signal) {
  let response;
  try {
    response = await fetch(address, { signal, headers: { Accept: "application/json" } });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refused(0, {
      message: "The server does not answer.",
      fix: "Is `coralline lineage serve` still running? Start it again, then reload this page.",
    });
  }
  if (response.ok) return await response.json();
  const said = await response.json().catch(() => ({}));
  throw new Refused(response.status, said.error ?? { message: `The server answered ${response.status}.` });
}

/**
 * As `ask`; null where there is no such thing.
 * @template T
 * @param {string} address
 * @param {AbortSignal} [signal]
 * @returns {Promise<T | null>}
 */
export async function askIfThere(address, signal) {
  try {
    return await ask(address, signal);
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null;
    throw error;
  }
}

/**
 * An address with its query; empty values are left out.
 * @param {string} path
 * @param {Record<string, string | number | null | undefined>} values
 */
export function withQuery(path, values) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== null && value !== undefined && value !== "") query.set(name, String(value));
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

/** @param {string} id */
export const runPath = (id) => `/runs/${encodeURIComponent(id)}`;
