import { watch } from "node:fs";
import { basename, dirname } from "node:path";

/** A look however silent the folder is: a watch may be lost, and some file systems have none. */
const LOOK_MS = 1000;

/** Calls `look` soon after a name in a folder was touched, and every second. */
export function watchName(path: string, look: () => void): { close(): void } {
  const watcher = watch(dirname(path), (_, name) => {
    if (name === null || name === basename(path)) look();
  });
  watcher.on("error", () => watcher.close());
  const timer = setInterval(look, LOOK_MS);
  return {
    close: () => {
      clearInterval(timer);
      watcher.close();
    },
  };
}
