import type { Context, Progress } from "./context.ts";
import { AppError } from "./domain/errors.ts";

export interface ContextOptions {
  /** FAMILYTRAFFIC_HOME, absolute. */
  readonly home: string;
  readonly progress: Progress;
}

/** The real parts behind the ports. */
export async function createContext(options: ContextOptions): Promise<Context> {
  throw new AppError("bug", `the parts for ${options.home} are not wired yet`);
}
