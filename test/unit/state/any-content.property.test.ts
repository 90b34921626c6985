import fc from "fast-check";
import { expect, test } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { parseUsers } from "../../../src/state/users-parse.ts";
import { editUsers } from "../../../src/state/users-text.ts";
import { tempHome } from "../../support/temp-home.ts";

const KEY = "c0ffee00c0ffee11c0ffee22c0ffee33";

/** Values where a file of ours has others: right in kind and wrong, or wrong in kind. Most hold a key that no error may repeat. */
const anything = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    KEY,
    `dd${KEY}`,
    `dd${KEY}0`,
    `xx${KEY}`,
    `ee${KEY}zz`,
    [KEY],
    { key: KEY },
    8443,
    true,
    null,
    "1.2.3.4",
    "a.example",
  ),
);
const fieldNames = [
  "version",
  "port",
  "port_range",
  "public_host",
  "workers",
  "engine",
  "image",
  "proxy_secret_urls",
  "trial_datacenters",
  "users_lock",
];
const shardNames = ["id", "family", "port", "slots", "cover_domains", "pinned", "tag", "key", "holder"];
const otherNames = [
  "secret",
  "value",
  "type",
  "active",
  "proxy_tag",
  "registered_secret",
  "compose",
  "image",
  "verdict",
  "username",
  "mtproxy_secret",
  "mtproxy_enabled",
];

function objectOf(names: readonly string[]): fc.Arbitrary<unknown> {
  return fc.dictionary(fc.constantFrom(...names), anything);
}

const entries = fc.array(fc.oneof(objectOf([...shardNames, ...otherNames]), anything), { maxLength: 4 });
const documents = fc.oneof(
  anything,
  objectOf([...fieldNames, ...otherNames]),
  fc.record({
    version: fc.constantFrom<unknown>(1, "6.0", null),
    salt: fc.constant("00".repeat(32)),
    shards: entries,
    secrets: entries,
    users: entries,
    image: objectOf(otherNames),
  }),
);
const contents = fc.oneof(
  documents.map((document) => JSON.stringify(document)),
  documents
    .map((document) => JSON.stringify(document))
    .chain((text) => fc.nat({ max: text.length }).map((end) => text.slice(0, end))),
  fc.string({ unit: "binary" }),
);

/** Either a value or a refusal that can be acted on; never another error, never a key. */
function expectExplained(error: unknown, path: string): void {
  if (!(error instanceof AppError)) throw error;
  expect(error.kind).toBe("invalid");
  expect(error.message).toContain(path);
  expect(error.hint).toBeTruthy();
  expect(`${error.message} ${error.hint}`).not.toContain(KEY.slice(0, 12));
}

test("any users.json is read or refused with its path, and what is read can be edited", () => {
  let read = 0;
  fc.assert(
    fc.property(contents, (text) => {
      try {
        const { users, warnings } = parseUsers(text, "/home/users.json");
        // A name may look like anything; where it is no name, what stands there may be a key.
        const refused = warnings.filter((warning) => warning.includes("cannot be a user"));
        expect(refused.join("\n")).not.toContain(KEY.slice(0, 12));
        for (const { name } of users) parseUsers(editUsers(text, [{ kind: "clear", name }]), "f");
        read++;
      } catch (error) {
        expectExplained(error, "/home/users.json");
      }
    }),
    { numRuns: 2000 },
  );
  expect(read).toBeGreaterThan(50);
});

test("any other state file is read or refused with its path, and is as it was", { timeout: 120_000 }, async () => {
  const home = await tempHome();
  const { settings, sharedSecrets, shards, promotedChannel, groupChannels, engineRecord, coverDomains } = home.stores;
  const stores = {
    settings,
    sharedSecrets,
    shards,
    promotedChannel,
    groupChannels,
    engineRecord,
    coverDomains,
  } as const;
  const names = Object.keys(stores) as (keyof typeof stores)[];
  let read = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), contents, async (name, text) => {
      await home.put(home.paths[name], text);
      try {
        await stores[name].read();
        read++;
      } catch (error) {
        expectExplained(error, home.paths[name]);
      }
      expect(await home.files.read(home.paths[name])).toEqual(Buffer.from(text));
    }),
    { numRuns: 1000 },
  );
  expect(read).toBeGreaterThan(10);
});
