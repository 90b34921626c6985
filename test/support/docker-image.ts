import { createHash } from "node:crypto";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { execa } from "execa";
import type { BuildName } from "./mtproto-proxy/builds.ts";
import { launcherScript } from "./mtproto-proxy/launcher.ts";

/** On everything that tests make in a Docker engine; `sweepDocker` removes what has it. */
export const testLabel = "familytraffic.test=1";

/** On every container and network of a home. */
const projectLabel = "com.docker.compose.project";

/** On the base image, which changes next to never. */
const baseLabel = "familytraffic.test.base=1";
const layerLabel = "familytraffic.test.base=0";

const repository = "familytraffic-test";
const root = resolve(import.meta.dirname, "../..");

/** What the product's images are based on, as small as Debian makes it, with what the proxy binary and a health check want. */
const debian = { suite: "bookworm", packages: ["ca-certificates", "curl", "libssl3", "zlib1g"] };

/** Where known images keep the binary. */
export const binaryPaths = {
  official: "/usr/local/bin/mtproto-proxy",
  getpagespeed: "/opt/mtproxy/mtproto-proxy",
} as const;

/** A Debian without anything of ours, made once by mmdebstrap (half a minute) and kept in the engine. */
export async function baseImage(): Promise<string> {
  return ensure("base", JSON.stringify(debian), async (tag) => {
    const include = `--include=${debian.packages.join(",")}`;
    const make = execa("mmdebstrap", ["--variant=minbase", include, debian.suite, "-"], {
      encoding: "buffer",
      buffer: false,
    });
    const changes = [testLabel, baseLabel].flatMap((label) => ["--change", `LABEL ${label}`]);
    await make.pipe("docker", ["import", ...changes, "-", tag]);
  });
}

/** Debians with their version of HAProxy. */
const haproxySuites: Readonly<Record<string, string>> = { "2.6": "bookworm", "3.0": "trixie" };

/** `VERSION=IMAGE` words, for a test of others than Debian's. */
const givenHaproxies = (process.env.HAPROXY_IMAGES ?? "").split(" ").filter(Boolean);

export const haproxyVersions: readonly string[] =
  givenHaproxies.length > 0 ? givenHaproxies.map((word) => word.split("=")[0] ?? "") : Object.keys(haproxySuites);

/** HAProxy by its version: one that is given, or as the Debian of that version has it. */
export async function haproxyImage(version: string): Promise<string> {
  const given = givenHaproxies.find((word) => word.startsWith(`${version}=`));
  if (given !== undefined) return given.slice(version.length + 1);
  const suite = haproxySuites[version];
  if (suite === undefined) throw new Error(`no Debian has HAProxy ${version}; HAPROXY_IMAGES can name an image`);
  return ensure(`haproxy-${version}`, suite, async (tag) => {
    const make = execa("mmdebstrap", ["--variant=minbase", "--include=haproxy", suite, "-"], {
      encoding: "buffer",
      buffer: false,
    });
    const changes = [testLabel, baseLabel].flatMap((label) => ["--change", `LABEL ${label}`]);
    await make.pipe("docker", ["import", ...changes, "-", tag]);
  });
}

export interface StandInImage {
  /** The build that it passes for; getpagespeed when absent. */
  readonly build?: BuildName;
  /** Takes bash, curl and wget out of the image, so that only a POSIX shell is left. */
  readonly bare?: boolean;
  /** Path of the program; where the image of that build has it when absent. */
  readonly at?: string;
}

/** The stand-in: the node that runs this, its libraries and build/mtproto-proxy.cjs behind a launcher. */
export async function standInImage({ build = "getpagespeed", bare = false, at }: StandInImage = {}): Promise<string> {
  const path = at ?? (build === "getpagespeed" ? binaryPaths.getpagespeed : binaryPaths.official);
  const script = join(root, "build/mtproto-proxy.cjs");
  const content = [build, bare, path, await digest(script), process.version];
  return ensure(bare ? `${build}-bare` : build, JSON.stringify(content), async (tag) =>
    layer(tag, { bare, ownEntrypoint: dirname(path) }, async (folder) => {
      const node = await addNode(folder);
      await add(folder, script, "/opt/standin/mtproto-proxy.cjs");
      await addScript(folder, path, launcherScript({ node, script: "/opt/standin/mtproto-proxy.cjs", build }));
    }),
  );
}

/** An image of a real mtproto-proxy binary of this machine. */
export async function binaryImage(binary: string, at: string = binaryPaths.official): Promise<string> {
  return ensure(basename(binary).toLowerCase(), JSON.stringify([at, await digest(binary)]), async (tag) =>
    layer(tag, { ownEntrypoint: dirname(at) }, async (folder) => {
      await add(folder, binary, at);
      await chmod(join(folder, at), 0o755);
    }),
  );
}

/** The image to test with: of the binary that MTPROTO_PROXY_BIN names, else the stand-in. */
export async function proxyImage(options: StandInImage = {}): Promise<string> {
  const binary = process.env.MTPROTO_PROXY_BIN;
  return binary === undefined || binary === "" ? standInImage(options) : binaryImage(binary);
}

/** Telegram's side for a Docker network: see telegram/main.ts for its arguments. */
export async function telegramImage(): Promise<string> {
  const script = join(root, "build/fake-telegram.cjs");
  return ensure("telegram", JSON.stringify([await digest(script), process.version]), async (tag) =>
    layer(tag, { entrypoint: "/opt/standin/telegram" }, async (folder) => {
      const node = await addNode(folder);
      await add(folder, script, "/opt/standin/fake-telegram.cjs");
      await addScript(
        folder,
        "/opt/standin/telegram",
        `#!/bin/sh\nexec ${node.join(" ")} /opt/standin/fake-telegram.cjs "$@"\n`,
      );
    }),
  );
}

/** Ends and removes containers, networks and volumes that tests made. Images stay: the next run wants the same ones. */
export async function sweepDocker(label: string = testLabel): Promise<void> {
  const filter = ["--filter", `label=${label}`];
  await removeAll(["ps", "-aq", ...filter], ["rm", "-fv"]);
  await removeAll(["network", "ls", "-q", ...filter], ["network", "rm"]);
  await removeAll(["volume", "ls", "-q", ...filter], ["volume", "rm", "-f"]);
}

/** Removes what tests left that were killed: their containers have the product's names, which nobody else could use then. */
export async function sweepKilledHomes(): Promise<void> {
  const ofHomes = [testLabel, projectLabel].flatMap((label) => ["--filter", `label=${label}`]);
  const { stdout } = await execa("docker", ["ps", "-a", ...ofHomes, "--format", `{{.Label "${projectLabel}"}}`]);
  await removeAll(["ps", "-aq", ...ofHomes], ["rm", "-fv"]);
  for (const project of new Set(stdout.split("\n").filter(Boolean)))
    await removeAll(["network", "ls", "-q", "--filter", `label=${projectLabel}=${project}`], ["network", "rm"]);
}

async function removeAll(list: readonly string[], remove: readonly string[]): Promise<void> {
  const { stdout } = await execa("docker", list);
  const ids = [...new Set(stdout.split("\n").filter(Boolean))];
  if (ids.length > 0) await execa("docker", [...remove, ...ids], { reject: false });
}

/** The image of this name and content; made when the engine does not have it yet. */
async function ensure(name: string, content: string, make: (tag: string) => Promise<void>): Promise<string> {
  const recipe = name === "base" ? "" : await digest(import.meta.filename);
  const hash = createHash("sha256").update(content).update(JSON.stringify(debian)).update(recipe);
  const tag = `${repository}:${name}-${hash.digest("hex").slice(0, 12)}`;
  const { exitCode } = await execa("docker", ["image", "inspect", tag], { reject: false });
  if (exitCode === 0) return tag;
  await make(tag);
  await forgetOldImages();
  return tag;
}

/** Images of contents that were replaced: not those of today, which another run may be about to use. */
async function forgetOldImages(): Promise<void> {
  const filters = [`label=${testLabel}`, `label!=${baseLabel}`, "until=24h"];
  await execa("docker", ["image", "prune", "-af", ...filters.flatMap((filter) => ["--filter", filter])], {
    reject: false,
  });
}

interface Layer {
  readonly bare?: boolean;
  /** What the image runs; without it a script that fails, since the product must not rely on an image's own. */
  readonly entrypoint?: string;
  /** Folder of that script. */
  readonly ownEntrypoint?: string;
}

/** The base image and files on top. Made of create, cp and commit, which every engine has; a builder not every one. */
async function layer(tag: string, options: Layer, fill: (folder: string) => Promise<void>): Promise<void> {
  const base = await baseImage();
  const folder = await mkdtemp(join(tmpdir(), "familytraffic-image-"));
  const container = await prepare(base, options.bare === true);
  try {
    await chmod(folder, 0o755);
    await fill(folder);
    const entrypoint = options.entrypoint ?? (await addFailingEntrypoint(folder, options.ownEntrypoint ?? "/"));
    const pack = execa("tar", ["-C", folder, "--owner=0", "--group=0", "-c", "."], {
      encoding: "buffer",
      buffer: false,
    });
    await pack.pipe("docker", ["cp", "-", `${container}:/`]);
    const changes = [`LABEL ${testLabel} ${layerLabel}`, `ENTRYPOINT ${JSON.stringify([entrypoint])}`, "CMD []"];
    await execa("docker", ["commit", ...changes.flatMap((change) => ["--change", change]), container, tag]);
  } finally {
    await execa("docker", ["rm", "-fv", container], { reject: false });
    await rm(folder, { recursive: true, force: true });
  }
}

/** A stopped container of the base image, without bash and downloaders when it shall be bare. */
async function prepare(base: string, bare: boolean): Promise<string> {
  const command = bare ? ["/bin/rm", "-f", "/bin/bash", "/usr/bin/curl", "/usr/bin/wget"] : ["/bin/true"];
  const { stdout } = await execa("docker", ["create", "--label", testLabel, "--network", "none", base, ...command]);
  const container = stdout.trim();
  await execa("docker", ["start", "--attach", container]);
  return container;
}

async function addFailingEntrypoint(folder: string, at: string): Promise<string> {
  const path = join(at, "start.sh");
  await addScript(folder, path, '#!/bin/sh\necho "the image\'s own entrypoint ran" >&2\nexit 64\n');
  return path;
}

/**
 * The node that runs this, with every library it has, so that it starts on a Debian older than this machine.
 * @returns the command that starts it inside the image
 */
async function addNode(folder: string): Promise<string[]> {
  await add(folder, process.execPath, "/opt/standin/node");
  await chmod(join(folder, "/opt/standin/node"), 0o755);
  const { stdout } = await execa("ldd", [process.execPath]);
  const libraries = [...stdout.matchAll(/(?:=> |^\s*)(\/\S+) \(/gm)].flatMap(([, path]) => path ?? []);
  for (const library of libraries) await add(folder, library, join("/opt/standin/lib", basename(library)));
  const loader = libraries.map((path) => basename(path)).find((name) => name.startsWith("ld-linux"));
  await chmod(join(folder, "/opt/standin/lib", loader ?? ""), 0o755);
  return [`/opt/standin/lib/${loader}`, "--library-path", "/opt/standin/lib", "/opt/standin/node"];
}

async function add(folder: string, file: string, at: string): Promise<void> {
  const target = join(folder, at);
  await mkdir(dirname(target), { recursive: true });
  await copyFile(file, target);
}

async function addScript(folder: string, at: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, at)), { recursive: true });
  await writeFile(join(folder, at), text, { mode: 0o755 });
}

/** Of the contents; of the size and time for what is as large as a binary. */
async function digest(file: string): Promise<string> {
  const { size, mtimeMs } = await stat(file);
  if (size > 1 << 24) return `${size}-${mtimeMs}`;
  return createHash("sha256")
    .update(await readFile(file))
    .digest("hex");
}
