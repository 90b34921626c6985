import type { FirstBytes, Fitting } from "./tried-keys.ts";

export interface Question {
  readonly id: number;
  readonly address: string;
  readonly first: FirstBytes;
}

export interface FoundKey {
  readonly id: number;
  readonly found: Fitting | "busy" | undefined;
}

/** What the thread is told; everything in it is a copy. */
export type ToThread =
  /** 16 bytes each, one behind the other. */
  { readonly keys: Uint8Array } | { readonly questions: readonly Question[] };

/** `ready` once, when it gives way to all others. */
export type FromThread = "ready" | readonly FoundKey[];

/** Milliseconds between two messages to the thread, and two from it: of a crowd a few are asked for at once. */
export const MESSAGE_PAUSE_MS = 10;
