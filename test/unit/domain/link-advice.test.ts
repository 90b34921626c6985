import { describe, expect, it } from "vitest";
import type { ImageVerdict } from "../../../src/domain/engine-facts.ts";
import { linkAdvice } from "../../../src/domain/link-advice.ts";

const image: ImageVerdict = {
  image: "registry.example/proxy:1",
  imageId: "sha256:00",
  binary: "/usr/local/bin/mtproto-proxy",
  version: "mtproxy-0.02",
  fakeTls: true,
  httpStats: true,
  longHello: true,
  reloads: false,
  openFilesLimit: 1024,
  verdict: "good",
  reasons: [],
};

describe("linkAdvice", () => {
  it("calls a padded link fit for every official app", () => {
    expect(linkAdvice("padded", image)[0]).toBe("Works in every official Telegram app.");
  });

  it("names the iOS versions that a fake-TLS link fails on, and the padded link as the way out", () => {
    const advice = linkAdvice("fake-tls", image).join(" ");
    expect(advice).toContain("12.6.1");
    expect(advice).toContain("12.6.2 or newer");
    expect(advice).toContain("padded link");
    expect(advice).not.toContain("Dead");
  });

  it("says for old apps of a plain link, and warns of censors", () => {
    const advice = linkAdvice("plain", image).join(" ");
    expect(advice).toContain("old apps");
    expect(advice).toContain("censor");
  });

  it("calls a fake-TLS link dead where the binary refuses today's hello, and names the image", () => {
    const [first, ...rest] = linkAdvice("fake-tls", { ...image, longHello: false, verdict: "padded-only" });
    expect(first).toMatch(/^Dead for current Telegram apps/);
    expect(first).toContain("registry.example/proxy:1");
    expect(first).toContain("padded link");
    expect(rest.join(" ")).not.toContain("For current Telegram apps");
  });

  it("does not say the same where the binary knows no fake-TLS at all", () => {
    const without = linkAdvice("fake-tls", { ...image, fakeTls: false, longHello: false })[0];
    expect(without).toContain("serves no fake-TLS");
  });

  it("does not blame an image that serves padded and plain links", () => {
    const old = { ...image, longHello: false };
    expect(linkAdvice("padded", old)).toEqual(linkAdvice("padded", image));
    expect(linkAdvice("plain", old)).toEqual(linkAdvice("plain"));
  });

  it.each(["plain", "padded", "fake-tls"] as const)("says of a %s link that calls do not go through", (mode) => {
    expect(linkAdvice(mode).join(" ")).toContain("calls do not go through");
  });
});
