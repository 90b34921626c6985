import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keptWords } from "../../../../src/domain/audit/typed-words.ts";
import { KeyScan } from "../../../support/key-scan.ts";

const key = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString("hex"));

/** A key as it is pasted: bare or as a client's secret, in hex or base64, alone or in a link. */
const pasted = fc
  .tuple(key, fc.constantFrom("", "dd", "ee"), fc.constantFrom("hex", "base64", "base64url"), fc.boolean())
  .map(([digits, mode, encoding, isLink]) => {
    const hex = `${mode}${digits}${mode === "ee" ? Buffer.from("www.example.com").toString("hex") : ""}`;
    const secret = encoding === "hex" ? hex : Buffer.from(hex, "hex").toString(encoding as BufferEncoding);
    return { digits, word: isLink ? `tg://proxy?server=192.0.2.7&port=443&secret=${secret}` : secret };
  })
  // Bytes that look like words, which no random key does.
  .filter(({ digits }) => new Set(digits).size > 7);

describe("words of a command line that are kept", () => {
  test("hold no key, however it was spelled", () => {
    fc.assert(
      fc.property(pasted, ({ digits, word }) => {
        const kept = keptWords(["mtproxy", "remove-secret", word]);
        expect(new KeyScan([digits]).findIn(kept.join(" "))).toEqual([]);
        expect(kept.join(" ")).not.toContain(word);
      }),
    );
  });

  test.each([
    [["mtproxy", "add-user", "alexander-von-humboldt", "--fake-tls", "www.example.com"]],
    [["mtproxy", "set-cover-site", "--certificate", "/etc/letsencrypt/live/example.com/fullchain.pem"]],
    [["mtproxy", "set-user", "bob", "--note", "old phone, needs a padded link"]],
    [["mtproxy", "config", "set", "source_list", "198.51.100.0/24", "2001:db8::/32"]],
  ])("are whole where nothing is secret: %j", (typed) => {
    expect(keptWords(typed)).toEqual(typed);
  });

  test("hold no password of an address, steer no terminal, and end", () => {
    expect(keptWords(["--proxy-secret-url", "https://me:pass@example.com/x?token=abc&n=1"])).toEqual([
      "--proxy-secret-url",
      "https://[hidden]@example.com/x?token=[hidden]&n=1",
    ]);
    expect(keptWords(["--url", "https://ntfy.example/our-topic", "--url=https://me@ntfy.example?t=1"])).toEqual([
      "--url",
      "https://ntfy.example/[hidden]",
      "--url=https://[hidden]@ntfy.example/[hidden]",
    ]);
    expect(keptWords(["a\x1b[31m\nb"])).toEqual(["a?[31m?b"]);
    expect(keptWords(["word ".repeat(500)])[0]).toHaveLength(200);
    expect(keptWords(Array.from({ length: 900 }, () => "x"))).toHaveLength(61);
  });
});
