import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";
import { build, type Plugin } from "esbuild";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");

const leaveOutImportCalls: Plugin = {
  name: "leave out import()",
  setup: ({ onResolve }) =>
    onResolve({ filter: /./ }, ({ kind, path }) => (kind === "dynamic-import" ? { path, external: true } : undefined)),
};

/** Files and packages that a start loads before it knows what was typed. */
async function loadedAtStart(): Promise<{ files: string[]; packages: string[] }> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ["src/main.ts"],
    bundle: true,
    platform: "node",
    packages: "external",
    plugins: [leaveOutImportCalls],
    write: false,
    metafile: true,
  });
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
  const packages = imports
    .filter(({ kind, external }) => external && kind !== "dynamic-import")
    .map(({ path }) => path);
  return { files: Object.keys(metafile.inputs), packages: [...new Set(packages)].sort() };
}

test("a start loads commander and three small parts of node, nothing else", async () => {
  expect((await loadedAtStart()).packages).toEqual(["commander", "node:fs", "node:path", "node:util"]);
});

test("a start loads declarations only: no use case, state, rendering, engine or probe", async () => {
  const { files } = await loadedAtStart();
  expect(files).toContain("src/commands/command.ts");
  expect(files.filter((file) => /^src\/(app|state|render|engine|edge|protocol|install)\//.test(file))).toEqual([]);
});

/** Files that the built program has loaded when a command is through, and slow parts of node. */
async function loadedBy(args: readonly string[]): Promise<{ files: string[]; slow: string[] }> {
  const program = `
    const args = ${JSON.stringify(args)};
    require("${root}/dist/main.cjs").main("mtproxy", args).then(() => {
      const slow = process.moduleLoadList.filter((name) => /^NativeModule (child_process|dns|http|https|net|tls|tty)$/.test(name));
      console.error("LOADED" + JSON.stringify({ files: Object.keys(require.cache), slow }));
    });
  `;
  // console.error itself opens a stream, after the list was made.
  const { stderr } = await promisify(execFile)(process.execPath, ["-e", program]);
  return JSON.parse(stderr.slice(stderr.indexOf("LOADED") + 6));
}

describe.each([
  { args: ["--help"], kilobytes: 140 },
  { args: ["add-user", "--help"], kilobytes: 140 },
  { args: ["list-users", "--json", "--home", "/nowhere"], kilobytes: 260 },
])("$args", ({ args, kilobytes }) => {
  test(`reads less than ${kilobytes} kB of the program, and no library but commander`, async () => {
    const { files } = await loadedBy(args);
    expect(files.map((file) => dirname(file)).filter((folder) => folder !== `${root}/dist`)).toEqual([]);
    const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(kilobytes * 1000);
  });

  test("does without the parts of node that load the network", async () => {
    expect((await loadedBy(args)).slow).toEqual([]);
  });
});
