import { execFileSync } from "node:child_process";
import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { Key } from "../../domain/key.ts";
import { Gathered } from "./gathered.ts";
import { KeySearch } from "./key-search.ts";
import { type FoundKey, type FromThread, MESSAGE_PAUSE_MS, type ToThread } from "./thread-messages.ts";

/** As nice as can be. */
const NICENESS = 19;
const KEY_BYTES = 16;

giveWay();
say("ready");
const search = new KeySearch();
const answers = new Gathered<FoundKey>(say, MESSAGE_PAUSE_MS);
parentPort?.on("message", (message: ToThread) => {
  if ("keys" in message) return search.replace(keysIn(message.keys));
  for (const { id, address, first } of message.questions)
    void search.find(address, first).then((found) => answers.add({ id, found }));
});

function say(message: FromThread): void {
  parentPort?.postMessage(message);
}

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
