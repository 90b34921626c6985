import { rm } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { UserCard } from "../../src/app/user-card.ts";
import type { CliResult } from "./cli.ts";
import { runCli } from "./cli.ts";
import { startDatacenter } from "./telegram/datacenter.ts";
import { tempFolder } from "./temp-home.ts";
import { freePort } from "./trial.ts";

/** A home that the built command line set up on the trial engine, with a Telegram of its own; gone with the test. */
export interface CliHome {
  readonly home: string;
  readonly port: number;
  mtproxy(...args: string[]): Promise<CliResult>;
  vlessUser(...args: string[]): Promise<CliResult>;
  /** Adds a user and gives what the admin was shown. */
  add(...args: string[]): Promise<UserCardJson>;
  path(...names: string[]): string;
}

/** A user card as `--json` prints it, as far as tests ask. */
export type UserCardJson = Pick<UserCard, "username" | "enabled" | "mode" | "domain" | "secret" | "port"> & {
  readonly link: string;
  readonly tme_link: string;
  readonly files: { readonly link: string; readonly qr_png: string; readonly qr_svg: string };
};

/** @param flags of `setup`, after those that every test home needs */
export async function cliHome(...flags: string[]): Promise<CliHome> {
  const home = join(await tempFolder(), "home");
  const [port, datacenter] = await Promise.all([freePort(), startDatacenter()]);
  const mtproxy = (...args: string[]) => runCli(args, { home });
  const given = [
    "--engine",
    "trial",
    "--public-host",
    "127.0.0.1",
    "--port",
    String(port),
    "--users-lock",
    `${home}.lock`,
  ];
  const datacenters = [1, 2, 3, 4, 5].flatMap((id) => ["--datacenter", `${id}=${datacenter.host}:${datacenter.port}`]);
  const setup = await mtproxy("setup", ...given, ...datacenters, ...flags);
  onTestFinished(async () => {
    await mtproxy("stop");
    await datacenter.close();
    await rm(home, { recursive: true, force: true });
  });
  if (setup.code !== 0) throw new Error(`setup ended with ${setup.code}: ${setup.stderr}`);
  return {
    home,
    port,
    mtproxy,
    vlessUser: (...args) => runCli(args, { home, program: "vless-user" }),
    add: async (...args) => {
      const added = await mtproxy("add-user", ...args, "--json");
      if (added.code !== 0) throw new Error(`add-user ended with ${added.code}: ${added.stdout}`);
      return added.json.data as UserCardJson;
    },
    path: (...names) => join(home, ...names),
  };
}
