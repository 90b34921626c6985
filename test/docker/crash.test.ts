import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseLink } from "../../src/domain/link.ts";
import { probeLink } from "../../src/host/link-probe.ts";
import type { UserCardJson } from "../support/cli-home.ts";
import { killAtEach } from "../support/crash.ts";
import { cardOf, type DockerCliHome, dockerCliHome } from "../support/docker-cli-home.ts";
import { killAt } from "../support/kill-at.ts";

const MTPROXY = resolve(import.meta.dirname, "../../bin/familytraffic-mtproxy");

let home: DockerCliHome;
let pat: UserCardJson;

/** A cover domain that no shard lists yet, so that its first user takes a new one. */
let domains = 0;
const newDomain = () => `site-${++domains}.example`;

beforeAll(async () => {
  home = await dockerCliHome();
  pat = await home.add("pat");
  const sites = Array.from({ length: 20 }, (_, index) => `site-${index + 1}.example\n`);
  await writeFile(home.path("config/mtproxy/fake_tls_domains.txt"), sites.join(""));
  await home.add("eve", "--fake-tls", newDomain());
});
afterAll(() => home?.dispose());

/** Nobody is lost, the next apply makes live what was saved, and then nothing is left to do. */
async function converges(): Promise<void> {
  const applied = await home.mtproxy("apply");
  expect(applied.code, applied.stdout).toBe(0);
  expect((await home.mtproxy("plan", "--exit-code")).code).toBe(0);
  const verified = await home.mtproxy("verify");
  expect(verified.code, verified.stdout).toBe(0);
  const all = await home.containers();
  expect(all.filter(({ running }) => !running)).toEqual([]);
  expect(all.map(({ name }) => name).filter((name) => !/^familytraffic-mtproxy(-\d+)?$/.test(name))).toEqual([]);
}

/** What handshakes with a link come to: faults, or undefined where it works. */
async function faultsOf({ link }: UserCardJson): Promise<(string | undefined)[]> {
  const { attempts } = await probeLink(parseLink(link));
  return attempts.map(({ fault }) => fault);
}

const works = async (card: UserCardJson) => expect(new Set(await faultsOf(card))).toEqual(new Set([undefined]));
const isDead = async (card: UserCardJson) => expect(new Set(await faultsOf(card))).toEqual(new Set(["key-not-live"]));

describe("a command that is killed while containers change", () => {
  it.each([
    ["create", "with compose"],
    ["start", "alone"],
  ] as const)("at the %s of a new shard (%s) leaves what the next apply completes", async (moment, who) => {
    const name = `new-${moment}`;
    const end = await killAt(home, moment, who, ["add-user", name, "--fake-tls", newDomain()]);
    expect(end).toBe("SIGKILL");
    await converges();
    await works(cardOf(await home.mtproxy("show", name)));
  });

  it.each([
    ["docker compose", "create", "with compose"],
    ["docker compose", "die", "alone"],
    ["docker compose", "destroy", "with compose"],
    ["docker-compose", "rename", "with compose"],
    ["docker-compose", "create", "with compose"],
  ] as const)(
    "(%s) at the %s of a restart (%s) has revoked the key after the next apply",
    async (compose, moment, who) => {
      await useCompose(compose);
      const guest = await home.add("guest");
      const end = await killAt(home, moment, who, ["remove-user", "guest", "--yes"]);
      expect(end).toBe("SIGKILL");
      await converges();
      await isDead(guest);
      await works(pat);
    },
  );
});

/** Commands keep to the compose that is written down. */
async function useCompose(command: string): Promise<void> {
  const path = home.path("config/mtproxy/engine.json");
  const record = JSON.parse(await readFile(path, "utf8")) as object;
  await writeFile(path, JSON.stringify({ ...record, compose: command.split(" ") }));
}

describe("a command that is killed at a rename", () => {
  const command = (...args: string[]) => [process.execPath, MTPROXY, ...args, "--home", home.home];

  beforeAll(() => useCompose("docker compose"));

  it("of apply leaves what the next apply completes", async () => {
    const guest = await home.add("guest");
    let enabled = true;
    const killed = await killAtEach("rename", command("apply"), {
      before: async () => {
        enabled = !enabled;
        const saved = await home.run([enabled ? "enable-user" : "disable-user", "guest"], {
          env: { DOCKER_HOST: "unix:///nonexistent/docker.sock" },
        });
        expect(saved.code).toBe(6);
      },
      after: async () => {
        await converges();
        await (enabled ? works : isDead)(guest);
      },
    });
    expect(killed).toBeGreaterThan(1);
  });

  it("of add-user that opens a shard loses nobody", async () => {
    let wish: string[] = [];
    const killed = await killAtEach("rename", () => command("add-user", ...wish), {
      step: 6,
      before: async () => {
        const domain = newDomain();
        wish = [`late-${domain}`, "--fake-tls", domain];
      },
      after: async () => {
        await converges();
        await works(await home.add(...wish));
      },
    });
    expect(killed).toBeGreaterThan(1);
    await works(pat);
  });
});
