import { createHmac } from "node:crypto";
import { chmod, readFile, rm, stat, writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ShownAlerts } from "../../src/app/alerts/show-alerts.ts";
import type { TestedAlerts } from "../../src/app/alerts/test-alerts.ts";
import { startCli } from "../support/cli.ts";
import { sharedCliHome } from "../support/cli-home.ts";
import { startWeb } from "../support/web.ts";

const home = sharedCliHome();
const TOKEN = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr";
const SECRET = "s3cret-of-the-signature-0123456789";

/** A program of the admin's, or a sendmail, that keeps what it was given. */
async function program(name: string, body: string): Promise<string> {
  const path = home().path(name);
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}
const keeping = (name: string) =>
  program(name, `printf '%s\\n' "$@" > "${home().path(name)}.args"; cat > "${home().path(name)}.in"`);
const given = (name: string) =>
  Promise.all(["args", "in"].map((end) => readFile(home().path(`${name}.${end}`), "utf8")));

const clear = () => rm(home().path("config/mtproxy/alerts.json"));

interface Posted {
  readonly url: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** What answers to a webhook and as the Bot API; `say` chooses the answer. */
async function receiver(
  say: (path: string) => { status: number; body?: string } | "nothing" = () => ({ status: 200 }),
) {
  const posted: Posted[] = [];
  const web = await startWeb(async (request, response) => {
    posted.push({ url: request.url, headers: request.headers, body: await text(request) });
    const answer = say(request.url ?? "");
    if (answer !== "nothing") response.writeHead(answer.status).end(answer.body);
  });
  return { ...web, posted };
}

describe("a test message", () => {
  test("goes through a signed webhook, a bot, sendmail and a program, in the language that is set", async () => {
    const { url, posted } = await receiver();
    const [mail, hook] = [await keeping("sendmail"), await keeping("on-alert")];
    const [token, secret] = ["token", "secret"].map((name) => home().path(name)) as [string, string];
    await writeFile(token, `${TOKEN}\n`);
    await writeFile(secret, `${SECRET}\n`);
    const add = async (...words: string[]) => expect((await home().mtproxy("alerts", "add", ...words)).code).toBe(0);
    await add("webhook", "--url", `${url}/hook`, "--secret-file", secret);
    await add("telegram", "--chat", "-1001234", "--token-file", token, "--api", url);
    await add("email", "--to", "root", "--to", "maria@example.com", "--from", "proxy@example.com", "--sendmail", mail);
    await add("command", "--name", "mine", "--", hook, "--loud", "a b");
    await home().mtproxy("alerts", "set", "--language", "ru", "--name", "Дом 1");
    const { code, stdout } = await home().mtproxy("alerts", "test");
    expect([code, stdout.match(/^✓ \w+ took it/gm)]).toEqual([
      0,
      ["✓ webhook took it", "✓ telegram took it", "✓ email took it", "✓ mine took it"],
    ]);

    const [web, bot] = ["/hook", `/bot${TOKEN}/sendMessage`].map((path) => posted.find((it) => it.url === path));
    const signature = createHmac("sha256", SECRET).update(`${web?.headers["x-mtproxy-timestamp"]}.${web?.body}`);
    expect(web?.headers["x-mtproxy-signature"]).toBe(`sha256=${signature.digest("hex")}`);
    expect(JSON.parse(web?.body ?? "")).toMatchObject({ schema: "mtproxy/alert/1", test: true, server: "Дом 1" });
    expect(JSON.parse(bot?.body ?? "")).toMatchObject({
      chat_id: "-1001234",
      text: expect.stringContaining("проверка"),
    });

    const [mailArgs, mailText = ""] = await given("sendmail");
    expect(mailArgs).toBe("-i\n-f\nproxy@example.com\n--\nroot\nmaria@example.com\n");
    const [head = "", body = ""] = mailText.split("\n\n");
    expect(head).toMatch(/^To: root,\n maria@example\.com$/m);
    expect(mailText.split("\n").filter((line) => line.length > 76 || /[^\x20-\x7e]/.test(line))).toEqual([]);
    expect(Buffer.from(body, "base64").toString("utf8")).toBe("Это проверка: оповещения доходят.\n");
    const subject = [...head.matchAll(/=\?utf-8\?B\?([\w+/=]+)\?=/g)].map(([, word = ""]) =>
      Buffer.from(word, "base64"),
    );
    expect(Buffer.concat(subject).toString("utf8")).toBe("Дом 1: Это проверка: оповещения доходят.");

    const [args, input = ""] = await given("on-alert");
    expect([args, JSON.parse(input)]).toMatchObject(["--loud\na b\n", { test: true, alerts: [] }]);
  });

  test("needs no secret to be shown: not in what is printed, not in the audit log, and in a file for its owner", async () => {
    const said = await Promise.all([home().mtproxy("alerts", "show"), home().mtproxy("alerts", "show", "--json")]);
    const log = await readFile(home().path("logs/mtproxy/audit.log"), "utf8");
    const text = [...said.map(({ stdout, stderr }) => stdout + stderr), log].join();
    for (const secret of [TOKEN, TOKEN.slice(12), SECRET]) expect(text).not.toContain(secret);
    expect(said[0]?.stdout).toContain("telegram: chat -1001234 by 127.0.0.1:");
    expect((await stat(home().path("config/mtproxy/alerts.json"))).mode & 0o777).toBe(0o600);
    await clear();
  });

  test("that is not taken says why, without a secret, and ends with 9; what is there is tried all the same", async () => {
    const refusal = JSON.stringify({ ok: false, description: `Bad Request: chat not found for ${TOKEN}` });
    const { url } = await receiver((path) => (path === "/hook" ? { status: 503 } : { status: 400, body: refusal }));
    const [token, address] = [home().path("token"), home().path("address")];
    await writeFile(address, `${url}/hook`);
    const left = home().path("left-behind");
    // What it started goes with it.
    const slow = await program("slow", `(sleep 30; touch "${left}") & echo $! > "${left}.pid"; sleep 30`);
    const broken = await program("broken", "echo 'no route' >&2; exit 75");
    await home().mtproxy("alerts", "add", "telegram", "--chat", "7", "--token-file", token, "--api", url);
    await home().mtproxy("alerts", "add", "webhook", "--url-file", address);
    await home().mtproxy("alerts", "add", "command", "--patience", "1", "--", slow);
    await home().mtproxy("alerts", "add", "email", "--to", "root", "--sendmail", broken);
    const { code, json, stdout } = await home().mtproxy("alerts", "test", "--json");
    expect([code, json.error?.kind]).toEqual([9, "unhealthy"]);
    const faults = (json.data as TestedAlerts).channels.map(({ name, fault }) => [name, fault]);
    expect(faults).toEqual([
      ["telegram", expect.stringContaining("chat not found for [token]")],
      ["webhook", expect.stringContaining("HTTP status 503")],
      ["command", expect.stringContaining("took longer than 1 s")],
      ["email", expect.stringContaining("ended with 75: no route")],
    ]);
    expect(stdout).not.toContain(TOKEN.slice(12));
    const pid = Number(await readFile(`${left}.pid`, "utf8"));
    await expect.poll(() => stateOf(pid), { interval: 20 }).toMatch(/^[XZ]?$/);
    expect((await home().mtproxy("alerts", "test", "pigeon")).code).toBe(4);
    await clear();
  });
});

/** One letter (proc_pid_stat(5)); empty for a process that is gone. */
async function stateOf(pid: number): Promise<string> {
  const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return /\) (\w)/.exec(status)?.[1] ?? "";
}

describe("the daemon", () => {
  /** @returns what kills it, and waits until it has ended */
  function start(): () => Promise<void> {
    const child = startCli(["daemon"], { home: home().home });
    const ended = new Promise<void>((end) => child.once("close", () => end()));
    const kill = async () => {
      child.kill("SIGKILL");
      await ended;
    };
    onTestFinished(kill);
    return kill;
  }
  const looks = async () =>
    JSON.parse(await readFile(home().path("mtproxy/run/snapshot.json"), "utf8").catch(() => "{}"));

  test("tells once what is amiss, though it is killed while the other side has not answered", async () => {
    let isAnswering = false;
    const { url, posted } = await receiver(() => (isAnswering ? { status: 200 } : "nothing"));
    await home().mtproxy("alerts", "add", "webhook", "--url", url);
    await home().mtproxy("alerts", "set", "--language", "en");
    await home().add("bob", "--expires", "2d");
    const kill = start();
    await expect.poll(() => posted.length, { timeout: 20_000, interval: 20 }).toBe(1);
    expect((await home().mtproxy("alerts", "history")).stdout).toMatch(/webhook {2}waits .*\n {4}bob's link ends: /);
    await kill();

    isAnswering = true;
    const killAgain = start();
    await expect.poll(() => posted.length, { timeout: 20_000, interval: 20 }).toBe(2);
    const [first, second] = posted.map(({ body }) => JSON.parse(body));
    expect(second).toEqual(first);
    expect(second).toMatchObject({ alerts: [{ kind: "expiring", subject: "bob", what: "begins" }] });
    await expect
      .poll(async () => (await home().mtproxy("alerts", "history")).stdout)
      .toMatch(/webhook {2}✓\n {4}bob's/);
    await killAgain();

    const before = (await looks()).at;
    const end = start();
    await expect.poll(async () => (await looks()).at, { timeout: 20_000, interval: 20 }).not.toBe(before);
    await end();
    expect(posted).toHaveLength(2);
  });
});

describe("alerts are set", () => {
  test("to what is wanted, and shown", async () => {
    const { stdout } = await home().mtproxy(
      ...["alerts", "set", "--off", "expiring", "--off", "clock", "--quiet-hours", "23:00-07:00 Asia/Tehran"],
      ...["--quiet-all", "--remind", "12", "--threshold", "quota_percent=90"],
    );
    expect(stdout).toMatch(/^ {2}- expiring/m);
    expect(stdout).toContain("Quiet hours: 23:00-07:00 Asia/Tehran, for everything");
    const { json } = await home().mtproxy(
      "alerts",
      "set",
      "--on",
      "clock",
      "--no-quiet-hours",
      "--no-remind",
      "--json",
    );
    expect(json.data).toMatchObject({ quiet_hours: null, remind_hours: null, thresholds: { quota_percent: 90 } });
    const off = (json.data as ShownAlerts).kinds.filter(({ on }) => !on).map(({ kind }) => kind);
    expect(off).toEqual(["expiring"]);
  });

  test("by a dry run not at all", async () => {
    const path = home().path("config/mtproxy/alerts.json");
    const before = await readFile(path, "utf8");
    expect((await home().mtproxy("alerts", "set", "--disable", "--dry-run")).stdout).toContain("Alerts: off");
    expect((await home().mtproxy("alerts", "add", "email", "--to", "root", "--dry-run")).code).toBe(0);
    expect(await readFile(path, "utf8")).toBe(before);
  });

  test.each([
    [["set"], 2, "nothing to change was named"],
    [["add", "telegram", "--chat", "7"], 2, "nobody can be asked here"],
    [["remove", "pigeon"], 4, 'there is no channel "pigeon"'],
  ])("by no such words: %j", async (words, exit, says) => {
    const { code, stderr } = await home().mtproxy("alerts", ...words);
    expect([code, stderr]).toEqual([exit, expect.stringContaining(says)]);
  });
});
