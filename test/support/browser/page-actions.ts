import type { Browser, Locator, Page } from "playwright-core";
import { openPage, type WatchedPage } from "./browser.ts";

/** A look of the collector, and a little. */
export const LOOK_MS = 15_000;

/** A page on which somebody has entered the token. */
export async function enter(
  browser: Browser,
  place: { readonly url: string; readonly token: string },
  options: Parameters<typeof openPage>[1] = {},
): Promise<WatchedPage> {
  const opened = await openPage(browser, options);
  await opened.page.goto(place.url);
  await opened.page.locator("input[type=password]").fill(place.token);
  await opened.page.locator("form button").click();
  await opened.page.locator(".tiles dd").first().waitFor({ timeout: LOOK_MS });
  return opened;
}

/** Somebody's link in the table of people. */
export function personIn(page: Page, name: string): Locator {
  return page.locator(".people").getByRole("link", { name, exact: true });
}

/** The bytes that the table tells of somebody, from them and to them. */
export async function bytesOf(page: Page, name: string): Promise<number[]> {
  const row = page.locator(".people tr", { has: page.getByRole("link", { name, exact: true }) });
  return row.locator("data").evaluateAll((cells) => cells.map((cell) => Number(cell.getAttribute("value"))));
}

/** Who is connected, as the page says it. */
export function onlineOn(page: Page): Locator {
  return page.getByRole("region", { name: "Online now" });
}
