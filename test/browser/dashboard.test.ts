import { writeFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { parseLink } from "../../src/domain/link.ts";
import { expectAccessible, openPage, picture, readmePicture, sharedBrowser } from "../support/browser/browser.ts";
import { bytesOf, enter as enterPage, LOOK_MS, onlineOn, personIn } from "../support/browser/page-actions.ts";
import { writePast } from "../support/browser/past.ts";
import { sharedStatsApi } from "../support/browser/stats-api.ts";
import { sharedCliHome, type UserCardJson } from "../support/cli-home.ts";
import { readPng } from "../support/read-qr.ts";
import { connectClient } from "../support/trial-client.ts";

const browser = sharedBrowser();
const home = sharedCliHome();
const cards: Record<string, UserCardJson> = {};
/** Names that no user may have; what was recorded of one is shown all the same. */
const hostile = `<img src=x onerror="document.title='gone'">`;
const people = ["alice", "bob", "carol", "dina", "emil", "farid", "grace", "hana", "ivan"];
const DAY_MS = 86_400_000;
const api = sharedStatsApi(home, async (it) => {
  await writeFile(it.path("people.txt"), people.join("\n"));
  const { json } = await it.mtproxy("add-user", "--from-file", it.path("people.txt"), "--json");
  const { lines } = json.data as { readonly lines: readonly { readonly card: UserCardJson }[] };
  for (const { card } of lines) cards[card.username] = card;
  await it.mtproxy("set-limit", "bob", "--quota", "50G", "--connections", "24");
  await it.mtproxy("disable-user", "carol");
  await writePast(it.path("data/history"), [hostile], Date.now() - 3 * DAY_MS);
  await writePast(it.path("data/history"), people);
});

const phoneScreen = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };

const condition = (page: Page) => page.locator("header .condition");

/** A signed-in page. */
async function enter(options: Parameters<typeof enterPage>[2] = {}) {
  return enterPage(browser(), { url: api().url, token: await api().token() }, options);
}

describe("the dashboard", () => {
  test("asks for the token, tells a wrong one, and shows the figures with the right one", async () => {
    const { page, faults, requests } = await openPage(browser());
    const answer = await page.goto(api().url);
    expect(answer?.headers()["content-security-policy"]).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self';/,
    );
    const script = await (await fetch(`${api().url}dashboard.js`)).text();
    expect(script).not.toMatch(
      /innerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|https?:\/\/(?!www\.w3\.org)/,
    );
    expect(script.length).toBeLessThan(150_000);
    await page.getByLabel("Token").fill("not-the-token");
    await page.getByRole("button", { name: "Show the figures" }).click();
    await page.getByRole("alert").getByText("This token is not right").waitFor();
    await expectAccessible(page);
    await picture(page, "wrong-token");
    await page.getByLabel("Token").fill(await api().token());
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Now", exact: true }).waitFor();
    await page.getByText("Live").waitFor();
    await page.locator(".people tbody tr").nth(2).waitFor();
    await expectAccessible(page);
    expect(faults).toEqual([]);
    expect(requests.filter(({ url }) => !url.startsWith(api().url) && !url.startsWith("data:"))).toEqual([]);
    expect(requests.filter(({ url }) => url.includes("token"))).toEqual([]);
    expect(await page.evaluate("[document.cookie, localStorage.length, sessionStorage.length]")).toEqual(["", 0, 1]);
    await page.getByRole("button", { name: "Forget the token" }).click();
    await page.getByLabel("Token").waitFor();
    expect(await page.evaluate("sessionStorage.length")).toBe(0);
    const kept = `fetch("api/stats", { cache: "only-if-cached", mode: "same-origin" }).then(({ ok }) => ok, () => false)`;
    expect(await page.evaluate(kept)).toBe(false);
  });

  test("shows within a look who connects, and exactly the bytes that the API tells, without being loaded again", async () => {
    const { page, faults } = await enter({ viewport: { width: 1280, height: 848 } });
    const { page: phone } = await enter({ ...phoneScreen, colorScheme: "dark" });
    const online = onlineOn(page);
    for (const it of [page, phone]) {
      await onlineOn(it).getByText("Nobody is online.").waitFor();
      await it.locator(".picture[aria-label*='48 hours']").first().waitFor();
    }
    const client = async (name: string) => {
      const { key } = parseLink(cards[name]?.link ?? "").secret;
      const connected = await connectClient({ port: home().port, key });
      await connected.ask();
      return connected;
    };
    const open = { alice: 8, bob: 5, dina: 9, grace: 3, ivan: 2 };
    const clients = await Promise.all(
      Object.entries(open).flatMap(([name, count]) => Array(count).fill(name).map(client)),
    );
    await online.getByRole("link", { name: "alice" }).waitFor({ timeout: LOOK_MS });
    const row = page.locator(".people tr", { has: page.getByRole("link", { name: "alice", exact: true }) });
    await row.getByText("online", { exact: true }).waitFor();
    await readmePicture(page, "dashboard");
    await onlineOn(phone).getByRole("link", { name: "bob" }).waitFor();
    await readmePicture(phone, "dashboard-phone");
    const { user } = await api().json<{ user: { bytes_in: number; bytes_out: number } }>("api/users/alice");
    expect(user.bytes_in).toBeGreaterThan(0);
    expect(await bytesOf(page, "alice")).toEqual([user.bytes_in, user.bytes_out]);
    for (const { socket } of clients) socket.destroy();
    await online.getByText("Nobody is online.").waitFor({ timeout: LOOK_MS });
    expect(faults).toEqual([]);
  });

  test("finds and sorts people by mouse and by keyboard", async () => {
    const { page, faults } = await enter();
    const names = () => page.locator(".people tbody th").allInnerTexts();
    await expect.poll(names).toEqual(people);
    await page.getByRole("button", { name: "Name" }).click();
    expect(await names()).toEqual([...people].reverse());
    await page.getByRole("button", { name: "Quota" }).focus();
    await page.keyboard.press("Enter");
    expect((await names())[0]).toBe("bob");
    expect(await page.locator("th[aria-sort]").allInnerTexts()).toEqual(["Quota"]);
    await page.getByLabel("Search by name").fill("ALI");
    expect(await names()).toEqual(["alice"]);
    await page.getByText("1 of 9 people").waitFor();
    await page.getByLabel("Search by name").fill("<b>");
    await page.getByText("No such name.").waitFor();
    await page.getByRole("link", { name: "Skip to the figures" }).focus();
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.id")).toBe("main");
    expect(faults).toEqual([]);
  });

  test("shows a person: charts over three times, limits, and link and QR code on a click alone", async () => {
    const { page, faults } = await enter();
    await personIn(page, "bob").click();
    await page.getByRole("heading", { name: "bob" }).waitFor();
    expect(await page.title()).toBe("bob – MTProxy");
    await page.getByText("0% of 50 GB").waitFor();
    const charts = page.getByRole("img", { name: /^(Connections|Traffic), / });
    for (const range of ["48 hours", "30 days", "2 years"]) {
      await page.getByRole("radio", { name: range }).check();
      await page.getByRole("img", { name: new RegExp(`^Connections, ${range}: at most \\d+ at a time`) }).waitFor();
      expect(await charts.count()).toBe(2);
    }
    await page.getByRole("radio", { name: "48 hours" }).check();
    await page.getByText("As a table: Connections, Traffic").click();
    await page.locator("details tbody tr").nth(20).waitFor();
    await expectAccessible(page);
    await picture(page, "person");
    const { link = "", secret = "" } = cards.bob ?? {};
    const keyOf = parseLink(link).secret.key.reveal();
    expect(secret).not.toContain(keyOf);
    expect(await page.content()).not.toContain(keyOf);
    await page.getByRole("button", { name: "Show link and QR code" }).click();
    await expect.poll(() => page.getByRole("textbox", { name: "Link that opens Telegram" }).inputValue()).toBe(link);
    const code = page.getByRole("img", { name: "QR code with the link of bob" });
    expect(readPng(await code.screenshot()).text).toBe(link);
    await expectAccessible(page);
    await page.getByRole("button", { name: "Hide" }).click();
    await code.waitFor({ state: "detached" });
    expect(await page.content()).not.toContain(keyOf);
    await page.getByRole("link", { name: "All people" }).click();
    await page.getByRole("heading", { name: "Now", exact: true }).waitFor();
    expect(faults).toEqual([]);
  });

  test("is dark where the device is, and where one switches it", async () => {
    const { page, faults } = await enter({ colorScheme: "dark" });
    const paper = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
    await page.locator(".people tbody tr").nth(2).waitFor();
    await page.locator(".picture[aria-label*='48 hours']").first().waitFor();
    const dark = await paper();
    await expectAccessible(page);
    await picture(page, "dark");
    await page.getByLabel("Colours").selectOption("light");
    expect(await paper()).not.toBe(dark);
    await page.reload();
    await page.getByRole("heading", { name: "Now", exact: true }).waitFor();
    expect(await paper()).not.toBe(dark);
    await page.getByLabel("Colours").selectOption("dark");
    expect(await paper()).toBe(dark);
    expect(faults).toEqual([]);
  });

  test("fits a phone, and speaks Russian where its browser does", async () => {
    const { page, faults } = await enter({ ...phoneScreen, locale: "ru-RU" });
    const width = () => page.evaluate("document.documentElement.scrollWidth");
    await page.getByRole("heading", { name: "Сейчас", exact: true }).waitFor();
    await page.locator(".people tbody tr").nth(2).waitFor();
    await page.locator(".picture[aria-label*='48 часов']").first().waitFor();
    expect(await width()).toBe(360);
    await expectAccessible(page);
    await picture(page, "phone");
    await personIn(page, "bob").tap();
    await page.getByRole("heading", { name: "bob" }).waitFor();
    await page.getByText("0 % из 50 ГБ").waitFor();
    expect(await width()).toBe(360);
    await page.getByLabel("Язык").selectOption("en");
    await page.getByText("All people").waitFor();
    expect(await page.evaluate("document.documentElement.lang")).toBe("en");
    expect(faults).toEqual([]);
  });

  test("takes every name for a name, whatever is written in it", async () => {
    const { page, faults } = await enter();
    await page.getByRole("radio", { name: "30 days" }).check();
    await page.getByRole("region", { name: "Most traffic" }).getByRole("link", { name: hostile }).click();
    await page.getByRole("heading", { name: hostile }).waitFor();
    await page.getByText("Nobody has this name any more.").waitFor();
    expect(await page.getByText("there is no such person").first().isVisible()).toBe(false);
    await page.getByRole("img", { name: /^Connections, 30 days: at most/ }).waitFor();
    await picture(page, "hostile-name");
    await page.route("**/api/events", async (route) => {
      const stats = await api().json("api/stats");
      await route.fulfill({ contentType: "text/event-stream", body: `event: look\ndata: ${poisoned(stats)}\n\n` });
    });
    await page.goto(api().url);
    await page.reload();
    await page.locator(".people").getByText(hostile).first().waitFor();
    await page.getByRole("region", { name: "Proxies" }).getByText(hostile).first().waitFor();
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.title()).toBe("MTProxy");
    expect(faults).toEqual([]);
  });

  test("says of what nobody knows that it is so, and never that it is nothing; the server's clock counts", async () => {
    const { page, faults } = await enter();
    const real = await api().json<Told>("api/stats");
    let told = real;
    await page.route("**/api/events", (route) =>
      route.fulfill({ contentType: "text/event-stream", body: `event: look\ndata: ${JSON.stringify(told)}\n\n` }),
    );
    await page.addInitScript(`{ const now = Date.now; Date.now = () => now() + 3 * 3_600_000; }`);
    const users = real.users.map((user) => ({ ...user, connections: "N/A", bytes_in: null, bytes_out: null }));
    const silent = {
      running: false,
      connections: null,
      uptime_seconds: null,
      old_workers: null,
      agents: 2,
      verdicts: {},
    };
    const mtproxy = {
      ...real.mtproxy,
      running: null,
      uptime_seconds: null,
      active_connections: null,
      routing: "edge",
    };
    const shared = {
      connections: 3,
      total_connections: 9,
      bytes_in: 2000,
      bytes_out: null,
      used_bytes: 0,
      last_seen: null,
    };
    told = { ...real, mtproxy, users, shared, shards: [], edge: silent };
    await page.reload();
    await page.getByRole("region", { name: "Proxies" }).getByText("The engine (Docker) does not tell").waitFor();
    await onlineOn(page).getByText("HAProxy does not tell who is connected").waitFor();
    await page.getByRole("region", { name: "HAProxy" }).getByText("does not run").first().waitFor();
    await page.getByText("all together: 3 connections now; 2 kB sent, not known received").waitFor();
    for (const untrue of ["Nobody is online", "The proxy does not run", "nobody has a link"])
      expect([untrue, await page.getByText(untrue).count()]).toEqual([untrue, 0]);
    await page.goto(`${api().url}#/people/alice`);
    told = { ...real, mtproxy: { ...real.mtproxy, running: false } };
    await page.reload();
    await page.getByRole("button", { name: "Show link and QR code" }).click();
    await page.getByText("The link does not work now: no proxy runs.").waitFor();
    await page.goto(api().url);
    told = { ...real, mtproxy: { ...real.mtproxy, routing: "direct" }, users, users_note: "needs HAProxy routing" };
    await page.reload();
    // Three hours later there would be no look within the hour.
    await page.getByRole("radio", { name: "1 hour" }).check();
    await page.getByText(/ received, .* sent over all sockets, those to Telegram too/).waitFor();
    await page.getByRole("img", { name: /^Traffic, 1 hour: .* over all sockets/ }).waitFor();
    expect(await page.getByText("From people").count()).toBe(0);
    expect(faults).toEqual([]);
  });

  test("finds among five hundred people at once", async () => {
    const people = Array.from({ length: 500 }, (_, index) => ({
      username: `person-${index}`,
      mtproxy_secret: `dd${index.toString(16).padStart(32, "0")}`,
    }));
    const before = await home().usersText();
    await home().putUsers(JSON.stringify({ users: people }));
    const { page, faults } = await enter();
    await page.getByText("500 people", { exact: true }).waitFor({ timeout: LOOK_MS });
    expect(await page.evaluate(`(${searchTime})()`)).toBeLessThan(500);
    await page.getByLabel("Search by name").fill("person-499");
    expect(await page.locator(".people tbody th").allInnerTexts()).toEqual(["person-499"]);
    expect(faults).toEqual([]);
    await home().putUsers(before);
  });

  test("says that the API is away while it restarts, keeps what it knew, and goes on by itself", async () => {
    const { page, faults } = await enter();
    await page.getByText("Live").waitFor();
    await personIn(page, "alice").waitFor({ timeout: LOOK_MS });
    await api().stop();
    await condition(page).getByText("The server has not answered since").waitFor();
    await picture(page, "away");
    expect(await personIn(page, "alice").count()).toBe(1);
    await api().start("--no-token");
    await condition(page).getByText("Live").waitFor({ timeout: LOOK_MS });
    await personIn(page, "alice").click();
    await page.getByRole("button", { name: "Show link and QR code" }).click();
    await page.getByText("links are shown only where a token is asked for").waitFor();
    await api().stop();
    await home().mtproxy("stats-api", "rotate-token");
    await api().start("--token");
    await page.getByRole("alert").getByText("The token has changed").waitFor({ timeout: LOOK_MS });
    expect(faults).toEqual([]);
  });
});

/** What `api/stats` says, as far as it is changed here. */
interface Told {
  readonly mtproxy: object;
  readonly users: readonly object[];
  readonly [name: string]: unknown;
}

/** Every text of it is hostile but those that the page takes for words of its own. */
function poisoned(stats: unknown): string {
  const kept = ["timestamp", "routing", "last_seen", "expires_at", "period"];
  return JSON.stringify(stats, (name, value) => (typeof value === "string" && !kept.includes(name) ? hostile : value));
}

/** Runs in the page: milliseconds in which the table follows what is typed, laid out; the least of five, because others want the machine too. */
const searchTime = `() => {
  const input = document.querySelector("input[type=search]");
  const times = ["person-4", "", "9", "", "person-49"].map((words) => {
    const began = performance.now();
    input.value = words;
    input.dispatchEvent(new Event("input"));
    document.body.getBoundingClientRect();
    return performance.now() - began;
  });
  return Math.min(...times);
}`;
