import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { execa } from "execa";
import { baseImage } from "../docker-image.ts";
import { type AptForwarder, startAptForwarder } from "./apt-forwarder.ts";

const checkout = resolve(import.meta.dirname, "../../..");

/** What runs as the machine's user: nothing of the environment of this process. */
const environment = [
  ...["env", "-i", "HOME=/root", "LANG=C.UTF-8"],
  "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
];

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A bare Debian 12 with Node and the packed product: a file system of its own in namespaces of its own, and no network but a cable to
 * this process, which leads its apt to the distribution.
 */
export class BareRoot {
  /** Where its file system is for us: without what is mounted in it, as a disk would be in another machine. */
  readonly root: string;
  /** Its address, and ours at the other end of the cable. */
  readonly address: string;
  readonly gateway: string;
  readonly apt: AptForwarder;
  readonly #init: ChildProcess;
  readonly #pid: number;

  constructor(parts: Pick<BareRoot, "root" | "address" | "gateway" | "apt"> & { init: ChildProcess; pid: number }) {
    this.root = parts.root;
    this.address = parts.address;
    this.gateway = parts.gateway;
    this.apt = parts.apt;
    this.#init = parts.init;
    this.#pid = parts.pid;
  }

  /** The product's program, as it is before anything put it into a PATH. */
  readonly mtproxy = "/srv/mtproxy/node_modules/familytraffic-mtproxy/bin/familytraffic-mtproxy";

  async run(...command: readonly string[]): Promise<Ran> {
    const inside = ["-t", String(this.#pid), "-m", "-n", "-p", "-i", "-u", ...environment, ...command];
    const { exitCode, stdout, stderr } = await execa("nsenter", inside, { reject: false, stdin: "ignore" });
    return { code: exitCode ?? -1, stdout, stderr };
  }

  /** The same, for what a test only needs done. */
  async must(...command: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...command);
    if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${stdout}${stderr}`);
    return stdout;
  }

  async put(path: string, content: string | Uint8Array): Promise<void> {
    await mkdir(dirname(join(this.root, path)), { recursive: true });
    await writeFile(join(this.root, path), content);
  }

  /** Everything in it ends with its first process, and the cable goes with it. */
  async close(): Promise<void> {
    await ended(this.#init);
    await this.apt.close();
    await rm(dirname(this.root), { recursive: true, force: true });
  }
}

export async function openBareRoot(): Promise<BareRoot> {
  const folder = await mkdtemp(join(tmpdir(), "mtproxy-bare-root-"));
  const root = join(folder, "root");
  let init: ChildProcess | undefined;
  try {
    await mkdir(root);
    await unpackDebian(root);
    await installProduct(folder, join(root, "srv/mtproxy"));
    await writeFile(join(root, "usr/local/bin/node"), "", { mode: 0o755 });
    init = await enter(root);
    const pid = await firstProcess(init);
    const ends = await plugIn(pid);
    const apt = await startAptForwarder(ends.gateway);
    await configureApt(root, apt.url);
    return new BareRoot({ root, init, pid, apt, ...ends });
  } catch (error) {
    if (init !== undefined) await ended(init);
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** The Debian that test images are based on: made by mmdebstrap once in a run. */
async function unpackDebian(root: string): Promise<void> {
  const { stdout: container } = await execa("docker", ["create", await baseImage(), "/bin/true"]);
  try {
    const unpack = ["--extract", "--directory", root, "--exclude=.dockerenv", "--exclude=dev/console"];
    await execa("docker", ["export", container], { encoding: "buffer", buffer: false }).pipe("tar", unpack);
  } finally {
    await execa("docker", ["rm", container], { reject: false });
  }
  await writeFile(join(root, "etc/hosts"), "127.0.0.1 localhost\n::1 localhost\n");
}

/** What `npm install` makes of the packed product, taken from this checkout's own libraries. */
async function installProduct(folder: string, target: string): Promise<void> {
  const pack = ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder];
  const { stdout: archive } = await execa("npm", pack, { cwd: checkout });
  const product = join(target, "node_modules/familytraffic-mtproxy");
  await mkdir(product, { recursive: true });
  await execa("tar", ["-xzf", join(folder, archive), "-C", product, "--strip-components=1", "--no-same-owner"]);
  for (const path of await productionModules()) await cp(join(checkout, path), join(target, path), { recursive: true });
}

interface LockedPackage {
  readonly dev?: true;
  readonly devOptional?: true;
  readonly optional?: true;
  readonly peer?: true;
}

/** Of libraries that have a program for each kind of machine. */
const FOR_THIS_MACHINE = ["node_modules/@libsql/linux-x64-gnu"];

async function productionModules(): Promise<string[]> {
  const { packages } = JSON.parse(await readFile(join(checkout, "package-lock.json"), "utf8")) as {
    readonly packages: Readonly<Record<string, LockedPackage>>;
  };
  return Object.entries(packages).flatMap(([path, { dev, devOptional, optional, peer }]) =>
    path === "" || dev || devOptional || (optional && !FOR_THIS_MACHINE.includes(path)) || peer ? [] : [path],
  );
}

async function enter(root: string): Promise<ChildProcess> {
  const namespaces = ["--mount", "--net", "--pid", "--ipc", "--uts", "--propagation", "private"];
  const script = join(import.meta.dirname, "enter.sh");
  const command = ["--fork", "--kill-child", "sh", script, root, process.execPath];
  const init = spawn("unshare", [...namespaces, ...command], { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  for (const stream of [init.stdout, init.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  const over = once(init, "exit");
  while (!said.includes("ready\n"))
    if ((await Promise.race([over, once(init.stdout, "data")]))[0] !== undefined && init.exitCode !== null)
      throw new Error(`no machine came up: ${said}`);
  return init;
}

async function firstProcess({ pid }: ChildProcess): Promise<number> {
  return Number(await readFile(`/proc/${pid}/task/${pid}/children`, "utf8"));
}

async function ended(init: ChildProcess): Promise<void> {
  if (init.exitCode !== null || init.signalCode !== null) return;
  const over = once(init, "exit");
  init.stdin?.end();
  await over;
}

/** A cable from this machine to that one; addresses of a range that is for tests of networks only. */
async function plugIn(pid: number): Promise<{ address: string; gateway: string }> {
  const ip = (...words: string[]) => execa("ip", words);
  const inside = (...words: string[]) => execa("nsenter", ["-t", String(pid), "-n", "ip", ...words]);
  const net = `198.19.${(pid >> 6) % 256}.${(pid % 64) * 4}`.split(".").map(Number);
  const host = (number: number) => [...net.slice(0, 3), (net[3] ?? 0) + number].join(".");
  const [name, gateway, address] = [`mtpr${pid}`, host(1), host(2)];
  await ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", String(pid));
  await ip("address", "add", `${gateway}/30`, "dev", name);
  await ip("link", "set", name, "up");
  await inside("address", "add", `${address}/30`, "dev", "eth0");
  await inside("link", "set", "eth0", "up");
  await inside("route", "add", "default", "via", gateway);
  return { address, gateway };
}

/** As this machine takes packages, but through us. */
async function configureApt(root: string, proxy: string): Promise<void> {
  const { stdout } = await execa("apt-config", ["dump"]);
  const own = stdout.split("\n").filter((line) => /^Acquire::(Check-|Retries|Max-)/.test(line));
  const lines = [...own, `Acquire::http::Proxy "${proxy}";`];
  await writeFile(join(root, "etc/apt/apt.conf.d/99-network"), `${lines.join("\n")}\n`);
}
