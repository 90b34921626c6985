import { X509Certificate } from "node:crypto";
import type { Context } from "../../context.ts";
import type { AlertFacts } from "../../domain/numbers/alerts/trouble.ts";
import type { Settings } from "../../domain/settings.ts";
import { clockEffect, clockUrls, compareClocks } from "../doctor/compare-clocks.ts";

type Found = Pick<AlertFacts, "certificate" | "clock">;

const EVERY_MS = 6 * 3_600_000;
/** What was wrong is looked at sooner: somebody may be about to put it right. */
const AGAIN_MS = 600_000;
const TIMEOUT_MS = 5000;

/** What takes a while to find out and changes slowly. Nobody waits for it: what is known is given, and looked at anew beside. */
export class SlowFacts {
  readonly #ctx: Context;
  #found: Found = {};
  #next = 0;
  #looking: Promise<void> | undefined;

  constructor(ctx: Context) {
    this.#ctx = ctx;
  }

  /** As they are known now. */
  known(settings: Settings): Found {
    const now = this.#ctx.clock.now().getTime();
    // A clock that was set back makes the next look one of another year.
    const isTime = now >= this.#next || this.#next - now > EVERY_MS;
    if (isTime && this.#looking === undefined) {
      this.#next = now + AGAIN_MS;
      // What could not be found out stays as it was known.
      this.#looking = this.#look(settings, now)
        .catch(() => {})
        .finally(() => {
          this.#looking = undefined;
        });
    }
    return this.#found;
  }

  /** Ends with what is being looked at. */
  async settle(): Promise<void> {
    await this.#looking;
  }

  async #look(settings: Settings, now: number): Promise<void> {
    const [certificate, clock] = await Promise.all([this.#certificate(settings), this.#clock(settings)]);
    // What could not be found out is as it was.
    const found = { certificate: certificate === undefined ? this.#found.certificate : certificate };
    this.#found = { ...found, clock: clock ?? this.#found.clock };
    const isAmiss = this.#found.clock !== undefined && this.#found.clock.effect !== "none";
    this.#next = now + (isAmiss || certificate !== null ? AGAIN_MS : EVERY_MS);
  }

  /** Of the page that strangers are shown; other sites are somebody else's to look after (null). Undefined when it cannot be read. */
  async #certificate({ routing, coverSite }: Settings): Promise<Found["certificate"]> {
    if (routing !== "edge" || coverSite?.kind !== "page") return null;
    try {
      const pem = await this.#ctx.files.readText(coverSite.certificate);
      if (pem === undefined) return undefined;
      const { validTo, subjectAltName, subject } = new X509Certificate(pem);
      const [, domain = subject] = /DNS:([^,\s]+)/.exec(subjectAltName ?? "") ?? [];
      return { domain, validTo: new Date(validTo).toISOString() };
    } catch {
      // mtproxy doctor and apply say what is wrong with a file that is no certificate.
      return undefined;
    }
  }

  async #clock(settings: Settings): Promise<Found["clock"]> {
    const compared = await compareClocks(this.#ctx, clockUrls(settings), TIMEOUT_MS);
    if ("silence" in compared) return undefined;
    return { seconds: compared.clock.aheadMs / 1000, effect: clockEffect(compared.clock) };
  }
}
