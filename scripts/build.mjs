// Bundles the command line into dist/, its manual pages into man/, the schemas of its output into schemas/ and, from a checkout, the
// programs that tests, the demo and the benchmark run into build/.

import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";
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
  // undici is for downloads only, libsql has a program of its own inside, fastify is for the daemon where it serves figures, the others
  // are what dockerode rarely uses. They load from node_modules when first needed.
  external: ["undici", "libsql", "fastify", "@fastify/*", "ssh2", "@grpc/grpc-js", "@grpc/proto-loader", "protobufjs"],
  define: { "import.meta.url": "__bundleUrl" },
  banner: { js: 'const __bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
};

// Start-up is a feature. Node compiles the whole text of a file to run one line of it, so what a command does not need is not in
// the files that it loads; names stay, so that the stack of an error can be read.
const small = { minifyWhitespace: true, minifySyntax: true };

// cli-table3 measures every cell with an expression of 10 kB that is made anew each time; ours are nearly always plain text.
const plainTextWidth = {
  name: "width of plain text",
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^string-width$/ }, ({ namespace, path }) =>
      namespace === "file" ? { path, namespace: "plain-text" } : undefined,
    );
    onLoad({ filter: /.*/, namespace: "plain-text" }, () => ({
      contents: `
        const width = require("string-width");
        module.exports = (text) => (/^[ -~·✓✗…─-◿]*$/.test(text) ? text.length : width(text));
      `,
      resolveDir: resolve("node_modules/cli-table3"),
    }));
  },
};

// dockerode is for ssh:// hosts and BuildKit sessions too, whose libraries take longer to load than all the rest: they load from
// node_modules when somebody has such a host.
const rarelyUsedByDockerode = {
  name: "what dockerode rarely uses",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/(docker-modem\/lib\/ssh|dockerode\/lib\/session)\.js$/ }, async ({ path }) => ({
      contents: `module.exports = (...given) => {
        const module = { exports: {} };
        ((module) => { ${await readFile(path, "utf8")} })(module);
        return module.exports(...given);
      };`,
    })),
};

// Libraries that few commands use are files of their own.
const rare = ["cli-table3", "dockerode", "execa", "inquirer", "prom-client", "qrcode", "qrcode-terminal"];
const vendor = {
  ...common,
  plugins: [plainTextWidth, rarelyUsedByDockerode],
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

// Every start reads commander: its local names are as short as they can be. It loads child_process for subcommands that are programs of
// their own, which ours are not.
const smallCommander = {
  name: "a small commander",
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes("/commander/") ? { path: "nothing", namespace: "nothing" } : undefined,
    );
    onLoad({ filter: /.*/, namespace: "nothing" }, () => ({ contents: "" }));
    onLoad({ filter: /\/node_modules\/commander\/lib\/\w+\.js$/ }, async ({ path }) => ({
      contents: (await transform(await readFile(path, "utf8"), { minifyIdentifiers: true })).code,
    }));
  },
};

// Every start reads the declarations of commands and what prints: nothing whose names somebody looks for in a stack.
const smallSurface = {
  name: "a small surface",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/src\/(commands|ui)\/[\w-]+\.ts$/ }, async ({ path }) => ({
      contents: (await transform(await readFile(path, "utf8"), { loader: "ts", minifyIdentifiers: true })).code,
    })),
};

/**
 * The command line: a part that every start loads, and one for each import(). esbuild splits ES modules only, and node loads those
 * slower; so each part is made CommonJS after the split.
 */
async function buildCommandLine() {
  const options = {
    ...common,
    format: "esm",
    splitting: true,
    entryPoints: ["src/main.ts"],
    outdir: "dist",
    write: false,
  };
  const plugins = [rareBesideProgram, smallCommander, smallSurface];
  const { metafile } = await build({ ...options, plugins, metafile: true });
  const { outputFiles } = await build({ ...options, plugins: [loadedInOrder(lateParts(metafile)), ...plugins] });
  await Promise.all(outputFiles.map(writeAsCommonJs));
  await removeOldParts(outputFiles.map(({ path }) => basename(path)));
}

/** Without what one of the two early parts is made of anyway: that cannot come after them. */
function lateParts({ outputs, inputs }) {
  const entries = Object.values(outputs).flatMap(({ entryPoint }) => entryPoint ?? []);
  const context = "src/create-context.ts";
  const early = new Set([...reachable(inputs, "src/main.ts"), ...reachable(inputs, context)]);
  return entries.filter((file) => file === context || !early.has(file)).map((file) => resolve(file));
}

function reachable(inputs, file, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  const imports = inputs[file]?.imports ?? [];
  for (const { path, kind } of imports) if (kind === "import-statement") reachable(inputs, path, found);
  return found;
}

/**
 * Says in the late parts what is so anyway: that main.ts is loaded by then, and create-context.ts too. What they share with these
 * becomes part of the same two files then, instead of one small file for every way of sharing.
 */
function loadedInOrder(files) {
  const context = resolve("src/create-context.ts");
  return {
    name: "parts that are loaded in order",
    setup: ({ onLoad }) =>
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (!files.includes(path)) return undefined;
        const before = path === context ? resolve("src/main.ts") : context;
        return { contents: `import ${JSON.stringify(before)};\n${await readFile(path, "utf8")}`, loader: "ts" };
      }),
  };
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

/** The page that shows the figures, for browsers of the last three years; the chart library is in it. */
async function buildDashboard() {
  const page = "src/analytics/dashboard";
  const licence = await readFile("node_modules/uplot/LICENSE", "utf8");
  await build({
    bundle: true,
    minify: true,
    platform: "browser",
    target: ["chrome105", "firefox121", "safari16.4"],
    format: "esm",
    logLevel: "warning",
    banner: { js: `/*! The charts are drawn by uPlot.\n\n${licence}*/` },
    entryPoints: { dashboard: `${page}/main.ts` },
    outdir: "dist/dashboard",
  });
  await copyFile(`${page}/index.html`, "dist/dashboard/index.html");
}

const helpers = {
  man: "scripts/man.ts",
  schemas: "scripts/schemas.ts",
  demo: "scripts/demo.ts",
  "demo-telegram": "scripts/demo-telegram.ts",
  bench: "bench/main.ts",
  "bench-edge": "bench/edge.ts",
  "bench-edge-peers": "bench/edge-peers.ts",
  "bench-edge-strangers": "bench/edge-strangers.ts",
  "bench-stats": "bench/stats.ts",
  "bench-stats-history-server": "bench/stats-history-server.ts",
  "bench-stats-api": "bench/stats-api.ts",
  "bench-stats-api-server": "bench/stats-api-server.ts",
  "mtproto-proxy": "test/support/mtproto-proxy/main.ts",
  "fake-telegram": "test/support/telegram/main.ts",
  "history-writer": "test/support/history-writer.ts",
};
const present = (entries) => Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(file)));

await Promise.all(["dist", "build", "man", "schemas"].map((folder) => mkdir(folder, { recursive: true })));
await Promise.all([
  buildCommandLine(),
  buildDashboard(),
  build(vendor),
  build({
    ...common,
    ...small,
    entryPoints: {
      install: "install.ts",
      "trial-server": "src/engine/trial/main.ts",
      "history-worker": "src/analytics/history/worker.ts",
      "search-thread": "src/edge/identify/search-worker.ts",
    },
    outdir: "dist",
  }),
  build({ ...common, entryPoints: present(helpers), outdir: "build" }),
  // Makes a home in containers with what the tests have for that, whose paths begin where they lie.
  build({
    ...common,
    define: {
      ...common.define,
      "import.meta.dirname": JSON.stringify(resolve("test/support")),
      "import.meta.filename": JSON.stringify(resolve("test/support/docker-image.ts")),
    },
    entryPoints: present({ "bench-stats-collector": "bench/stats-collector.ts" }),
    outdir: "build",
  }),
]);

const require = createRequire(import.meta.url);
await replaceFiles("man", require("../build/man.cjs").manuals());
await replaceFiles("schemas", require("../build/schemas.cjs").schemas());

/** What is made from the command tree; a file whose command is gone goes too. Tests may be reading them meanwhile. */
async function replaceFiles(folder, texts) {
  for (const [name, text] of Object.entries(texts)) {
    await writeFile(`${folder}/${name}.new`, text);
    await rename(`${folder}/${name}.new`, `${folder}/${name}`);
  }
  const old = (await readdir(folder)).filter((name) => !(name in texts) && !name.endsWith(".new"));
  await Promise.all(old.map((name) => rm(join(folder, name))));
}
