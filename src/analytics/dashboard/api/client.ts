import type { Resolution } from "../../../domain/numbers/history.ts";
import type { ErrorBody, Happened, History, Link, PersonDetails, Stats, Sums } from "./shapes.ts";

/**
 * Why there is no answer: `away` nobody answers; `token` it is missing or wrong; `too many` wrong ones were tried; `not ready` nobody
 * has looked yet; `refused` the API says why.
 */
export type Fault = "away" | "token" | "too many" | "not ready" | "refused";

export class ApiError extends Error {
  readonly fault: Fault;

  constructor(fault: Fault, message: string) {
    super(message);
    this.fault = fault;
  }
}

export interface HistoryWish {
  readonly kind: "all" | "user";
  readonly name: string;
  /** Unix milliseconds. */
  readonly since: number;
  readonly until: number;
  readonly resolution: Resolution;
}

/** The API that this page came from. The token goes with the header alone: a URL ends up in logs. */
export class Api {
  readonly #token: string | undefined;
  /** Milliseconds that the server's clock is ahead of this device's: many are set by hand. */
  #ahead = 0;

  constructor(token: string | undefined) {
    this.#token = token;
  }

  /** Unix milliseconds, by the server's clock as it last told it: what figures are from, and what is asked for, is by that one. */
  now(): number {
    return Date.now() + this.#ahead;
  }

  stats(): Promise<Stats> {
    return this.#json("api/stats");
  }

  /** The busiest first. @param since Unix milliseconds */
  async sums(since: number, until: number): Promise<readonly Sums[]> {
    const { users } = await this.#json<{ readonly users: readonly Sums[] }>("api/history/users", { since, until });
    return users;
  }

  /** The newest first. */
  async recent(limit: number): Promise<readonly Happened[]> {
    const { events } = await this.#json<{ readonly events: readonly Happened[] }>("api/history/events", { limit });
    return events;
  }

  person(name: string): Promise<PersonDetails> {
    return this.#json(`api/users/${encodeURIComponent(name)}`);
  }

  link(name: string): Promise<Link> {
    return this.#json(`api/users/${encodeURIComponent(name)}/link`);
  }

  history({ kind, name, since, until, resolution }: HistoryWish): Promise<History> {
    const whose = kind === "all" ? { kind } : { kind, name };
    return this.#json("api/history", { ...whose, since, until, resolution });
  }

  /** The stream of events, open. */
  async events(signal: AbortSignal): Promise<NonNullable<Response["body"]>> {
    const { body } = await this.#ask("api/events", signal);
    if (body === null) throw new ApiError("away", "no stream");
    return body;
  }

  async #json<T>(path: string, query: Readonly<Record<string, string | number>> = {}): Promise<T> {
    const words = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
    const response = await this.#ask(words.size === 0 ? path : `${path}?${words}`);
    return response.json().catch((error: unknown) => Promise.reject(new ApiError("away", String(error))));
  }

  async #ask(path: string, signal?: AbortSignal): Promise<Response> {
    const headers = this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` };
    const options = {
      headers,
      credentials: "omit",
      redirect: "error",
      // Names and figures stay on the disk of no phone.
      cache: "no-store",
      signal: signal ?? null,
    } as const;
    const response = await fetch(path, options).catch((error: unknown) => {
      throw new ApiError("away", String(error));
    });
    this.#setClock(response.headers.get("date"));
    if (!response.ok) throw await faultOf(response);
    return response;
  }

  /** The header has whole seconds: what is less is no difference. */
  #setClock(date: string | null): void {
    const ahead = Date.parse(date ?? "") - Date.now();
    if (!Number.isNaN(ahead)) this.#ahead = Math.abs(ahead) < 2000 ? 0 : ahead;
  }
}

async function faultOf(response: Response): Promise<ApiError> {
  const { error } = (await response.json().catch(() => ({}))) as Partial<ErrorBody>;
  const words = error === undefined ? `HTTP ${response.status}` : [error.message, error.hint ?? []].flat().join(": ");
  if (response.status === 401) return new ApiError("token", words);
  if (response.status === 429) return new ApiError("too many", words);
  return new ApiError(error?.kind === "not-ready" ? "not ready" : "refused", words);
}
