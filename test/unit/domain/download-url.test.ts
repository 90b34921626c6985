import { describe, expect, it } from "vitest";
import { parseDownloadUrl } from "../../../src/domain/download-url.ts";

describe("parseDownloadUrl", () => {
  it.each(["https://core.telegram.org/getProxySecret", "http://127.0.0.1:8080/x", "HTTPS://[::1]/"])(
    "takes %s",
    (url) => {
      expect(parseDownloadUrl(url)).toBe(url);
    },
  );

  it.each([
    "",
    "core.telegram.org",
    "file:///etc/passwd",
    "ftp://a/b",
    "https://",
    "https:///x",
    "https://a b",
    "https://a:x/",
  ])("refuses %j", (url) => {
    expect(() => parseDownloadUrl(url)).toThrow(/is not an address to download from/);
  });
});
