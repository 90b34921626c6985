import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AppError } from "../../../../src/domain/errors.ts";
import { askServer } from "../../../../src/engine/trial/control-client.ts";
import type { ServerStatus } from "../../../../src/engine/trial/control-protocol.ts";
import { type ControlHandlers, openControl } from "../../../../src/engine/trial/control-server.ts";
import { RunFolder } from "../../../../src/engine/trial/run-folder.ts";

const status: ServerStatus = {
  pid: 1,
  shardId: 1,
  configDigest: "abc",
  startedAt: "2026-01-01T00:00:00.000Z",
  port: 8443,
  liveKeys: 2,
  notice: "",
  events: {},
};
const unasked = async (): Promise<never> => {
  throw new Error("not asked for");
};
const handlers: ControlHandlers = {
  status: async () => status,
  stats: () => setTimeout(10_000, undefined, { ref: false }).then(unasked),
  "user-stats": unasked,
  reload: async () => {
    throw new AppError("environment", "port 1 is taken", { hint: "mtproxy set-port" });
  },
  stop: unasked,
};

let run: string;
let folder: RunFolder;
let server: Server;
beforeEach(async () => {
  run = mkdtempSync(join(tmpdir(), "mtproxy-control-"));
  folder = new RunFolder(run);
  server = await openControl(folder, handlers);
});
afterEach(() => {
  server.close();
  folder.close();
  rmSync(run, { recursive: true, force: true });
});

const say = (bytes: string | Uint8Array): Promise<string> => {
  const socket = connect({ path: folder.socketPath });
  socket.end(bytes);
  return text(socket);
};

describe("the control socket", () => {
  it("answers a question, and belongs to its owner alone", async () => {
    expect(await askServer(run, "status")).toEqual(status);
    expect(statSync(folder.file("socket")).mode & 0o777).toBe(0o600);
  });

  it("hands errors over with kind and hint", async () => {
    const failure = askServer(run, "reload");
    await expect(failure).rejects.toMatchObject({
      kind: "environment",
      message: "port 1 is taken",
      hint: "mtproxy set-port",
    });
    await expect(askServer(run, "stop")).rejects.toMatchObject({ kind: "bug" });
  });

  it("tells a server that is silent from one that is not there", async () => {
    await expect(askServer(run, "stats", 200)).rejects.toMatchObject({ kind: "engine" });
    expect(await askServer(join(run, "none"), "status")).toBeUndefined();
    server.close();
    expect(await askServer(run, "status")).toBeUndefined();
    writeFileSync(folder.file("socket"), "");
    expect(await askServer(run, "status")).toBeUndefined();
  });

  it("survives questions that are none", async () => {
    for (const question of ["\n", "{}\n", '{"command":"constructor"}\n', "[1\n", "\u0000\n"]) {
      expect(JSON.parse(await say(question))).toMatchObject({ ok: false });
    }
    expect(await say("x".repeat(5_000)).catch(() => "")).toBe("");
    expect(await askServer(run, "status")).toEqual(status);
  });

  it("takes the place of a socket that a killed server left", async () => {
    server.close();
    writeFileSync(folder.file("socket"), "");
    server = await openControl(folder, handlers);
    expect(await askServer(run, "status")).toEqual(status);
  });
});
