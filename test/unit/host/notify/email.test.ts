import fc from "fast-check";
import { expect, test } from "vitest";
import { mailText } from "../../../../src/host/notify/email.ts";

const dispatch = { id: "5f0c", at: "2026-11-21T17:03:00.000Z", server: "", notices: [], isTest: false };

/** What a mail program makes of the words of a subject (RFC 2047). */
function subjectOf(head: string): string {
  const words = [...head.matchAll(/=\?utf-8\?B\?([\w+/=]*)\?=/g)].map(([, word = ""]) => Buffer.from(word, "base64"));
  return words.map((word) => word.toString("utf8")).join("");
}

test("whatever a message says, its mail is plain lines of at most 76 characters that mean the same, and no other header", () => {
  const text = fc.string({ unit: "binary", maxLength: 300 });
  fc.assert(
    fc.property(text, fc.array(text, { minLength: 1, maxLength: 5 }), (title, lines) => {
      const mail = mailText({ ...dispatch, title, lines }, ["root", "maria@example.com"], "proxy@example.com");
      const [head = "", body = ""] = mail.split("\n\n");
      expect(mail.split("\n").filter((line) => line.length > 76 || !/^[\x20-\x7e]*$/.test(line))).toEqual([]);
      const names = head.split("\n").flatMap((line) => /^([\w-]+):/.exec(line)?.[1] ?? []);
      expect(names).toEqual([
        ...["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"],
        ...["Content-Type", "Content-Transfer-Encoding"],
      ]);
      expect(subjectOf(head)).toBe(title);
      expect(Buffer.from(body, "base64").toString("utf8")).toBe(`${lines.join("\n")}\n`);
    }),
  );
});

test("its date is the one of the message", () => {
  expect(mailText({ ...dispatch, title: "x", lines: [] }, ["root"], "root")).toContain(
    "\nDate: Sat, 21 Nov 2026 17:03:00 +0000\n",
  );
});
