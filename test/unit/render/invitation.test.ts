import { describe, expect, test } from "vitest";
import { parseLink, tgLink, tmeLink } from "../../../src/domain/link.ts";
import { makeSecret } from "../../../src/domain/secret.ts";
import { renderInvitation } from "../../../src/render/invitation.ts";
import { numberedKey } from "../../support/domain.ts";
import { readSvg } from "../../support/read-qr.ts";

const secrets = {
  padded: makeSecret("padded", numberedKey(1)),
  "fake-TLS": makeSecret("fake-tls", numberedKey(2), "www.example.com"),
};
const until = { until: "2027-01-31T18:00:00.000Z" };

describe.each(Object.entries(secrets))("for a %s link", (_, secret) => {
  const link = { server: "proxy.example.com", port: 443, secret };
  const files = async (former?: Parameters<typeof renderInvitation>[1]) => {
    const [message, page] = await renderInvitation(link, former);
    return { message: message?.content ?? "", page: page?.content ?? "" };
  };

  test("the message has the link once for each of three languages, whole and on a line of its own", async () => {
    const { message } = await files("dead");
    const lines = message.split("\n");
    expect(lines.filter((line) => line === tgLink(link))).toHaveLength(3);
    expect(lines.filter((line) => line === tmeLink(link))).toHaveLength(3);
    for (const says of [
      "The old link does not work any more.",
      "Старая ссылка больше не работает.",
      "پیوند قدیمی دیگر کار نمی‌کند.",
    ])
      expect(lines).toContain(says);
  });

  test("the message says until when the old link works, and nothing of one that is not known of", async () => {
    const { message } = await files(until);
    expect(message.match(/2027-01-31 18:00 UTC/g)).toHaveLength(3);
    expect((await files()).message).not.toMatch(/old link|Старая|قدیمی/);
  });

  test("the page opens Telegram with its first link and names t.me behind it", async () => {
    const { page } = await files("dead");
    const hrefs = [...page.matchAll(/href="([^"]+)"/g)].map(([, href = ""]) =>
      parseLink(href.replaceAll("&amp;", "&")),
    );
    expect(hrefs.map(tgLink)).toEqual([tgLink(link), tgLink(link)]);
    expect(page.indexOf("tg://")).toBeLessThan(page.indexOf("https://t.me"));
    expect(page).toContain('<section lang="fa" dir="rtl">');
  });

  test("the page's QR code reads back as the link", async () => {
    const { page } = await files("dead");
    expect(readSvg(/<svg[\s\S]*<\/svg>/.exec(page)?.[0] ?? "")).toBe(tgLink(link));
  });

  test("the page loads nothing from anywhere and runs nothing", async () => {
    const { page } = await files("dead");
    expect(page).not.toMatch(/<(script|img|iframe|link|object|embed|form)\b|\bsrc=|@import|url\(|\bon\w+=/i);
    const addresses = [...page.matchAll(/https?:\/\/([^/"?]+)/g)].map(([, host]) => host);
    expect(new Set(addresses)).toEqual(new Set(["t.me", "www.w3.org"]));
    expect(page).toContain("default-src 'none'");
  });
});

test("what a server is called cannot break out of the page", async () => {
  const link = { server: `"><script>alert(1)</script>`, port: 443, secret: secrets.padded };
  const [, page] = await renderInvitation(link);
  expect(page?.content).not.toContain("<script>");
});
