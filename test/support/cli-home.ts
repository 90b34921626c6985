import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import type { UserCard } from "../../src/app/people/user-card.ts";
import { type CliOptions, type CliResult, runCli } from "./cli.ts";
import { type Datacenter, startDatacenter } from "./telegram/datacenter.ts";
import { freePort } from "./trial.ts";

/** A home that the built command line set up on the trial engine, with a Telegram of its own. */
export interface CliHome {
  readonly home: string;
  readonly port: number;
  /** The Telegram that the home's proxy reaches. */
  readonly datacenter: Datacenter;
  mtproxy(...args: string[]): Promise<CliResult>;
  vlessUser(...args: string[]): Promise<CliResult>;
  run(args: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** Adds a user and gives what the admin was shown. */
  add(...args: string[]): Promise<UserCardJson>;
  /** Whether the proxy lets a client with this link in. */
  works(link: string): Promise<boolean>;
  path(...names: string[]): string;
  /** users.json as it stands. */
  usersText(): Promise<string>;
  /** Replaces users.json, as a program of the VLESS stack would. */
  putUsers(content: string | Uint8Array): Promise<void>;
  /** Ends the proxy at once, as a crash would. */
  killServer(): Promise<void>;
}

/** A user card as `--json` prints it, as far as tests ask. */
export type UserCardJson = Pick<UserCard, "username" | "enabled" | "mode" | "domain" | "secret" | "port"> & {
  readonly link: string;
  readonly tme_link: string;
  readonly files: { readonly link: string; readonly qr_png: string; readonly qr_svg: string };
};

/** A home that goes with the test. @param flags of `setup`, after those that every test home needs */
export async function cliHome(...flags: string[]): Promise<CliHome> {
  const { home, close } = await openCliHome(flags);
  onTestFinished(close);
  return home;
}

/** One home for all tests of a file or a `describe`; to be called where those are declared. */
export function sharedCliHome(...flags: string[]): () => CliHome {
  let open: OpenHome | undefined;
  beforeAll(async () => {
    open = await openCliHome(flags);
  });
  afterAll(() => open?.close());
  return () => {
    if (open === undefined) throw new Error("the home is there when a test runs");
    return open.home;
  };
}

export interface OpenHome {
  readonly home: CliHome;
  /** Ends the proxy and removes everything. */
  close(): Promise<void>;
}

/** For callers who close it themselves. @param place of the home inside a fresh folder */
export async function openCliHome(flags: readonly string[] = [], place = "home"): Promise<OpenHome> {
  const folder = await mkdtemp(join(tmpdir(), "mtproxy-test-"));
  const [port, datacenter] = await Promise.all([freePort(), startDatacenter()]);
  const home = makeHome(join(folder, place), port, datacenter);
  const close = async (): Promise<void> => {
    await home.killServer();
    await datacenter.close();
    await rm(folder, { recursive: true, force: true });
  };
  const setup = await home.run(["setup", ...setupFlags(home), ...flags]);
  if (setup.code === 0) return { home, close };
  await close();
  throw new Error(`setup ended with ${setup.code}: ${setup.stderr}`);
}

/** What `setup` is given for a home of a test. */
export function setupFlags({ home, port, datacenter }: Pick<CliHome, "home" | "port" | "datacenter">): string[] {
  const here = ["--engine", "trial", "--public-host", "127.0.0.1", "--port", String(port)];
  return [...here, "--users-lock", `${home}.lock`, ...datacenterFlags(datacenter)];
}

export function datacenterFlags({ host, port }: Datacenter): string[] {
  return [1, 2, 3, 4, 5].flatMap((id) => ["--datacenter", `${id}=${host}:${port}`]);
}

function makeHome(home: string, port: number, datacenter: Datacenter): CliHome {
  const path = (...names: string[]) => join(home, ...names);
  const run = (args: readonly string[], options: CliOptions = {}) => runCli(args, { home, ...options });
  const users = path("data/users.json");
  return {
    home,
    port,
    datacenter,
    path,
    run,
    mtproxy: (...args) => run(args),
    vlessUser: (...args) => run(args, { program: "vless-user" }),
    add: async (...args) => cardOf(await run(["add-user", ...args, "--json"])),
    works: async (link) => (await run(["verify", link, "--json"])).code === 0,
    usersText: () => readFile(users, "utf8"),
    putUsers: (content) => writeFile(users, content),
    killServer: () => killServer(path("mtproxy/run")),
  };
}

/** What a command that shows a user's link printed with `--json`; throws when it failed. */
export function cardOf(result: CliResult): UserCardJson {
  if (result.code !== 0) throw new Error(`the command ended with ${result.code}: ${result.stdout}${result.stderr}`);
  return result.json.data as UserCardJson;
}

async function killServer(run: string): Promise<void> {
  const record = await readFile(join(run, "trial-server.json"), "utf8").catch(() => '{"pid":0}');
  const { pid } = JSON.parse(record) as { pid: number };
  if (!serves(pid, run)) return;
  process.kill(pid, "SIGKILL");
  while (serves(pid, run)) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** A process id in a file may be another program's by now. */
function serves(pid: number, run: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(run);
  } catch {
    return false;
  }
}
