import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { build, type Plugin } from "esbuild";
import { expect, test } from "vitest";

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

test("a start loads commander and two small parts of node, nothing else", async () => {
  expect((await loadedAtStart()).packages).toEqual(["commander", "node:path", "node:util"]);
});

test("a start loads declarations only: no use case, state, rendering, engine or probe", async () => {
  const { files } = await loadedAtStart();
  expect(files).toContain("src/commands/command.ts");
  expect(files.filter((file) => /^src\/(app|state|render|engine|edge|protocol|install)\//.test(file))).toEqual([]);
});

/** Files of ours and of packages that the built program has loaded when a command is through. */
async function loadedBy(args: readonly string[]): Promise<string[]> {
  const program = `
    const args = ${JSON.stringify(args)};
    require("${root}/dist/main.cjs").main("mtproxy", args).then(() => {
      console.error(JSON.stringify(Object.keys(require.cache)));
      console.error(JSON.stringify(process.moduleLoadList.filter((name) => /^NativeModule (dns|http|https|tls|worker_threads)$/.test(name))));
    });
  `;
  const { stderr } = await promisify(execFile)(process.execPath, ["-e", program]);
  return stderr
    .split("\n")
    .filter(Boolean)
    .flatMap((line) => JSON.parse(line));
}

test.each([[["--help"]], [["add-user", "--help"]], [["list-users", "--json", "--home", "/nowhere"]]])(
  "%j runs with the one file of the program, without a rare library or a part of node that is slow to load",
  async (args) => {
    expect(await loadedBy(args)).toEqual([`${root}/dist/main.cjs`]);
  },
);
