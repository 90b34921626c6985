import type { ErrorKind } from "../../domain/errors.ts";
import type { History } from "../../history.ts";

/** Between the thread that has the file and everybody else. */

export interface WorkerOptions {
  readonly path: string;
}

export interface Request {
  readonly id: number;
  readonly call: Exclude<keyof History, "points">;
  readonly given: readonly unknown[];
}

export interface FailedReply {
  readonly id: number;
  readonly error: { readonly kind: ErrorKind; readonly message: string; readonly hint?: string };
}

export type Reply =
  /** As JSON, which crosses sooner than the objects themselves. */
  | { readonly id: number; readonly value: string | undefined }
  | FailedReply
  /** A sentence for people. */
  | { readonly warning: string };
