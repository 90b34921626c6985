import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EngineRecord } from "../../src/domain/engine-facts.ts";
import { parseProxyStats } from "../../src/domain/proxy-stats.ts";
import { ProxyClient } from "../contract/proxy/support/client.ts";
import type { UserCardJson } from "../support/cli-home.ts";
import { coverDomains, type DockerCliHome, dockerCliHome, linkOf } from "../support/docker-cli-home.ts";

const NAMES = ["familytraffic-mtproxy", "familytraffic-mtproxy-2"] as const;

let home: DockerCliHome;
let pat: UserCardJson;
/** Whether the binary in the image re-reads its file, as the probe measured it. */
let reloads: boolean;

beforeAll(async () => {
  home = await dockerCliHome();
  pat = await home.add("pat");
  await home.add("eve", "--fake-tls", coverDomains[0]);
  const record = JSON.parse(await readFile(home.path("config/mtproxy/engine.json"), "utf8")) as {
    image: NonNullable<EngineRecord["image"]>;
  };
  reloads = record.image.reloads;
});
afterAll(() => home?.dispose());

/** What the running proxies say they read. */
function loaded(): Promise<(string | undefined)[]> {
  return Promise.all(
    NAMES.map(async (name) => {
      const stats = ["/bin/sh", "/familytraffic/scripts/stats.sh", "8888"];
      const { stdout } = await execa("docker", ["exec", name, ...stats]);
      return parseProxyStats(stdout).configMd5;
    }),
  );
}

const md5 = (text: string) => createHash("md5").update(text).digest("hex");

async function refresh(text: string) {
  const file = join(home.folder, "fetched.conf");
  await writeFile(file, text);
  return home.mtproxy("refresh-config", "--from-file", file);
}

describe("refresh-config", () => {
  it("gives every running proxy a new file: without cutting anybody where the binary can", async () => {
    const held = await ProxyClient.connect({ port: linkOf(pat).port, key: linkOf(pat).secret.key });
    expect(await held.ask()).toBe("answered");
    const before = await home.containers();
    const next = `${home.telegram.proxyMultiConf()}proxy_for 203 ${home.telegram.host}:${home.telegram.port};\n`;

    const { code, stdout, json } = await refresh(next);

    expect(code, stdout).toBe(0);
    expect(json.data).toMatchObject({ changed: true, shards: NAMES.map((name) => ({ name })) });
    expect(await loaded()).toEqual([md5(next), md5(next)]);
    expect((await home.mtproxy("verify")).code).toBe(0);
    expect(await held.ask()).toBe(reloads ? "answered" : "closed");
    const started = (await home.containers()).map(({ startedAt }, index) => startedAt === before[index]?.startedAt);
    expect(started).toEqual([reloads, reloads]);
    expect((await home.mtproxy("plan", "--exit-code")).code).toBe(0);
  });

  it("changes nothing when the same file comes again", async () => {
    const before = [await home.containers(), await home.renderedFiles()];
    const { code, json } = await refresh(await readFile(home.path("config/mtproxy/telegram/proxy-multi.conf"), "utf8"));
    expect([code, json.data]).toMatchObject([0, { changed: false, shards: [] }]);
    expect([await home.containers(), await home.renderedFiles()]).toEqual(before);
  });

  it.each([
    ["a web page", () => "<html>Sign in</html>"],
    ["nothing", () => ""],
    ["half a file", () => home.telegram.proxyMultiConf().slice(0, 120)],
    ["a file without its datacenters", () => `default 2;\nproxy_for 2 ${home.telegram.host}:${home.telegram.port};\n`],
  ])("refuses %s and changes nothing", async (_, text) => {
    const before = [await loaded(), await home.containers(), await home.renderedFiles()];
    const { code, json } = await refresh(text());
    expect([code, json.error?.kind]).toEqual([3, "invalid"]);
    expect([await loaded(), await home.containers(), await home.renderedFiles()]).toEqual(before);
  });
});
