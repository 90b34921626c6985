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
  // dockerode reaches native add-ons through ssh2; inquirer is only for a wizard, undici for downloads. They load from node_modules when first needed.
  external: ["dockerode", "inquirer", "undici", "cpu-features"],
  define: { "import.meta.url": "__bundleUrl" },
  banner: { js: 'const __bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
};

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
await build({ ...common, entryPoints: present(product), outdir: "dist" });
await build({ ...common, entryPoints: present(helpers), outdir: "build" });

const { manuals } = createRequire(import.meta.url)("../build/man.cjs");
await Promise.all(Object.entries(manuals()).map(([name, page]) => writeFile(`man/${name}`, page)));
