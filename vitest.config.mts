import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { Interleaved } from "./test/support/interleaved.mts";
import { canRun, dockerLacks, whatDoesNotRun } from "./test/support/machine.mts";

/** Templates and container scripts are imported as text, as the bundler's loaders do (scripts/build.mjs). */
const texts = {
  name: "texts",
  enforce: "pre" as const,
  async load(id: string) {
    return /\.(tmpl|sh)$/.test(id) ? `export default ${JSON.stringify(await readFile(id, "utf8"))};` : undefined;
  },
};

const project = (name: string, extra = {}) => ({
  plugins: [texts],
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 10_000 } },
    ...extra,
  },
});

const notRun = await whatDoesNotRun();
if (notRun !== undefined && process.env.MTPROXY_TESTS === "all") {
  console.error(`${notRun} With MTPROXY_TESTS=all that is a failure.`);
  process.exit(1);
}
if (notRun !== undefined) process.once("exit", () => console.error(notRun));

const slow = { testTimeout: 300_000, hookTimeout: 300_000 };
const docker = { ...slow, setupFiles: ["test/support/docker-turn.ts"] };

/** One project a folder of test/: unit and golden need nothing, the others start real programs. */
export default defineConfig({
  test: {
    // Most tests wait for programs that they started, and a docker test for its turn; the default leaves half of a small machine idle.
    maxWorkers: Math.max(3, availableParallelism()),
    sequence: { sequencer: Interleaved },
    projects: [
      // Nothing in src keeps state in its modules: reading them once a worker instead of once a file saves a third of the time.
      project("unit", { isolate: false }),
      project("golden"),
      project("cli"),
      project("contract"),
      project("e2e"),
      ...(canRun("haproxy") ? [project("edge")] : []),
      ...(canRun("chromium") ? [project("browser", { testTimeout: 120_000 })] : []),
      ...((await dockerLacks()) === undefined ? [project("docker", docker), project("server", slow)] : []),
    ],
  },
});
