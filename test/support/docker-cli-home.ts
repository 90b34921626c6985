import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { execa } from "execa";
import { composeProject } from "../../src/domain/container-labels.ts";
import { type Link, parseLink } from "../../src/domain/link.ts";
import { type CliOptions, type CliResult, runCli, startCli } from "./cli.ts";
import type { UserCardJson } from "./cli-home.ts";
import { freePort, telegramForContainers, testEgress } from "./docker.ts";
import { proxyImage } from "./docker-image.ts";
import type { MiddleProxy } from "./telegram/middle-proxy.ts";

/** Where the daemon is, when not at its usual place. */
export const dockerEnv: Readonly<Record<string, string>> =
  process.env.DOCKER_HOST === undefined ? {} : { DOCKER_HOST: process.env.DOCKER_HOST };

/** Sites that a home's fake-TLS links imitate, on its whitelist from the start. */
export const coverDomains = ["first.example", "second.example"] as const;

/** A process of ours, as far as tests compare it. */
export interface ContainerState {
  readonly name: string;
  /** Where clients connect. */
  readonly port: number;
  readonly id: string;
  readonly startedAt: string;
  readonly running: boolean;
}

/** A home on the engine docker with the product's own names, driven by the built command line, and a Telegram of its own. */
export class DockerCliHome {
  readonly folder: string;
  readonly home: string;
  readonly port: number;
  readonly image: string;
  readonly telegram: MiddleProxy;
  /** The machine that commands are run on; this one as it is unless a test says otherwise. */
  on: Pick<CliOptions, "within" | "env"> = {};

  constructor(parts: Pick<DockerCliHome, "folder" | "port" | "image" | "telegram">) {
    this.folder = parts.folder;
    this.home = join(parts.folder, "home");
    this.port = parts.port;
    this.image = parts.image;
    this.telegram = parts.telegram;
  }

  path(...names: string[]): string {
    return join(this.home, ...names);
  }

  /** Runs a command with `--json`. */
  mtproxy(...args: string[]): Promise<CliResult> {
    return this.run([...args, "--json"]);
  }

  run(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
    const env = { ...dockerEnv, ...this.on.env, ...options.env };
    return runCli(args, { home: this.home, timeoutMs: 120_000, ...this.on, ...options, env });
  }

  /** The same, still running. */
  start(within: readonly string[], ...args: string[]) {
    return startCli([...args, "--json"], { home: this.home, env: dockerEnv, within });
  }

  /** @param flags after those that every home needs; the last of two that say the same counts */
  async setUp(...flags: string[]): Promise<CliResult> {
    await mkdir(this.path("config/mtproxy"), { recursive: true });
    await writeFile(this.path("config/mtproxy/fake_tls_domains.txt"), `${coverDomains.join("\n")}\n`);
    const given = [
      ...["--public-host", "127.0.0.1", "--egress-ipv4", testEgress, "--image", this.image],
      ...["--port", String(this.port), "--port-range", `${this.port + 1}-${this.port + 50}`],
      ...["--max-connections", "500", "--users-lock", join(this.folder, "users.lock")],
      ...(await this.telegramFlags()),
    ];
    return this.mtproxy("setup", ...given, ...flags);
  }

  /** What leads `setup` to Telegram. */
  async telegramFlags(): Promise<string[]> {
    const files = { secret: join(this.folder, "proxy-secret"), conf: join(this.folder, "proxy-multi.conf") };
    await writeFile(files.secret, this.telegram.proxySecret);
    await writeFile(files.conf, this.telegram.proxyMultiConf());
    return ["--proxy-secret", files.secret, "--proxy-config", files.conf];
  }

  /** Adds a user and gives what the admin was shown. */
  async add(...args: string[]): Promise<UserCardJson> {
    return cardOf(await this.mtproxy("add-user", ...args));
  }

  /** What is ours on the engine, by name. */
  async containers(): Promise<ContainerState[]> {
    const docker = new Docker();
    const found = await docker.listContainers({ all: true, filters: ourLabel });
    const all = await Promise.all(found.map(({ Id }) => docker.getContainer(Id).inspect()));
    return all
      .map(({ Id, Name, State, HostConfig }) => ({
        name: Name.slice(1),
        port: publishedPort(HostConfig.PortBindings as Bindings | null),
        id: Id,
        startedAt: State.StartedAt,
        running: State.Running && !State.Restarting,
      }))
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  /** What runs in each container that runs, as the host sees it. */
  async proxies(): Promise<RunningProxy[]> {
    const running = (await this.containers()).filter((container) => container.running);
    return Promise.all(running.map(({ name }) => runningProxy(name)));
  }

  /** What is rendered, with the permissions, by path; but for locks and the like. */
  async renderedFiles(): Promise<Map<string, string>> {
    const rendered = this.path("mtproxy");
    const entries = await readdir(rendered, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.startsWith(join(rendered, "run")));
    const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
    const texts = paths.map(async (path): Promise<[string, string]> => {
      const [bytes, { mode }] = await Promise.all([readFile(path), stat(path)]);
      return [path.slice(rendered.length + 1), `${(mode & 0o777).toString(8)} ${bytes.toString("latin1")}`];
    });
    return new Map(await Promise.all(texts));
  }

  /** The lines of a shard's file that are not comments. */
  async lines(container: string, file: "keys" | "arguments"): Promise<string[]> {
    const text = await readFile(this.path("mtproxy", container, file), "utf8");
    return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  }

  async dispose(): Promise<void> {
    await removeContainersOf(this.path("mtproxy"));
    await this.telegram.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

type Bindings = Readonly<Record<string, readonly { readonly HostPort: string }[]>>;

function publishedPort(bindings: Bindings | null): number {
  return Number(Object.values(bindings ?? {})[0]?.[0]?.HostPort);
}

/** Arguments of a proxy by their flags. */
export interface RunningProxy {
  readonly name: string;
  readonly keys: readonly string[];
  readonly domains: readonly string[];
  /** All of them, without the container's own address, which changes with the container. */
  readonly line: string;
}

async function runningProxy(name: string): Promise<RunningProxy> {
  const { stdout } = await execa("docker", ["top", name, "-eo", "pid,args"]);
  const words = (stdout.split("\n").find((line) => line.includes("--http-stats")) ?? "").trim().split(/\s+/).slice(1);
  const after = (flag: string) => words.flatMap((word, at) => (words[at - 1] === flag ? [word] : []));
  // The binary takes the pair apart in place.
  const line = words.join(" ").replace(/--nat-info [\d.]+[: ]/, "--nat-info own:");
  return { name, keys: after("-S"), domains: after("-D"), line };
}

/** A home that is not set up yet. */
export async function bareDockerHome(options: { image?: string } = {}): Promise<DockerCliHome> {
  await removeOrphans();
  const folder = await mkdtemp(join(tmpdir(), "mtproxy-docker-cli-"));
  const [image, telegram] = await Promise.all([options.image ?? proxyImage(), telegramForContainers()]);
  return new DockerCliHome({ folder, port: await lowPort(), image, telegram });
}

/** A home whose first shard runs. */
export async function dockerCliHome(options: { image?: string } = {}): Promise<DockerCliHome> {
  const home = await bareDockerHome(options);
  const setup = await home.setUp();
  if (setup.code === 0) return home;
  await home.dispose();
  throw new Error(`setup ended with ${setup.code}: ${setup.stdout}${setup.stderr}`);
}

/** What a revealing command printed; throws when it failed. */
export function cardOf(result: CliResult): UserCardJson {
  if (result.code !== 0) throw new Error(`the command ended with ${result.code}: ${result.stdout}${result.stderr}`);
  return result.json.data as UserCardJson;
}

export function linkOf(card: Pick<UserCardJson, "link">): Link {
  return parseLink(card.link);
}

/** Filter for everything that the product made on the engine. */
export const ourLabel = { label: [`com.docker.compose.project=${composeProject}`] };
const FOLDER = "com.docker.compose.project.working_dir";

/** Only what was rendered in that folder: a real installation on this machine is nobody's to touch. */
async function removeContainersOf(rendered: string): Promise<void> {
  const docker = new Docker();
  const found = await docker.listContainers({ all: true, filters: ourLabel });
  const ours = found.filter(({ Labels }) => Labels[FOLDER] === rendered);
  await Promise.all(ours.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
  if (ours.length < found.length) return;
  const networks = await docker.listNetworks({ filters: ourLabel });
  await Promise.all(networks.map(({ Id }) => docker.getNetwork(Id).remove()));
}

/** Containers of test runs that were killed: they would hold the names that every home uses. */
async function removeOrphans(): Promise<void> {
  const found = await new Docker().listContainers({ all: true, filters: ourLabel });
  const folders = new Set(found.map(({ Labels }) => Labels[FOLDER] ?? ""));
  for (const folder of folders) if (folder.includes("/mtproxy-docker-cli-")) await removeContainersOf(folder);
}

/** With fifty below the ports that the system gives to outgoing connections, for the shards that follow. */
async function lowPort(): Promise<number> {
  return 20_000 + ((await freePort()) % 10_000);
}
