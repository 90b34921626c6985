import fc from "fast-check";
import { expect, test } from "vitest";
import {
  cronFiles,
  fail2banFiles,
  type HostFileFacts,
  isOurFile,
  logrotateFiles,
  systemdFiles,
  timerNames,
} from "../../../src/render/host-files.ts";

const facts: HostFileFacts = {
  home: "/opt/familytraffic",
  logs: "/opt/familytraffic/logs/mtproxy",
  command: ["/usr/bin/node", "/usr/lib/mtproxy/bin/familytraffic-mtproxy"],
  ports: "8443,8444:9467",
  jail: "off",
};
const all = (given: HostFileFacts) => [
  ...systemdFiles(given),
  ...cronFiles(given),
  ...logrotateFiles(given),
  ...fail2banFiles(given),
];

test("every file says in its first line who wrote it", () => {
  for (const { content } of all(facts)) {
    expect(isOurFile(content)).toBe(true);
    expect(content.endsWith("\n")).toBe(true);
  }
  expect(isOurFile("# Written by somebody\n")).toBe(false);
});

test("there is a timer for refresh-config and one for tick", () => {
  expect(timerNames()).toEqual(["familytraffic-mtproxy-refresh-config.timer", "familytraffic-mtproxy-tick.timer"]);
  expect(systemdFiles(facts)).toHaveLength(4);
  expect(cronFiles(facts)[0]?.content).toMatch(/^\*\/5 \* \* \* \* root .* tick --quiet >\/dev\/null$/m);
});

test("a server that was off does what it missed, and not at the second at which all others do", () => {
  const timers = systemdFiles(facts).filter(({ path }) => path.endsWith(".timer"));
  for (const { content } of timers) expect(content).toMatch(/^RandomizedDelaySec=\d+\n(#.*\n)?Persistent=true$/m);
});

test("the jail is off until HAProxy routes, and not there where the log tells no whole addresses", () => {
  const jail = (state: HostFileFacts["jail"]) => fail2banFiles({ ...facts, jail: state })[1]?.content;
  expect(jail("off")).toMatch(/^enabled = false$/m);
  expect(jail("on")).toMatch(/^enabled = true$/m);
  expect(jail("on")).toMatch(/^port = 8443,8444:9467$/m);
  expect(jail("gone")).toBeUndefined();
});

test("cron's file has a name that cron reads", () => {
  expect(cronFiles(facts)[0]?.path).toMatch(/^\/etc\/cron\.d\/[\w-]+$/);
});

test("whatever the home is called, no line of a file ends in the middle of its name", () => {
  const name = fc.string({ unit: "grapheme-ascii", minLength: 1 }).filter((text) => !/[\n/]/.test(text));
  fc.assert(
    fc.property(name, (text) => {
      const home = `/srv/${text}`;
      const usual = all(facts).map(({ content }) => content.split("\n").length);
      const odd = all({ ...facts, home, logs: `${home}/logs` }).map(({ content }) => content.split("\n").length);
      expect(odd).toEqual(usual);
      expect(cronFiles({ ...facts, home })[0]?.content).not.toMatch(/(?<!\\)%/);
    }),
  );
});
