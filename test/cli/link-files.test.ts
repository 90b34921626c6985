import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parseLink } from "../../src/domain/link.ts";
import { type CliHome, sharedCliHome, type UserCardJson } from "../support/cli-home.ts";
import { killAtEach } from "../support/crash.ts";
import { canRun } from "../support/machine.mts";
import { readPng, readSvg } from "../support/read-qr.ts";
import { freePort } from "../support/trial.ts";

const MTPROXY = resolve(import.meta.dirname, "../../bin/familytraffic-mtproxy");

const home = sharedCliHome();
/** By folder below data/clients: somebody's secret, which goes with every move. */
const secrets: Record<string, string> = {};

const FOREIGN = "vless://somebody@127.0.0.1:443?port=1#alice\n";
const foreign = () => home().path("data/clients/alice/vless_config.txt");

/** Every link that a file says, whatever kind of file it is. */
async function linksIn(path: string): Promise<string[]> {
  if (path.endsWith(".png")) return [readPng(await readFile(path)).text ?? "unreadable"];
  const text = await readFile(path, "utf8");
  const drawn = /<svg[\s\S]*<\/svg>/.exec(text)?.[0];
  const said = text.replaceAll("&amp;", "&").match(/(?:tg:\/\/|https:\/\/t\.me\/)proxy\?[^\s"'<]+/g) ?? [];
  return [...said, ...(drawn === undefined ? [] : [readSvg(drawn) ?? "unreadable"])];
}

/** Where the links of each file lead: `host:port secret`, each once. */
async function placesIn(it: CliHome): Promise<Record<string, string[]>> {
  const folder = it.path("data/clients");
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const entries = files.map(async ({ parentPath, name }) => {
    const links = (await linksIn(join(parentPath, name))).map(parseLink);
    const places = links.map(({ server, port, secret }) => `${server}:${port} ${secret.key.reveal()}`);
    return [join(parentPath, name).slice(folder.length + 1), [...new Set(places)].sort()] as const;
  });
  return Object.fromEntries((await Promise.all(entries)).filter(([name]) => !name.endsWith("vless_config.txt")));
}

const KINDS = ["mtproxy_link.txt", "mtproxy_qr.png", "mtproxy_qr.svg"];

/** What `placesIn` gives when every file of everybody names this place, and nothing else does. */
function everybodyAt(place: string): Record<string, string[]> {
  const people = Object.keys(secrets).filter((folder) => !folder.startsWith("_"));
  const kinds = (folder: string) =>
    people.includes(folder) && folder !== "late" ? [...KINDS, "mtproxy_message.txt", "mtproxy_page.html"] : KINDS;
  return Object.fromEntries(
    Object.entries(secrets).flatMap(([folder, key]) =>
      kinds(folder).map((kind) => [`${folder}/${kind}`, [`${place} ${key}`]]),
    ),
  );
}

const keyOf = ({ link }: Pick<UserCardJson, "link">) => parseLink(link).secret.key.reveal();

beforeAll(async () => {
  await home().add("alice");
  await home().add("bob", "--fake-tls", "microsoft.com");
  await home().add("carol", "--plain");
  const { json } = await home().mtproxy("rotate", "--all", "--yes", "--json");
  for (const card of (json.data as { users: UserCardJson[] }).users) secrets[card.username] = keyOf(card);
  secrets.late = keyOf(await home().add("late"));
  const shared = (await home().mtproxy("add-secret", "--json")).json.data as UserCardJson & { id: string };
  secrets[`_shared/${shared.id}`] = keyOf(shared);
  await writeFile(foreign(), FOREIGN);
});

describe("every text, PNG, SVG, message and page of everybody", () => {
  let [host, port] = ["127.0.0.1", 0];

  test("names the same place at first", async () => {
    port = home().port;
    expect(await placesIn(home())).toEqual(everybodyAt(`${host}:${port}`));
  });

  test("is rewritten by set-port, and nothing else in the home of people is touched", async () => {
    const users = await home().usersText();
    port = await freePort();
    expect((await home().mtproxy("set-port", String(port))).code).toBe(0);
    expect(await placesIn(home())).toEqual(everybodyAt(`${host}:${port}`));
    expect([await home().usersText(), await readFile(foreign(), "utf8")]).toEqual([users, FOREIGN]);
  });

  test("is rewritten by set-host, and nothing else in the home of people is touched", async () => {
    const users = await home().usersText();
    host = "127.0.0.2";
    expect((await home().mtproxy("set-host", host)).code).toBe(0);
    expect(await placesIn(home())).toEqual(everybodyAt(`${host}:${port}`));
    expect([await home().usersText(), await readFile(foreign(), "utf8")]).toEqual([users, FOREIGN]);
    expect((await home().mtproxy("verify")).code).toBe(0);
  });

  test.runIf(canRun("strace"))(
    "is right after the next command when set-host was killed in the middle",
    async () => {
      const hosts = ["127.0.0.3", "127.0.0.4"];
      let wanted = host;
      const command = () => [process.execPath, MTPROXY, "set-host", wanted, "--home", home().home];
      const killed = await killAtEach("rename,renameat,renameat2", command, {
        step: 5,
        before: async () => {
          wanted = hosts.find((one) => one !== host) ?? "";
        },
        after: async (at) => {
          expect((await home().mtproxy("apply")).code, `killed at ${at}`).toBe(0);
          const { public_host: now } = (await home().mtproxy("config", "show", "--json")).json.data as {
            public_host: string;
          };
          expect([host, wanted]).toContain(now);
          expect(await placesIn(home()), `killed at ${at}`).toEqual(everybodyAt(`${now}:${port}`));
          host = now;
        },
      });
      expect(killed).toBeGreaterThan(2);
      expect(await placesIn(home())).toEqual(everybodyAt(`${wanted}:${port}`));
    },
    180_000,
  );
});
