import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { describe } from "vitest";
import { type Build, type BuildName, buildNames, builds } from "../../../support/mtproto-proxy/builds.ts";
import { launcherScript } from "../../../support/mtproto-proxy/launcher.ts";

/** An mtproto-proxy that the contract is held against. */
export interface ProxyUnderTest {
  readonly name: string;
  /** Path to start. */
  readonly command: string;
  /** Which behaviour to expect where builds differ. */
  readonly build: Build;
  readonly isStandIn: boolean;
}

const root = resolve(import.meta.dirname, "../../../..");

/** The stand-in as each of its builds; with MTPROTO_PROXY_BIN=/path that binary alone. */
export const proxies: readonly ProxyUnderTest[] = process.env.MTPROTO_PROXY_BIN
  ? [realProxy(resolve(process.env.MTPROTO_PROXY_BIN))]
  : buildNames.map(standIn);

/** The same statements for every proxy under test. */
export function describeProxies(title: string, state: (proxy: ProxyUnderTest) => void): void {
  for (const proxy of proxies) describe(`${proxy.name}: ${title}`, () => state(proxy));
}

/** Statements where builds do not differ: one of the stand-in's, or the binary. */
export function describeAnyProxy(title: string, state: (proxy: ProxyUnderTest) => void): void {
  for (const proxy of proxies.slice(-1)) describe(`${proxy.name}: ${title}`, () => state(proxy));
}

function standIn(name: BuildName): ProxyUnderTest {
  const script = join(root, "build/mtproto-proxy.cjs");
  if (!existsSync(script)) throw new Error("build/mtproto-proxy.cjs is missing: npm run build makes it");
  const folder = join(root, "build/standin");
  const command = join(folder, name);
  mkdirSync(folder, { recursive: true });
  // Several test files do this at the same time: a file that is being written must not be started.
  const draft = `${command}.${process.pid}`;
  writeFileSync(draft, launcherScript({ node: [process.execPath], script, build: name }), { mode: 0o755 });
  renameSync(draft, command);
  return { name: `stand-in ${name}`, command, build: builds[name], isStandIn: true };
}

function realProxy(command: string): ProxyUnderTest {
  const { stdout, error } = spawnSync(command, ["--help"], { encoding: "utf8" });
  if (error !== undefined) throw error;
  const version = /^mtproxy-\S+ compiled at .*$/m.exec(stdout)?.[0];
  if (version === undefined) throw new Error(`${command} does not introduce itself as an mtproto-proxy`);
  return { name: basename(command), command, build: { ...builds[kindOf(version)], version }, isStandIn: false };
}

function kindOf(version: string): BuildName {
  if (version.startsWith("mtproxy-3.")) return "getpagespeed";
  return version.startsWith("mtproxy-0.01 ") ? "official-2019" : "official-2025";
}
