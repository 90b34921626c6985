import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { RefreshedConfig } from "../../src/app/telegram-config/refresh-config.ts";
import { runCli } from "../support/cli.ts";
import { tempFolder } from "../support/temp-home.ts";
import { deadPort, startWeb } from "../support/web.ts";

const SECRET = randomBytes(128);
const CONF = `default 2;\n${[1, 2, 3, 4, 5].flatMap((id) => [id, -id].map((dc) => `proxy_for ${dc} 192.0.2.${id}:8888;\n`)).join("")}`;

/** A set-up home on the trial engine, whose mirrors the test answers for. */
async function homeWithMirrors(urls: { secret: string[]; conf: string[] }) {
  const home = join(await tempFolder(), "home");
  const settings = { version: 1, engine: "trial", proxy_secret_urls: urls.secret, proxy_config_urls: urls.conf };
  await mkdir(join(home, "config/mtproxy"), { recursive: true });
  await writeFile(join(home, "config/mtproxy/mtproxy_config.json"), JSON.stringify(settings));
  const telegram = join(home, "config/mtproxy/telegram");
  return { home, telegram, refresh: (...args: string[]) => runCli(["refresh-config", ...args], { home }) };
}

async function goodMirror(files = { conf: CONF }) {
  const web = await startWeb((request, response) => {
    response.end(request.url === "/secret" ? SECRET : files.conf);
  });
  return { files, secret: [`${web.url}/secret`], conf: [`${web.url}/conf`] };
}

describe("mtproxy refresh-config", () => {
  it("fetches the files, is silent from then on, and tells of a new one", async () => {
    const mirror = await goodMirror();
    const { telegram, refresh } = await homeWithMirrors(mirror);

    const first = await refresh();
    expect([first.code, first.stderr]).toEqual([0, ""]);
    expect(first.stdout).toContain("proxy-multi.conf is new, from 127.0.0.1:");
    expect(await readFile(join(telegram, "proxy-secret"))).toEqual(SECRET);

    const second = await refresh();
    expect([second.code, second.stdout, second.stderr]).toEqual([0, "", ""]);

    mirror.files.conf = `# newer\n${CONF}`;
    const third = await refresh("--quiet");
    expect([third.code, third.stdout, third.stderr]).toEqual([0, "", ""]);
    expect(await readFile(join(telegram, "proxy-multi.conf"), "utf8")).toBe(mirror.files.conf);
    expect(await readFile(join(telegram, "proxy-multi.conf.last-good"), "utf8")).toBe(CONF);
  });

  it("ends with 3 for a web page in the file's place, and keeps what it has", async () => {
    const mirror = await goodMirror();
    const { telegram, refresh } = await homeWithMirrors(mirror);
    await refresh();
    mirror.files.conf = "<!DOCTYPE html><title>Sign in</title>";
    const { code, stdout, stderr } = await refresh("--quiet");
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toContain("this is a web page");
    expect(await readFile(join(telegram, "proxy-multi.conf"), "utf8")).toBe(CONF);
  });

  it("ends with 6 when no mirror can be reached, and leaves nothing half-done", async () => {
    const urls = [`http://127.0.0.1:${await deadPort()}/f`];
    const { telegram, refresh } = await homeWithMirrors({ secret: urls, conf: urls });
    const { code, json } = await refresh("--json");
    expect(code).toBe(6);
    expect(json.error?.message).toContain("refuses connections");
    expect(await readdir(telegram).catch(() => [])).toEqual([]);
  });

  it("takes files that were brought here, and says so as JSON", async () => {
    const { home, refresh } = await homeWithMirrors({ secret: [], conf: [] });
    const [secret, conf] = [join(home, "s"), join(home, "c")];
    await writeFile(secret, SECRET);
    await writeFile(conf, CONF);
    const { code, json } = await refresh("--from-file", conf, "--proxy-secret", secret, "--json");
    expect(code).toBe(0);
    expect(json.data as RefreshedConfig).toEqual({
      changed: true,
      files: [
        { name: "proxy-secret", changed: true, source: secret },
        { name: "proxy-multi.conf", changed: true, source: conf },
      ],
      shards: [],
    });
  });

  it("ends with 4 for a file that is not there, and shows with --dry-run what it would take", async () => {
    const mirror = await goodMirror();
    const { telegram, refresh } = await homeWithMirrors(mirror);
    expect((await refresh("--from-file", "/no/such/file")).code).toBe(4);
    const { code, json } = await refresh("--dry-run", "--json");
    expect([code, (json.data as RefreshedConfig).changed]).toEqual([0, true]);
    expect(await readdir(telegram).catch(() => [])).toEqual([]);
  });

  it("goes past a mirror that is down, and says so to whoever watches", async () => {
    const mirror = await goodMirror();
    const { refresh } = await homeWithMirrors({
      ...mirror,
      conf: [`http://127.0.0.1:${await deadPort()}/f`, ...mirror.conf],
    });
    const { code, stderr } = await refresh();
    expect(code).toBe(0);
    expect(stderr).toContain("refuses connections; trying the next mirror");
  });
});
