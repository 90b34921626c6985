// Bundles the command line into dist/, its manual pages into man/ and, from a checkout, the programs that tests, the demo and the
// benchmark run into build/.

import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { build, transform } from "esbuild";

const common = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  outExtension: { ".js": ".cjs" },
  logLevel: "warning",
  // Templates and container scripts are part of the program; vitest.config.mts reads them the same way.
  loader: { ".tmpl": "text", ".sh": "text" },
  // dockerode reaches native add-ons through ssh2, undici is for downloads only. They load from node_modules when first needed.
  external: ["dockerode", "undici", "cpu-features"],
  define: { "import.meta.url": "__bundleUrl" },
  banner: { js: 'const __bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
};

// Start-up is a feature. Node compiles the whole text of a file to run one line of it, so what a command does not need is not in
// the files that it loads; names stay, so that the stack of an error can be read.
const small = { minifyWhitespace: true, minifySyntax: true };

// Libraries that few commands use are files of their own.
const rare = ["cli-table3", "execa", "inquirer", "qrcode", "qrcode-terminal"];
const vendor = {
  ...common,
  ...small,
  outdir: "dist/vendor",
  entryPoints: Object.fromEntries(rare.map((name) => [name, name])),
};
const rareBesideProgram = {
  name: "rare libraries beside the program",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^[a-z]/ }, ({ path }) =>
      rare.includes(path) ? { path: `./vendor/${path}.cjs`, external: true } : undefined,
    ),
};

// commander loads it for subcommands that are programs of their own, which ours are not.
const noChildProcessForCommander = {
  name: "no child_process for commander",
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes("/commander/") ? { path: "nothing", namespace: "nothing" } : undefined,
    );
    onLoad({ filter: /.*/, namespace: "nothing" }, () => ({ contents: "" }));
  },
};

/**
 * The command line: a part that every start loads, and one for each import(). esbuild splits ES modules only, and node loads those
 * slower; so each part is made CommonJS after the split.
 */
async function buildCommandLine() {
  const { outputFiles } = await build({
    ...common,
    format: "esm",
    splitting: true,
    entryPoints: ["src/main.ts"],
    outdir: "dist",
    plugins: [rareBesideProgram, noChildProcessForCommander],
    write: false,
  });
  await Promise.all(outputFiles.map(writeAsCommonJs));
  await removeOldParts(outputFiles.map(({ path }) => basename(path)));
}

async function writeAsCommonJs({ path, text }) {
  const options = { format: "cjs", platform: "node", target: "node20", supported: { "dynamic-import": false } };
  const { code } = await transform(text, { ...options, ...small });
  await writeFile(`${path}.new`, code);
  await rename(`${path}.new`, path);
}

async function removeOldParts(current) {
  const parts = (await readdir("dist")).filter((name) => /-[A-Z0-9]{8}\.cjs$/.test(name));
  await Promise.all(parts.filter((name) => !current.includes(name)).map((name) => rm(join("dist", name))));
}

const helpers = {
  man: "scripts/man.ts",
  demo: "scripts/demo.ts",
  "demo-telegram": "scripts/demo-telegram.ts",
  bench: "bench/main.ts",
  "mtproto-proxy": "test/support/mtproto-proxy/main.ts",
  "fake-telegram": "test/support/telegram/main.ts",
};
const present = (entries) => Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(file)));

await Promise.all(["dist", "build", "man"].map((folder) => mkdir(folder, { recursive: true })));
await Promise.all([
  buildCommandLine(),
  build(vendor),
  build({ ...common, ...small, entryPoints: { "trial-server": "src/engine/trial/main.ts" }, outdir: "dist" }),
  build({ ...common, entryPoints: present(helpers), outdir: "build" }),
]);

const { manuals } = createRequire(import.meta.url)("../build/man.cjs");
await Promise.all(Object.entries(manuals()).map(([name, page]) => writeFile(`man/${name}`, page)));
