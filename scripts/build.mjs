// Bundles the command line into dist/, its manual pages into man/ and, from a checkout, the programs that tests, the demo and the
// benchmark run into build/.

import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { build } from "esbuild";

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

// Start-up is a feature: what is not needed to print a list is not even read. Libraries that few commands use are files of their
// own beside the program, and import() is require(), which spares node its second module loader.
const rare = ["cli-table3", "execa", "inquirer", "qrcode", "qrcode-terminal"];
const rareBesideProgram = {
  name: "rare libraries beside the program",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^[a-z]/ }, ({ path, kind }) =>
      rare.includes(path) && kind !== "entry-point" ? { path: `./vendor/${path}.cjs`, external: true } : undefined,
    ),
};
// Names stay, so that the stack of an error can be read.
const shipped = { ...common, minifyWhitespace: true, minifySyntax: true, outdir: "dist" };
const program = { ...shipped, plugins: [rareBesideProgram], supported: { "dynamic-import": false } };
const vendor = { ...shipped, outdir: "dist/vendor", entryPoints: Object.fromEntries(rare.map((name) => [name, name])) };

const product = { main: "src/main.ts", "trial-server": "src/engine/trial/main.ts" };
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
await Promise.all([build({ ...program, entryPoints: present(product) }), build(vendor)]);
await build({ ...common, entryPoints: present(helpers), outdir: "build" });

const { manuals } = createRequire(import.meta.url)("../build/man.cjs");
await Promise.all(Object.entries(manuals()).map(([name, page]) => writeFile(`man/${name}`, page)));
