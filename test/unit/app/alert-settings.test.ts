import { writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { addChannel } from "../../../src/app/alerts/change-channels.ts";
import type { ChannelWishes } from "../../../src/app/alerts/new-channel.ts";
import { setAlerts } from "../../../src/app/alerts/set-alerts.ts";
import { showAlerts } from "../../../src/app/alerts/show-alerts.ts";
import { testAlerts } from "../../../src/app/alerts/test-alerts.ts";
import { AppError } from "../../../src/domain/errors.ts";
import type { ChannelKind } from "../../../src/domain/numbers/alerts/choices.ts";
import { type AlertSettings, defaultAlertSettings } from "../../../src/domain/numbers/alerts/settings.ts";
import { createAlertsStore } from "../../../src/state/alerts-store.ts";
import { appScene } from "../../support/app-scene.ts";

const TOKEN = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr";
const secrets = {
  url: async () => "https://example.com/services/T000/B000/XXXX",
  token: async () => TOKEN,
  secret: async () => "",
};

async function refusalOf(work: Promise<unknown>): Promise<string> {
  const error = await work.catch((it: unknown) => it);
  return error instanceof AppError ? `${error.kind}: ${error.message}` : "none";
}

describe("a channel", () => {
  const wishes = (more: Partial<ChannelWishes>): ChannelWishes => ({ words: [], ...more });

  test("is kept with its secrets and shown without them; a signature's is made where none is given", async () => {
    const { ctx, said } = await appScene();
    await addChannel(ctx, "telegram", { wishes: wishes({ chat: "@family" }), secrets });
    await addChannel(ctx, "webhook", { wishes: wishes({}), secrets });
    await addChannel(ctx, "webhook", { wishes: wishes({}), secrets });
    const { channels } = await createAlertsStore(ctx).read();
    expect(channels).toMatchObject([
      { name: "telegram", token: TOKEN, chat: "@family", api: "https://api.telegram.org" },
      { name: "webhook", secret: expect.stringMatching(/^[\w-]{43}$/) },
      { name: "webhook-2" },
    ]);
    expect(said).toContainEqual(expect.stringContaining(ctx.paths.alerts));
    const shown = JSON.stringify((await showAlerts(ctx)).data);
    for (const hidden of [TOKEN.slice(12), "T000", ...channels.flatMap((it) => ("secret" in it ? [it.secret] : []))])
      expect(shown).not.toContain(hidden);
  });

  test.each<[ChannelKind, Partial<ChannelWishes>, string]>([
    ["telegram", {}, "usage: a chat is missing"],
    ["telegram", { chat: "maria" }, 'invalid: "maria" is not a chat'],
    ["telegram", { chat: "7", api: "api.example.com" }, "invalid: this is no address"],
    ["telegram", { chat: "7", words: ["/bin/true"] }, "usage: a channel of the kind telegram takes no program"],
    ["email", {}, "usage: an address is missing"],
    ["email", { to: ["a@b.example\nBcc: c@d.example"] }, "invalid: "],
    ["email", { to: ["-oQ/tmp"] }, 'invalid: "-oQ/tmp" is not a mail address'],
    ["email", { to: ["root"], from: "<a@b>" }, 'invalid: "<a@b>" is not a mail address'],
    ["email", { to: ["root"], sendmail: "sendmail" }, 'invalid: "sendmail" is not an absolute path'],
    ["command", {}, "usage: a program is missing"],
    ["command", { words: ["ls"] }, 'invalid: "ls" is not an absolute path'],
    ["command", { words: ["/bin/ls"], name: "a b" }, "invalid: "],
  ])("%s with %j is refused", async (kind, more, says) => {
    const { ctx } = await appScene();
    expect(await refusalOf(addChannel(ctx, kind, { wishes: wishes(more), secrets }))).toContain(says);
    expect((await createAlertsStore(ctx).read()).channels).toEqual([]);
  });

  test("has to be there to be tested", async () => {
    const { ctx } = await appScene();
    expect(await refusalOf(testAlerts(ctx, []))).toBe("not-found: there is no channel yet");
    expect(await refusalOf(testAlerts(ctx, ["pigeon"]))).toBe('not-found: there is no channel "pigeon"');
  });

  test("is refused with a name that is taken, a token or a secret that is none, and none of it is repeated", async () => {
    const { ctx } = await appScene();
    await addChannel(ctx, "email", { wishes: wishes({ to: ["root"] }), secrets });
    const add = (kind: ChannelKind, own: Partial<typeof secrets>, name = "another") =>
      refusalOf(
        addChannel(ctx, kind, { wishes: wishes({ chat: "7", to: ["root"], name }), secrets: { ...secrets, ...own } }),
      );
    expect(await add("email", {}, "email")).toBe("conflict: there is a channel email already");
    expect(await add("telegram", { token: async () => "SECRET-ish" })).toBe("invalid: this is not a bot's token");
    expect(await add("webhook", { secret: async () => "short" })).toContain("a secret has 16 to 256 characters");
    expect(await add("webhook", { url: async () => "ftp://example.com/SECRET" })).not.toContain("SECRET");
  });
});

describe("what is told", () => {
  test.each([
    [{}, "usage: nothing to change was named"],
    [{ off: ["rain"] }, 'invalid: "rain" is no kind of alert'],
    [{ quietHours: "night" }, 'invalid: "night" are no hours'],
    [{ threshold: ["quota_percent=100"] }, "invalid: quota_percent is from 1 to 99"],
    [{ threshold: ["quota=90"] }, 'invalid: "quota=90" is no threshold'],
    [{ name: "two\nlines" }, "invalid: a name has 1 to 60 characters"],
  ])("is not set to %j", async (wishes, says) => {
    const { ctx } = await appScene();
    expect(await refusalOf(setAlerts(ctx, wishes))).toContain(says);
    expect(await createAlertsStore(ctx).read()).toEqual(defaultAlertSettings);
  });

  test("is written as it is read", async () => {
    const { ctx } = await appScene();
    const settings: AlertSettings = {
      ...{ enabled: false, language: "fa", name: "خانه", off: ["clock", "expiring"], remindHours: 0, quietAll: true },
      quietHours: { from: 1380, to: 420, zone: "Asia/Tehran" },
      thresholds: { quotaPercent: 1, expiryDays: 2, diskPercent: 3, certificateDays: 4, dropPercent: 55, dropFrom: 6 },
      channels: [
        { kind: "webhook", name: "a", url: "https://example.com/x", secret: "0123456789abcdefXYZ" },
        { kind: "telegram", name: "b", token: TOKEN, chat: "-7", api: "http://127.0.0.1:1" },
        { kind: "email", name: "c", to: ["root"], from: "me@example.com", sendmail: "/usr/bin/msmtp" },
        { kind: "command", name: "d", words: ["/bin/true", "", "a b"], patience: 5 },
      ],
    };
    await createAlertsStore(ctx).write(settings);
    expect(await createAlertsStore(ctx).read()).toEqual(settings);
  });

  test("is refused by its file and field when somebody spoilt it, without what may be secret", async () => {
    const { ctx } = await appScene();
    const channel = { kind: "telegram", name: "b", token: `${TOKEN}!`, chat: "7" };
    await writeFile(ctx.paths.alerts, JSON.stringify({ version: 1, channels: [channel] }));
    const refusal = await refusalOf(createAlertsStore(ctx).read());
    expect(refusal).toContain(`${ctx.paths.alerts}: "channels[0].token" must be a bot's token`);
    expect(refusal).not.toContain("AAbb");
  });
});
