import type { AppError } from "../domain/errors.ts";

/** What a use case gives back: data for people and programs, what they should know besides, and what did not work. */
export interface Outcome<T> {
  readonly data: T;
  readonly warnings?: readonly string[];
  /** Not done in spite of the data (saved, but not live): `ok: false`, this error's exit code, and the data is shown. */
  readonly failure?: AppError;
}
