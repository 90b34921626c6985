import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { fileTree, isAuditLog } from "../support/file-tree.ts";
import { type Datacenter, startDatacenter } from "../support/telegram/datacenter.ts";
import { freePort } from "../support/trial.ts";
import { converse, type Exchange, hostFolders, keys } from "../support/wizard.ts";

/** A machine on which nothing was set up, on the trial engine and with a Telegram of its own. */
async function bareServer(finished: typeof onTestFinished = onTestFinished) {
  const folder = await mkdtemp(join(tmpdir(), "mtproxy-wizard-"));
  const [home, root] = [join(folder, "home"), join(folder, "root")];
  for (const path of hostFolders) await mkdir(join(root, path), { recursive: true });
  const datacenter = await startDatacenter();
  const [port, other] = [await freePort(), await freePort()];
  finished(async () => {
    await runCli(["stop"], { home });
    await datacenter.close();
    await rm(folder, { recursive: true, force: true });
  });
  const env = environment(datacenter, join(folder, "users.lock"), root);
  const settings = async () =>
    JSON.parse(await readFile(join(home, "config/mtproxy/mtproxy_config.json"), "utf8")) as Record<string, unknown>;
  const exists = async (...path: string[]) => (await stat(join(...path)).catch(() => undefined)) !== undefined;
  return {
    ...{ home, root, port, other, datacenter, env, settings, exists },
    wizard: (exchanges: readonly Exchange[], ...args: string[]) =>
      converse(["setup", "--home", home, ...args], exchanges, env),
    mtproxy: (...args: string[]) => runCli(args, { home, env }),
  };
}

/** Where no clock is asked, and nothing fetched. */
const NOBODY = "http://127.0.0.1:1/";

function environment({ host, port }: Datacenter, lock: string, root: string): Record<string, string> {
  return {
    MTPROXY_ENGINE: "trial",
    MTPROXY_USERS_LOCK: lock,
    MTPROXY_TRIAL_DATACENTERS: [1, 2, 3, 4, 5].map((id) => `${id}=${host}:${port}`).join(" "),
    MTPROXY_HOST_ROOT: root,
    MTPROXY_PUBLIC_HOST: "192.0.2.1",
    MTPROXY_PROXY_CONFIG_URLS: NOBODY,
    MTPROXY_PROXY_SECRET_URLS: NOBODY,
  };
}

const { enter } = keys;

test("takes a bare server to a person with a link, asking again after every wrong answer", async () => {
  const { wizard, home, root, port, datacenter, settings, exists, mtproxy } = await bareServer();
  const { code, shown } = await wizard([
    ["Install MTProxy? [y/N]", `y${enter}`],
    ["Host name or public address that links name: [192.0.2.1]", `http://x/${enter}`],
    ["is no address that a client could connect to", `127.0.0.1${enter}`],
    ["Port: [8443]", `70000${enter}`],
    ['"70000" is not a port', `${datacenter.port}${enter}`],
    [`port ${datacenter.port} is taken by another program`, `${port}${enter}`],
    ["Number of workers (0 is right for most): [0]", `many${enter}`],
    ["workers is a number from 0 to 256", enter],
    ["Enable random padding (recommended)? [Y/n]", `n${enter}`],
    ["Imitate visits to a web site instead (fake-TLS)? [y/N]", `y${enter}`],
    ["Cover domain: [google.com]", `localhost${enter}`],
    ["is not a domain name", `www.example.com${enter}`],
    ["First user (empty for none yet):", `../alice${enter}`],
    ["is not a user name", `alice${enter}`],
    ["Let a timer fetch Telegram's addresses and do what is due? [Y/n]", enter],
    ["Write files for logrotate and fail2ban (its jail stays off)? [Y/n]", enter],
    ["Put the commands into /usr/local/bin? [Y/n]", `n${enter}`],
    ["Go ahead? [Y/n]", enter],
  ]);
  expect(code, shown).toBe(0);
  expect(shown).toMatch(/^=== MTProxy Setup Wizard ===$/m);
  expect(shown).toMatch(/^ {2}Links name: +127\.0\.0\.1 port \d+$/m);
  expect(shown).toContain("✓ Secret generated");
  expect(shown).toContain(`✓ MTProxy running on port ${port}`);
  expect(shown).toMatch(/^ {2}Deep link: tg:\/\/proxy\?server=127\.0\.0\.1&port=\d+&secret=ee/m);
  expect(shown).toContain(`QR code: ${home}/data/clients/alice/mtproxy_qr.png`);
  expect(shown).toContain("Next steps:");
  expect(await settings()).toMatchObject({
    ...{ public_host: "127.0.0.1", port, engine: "trial", default_mode: "fake-tls" },
    default_cover_domain: "www.example.com",
  });
  expect((await mtproxy("verify", "alice", "--json")).code).toBe(0);
  expect(await exists(root, "etc/cron.d/familytraffic-mtproxy")).toBe(true);
  expect(await exists(root, "usr/local/bin/mtproxy")).toBe(false);
});

test("run again proposes what is set, and repairs what is broken", async () => {
  const { wizard, home, root, port, settings, exists, mtproxy } = await bareServer();
  const flags = ["--public-host", "127.0.0.1", "--port", String(port), "--mode", "plain", "--timer"];
  const first = await mtproxy("setup", ...flags, "--first-user", "alice", "--json");
  expect(first.code, first.stdout).toBe(0);
  await mtproxy("stop");
  const before = await settings();
  const { code, shown } = await wizard([
    ["MTProxy is set up here: change or repair it? [Y/n]", enter],
    // What the environment says is proposed before what is set.
    ["links name: [192.0.2.1]", `127.0.0.1${enter}`],
    [`Port: [${port}]`, enter],
    ["Number of workers (0 is right for most): [0]", enter],
    ["Enable random padding (recommended)? [y/N]", enter],
    ["Imitate visits to a web site instead (fake-TLS)? [y/N]", enter],
    ["Let a timer fetch Telegram's addresses and do what is due? [Y/n]", `n${enter}`],
    ["Write files for logrotate and fail2ban (its jail stays off)? [Y/n]", `n${enter}`],
    ["Put the commands into /usr/local/bin?", `n${enter}`],
    ["Go ahead?", enter],
  ]);
  expect(code, shown).toBe(0);
  expect(shown).not.toContain("First user (empty");
  expect(await settings()).toEqual(before);
  expect((await mtproxy("verify", "alice")).code).toBe(0);
  expect(await exists(root, "etc/cron.d/familytraffic-mtproxy")).toBe(false);
  expect(await exists(home, "data/users.json")).toBe(true);
});

test.for([
  ["no unless somebody says otherwise", "[y/N]", enter, {}, "each proxy for itself", "its jail stays off"],
  ["yes", "[y/N]", `y${enter}`, {}, "HAProxy, haproxy:3.0", "who guesses keys is banned"],
  [
    "yes, as the environment says",
    "[Y/n]",
    enter,
    { MTPROXY_USE_HAPROXY: "1" },
    "HAProxy",
    "who guesses keys is banned",
  ],
] as const)(
  "with containers it asks for HAProxy's routing: %s",
  async ([, proposed, typed, variables, summary, jail]) => {
    const { home, port, env, exists } = await bareServer();
    const folder = await mkdtemp(join(tmpdir(), "mtproxy-programs-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    for (const name of ["docker", "docker-compose"])
      await writeFile(join(folder, name), "#!/bin/sh\necho 2.30.1\n", { mode: 0o755 });
    const path = { PATH: `${folder}:${process.env.PATH}`, MTPROXY_ENGINE: "docker" };
    const { code, shown } = await converse(
      ["setup", "--home", home],
      [
        ["Install MTProxy?", `y${enter}`],
        ["links name:", `127.0.0.1${enter}`],
        ["Port:", `${port}${enter}`],
        ["Number of workers", enter],
        ["costs one more container", ""],
        [`Put HAProxy before the proxy? ${proposed}`, typed],
        ["Enable random padding", enter],
        ["First user", enter],
        ["@MTProxybot", enter],
        ["do what is due?", enter],
        [`Write files for logrotate and fail2ban (${jail})?`, enter],
        ["/usr/local/bin?", enter],
        ["Go ahead?", `n${enter}`],
      ],
      { ...env, ...variables, ...path },
    );
    expect([code, shown]).toEqual([0, expect.stringMatching(new RegExp(`^ {2}Routing: +${summary}`, "m"))]);
    expect(await exists(home)).toBe(false);
  },
);

/** Every question of the way through, and what is asked besides where a site is imitated. */
const wayThrough = (port: number): Exchange[] => [
  ["Install MTProxy?", `y${enter}`],
  ["links name:", `127.0.0.1${enter}`],
  ["Port:", `${port}${enter}`],
  ["Number of workers", enter],
  ["Enable random padding", `n${enter}`],
  ["Imitate visits to a web site", `y${enter}`],
  ["Cover domain:", enter],
  ["First user", `alice${enter}`],
  ["do what is due?", enter],
  ["logrotate and fail2ban", enter],
  ["/usr/local/bin?", enter],
  ["Go ahead?", ""],
];

// One after the other they would take as long as all other tests of the wizard.
test.concurrent.for(wayThrough(0).map(([question], index) => [question, index] as const))(
  'Ctrl-C at the question "%s" ends with 130 and leaves nothing',
  async ([question, index], { onTestFinished }) => {
    const { wizard, home, root, port } = await bareServer(onTestFinished);
    const before = await fileTree(root);
    const { code, shown } = await wizard([...wayThrough(port).slice(0, index), [question, keys.interrupt]]);
    expect(code, shown).toBe(130);
    await expect(stat(home)).rejects.toThrow("ENOENT");
    expect(await fileTree(root)).toEqual(before);
  },
);

test("Ctrl-C at any question of a second run leaves what is set up as it is", async () => {
  const { wizard, home, root, port, mtproxy } = await bareServer();
  const flags = ["--public-host", "127.0.0.1", "--port", String(port), "--first-user", "alice", "--no-start"];
  expect((await mtproxy("setup", ...flags)).code).toBe(0);
  const seen = () => [fileTree(home, isAuditLog), fileTree(root, isAuditLog)];
  const before = seen();
  const questions: Exchange[] = [["change or repair it?", enter], ...wayThrough(port).slice(1, 7)];
  const runs = questions.map(([question], index) => wizard([...questions.slice(0, index), [question, keys.interrupt]]));
  expect((await Promise.all(runs)).map(({ code }) => code)).toEqual(questions.map(() => 130));
  expect(seen()).toEqual(before);
});

test("Ctrl-C in the middle of the steps leaves whole files, and the next setup does the rest", async () => {
  const { home, port, env, mtproxy, settings } = await bareServer();
  // Nobody answers there, so the proxy is waited for.
  const silent = { MTPROXY_TRIAL_DATACENTERS: "2=127.0.0.1:1" };
  const { code } = await converse(
    ["setup", "--home", home],
    [
      ["Install MTProxy?", `y${enter}`],
      ["links name:", `127.0.0.1${enter}`],
      ["Port:", `${port}${enter}`],
      ["Number of workers", enter],
      ["Enable random padding", enter],
      ["First user", `alice${enter}`],
      ["do what is due?", enter],
      ["logrotate and fail2ban", enter],
      ["/usr/local/bin?", enter],
      ["Go ahead?", enter],
      ["waiting for familytraffic-mtproxy", keys.interrupt],
      // Two at once are one that came twice.
      ["once more to stop at once", keys.pause],
      ["", keys.interrupt],
    ],
    { ...env, ...silent },
  );
  expect(code).toBe(130);
  expect(await settings()).toMatchObject({ port, public_host: "127.0.0.1" });
  const again = await mtproxy("setup", "--public-host", "127.0.0.1", "--first-user", "alice", "--timer", "--json");
  expect(again.json, again.stderr).toMatchObject({
    ok: true,
    data: { running: true, first_user: { username: "alice" } },
  });
  expect((await mtproxy("verify", "alice")).code).toBe(0);
});

test("says first that the clock is wrong", async () => {
  const ahead = createServer((_, response) => {
    response.setHeader("Date", new Date(Date.now() + 30_000).toUTCString()).end();
  });
  await new Promise<void>((ready) => ahead.listen(0, "127.0.0.1", ready));
  onTestFinished(() => void ahead.close());
  const { home, env } = await bareServer();
  const urls = `http://127.0.0.1:${(ahead.address() as AddressInfo).port}/`;
  const asked: Exchange[] = [["Install MTProxy?", enter]];
  const { shown } = await converse(["setup", "--home", home], asked, { ...env, MTPROXY_PROXY_CONFIG_URLS: urls });
  expect(shown).toMatch(
    /^! the clock is (29|30|31)\.\d s behind that of 127\.0\.0\.1:\d+; fake-TLS links die of that/m,
  );
});

test("a no leaves everything as it is, with exit code 0", async () => {
  const { wizard, home, exists } = await bareServer();
  const { code, shown } = await wizard([["Install MTProxy? [y/N]", enter]]);
  expect([code, shown]).toEqual([0, expect.stringContaining("nothing was changed")]);
  expect(await exists(home)).toBe(false);
});

test("any flag that answers means that nobody is asked", async () => {
  const { wizard, home, exists } = await bareServer();
  const { code, shown } = await wizard([], "--no-start", "--public-host", "127.0.0.1");
  expect([code, shown]).toEqual([0, expect.not.stringContaining("Wizard")]);
  expect(await exists(home, "config/mtproxy/mtproxy_config.json")).toBe(true);
});
