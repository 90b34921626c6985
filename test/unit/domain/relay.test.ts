import fc from "fast-check";
import { expect, test } from "vitest";
import { parseRelayAddress, parseRelayTarget } from "../../../src/domain/relay.ts";
import { renderRelay } from "../../../src/render/relay.ts";

test.each([
  ["192.0.2.7:443", { host: "192.0.2.7", port: 443, weight: 1 }],
  ["proxy.example.com:8443,3", { host: "proxy.example.com", port: 8443, weight: 3 }],
  ["[2001:db8::7]:443,256", { host: "2001:db8::7", port: 443, weight: 256 }],
])("%s is a server to pass clients on to", (text, target) => {
  expect(parseRelayTarget(text)).toEqual(target);
});

test.each([
  "",
  "192.0.2.7",
  "192.0.2.7:0",
  "192.0.2.7:443,0",
  "192.0.2.7:443,257",
  "a b:1",
  "[::1:443",
  "2001:db8::7:443",
])("%j is none", (text) => {
  expect(() => parseRelayTarget(text)).toThrow();
});

test("a relay is known by its address, not by a name", () => {
  expect(parseRelayAddress("192.0.2.9")).toBe("192.0.2.9");
  expect(parseRelayAddress("2001:db8::9")).toBe("2001:db8::9");
  expect(() => parseRelayAddress("relay.example.com")).toThrow("not an address");
});

test("whatever is taken for a server is one word of HAProxy's configuration", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 30 }), (text) => {
      let target: ReturnType<typeof parseRelayTarget>;
      try {
        target = parseRelayTarget(`${text}:443`);
      } catch {
        return;
      }
      const [config] = renderRelay({ ports: [443], targets: [target], image: "haproxy:3.0", maxConnections: 100 });
      expect(String(config?.content)).toMatch(/^ {4}server server1 \S+:443 weight 1$/m);
    }),
  );
});
