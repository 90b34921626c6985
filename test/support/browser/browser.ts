import { existsSync } from "node:fs";
import { copyFile, mkdir, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { programPath } from "../machine.mts";

const screenshots = resolve(import.meta.dirname, "../../../build/screenshots");
const images = resolve(import.meta.dirname, "../../../docs/images");
const axeFile = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** A page, and what it did that it should not. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors of scripts, and what the page's policy refused. */
  readonly faults: string[];
  /** Everything that it asked for, with the headers that it sent. */
  readonly requests: { readonly url: string; readonly headers: Readonly<Record<string, string>> }[];
}

/** One browser for all tests of a file. Debian's own: none is downloaded. */
export function sharedBrowser(): () => Browser {
  let browser: Browser | undefined;
  beforeAll(async () => {
    const executablePath = programPath("chromium") ?? "chromium";
    // Chromium's own sandbox and a large /dev/shm are what root and containers do not have; the page is ours.
    browser = await chromium.launch({
      executablePath,
      args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
    });
  });
  afterAll(() => browser?.close());
  return () => {
    if (browser === undefined) throw new Error("the browser is there when a test runs");
    return browser;
  };
}

/** A window of its own, in English and in the light unless told otherwise. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext({
    ...{ viewport: { width: 1280, height: 900 }, locale: "en-GB", timezoneId: "UTC", colorScheme: "light" },
    ...options,
  });
  onTestFinished(() => context.close());
  // In the browser's own words, and not by the page: its policy would refuse it.
  await context.addInitScript({ path: axeFile });
  const page = await context.newPage();
  const watched: WatchedPage = { page, faults: [], requests: [] };
  page.on("pageerror", (error) => watched.faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !isRefusal(message.text())) watched.faults.push(message.text());
  });
  page.on("request", (request) => watched.requests.push({ url: request.url(), headers: request.headers() }));
  return watched;
}

/** What a browser writes down whenever somebody answers with an error, or not at all. */
function isRefusal(text: string): boolean {
  return /^Failed to load resource: (the server responded with a status of \d+|net::ERR_)/.test(text);
}

/** Nothing that WCAG 2.2 AA or good practice forbids: contrast, names, order, landmarks. */
export async function expectAccessible(page: Page): Promise<void> {
  const run = `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })`;
  const { violations, passes } = (await page.evaluate(run)) as AxeResults;
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
  expect(passes.map(({ id }) => id)).toContain("color-contrast");
}

interface AxeResults {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
  readonly passes: readonly { readonly id: string }[];
}

/** A picture of what is seen, for people: build/screenshots/NAME.png. */
export async function picture(page: Page, name: string): Promise<void> {
  await mkdir(screenshots, { recursive: true });
  const path = join(screenshots, `${name}.png`);
  await page.screenshot({ path, animations: "disabled", caret: "hide" });
  expect((await stat(path)).size).toBeGreaterThan(5000);
}

/** One that the README shows too: remove it from docs/images to have it made anew. */
export async function readmePicture(page: Page, name: string): Promise<void> {
  await picture(page, name);
  const shown = join(images, `${name}.png`);
  if (!existsSync(shown)) await copyFile(join(screenshots, `${name}.png`), shown);
  expect((await stat(shown)).size).toBeLessThan(150_000);
}
