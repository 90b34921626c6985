import { defineConfig } from "vitest/config";

const project = (name: string, extra = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout: 60_000, hookTimeout: 120_000, ...extra },
});

/** One project a folder of test/: unit and golden need nothing, the others start real programs. */
export default defineConfig({
  test: {
    projects: [
      project("unit", { testTimeout: 20_000 }),
      project("golden"),
      project("cli"),
      project("contract"),
      project("e2e"),
      project("docker", { fileParallelism: false, testTimeout: 300_000, hookTimeout: 300_000 }),
    ],
  },
});
