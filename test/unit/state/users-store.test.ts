import { spawnSync } from "node:child_process";
import { chmod, chown, mkdir, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import type { Settings } from "../../../src/domain/settings.ts";
import { createStores } from "../../../src/state/stores.ts";
import type { UserEdit } from "../../../src/state/users-text.ts";
import { canRun, isRoot } from "../../support/machine.mts";
import { watch, withProgram } from "../../support/run-source.ts";
import { type TempHome, tempHome } from "../../support/temp-home.ts";

const SECRET = "dd00112233445566778899aabbccddeeff";

function adding(name: string): UserEdit {
  return {
    kind: "add",
    name,
    uuid: "u",
    proxyPassword: "p",
    fields: { mtproxy_secret: SECRET, mtproxy_enabled: true },
  };
}

function update(home: TempHome, ...edits: UserEdit[]): Promise<void> {
  return home.stores.users.update("a test", () => ({ edits, result: undefined }));
}

async function names(home: TempHome): Promise<string[]> {
  return (await home.stores.users.read()).users.map(({ name }) => name);
}

async function settingsOf(home: TempHome): Promise<Settings> {
  const settings = await home.stores.settings.read();
  if (settings === undefined) throw new Error("no settings");
  return settings;
}

async function refusal(work: Promise<unknown>): Promise<AppError> {
  const error = await work.catch((reason: unknown) => reason);
  if (!(error instanceof AppError)) throw new Error(`no AppError: ${String(error)}`);
  return error;
}

describe("users.json", () => {
  test("that is not there has nobody in it, and is made by the first user, 0600", async () => {
    const home = await tempHome();
    expect(await home.stores.users.read()).toMatchObject({ users: [], warnings: [] });
    await update(home);
    expect(await home.files.stat(home.paths.users)).toBeUndefined();
    await update(home, adding("alice"));
    expect(JSON.parse(await readFile(home.paths.users, "utf8")).users[0].username).toBe("alice");
    expect((await stat(home.paths.users)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(home.paths.users))).mode & 0o777).toBe(0o700);
  });

  test("of the VLESS stack is the same after adding, disabling, enabling and removing, byte for byte", async () => {
    const home = await tempHome();
    const original = await readFile(join(import.meta.dirname, "../../fixtures/state/v0/users.json"), "utf8");
    await home.put(home.paths.users, original);
    await update(home, adding("carol"), {
      kind: "set",
      name: "ALICE",
      fields: { mtproxy_secret: SECRET.replace("00", "01"), mtproxy_enabled: true },
    });
    await update(home, { kind: "set", name: "alice", fields: { mtproxy_enabled: false } });
    expect((await home.stores.users.read()).users.map(({ name, enabled }) => [name, enabled])).toEqual([
      ["alice", false],
      ["bob", true],
      ["carol", true],
    ]);
    await update(home, { kind: "set", name: "alice", fields: { mtproxy_enabled: true } });
    await update(home, { kind: "clear", name: "alice" }, { kind: "remove-record", name: "carol" });
    expect(await readFile(home.paths.users, "utf8")).toBe(original);
  });

  test("is written once in an update, and not at all without a change", async () => {
    const home = await tempHome();
    await update(home, adding("alice"));
    const before = (await stat(home.paths.users)).ino;
    await update(home, { kind: "set", name: "alice", fields: { mtproxy_enabled: true } });
    expect((await stat(home.paths.users)).ino).toBe(before);
    const written: string[] = [];
    const counting = {
      ...home.files,
      write: (path: string, data: string | Uint8Array) => {
        written.push(path);
        return home.files.write(path, data);
      },
    };
    await createStores({ ...home, files: counting }).users.update("a test", () => ({
      edits: [adding("bob"), { kind: "clear", name: "alice" }],
      result: 1,
    }));
    expect(written).toEqual([home.paths.users]);
  });

  test.runIf(isRoot)("keeps its owner, and others no longer read it once it holds keys", async () => {
    const home = await tempHome();
    await home.put(home.paths.users, '{"users":[]}', 0o644);
    await chown(home.paths.users, 12345, 23456);
    expect((await home.stores.users.read()).warnings).toEqual([expect.stringContaining("chmod 600")]);
    await update(home, adding("alice"));
    expect(await home.files.stat(home.paths.users)).toMatchObject({ mode: 0o600, uid: 12345, gid: 23456 });
    expect((await home.stores.users.read()).warnings).toEqual([]);
  });

  test("is left alone when deciding throws", async () => {
    const home = await tempHome();
    await update(home, adding("alice"));
    const before = await readFile(home.paths.users, "utf8");
    await expect(home.stores.users.update("a test", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect((await refusal(update(home, adding("ALICE")))).kind).toBe("conflict");
    expect((await refusal(update(home, { kind: "clear", name: "nobody" }))).kind).toBe("not-found");
    expect((await refusal(update(home, { kind: "set", name: "alice", fields: { mtproxy_secret: "dd12" } }))).kind).toBe(
      "invalid",
    );
    expect(await readFile(home.paths.users, "utf8")).toBe(before);
  });

  test("goes through a symbolic link to the stack's own file", async () => {
    const home = await tempHome();
    const real = join(dirname(home.paths.home), "stack", "users.json");
    await home.put(real, '{"users":[]}');
    await mkdir(dirname(home.paths.users), { recursive: true });
    spawnSync("ln", ["-s", real, home.paths.users]);
    await update(home, adding("alice"));
    expect(await readFile(real, "utf8")).toContain("alice");
  });
});

describe("a users.json that is not what it should be", () => {
  test.each([
    ["truncated", '{"users":[{"username":"al', "it ends too early"],
    ["empty", "", "it is empty"],
    ["a web page", "<!DOCTYPE html><html></html>", "is a web page"],
    ["binary", Buffer.from([0x7b, 0, 0xff, 0xfe]), "is not a text file"],
    ["broken", `{"users":[\n{"username":"alice" "mtproxy_secret":"${SECRET}"}]}`, "look at line 2, column 21"],
  ])("stops the command when it stays %s for 2 s, and is not touched", async (_, content, fault) => {
    const home = await tempHome();
    await home.put(home.paths.users, content);
    const begun = performance.now();
    const [read, write] = await Promise.all([refusal(home.stores.users.read()), refusal(update(home, adding("bob")))]);
    expect(performance.now() - begun).toBeGreaterThan(1900);
    for (const error of [read, write]) {
      expect(error.kind).toBe("invalid");
      expect(error.message).toContain(home.paths.users);
      expect(error.message).toContain(fault);
      expect(error.hint).toContain("nothing was changed");
      expect(error.message).not.toContain(SECRET.slice(2));
    }
    expect(await readFile(home.paths.users)).toEqual(Buffer.from(content));
  });

  test("stops the command when it is too big", async () => {
    const home = await tempHome();
    await home.put(home.paths.users, "{}");
    await truncate(home.paths.users, 65 * 1024 * 1024);
    expect((await refusal(home.stores.users.read())).message).toContain("never has more than");
  });

  test.each([
    ["[]", 'must be an object with a list "users"'],
    ['{"users":{}}', 'must have a list in its field "users"'],
    ['{"users":[{"username":"alice","mtproxy_secret":"dd1234"}]}', '"users[0].mtproxy_secret" must be a secret'],
    ['{"users":[{},{"username":"alice","mtproxy_enabled":"yes"}]}', '"users[1].mtproxy_enabled" must be true or false'],
    [
      '{"users":[{"username":"alice","mtproxy_fake_tls":1}]}',
      '"users[0].mtproxy_fake_tls" must be true or false, not 1',
    ],
    [
      `{"users":[{"username":"al","mtproxy_secret":"${SECRET}"},{"username":"AL","mtproxy_secret":"${SECRET}"}]}`,
      'a mtproxy_secret for "AL" twice, in users[0] and users[1]',
    ],
  ])("names the field in %s at once", async (content, fault) => {
    const home = await tempHome();
    await home.put(home.paths.users, content);
    const begun = performance.now();
    const error = await refusal(home.stores.users.read());
    expect(performance.now() - begun).toBeLessThan(1900);
    expect([error.kind, error.message]).toEqual(["invalid", expect.stringContaining(fault)]);
    expect(error.message).not.toContain(SECRET.slice(2));
  });

  test("is read again until the script that is writing it has finished", async () => {
    const home = await tempHome();
    const whole = '{"users":[{"username":"alice"}]}';
    await home.put(home.paths.users, whole.slice(0, 12));
    const finish = sleep(600).then(() => writeFile(home.paths.users, whole));
    expect(await names(home)).toEqual(["alice"]);
    await finish;
  });
});

describe("odd records", () => {
  test("are listed as warnings and kept", async () => {
    const home = await tempHome();
    const records = [
      '{"username":"a b","mtproxy_enabled":"?"}',
      '"text"',
      '{"username":"../x"}',
      '{"username":"alice"}',
      '{"username":"Alice"}',
      '{"id":7}',
    ];
    await home.put(home.paths.users, `{"users":[${records.join()}]}`);
    const { users, warnings } = await home.stores.users.read();
    expect(users.map(({ name }) => name)).toEqual(["alice"]);
    expect(warnings).toHaveLength(5);
    expect(warnings.join("\n")).toMatch(
      /users\[0\] has "a b"[\s\S]*users\[1\] has no name[\s\S]*"\.\.\/x"[\s\S]*users\[3\] and users\[4\] are both named "Alice"/,
    );
    await update(home, adding("bob"));
    for (const record of records) expect(await readFile(home.paths.users, "utf8")).toContain(record);
  });

  test("of one name count where our secret is", async () => {
    const home = await tempHome();
    await home.put(
      home.paths.users,
      `{"users":[{"username":"al"},{"username":"AL","mtproxy_secret":"${SECRET}"},{"username":"aL"}]}`,
    );
    const { users } = await home.stores.users.read();
    expect(users.map(({ name, secret }) => [name, secret?.mode])).toEqual([["AL", "padded"]]);
    await update(home, { kind: "set", name: "al", fields: { mtproxy_enabled: false } });
    expect(await readFile(home.paths.users, "utf8")).toBe(
      `{"users":[{"username":"al"},{"username":"AL","mtproxy_secret":"${SECRET}","mtproxy_enabled":false},{"username":"aL"}]}`,
    );
  });

  test("warn when two people have one key, or a field contradicts the secret", async () => {
    const home = await tempHome();
    await home.put(
      home.paths.users,
      `{"users":[{"username":"a","mtproxy_secret":"${SECRET}","mtproxy_fake_tls":true},{"username":"b","mtproxy_secret":"${SECRET}"}]}`,
    );
    const { warnings } = await home.stores.users.read();
    expect(warnings).toEqual([
      expect.stringContaining('mtproxy_fake_tls of "a" is true'),
      expect.stringContaining('"a" and "b" have the same key'),
    ]);
    expect(warnings.join()).not.toContain(SECRET.slice(2));
  });

  test("made by us are ours until somebody adds a field", async () => {
    const home = await tempHome();
    await home.put(home.paths.users, '{"users":[{"username":"theirs","uuid":"u","proxy_password":"p"}]}');
    await update(home, adding("ours"), adding("shared"));
    const text = await readFile(home.paths.users, "utf8");
    await writeFile(home.paths.users, text.replace('"username":"shared"', '"username":"shared","short_id":"1"'));
    const state = await home.stores.users.read();
    expect(["theirs", "ours", "shared", "nobody"].map((name) => state.isOurs(name))).toEqual([
      false,
      true,
      false,
      false,
    ]);
    expect(state.users[1]).toMatchObject({ uuid: "u", hasProxyPassword: true });
  });
});

describe("writing in place", () => {
  test.runIf(isRoot)(
    "happens when it is set or a container has the file mounted, and keeps inode and mode",
    async () => {
      const home = await tempHome({ usersWrite: "in-place" });
      await home.put(home.paths.users, '{"users":[]}', 0o640);
      const { ino } = await stat(home.paths.users);
      await update(home, adding("alice"));
      expect(await stat(home.paths.users)).toMatchObject({ ino, mode: 0o100640 });
      await home.stores.settings.update((settings) => ({ ...(settings as Settings), usersWrite: "auto" }));
      await withMount(home.paths.users, () => update(home, adding("bob")));
      expect((await stat(home.paths.users)).ino).toBe(ino);
      await update(home, adding("carol"));
      expect((await stat(home.paths.users)).ino).not.toBe(ino);
      expect(await names(home)).toEqual(["alice", "bob", "carol"]);
    },
  );

  test.runIf(canRun("strace"))("that a crash cut off is finished by the next reader and the next writer", async () => {
    for (const next of ["reader", "writer"]) {
      const home = await tempHome({ usersWrite: "in-place" });
      await update(home, adding("alice"));
      await withCutOffWrite(home);
      if (next === "writer") await update(home, adding("carol"));
      expect(await names(home)).toEqual(next === "writer" ? ["alice", "bob", "carol"] : ["alice", "bob"]);
      expect(await readdir(dirname(home.paths.users))).toEqual(["users.json"]);
    }
  });

  /** Killed after the file was emptied. */
  async function withCutOffWrite(home: TempHome): Promise<void> {
    const source = `import { createFiles } from "./src/host/files.ts";
      createFiles().writeInPlace(process.argv[2], process.argv[3]);`;
    const text = await readFile(home.paths.users, "utf8");
    const bob = text.replace(
      /(\{\s*"username": "alice"[^}]*\})/,
      (record) => `${record},${record.replace("alice", "bob").replace(SECRET, SECRET.replace("00", "02"))}`,
    );
    await withProgram(source, async (program) => {
      spawnSync("strace", [
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        "trace=pwrite64",
        "-e",
        "inject=pwrite64:signal=SIGKILL:when=1",
        process.execPath,
        program,
        home.paths.users,
        bob,
      ]);
    });
    expect(await readFile(home.paths.users, "utf8")).toBe("");
  }

  async function withMount(path: string, work: () => Promise<void>): Promise<void> {
    const target = join(dirname(path), "inside");
    await writeFile(target, "");
    const container = watch("unshare", [
      "-m",
      "sh",
      "-c",
      'mount --bind "$0" "$1" && echo mounted && exec sleep 60',
      path,
      target,
    ]);
    await container.until("mounted");
    await work();
    container.child.kill("SIGKILL");
    await container.ended;
  }
});

describe("many writers at once", { timeout: 120_000 }, () => {
  test("two processes and a script of the VLESS stack lose nobody", async () => {
    const home = await tempHome();
    const { usersLock } = await settingsOf(home);
    await home.put(home.paths.users, '{"users":[{"username":"first","quota":12345678901234567890}]}');
    const source = `import { createFiles } from "./src/host/files.ts";
      import { createLocks } from "./src/host/locks.ts";
      import { homePaths } from "./src/state/paths.ts";
      import { createStores } from "./src/state/stores.ts";
      const [, , home, prefix] = process.argv;
      const clock = { now: () => new Date(), sleep: (ms) => new Promise((done) => setTimeout(done, ms)) };
      const run = async () => {
        const stores = createStores({ paths: homePaths(home), files: createFiles(), locks: createLocks(), clock });
        for (let i = 0; i < 25; i++) {
          const edits = [{ kind: "add", name: prefix + i, uuid: "u", proxyPassword: "p", fields: {} }];
          await stores.users.update("adding " + prefix + i, () => ({ edits, result: 0 }));
          await stores.users.read();
        }
      };
      run();`;
    // As its scripts do: read, change, write in place, all under flock; slowly, to be seen in the middle of it.
    const script = `for i in $(seq 25); do (
        flock -x 9
        text=$(cat "$1"); changed="\${text%]\\}},{\\"username\\":\\"stack$i\\"}]}"
        printf '%s' "$(printf '%s' "$changed" | head -c 40)" > "$1"; sleep 0.02
        printf '%s' "$changed" > "$1"
      ) 9>"$0" || exit 1; done`;
    await withProgram(source, async (program) => {
      const runs = [
        watch(process.execPath, [program, home.paths.home, "a"]),
        watch(process.execPath, [program, home.paths.home, "b"]),
        watch("bash", ["--norc", "-c", script, usersLock, home.paths.users]),
      ];
      const codes = await Promise.all(runs.map(({ ended }) => ended));
      expect([codes, runs.map((run) => run.output())]).toEqual([
        [0, 0, 0],
        ["", "", ""],
      ]);
    });
    const expected = ["a", "b", "stack"].flatMap((prefix) =>
      Array.from({ length: 25 }, (_, i) => `${prefix}${prefix === "stack" ? i + 1 : i}`),
    );
    expect((await names(home)).sort()).toEqual(["first", ...expected].sort());
    expect(await readFile(home.paths.users, "utf8")).toContain('{"username":"first","quota":12345678901234567890}');
  });

  test("thirty updates in one process lose nobody", async () => {
    const home = await tempHome();
    const many = Array.from({ length: 30 }, (_, index) => `user${index}`);
    await Promise.all(many.map((name) => update(home, { ...adding(name), fields: {} } as UserEdit)));
    expect((await names(home)).sort()).toEqual([...many].sort());
  });
});

test.runIf(isRoot)("a home whose folder cannot be written is an error of the environment", async () => {
  const home = await tempHome();
  await update(home, adding("alice"));
  await chmod(home.paths.users, 0o600);
  const folder = dirname(home.paths.users);
  spawnSync("mount", ["--bind", folder, folder]);
  spawnSync("mount", ["-o", "remount,ro,bind", folder]);
  try {
    expect((await refusal(update(home, adding("bob")))).message).toContain("read-only");
    expect(await names(home)).toEqual(["alice"]);
  } finally {
    spawnSync("umount", ["-l", folder]);
  }
});
