import { describe, expect, test } from "vitest";
import { pullError } from "../../../../src/engine/docker/pull-errors.ts";

describe("an image that cannot be pulled", () => {
  test.each<[string, RegExp]>([
    [
      'Get "https://ghcr.io/v2/": dial tcp: lookup ghcr.io on 127.0.0.53:53: no such host',
      /registry cannot be reached/,
    ],
    [
      'Get "https://registry-1.docker.io/v2/": net/http: request canceled (Client.Timeout exceeded)',
      /cannot be reached/,
    ],
    ['Get "https://ghcr.io/v2/": dial tcp 192.0.2.1:443: connect: network is unreachable', /cannot be reached/],
    ["pull access denied for foo, repository does not exist or may require 'docker login': denied", /no image a\/b/],
    ["manifest for a/b:9 not found: manifest unknown: manifest unknown", /no image a\/b/],
    ["unauthorized: authentication required", /refuses to hand out/],
    ["toomanyrequests: You have reached your pull rate limit", /refuses to hand out/],
    ["no matching manifest for linux/amd64 in the manifest list entries", /no amd64 build/],
    ["invalid reference format", /is not the name of an image/],
    ["layers from manifest don't match image configuration", /cannot be pulled/],
  ])("says why: %s", (words, message) => {
    const error = pullError("a/b", words);
    expect(error.message).toMatch(message);
    expect(error.message).toContain(words);
    expect(error).toMatchObject({ kind: "environment", hint: expect.stringMatching(/\w/) });
  });
});
