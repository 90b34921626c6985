import { resolve } from "node:path";
import { build, type Metafile } from "esbuild";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");

/** Files and packages that a start loads before it knows what was typed: everything but `import()`. */
async function loadedAtStart(): Promise<{ packages: Set<string>; files: string[] }> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ["src/main.ts"],
    bundle: true,
    platform: "node",
    format: "cjs",
    packages: "external",
    write: false,
    metafile: true,
  });
  const packages = new Set<string>();
  const seen = new Set<string>();
  walk("src/main.ts", metafile.inputs, seen, packages);
  return { packages, files: [...seen] };
}

function walk(file: string, inputs: Metafile["inputs"], seen: Set<string>, packages: Set<string>): void {
  if (seen.has(file)) return;
  seen.add(file);
  for (const { path, kind, external } of inputs[file]?.imports ?? []) {
    if (kind === "dynamic-import") continue;
    if (external) packages.add(path);
    else walk(path, inputs, seen, packages);
  }
}

test("a start loads commander and two small parts of node, nothing else", async () => {
  const { packages } = await loadedAtStart();
  expect([...packages].sort()).toEqual(["commander", "node:path", "node:util"]);
});

test("a start loads declarations only: no use case, state, rendering, engine or probe", async () => {
  const { files } = await loadedAtStart();
  expect(files).toContain("src/cli.ts");
  expect(files.filter((file) => /^src\/(app|state|render|engine|edge|protocol|install)\//.test(file))).toEqual([]);
});
