import { execFileSync } from "node:child_process";
import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { Key } from "../../domain/key.ts";
import { KeySearch } from "./key-search.ts";
import type { FromThread, ToThread } from "./search-thread.ts";

/** As nice as can be. */
const NICENESS = 19;
const KEY_BYTES = 16;

giveWay();
parentPort?.postMessage("ready" satisfies FromThread);
const search = new KeySearch();
parentPort?.on("message", (message: ToThread) => {
  if ("keys" in message) return search.replace(keysIn(message.keys));
  const { id, address, first } = message;
  void search.find(address, first).then((found) => {
    const answer: FromThread = { id, found };
    parentPort?.postMessage(answer);
  });
});

/**
 * What it looks for is more than the agent itself has time for, so it runs only while a processor has nothing else to do (SCHED_IDLE,
 * sched(7)): whoever is merely nice holds up who wakes beside it. Linux knows threads as it knows processes. Where that cannot be, it is
 * nice; where that cannot be either, it takes its whole share.
 */
function giveWay(): void {
  try {
    const [, , thread = ""] = readlinkSync("/proc/thread-self").split("/");
    setPriority(Number(thread), NICENESS);
    execFileSync("chrt", ["--idle", "--pid", "0", thread], { stdio: "ignore", timeout: 2000 });
  } catch {
    return;
  }
}

function keysIn(bytes: Uint8Array): Key[] {
  return Array.from({ length: bytes.length / KEY_BYTES }, (_, index) =>
    Key.fromBytes(bytes.slice(KEY_BYTES * index, KEY_BYTES * (index + 1))),
  );
}
