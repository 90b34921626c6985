import { randomBytes } from "node:crypto";
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { CommandAudit } from "../../../src/app/audit/command-audit.ts";
import { noteDrained } from "../../../src/app/audit/note-drained.ts";
import { noteRefusals } from "../../../src/app/audit/note-refusals.ts";
import type { Context } from "../../../src/context.ts";
import { joinEntries } from "../../../src/domain/audit/record.ts";
import { AppError } from "../../../src/domain/errors.ts";
import { readAuditLog } from "../../../src/state/audit-entries.ts";
import { appScene } from "../../support/app-scene.ts";

const command = { words: "apply", typed: ["mtproxy", "apply"], dryRun: false, isScheduled: false, isOften: false };
const records = async (ctx: Context) => joinEntries((await readAuditLog(ctx)).entries);
const told: string[] = [];
const tell = (trouble: string) => void told.push(trouble);

test("what the daemon does by itself is an entry for each reason, with whom it was about", async () => {
  const { ctx } = await appScene();
  await noteRefusals(
    ctx,
    { carol: "expired", dave: "expired" },
    { alice: "over-quota", "bob:old": "expired", dave: "expired" },
    tell,
  );
  await noteDrained(ctx, "daemon", tell)([{ shardId: 2, side: "b" }]);
  expect((await records(ctx)).map(({ actor, command: what, about, words }) => [actor, what, about, words])).toEqual([
    ["daemon", "refuse", ["bob"], "the link has expired"],
    ["daemon", "refuse", ["alice"], "the quota is used up"],
    ["daemon", "let in again", ["carol"], "nothing speaks against it"],
    ["daemon", "end what was replaced", [], expect.stringMatching(/^familytraffic-mtproxy-2 \(b\): /)],
  ]);
  await rm(ctx.paths.auditLog);
  await rm(ctx.paths.logs, { recursive: true });
  await writeFile(ctx.paths.logs, "a file in the place of the folder");
  await noteDrained(ctx, "daemon", tell)([{ shardId: 2, side: "b" }]);
  expect(told).toEqual([expect.stringContaining("this is not written down in the audit log")]);
});

test("a packed log that is cut off is read as far as it goes, and what is there twice once", async () => {
  const { ctx } = await appScene();
  await new CommandAudit(ctx, command).around(async () => ({ data: null }));
  const whole = await readFile(ctx.paths.auditLog);
  const packed = gzipSync(Buffer.concat([whole, randomBytes(100_000)]));
  await writeFile(`${ctx.paths.auditLog}.1.gz`, packed.subarray(0, packed.length / 2));
  await writeFile(`${ctx.paths.auditLog}.2.gz`, packed.subarray(0, 5));
  await writeFile(`${ctx.paths.auditLog}-20261121T203000123Z`, whole);
  const { entries, unreadable } = await readAuditLog(ctx);
  expect([entries.length, unreadable > 0]).toEqual([2, true]);
});

describe("a command", () => {
  test("that fails is written down with its words, without what may be a key, and throws as it did", async () => {
    const { ctx } = await appScene();
    const key = "0123456789abcdef".repeat(2);
    const work = async () => {
      throw new AppError("engine", `it does not take ${key}`);
    };
    await expect(new CommandAudit(ctx, command).around(work)).rejects.toThrow(key);
    expect(await records(ctx)).toMatchObject([{ outcome: "failed", exitCode: 7, words: "it does not take [digits]" }]);
  });

  test("that removes the home leaves no log of it behind", async () => {
    const { ctx } = await appScene();
    const { home } = ctx.paths;
    await new CommandAudit(ctx, command).around(async () => {
      expect(await records(ctx)).toMatchObject([{ outcome: "unfinished" }]);
      await rm(home, { recursive: true });
      return { data: null };
    });
    await expect(stat(home)).rejects.toThrow("ENOENT");
  });

  test("that runs often is written down from the first change on, and not at all without one", async () => {
    const { ctx } = await appScene();
    const often = { ...command, words: "tick", typed: ["mtproxy", "tick"], isScheduled: true, isOften: true };
    await new CommandAudit(ctx, often).around(async () => ({ data: null }));
    expect(await records(ctx)).toEqual([]);
    const audit = new CommandAudit(ctx, often);
    await audit.around(async () => {
      await audit.begin();
      await audit.begin();
      return { data: { expired: ["dave"] } };
    });
    expect(await records(ctx)).toMatchObject([{ command: "tick", outcome: "done", about: ["dave"] }]);
  });
});
