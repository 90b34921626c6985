import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { Key } from "../../domain/key.ts";
import { KeySearch } from "./key-search.ts";
import type { FromThread, ToThread } from "./search-thread.ts";

/** As nice as can be: what it looks for is more than the agent itself has time for. */
const NICENESS = 19;
const KEY_BYTES = 16;

giveWay();
const search = new KeySearch();
parentPort?.on("message", (message: ToThread) => {
  if ("keys" in message) return search.replace(keysIn(message.keys));
  const { id, address, first } = message;
  void search.find(address, first).then((found) => {
    const answer: FromThread = { id, found };
    parentPort?.postMessage(answer);
  });
});

/** Linux knows threads as it knows processes (setpriority(2)). Where it does not let this be, the search takes its whole share. */
function giveWay(): void {
  try {
    const [, , thread] = readlinkSync("/proc/thread-self").split("/");
    setPriority(Number(thread), NICENESS);
  } catch {
    return;
  }
}

function keysIn(bytes: Uint8Array): Key[] {
  return Array.from({ length: bytes.length / KEY_BYTES }, (_, index) =>
    Key.fromBytes(bytes.slice(KEY_BYTES * index, KEY_BYTES * (index + 1))),
  );
}
