import { AsyncLocalStorage } from "node:async_hooks";
import { resolve } from "node:path";
import { shown } from "../domain/printable.ts";
import type { Locks } from "../ports.ts";
import { explaining } from "./file-errors.ts";
import type { LockRequest } from "./lock-file.ts";

/** A lock that the running work holds. Work that outlives it by mistake finds it let go. */
interface Held {
  readonly by: Locks;
  readonly path: string;
  live: boolean;
}

const WAIT_MS = 30_000;
/** What the running work holds. One for the process: each further one would be carried through every promise. */
const context = new AsyncLocalStorage<readonly Held[]>();

/**
 * flock(2) on files. Work that holds a lock may ask for it again: the inner work runs at once, since waiting for oneself would
 * never end. Two works side by side in one process wait for each other as two processes do.
 */
export function createLocks(): Locks {
  const locks: Locks = {
    withLock: async (path, work, options = {}) => {
      const outer = context.getStore() ?? [];
      const request = toRequest(path, options);
      if (outer.some((held) => held.live && held.by === locks && held.path === request.path)) return work();
      // Loaded when needed: readers start without what starting a program takes.
      const { acquire, release } = await import("./lock-file.ts");
      const file = await explaining("lock", path, () => acquire(request));
      const held: Held = { by: locks, path: request.path, live: true };
      try {
        return await context.run([...outer, held], work);
      } finally {
        held.live = false;
        await release(file, request);
      }
    },

    holderOf: async (path) => {
      const { holderOf } = await import("./lock-file.ts");
      return (await holderOf(path))?.pid;
    },
  };
  return locks;
}

function toRequest(path: string, options: NonNullable<Parameters<Locks["withLock"]>[2]>): LockRequest {
  return {
    path: resolve(path),
    purpose: shown(options.purpose ?? "a command of mtproxy", 160),
    waitMs: options.waitMs ?? WAIT_MS,
    holder: options.holder ?? true,
  };
}
