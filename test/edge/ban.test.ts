import { execFile } from "node:child_process";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { HAPROXY_LOG } from "../../src/domain/connection-log.ts";
import { fail2banFiles } from "../../src/render/host-files.ts";
import { DaemonHome } from "../support/edge/daemon-home.ts";
import { alice, bob, EdgeScene } from "../support/edge/scene.ts";
import { TwoNetworks } from "../support/edge/two-networks.ts";
import { canRun, isRoot } from "../support/machine.mts";
import { watch } from "../support/run-source.ts";
import { tempFolder } from "../support/temp-home.ts";
import { headerOf, helloOf, newKey } from "../unit/edge/identify/edge-keys.ts";

const run = promisify(execFile);

test.runIf(isRoot && canRun("fail2ban-regex", "iptables", "ip"))(
  "who guesses keys is shut out of the host's network by fail2ban, and neither visitors of the site nor people are",
  async () => {
    const networks = await TwoNetworks.make();
    const [guesser, visitor, guesser6, visitor6] = networks.devices;
    const scene = await EdgeScene.start([alice, bob], {}, networks.atServer);
    const home = await DaemonHome.of(scene, [[alice], [bob]]);
    await home.start();
    await expect
      .poll(() => readFile(home.connectionLog, "utf8").catch(() => writeFile(home.connectionLog, "")))
      .toBe("");
    const client = await startFail2ban(networks, home.connectionLog, scene.port);

    const often = (device: string, bytes: () => Uint8Array) =>
      networks.say(device, scene.port, Array.from({ length: 24 }, bytes));
    const isServed = async (device: string) =>
      (await networks.say(device, scene.port, [headerOf(alice)]))[0] === "answered";
    for (const each of [visitor, visitor6]) {
      await often(each, () => helloOf({ key: newKey() }));
      await often(each, () => helloOf(bob, { unixTime: 1_000_000_000 }));
    }
    for (const each of [guesser, guesser6]) await often(each, () => headerOf({ key: newKey() }));
    const banned = async () =>
      (/Banned IP list:\s+(.*)\n/.exec(await client("status", "familytraffic-mtproxy"))?.[1] ?? "").split(" ").sort();
    await expect.poll(banned).toEqual([guesser, guesser6]);
    const serves = () => Promise.all([guesser, guesser6, visitor, visitor6].map(isServed));
    expect(await serves()).toEqual([false, false, true, true]);
    for (const each of [guesser, guesser6]) await client("set", "familytraffic-mtproxy", "unbanip", each);
    expect(await serves()).toEqual([true, true, true, true]);
  },
);

/** One that reads our filter and jail as they are installed, and bans in the server's network. */
async function startFail2ban(networks: TwoNetworks, log: string, port: number) {
  const root = await tempFolder();
  const [config, socket] = [join(root, "etc/fail2ban"), join(root, "f2b.sock")];
  await cp("/etc/fail2ban", config, { recursive: true });
  await rm(join(config, "jail.d/defaults-debian.conf"), { force: true });
  await writeFile(join(config, "fail2ban.local"), "[Definition]\ndbfile = None\n");
  const facts = { home: root, agents: root, logs: root, command: ["mtproxy"], ports: `${port},8444:9467` };
  for (const { path, content } of fail2banFiles({ ...facts, jail: "on" })) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content.replace(HAPROXY_LOG, log));
  }
  const paths = ["-c", config, "-s", socket, "-p", join(root, "f2b.pid")];
  const at = async (...words: string[]) => {
    const [program = "", ...rest] = [...networks.atServer, ...words];
    return (await run(program, rest)).stdout;
  };
  const [program = "", ...before] = networks.atServer;
  const server = watch(program, [...before, "fail2ban-server", ...paths, "-f", "--logtarget", "STDOUT", "start"]);
  onTestFinished(() => void server.child.kill());
  const client = (...words: string[]) => at("fail2ban-client", ...paths, ...words);
  await expect.poll(() => client("ping").catch(() => "")).toContain("pong");
  onTestFinished(async () => void (await client("stop").catch(() => {})));
  return client;
}
