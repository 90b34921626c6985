import { expect } from "vitest";
import type { Request } from "../../src/analytics/history/protocol.ts";
import { entryAt, userRow } from "./history-entry.ts";

const entry = entryAt(1000, { increments: [userRow("alice", { bytesIn: 7 })] });

const requests: Request[] = [
  { id: 1, call: "record", given: [entry] },
  { id: 2, call: "users", given: [0, 1e9] },
  { id: 3, call: "close", given: [] },
];

/** What `askHistory` prints where a history can be kept. */
export const keptReplies = [{ id: 1 }, { id: 2, value: expect.stringContaining('"bytesIn":7') }, { id: 3 }];

/** A program for `node -e` that asks the thread in `dist/history-worker.cjs`, as the daemon does, and prints the replies as JSON. */
export function askHistory(file: string): string {
  return `
    const { Worker } = require("node:worker_threads");
    const worker = new Worker("./dist/history-worker.cjs", { workerData: { path: ${JSON.stringify(file)} } });
    const replies = [];
    worker.on("message", (reply) => replies.push(reply));
    worker.on("exit", () => console.log(JSON.stringify(replies)));
    for (const request of ${JSON.stringify(requests)}) worker.postMessage(request);
  `;
}
