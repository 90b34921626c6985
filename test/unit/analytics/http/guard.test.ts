import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bearerCheck } from "../../../../src/analytics/http/bearer.ts";
import { allowedHosts } from "../../../../src/analytics/http/hosts.ts";
import { acceptsGzip, isKnown, prepareJson } from "../../../../src/analytics/http/prepared.ts";

describe("the token", () => {
  const isRight = bearerCheck("a-token_with.all~of+them/==");

  test.each(["Bearer a-token_with.all~of+them/==", "bearer   a-token_with.all~of+them/=="])(
    "is found in %j",
    (header) => expect(isRight(header)).toBe(true),
  );

  test.each([
    undefined,
    "",
    "Bearer",
    "Bearer ",
    "a-token_with.all~of+them/==",
    "Bearer a-token_with.all~of+them/",
    `Bearer ${"x".repeat(5000)}`,
  ])("is not in %j", (header) => expect(isRight(header)).toBe(false));

  test("is in nothing that anybody could think of", () => {
    fc.assert(fc.property(fc.string(), (text) => !isRight(text) && !isRight(`Bearer ${text}`)));
  });
});

describe("a Host header", () => {
  test("is one of this machine's own names with the port", () => {
    const names = ["127.0.0.1", "localhost", "[::1]"];
    expect([...allowedHosts(8889, undefined)]).toEqual(names.map((name) => `${name}:8889`));
    expect([...allowedHosts(80, undefined)]).toEqual([...names.map((name) => `${name}:80`), ...names]);
  });

  test("is that of another page too when its origin may ask", () => {
    expect(allowedHosts(8889, "https://panel.example.com").has("panel.example.com")).toBe(true);
    expect(allowedHosts(8889, "http://127.0.0.1:9000").has("127.0.0.1:9000")).toBe(true);
    expect(allowedHosts(8889, "http://127.0.0.1:9000").has("127.0.0.1:9001")).toBe(false);
  });
});

describe("an ETag", () => {
  test("is another one for other words, and the same for the same", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const [one, other] = [prepareJson({ a }).etag, prepareJson({ a: b }).etag];
        expect(one === other).toBe(a === b);
        expect(one).toMatch(/^W\/"[\w-]+"$/);
      }),
    );
  });

  test.each([
    [undefined, false],
    ['"b"', false],
    ['"a"', true],
    ['"b", "a"', true],
    ['W/"a"', true],
    ["*", true],
  ])("is asked for with %j: %s", (header, known) => expect(isKnown(header, 'W/"a"')).toBe(known));
});

describe("compression", () => {
  test.each([
    [undefined, false],
    ["", false],
    ["identity", false],
    ["gzip", true],
    ["gzip, deflate, br, zstd", true],
    ["br;q=1.0, gzip;q=0.8, *;q=0.1", true],
    ["gzip;q=0", false],
    ["gzip;q=0.000, br", false],
    ["xgzip", false],
  ])("is wanted with %j: %s", (header, wanted) => expect(acceptsGzip(header)).toBe(wanted));

  test("is done once, and undone gives the same", async () => {
    const prepared = prepareJson({ users: Array.from({ length: 100 }, (_, index) => ({ name: `user-${index}` })) });
    expect(gunzipSync(await prepared.gzipped())).toEqual(prepared.body);
    expect(prepared.gzipped()).toBe(prepared.gzipped());
  });
});
