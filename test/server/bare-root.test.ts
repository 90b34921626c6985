import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseLink } from "../../src/domain/link.ts";
import type { Envelope } from "../../src/ui/output.ts";
import { askHistory, keptReplies } from "../support/ask-history.ts";
import { type BareRoot, openBareRoot } from "../support/bare-root/bare-root.ts";
import { isKept, packagedSince } from "../support/bare-root/kept.ts";
import type { UserCardJson } from "../support/cli-home.ts";
import { proxyImage } from "../support/docker-image.ts";
import { compareTrees, type FileTree, fileTree, isAuditLog } from "../support/file-tree.ts";
import { isRoot } from "../support/machine.mts";
import { type MiddleProxy, startMiddleProxy } from "../support/telegram/middle-proxy.ts";
import { connectClient } from "../support/trial-client.ts";

/** Under three minutes, whatever the mirror does. */
const LONGEST_SETUP_MS = 180_000;

/** What the admin brings, and where the packages come from: before anything is set up. */
const answers = {
  ...{ install_docker: true, image_file: "/root/image.tar", first_user: "alice" },
  ...{ timer: true, logrotate: true, commands: true, completion: true, man: true },
};

/** Of no interest before and after: Docker's own storage is thousands of files. */
const isDockers = (path: string) => path === "var/lib/docker" || path === "root/image.tar";

describe.runIf(isRoot)("a bare Debian", () => {
  let bare: BareRoot;
  let telegram: MiddleProxy;
  let before: FileTree;
  beforeAll(async () => {
    bare = await openBareRoot();
    telegram = await startMiddleProxy({ host: bare.gateway, seesProxyAs: bare.address });
    await Promise.all([furnish(bare, telegram), saveImage(join(bare.root, "root/image.tar"))]);
    before = fileTree(bare.root, isDockers);
  });
  afterAll(async () => {
    await bare?.close();
    await telegram?.close();
  });

  const mtproxy = async (...args: string[]) => {
    const { code, stdout, stderr } = await bare.run(bare.mtproxy, ...args, "--json");
    return { code, stderr, stdout, json: JSON.parse(stdout) as Envelope };
  };
  const setUp = () => mtproxy("setup", "--no-input", "--answers", "/root/answers.json", ...telegramFlags);
  const container = async () =>
    (await bare.must("docker", "inspect", "-f", "{{.Id}} {{.State.StartedAt}}", "familytraffic-mtproxy")).trim();
  /** Where setup puts something, but for what says when Telegram's files were looked at last. */
  const ours = () => {
    const places = ["opt", "etc/cron.d", "etc/logrotate.d", "usr/local/bin"];
    const isLeft = (path: string) => path.endsWith("/fetched.json") || isAuditLog(path);
    return places.map((place) => fileTree(join(bare.root, place), isLeft));
  };

  it("keeps a history, though there is no compiler", async () => {
    for (const compiler of ["cc", "make"]) expect((await bare.run("which", compiler)).code).toBe(1);
    const product = dirname(dirname(bare.mtproxy));
    const asking = askHistory("/root/history/history.db");
    const replies = await bare.must("sh", "-c", 'cd "$0" && exec node -e "$1"', product, asking);
    expect(JSON.parse(replies)).toMatchObject(keptReplies);
    await bare.must("rm", "-r", "/root/history");
  });

  it("becomes a server with one unattended setup: Docker from apt, image from a file, proxy, first user, jobs", async () => {
    const start = performance.now();
    const { code, json, stderr } = await setUp();
    const took = performance.now() - start;
    expect(code, `${stderr}${JSON.stringify(json)}`).toBe(0);
    console.log(`setup took ${seconds(took)}, ${seconds(bare.apt.packageMs)} of it apt's downloads`);
    expect(took).toBeLessThan(LONGEST_SETUP_MS);
    const { host } = json.data as { host: { part: string; installed: boolean }[] };
    const installed = host.filter((part) => part.installed).map(({ part }) => part);
    expect(installed).toEqual(["timer", "logrotate", "commands", "completion", "man"]);
    expect(await linksWork()).toEqual([true, true]);
  });

  /** As the product tells, and as a client that comes over the cable finds. */
  async function linksWork(): Promise<boolean[]> {
    const { code } = await bare.run("mtproxy", "verify");
    const { json } = await mtproxy("show-user-config", "alice");
    const link = parseLink((json.data as UserCardJson).link);
    expect(link.server).toBe(bare.address);
    const client = await connectClient({ host: bare.address, port: link.port, key: link.secret.key });
    const asked = telegram.requests.length;
    await client.ask();
    client.socket.destroy();
    return [code === 0, telegram.requests.length > asked];
  }

  it("is left alone by a second setup, and repaired where something is gone", async () => {
    const [runs, files] = [await container(), ours()];
    expect((await setUp()).code).toBe(0);
    expect([await container(), ours()]).toEqual([runs, files]);

    await bare.must("docker", "rm", "--force", "familytraffic-mtproxy");
    for (const path of ["etc/cron.d/familytraffic-mtproxy", "usr/local/bin/mtproxy"]) await rm(join(bare.root, path));
    const repaired = await setUp();
    expect(repaired.code, repaired.stdout).toBe(0);
    expect(ours().map(Object.keys)).toEqual(files.map(Object.keys));
    expect(await linksWork()).toEqual([true, true]);
  });

  it("is told when the cron that its jobs are for is gone", async () => {
    expect((await mtproxy("doctor", "schedule")).code).toBe(0);
    await bare.must("mv", "/usr/sbin/cron", "/root/cron");
    const { code, stdout } = await bare.run("mtproxy", "doctor", "schedule");
    await bare.must("mv", "/root/cron", "/usr/sbin/cron");
    expect([code, stdout]).toEqual([9, expect.stringContaining("but no cron that reads it")]);
  });

  it("is after uninstall --purge what it was before, file by file, but for what apt and Docker keep", async () => {
    const { code, stdout } = await mtproxy("uninstall", "--purge", "--yes");
    expect(code, stdout).toBe(0);
    expect(await bare.must("docker", "ps", "--all", "--quiet")).toBe("");
    const { added, removed, changed } = compareTrees(before, fileTree(bare.root, isDockers));
    const packaged = await packagedSince(before, bare.root);
    const leftover = added.filter((path) => !packaged.has(path) && !isKept(path));
    expect({ leftover, removed, changed: changed.filter((path) => !isKept(path)) }).toEqual({
      leftover: [],
      removed: [],
      changed: [],
    });
  });
});

const telegramFlags = ["--proxy-secret", "/root/proxy-secret", "--proxy-config", "/root/proxy-multi.conf"];

/** What a server has that is not bare of everything: cron and logrotate; and what the admin brought along. */
async function furnish(bare: BareRoot, telegram: MiddleProxy): Promise<void> {
  await bare.put("root/answers.json", JSON.stringify({ ...answers, public_host: bare.address }));
  await bare.put("root/proxy-secret", telegram.proxySecret);
  await bare.put("root/proxy-multi.conf", telegram.proxyMultiConf());
  // Without an init system it is the package's script that starts Docker, and that asks for more open files than a test may have.
  await bare.put("etc/default/docker", "ulimit() { :; }\n");
  // Half of an installation is waiting for the disk, for files that nobody needs after the test.
  await bare.put("etc/dpkg/dpkg.cfg.d/test", "force-unsafe-io\n");
  await bare.must("apt-get", "-qq", "update");
  const install = ["apt-get", "-qq", "install", "--yes", "--no-install-recommends", "cron", "logrotate"];
  await bare.must("env", "DEBIAN_FRONTEND=noninteractive", ...install);
}

async function saveImage(file: string): Promise<void> {
  await execa("docker", ["save", "--output", file, await proxyImage()]);
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
