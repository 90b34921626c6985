import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { readHostFacts } from "../../../src/app/setup/host-facts.ts";
import type { HostContext } from "../../../src/context.ts";
import { download } from "../../../src/host/download.ts";
import { createMachine } from "../../../src/host/machine.ts";
import { appScene } from "../../support/app-scene.ts";
import { tempFolder } from "../../support/temp-home.ts";

/** A machine of which only what a test puts there is installed. */
async function scene() {
  const { ctx, home, machine } = await appScene();
  const root = await tempFolder();
  const bin = join(root, "bin");
  await mkdir(bin);
  const host: HostContext = { ...ctx, machine: createMachine({ root, path: bin }) };
  return {
    ...{ host, home, net: machine, bin },
    put: async (path: string, text: string) => {
      await mkdir(join(root, path, ".."), { recursive: true });
      await writeFile(join(root, path), text);
    },
    program: async (name: string, script: string) => {
      await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
      await chmod(join(bin, name), 0o755);
    },
  };
}

describe("the system", () => {
  it.each([
    ["debian", "12", true],
    ["debian", "10", false],
    ["ubuntu", "24.04", true],
    ["ubuntu", "18.04", false],
    ["fedora", "41", false],
  ])("%s %s is one that is tested: %s", async (id, version, isSupported) => {
    const { host, put } = await scene();
    await put("etc/os-release", `PRETTY_NAME="The ${id}"\nID=${id}\nVERSION_ID="${version}"\n`);
    expect(await readHostFacts(host, { ports: [] })).toMatchObject({ os: `The ${id}`, isSupported });
  });

  it("that does not say what it is is unknown", async () => {
    const { host } = await scene();
    expect(await readHostFacts(host, { ports: [] })).toMatchObject({ os: "unknown", isSupported: false });
  });

  it("has the services whose folders it has", async () => {
    const { host, put } = await scene();
    await put("etc/cron.d/.placeholder", "");
    await put("etc/fail2ban/jail.d/x.conf", "");
    const { services } = await readHostFacts(host, { ports: [] });
    expect(services).toEqual({ systemd: false, cron: true, logrotate: false, fail2ban: true });
  });

  it("tells which ports are taken", async () => {
    const { host, net } = await scene();
    net.busyPorts.add(443);
    expect((await readHostFacts(host, { ports: [443, 8443, 443] })).busyPorts).toEqual([443]);
  });
});

describe("commands of our names", () => {
  it("are another program's unless they lead to ours", async () => {
    const { host, program, bin } = await scene();
    await program("vless-user", "exit 0");
    await symlink(host.machine.ourselves[1], join(bin, "mtproxy"));
    const { foreignCommands, isOnPath } = await readHostFacts(host, { ports: [] });
    expect(foreignCommands).toEqual([{ name: "vless-user", path: join(bin, "vless-user") }]);
    expect(isOnPath).toBe(true);
  });
});

describe("a VLESS stack", () => {
  it("is there where people or files are that are not ours", async () => {
    const { host, home } = await scene();
    expect((await readHostFacts(host, { ports: [] })).vlessStack).toBeNull();
    await home.put(home.paths.users, '{"users":[{"username":"carol","uuid":"x"}]}');
    await home.put(join(home.paths.home, "docker-compose.yml"), "");
    const { vlessStack } = await readHostFacts(host, { ports: [] });
    expect(vlessStack).toEqual({ users: 1, files: ["docker-compose.yml"] });
  });
});

describe("the public address", () => {
  /** Somebody on the network who says which address we come from. */
  async function teller(answer: string): Promise<string> {
    const server = createServer((_, response) => response.end(answer));
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    onTestFinished(() => void server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  async function found(own: string[], ...answers: string[]) {
    const { host, net } = await scene();
    net.addresses = own;
    const urls = await Promise.all(answers.map(teller));
    const lookups = [...urls, "http://127.0.0.1:1/"].map((url) => ({ url, from: "outside" as const }));
    const real = { ...host, host: { ...host.host, download } };
    return (await readHostFacts(real, { ports: [], lookups })).publicAddress;
  }

  it("is the first of its own that the internet can reach, and then nobody is asked", async () => {
    expect(await found(["10.0.0.5", "198.51.100.7"], "203.0.113.1")).toEqual({
      address: "198.51.100.7",
      from: "interface",
    });
  });

  it.each(["10.1.2.3", "172.16.0.1", "172.31.255.1", "192.168.1.1", "100.64.0.1", "169.254.1.1"])(
    "is not %s: then others are asked, and an address is taken only where it is one",
    async (own) => {
      expect(await found([own], "<html>", "192.168.0.1", "203.0.113.1\n")).toEqual({
        address: "203.0.113.1",
        from: "outside",
      });
    },
  );

  it("is unknown where nobody tells", async () => {
    expect(await found(["10.0.0.5"], "no idea")).toBeNull();
    expect(await found([])).toBeNull();
  });
});

describe("the clock", () => {
  /** Somebody whose clock is ahead of ours by so many seconds; undefined never answers. */
  async function clockAt(seconds: number | undefined): Promise<string> {
    const server = createServer((_, response) => {
      if (seconds === undefined) return;
      response.setHeader("Date", new Date(Date.now() + seconds * 1000).toUTCString());
      response.end();
    });
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    onTestFinished(() => void server.closeAllConnections());
    onTestFinished(() => void server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  it("is compared with the middle one of those who tell the time, and nobody is waited for longer than two seconds", async () => {
    const { host } = await scene();
    const clocks = await Promise.all([0, undefined, 3600, 20].map(clockAt));
    const started = performance.now();
    const { clock } = await readHostFacts(host, { ports: [], clocks: [...clocks, "http://127.0.0.1:1/"] });
    expect(performance.now() - started).toBeLessThan(3500);
    expect(clock?.host).toBe(new URL(clocks[3] ?? "").host);
    expect(Math.abs((clock?.aheadMs ?? 0) + 20_000)).toBeLessThan(2000);
  });

  it("is not known where nobody tells", async () => {
    const { host } = await scene();
    expect((await readHostFacts(host, { ports: [], clocks: ["http://127.0.0.1:1/"] })).clock).toBeNull();
    expect((await readHostFacts(host, { ports: [] })).clock).toBeNull();
  });
});
