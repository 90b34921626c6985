import Docker from "dockerode";
import { execa } from "execa";
import { expect, onTestFinished, test } from "vitest";
import { containerLines } from "../../src/engine/docker/output.ts";
import { baseImage, testLabel } from "../support/docker-image.ts";

const SCRIPT = "for i in 1 2 3; do echo line $i; sleep 0.2; done; sleep 60";

test("a container's log is read on from the time of a line, that one included, and follows until told to stop", async () => {
  const { stdout: id } = await execa("docker", [
    "run",
    "-d",
    "--init",
    "--label",
    testLabel,
    await baseImage(),
    "sh",
    "-c",
    SCRIPT,
  ]);
  onTestFinished(async () => void (await execa("docker", ["rm", "-f", id])));
  const container = new Docker().getContainer(id);
  const read = async (count: number, since?: string) => {
    const controller = new AbortController();
    const options = {
      follow: true,
      timestamps: true,
      signal: controller.signal,
      ...(since === undefined ? {} : { since }),
    };
    const lines: string[] = [];
    for await (const line of containerLines(container, options)) {
      lines.push(line);
      if (lines.length === count) setTimeout(() => controller.abort(), 300);
    }
    return lines;
  };
  const all = await read(3);
  expect(all.map((line) => line.replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z /, ""))).toEqual(["line 1", "line 2", "line 3"]);
  expect(await read(2, all[1]?.split(" ")[0])).toEqual(all.slice(1));
  expect(await read(1, all[2]?.split(" ")[0])).toEqual(all.slice(2));
  const early = new AbortController();
  const first = containerLines(container, { follow: true, tail: 0, signal: early.signal }).next();
  early.abort();
  expect(await first).toMatchObject({ done: true });
});
