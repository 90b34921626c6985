const events = ["clients", "strangers", "replays", "clockSkews", "unreachable", "crowdedOut"] as const;

/** What can happen to a connection, as the log and the status tell it. */
type TallyEvent = (typeof events)[number];

const words: Readonly<Record<TallyEvent, string>> = {
  clients: "client connections",
  strangers: "connections without a live key",
  replays: "replayed hellos refused",
  clockSkews: "hellos with a wrong time refused: check this server's clock and the client's",
  unreachable: "client connections closed because the Telegram datacenter is unknown or unreachable",
  crowdedOut: "connections closed to make room for newer ones",
};

/** Counts since the start; holds no address and no key. */
export class Tally {
  readonly #counts = new Map<TallyEvent, number>(events.map((event) => [event, 0]));
  #told = new Map(this.#counts);

  add(event: TallyEvent): void {
    this.#counts.set(event, this.count(event) + 1);
  }

  count(event: TallyEvent): number {
    return this.#counts.get(event) ?? 0;
  }

  /** What happened since this was last asked, a sentence for each kind. */
  news(): string[] {
    const news = events
      .map((event) => ({ event, more: this.count(event) - (this.#told.get(event) ?? 0) }))
      .filter(({ more }) => more > 0)
      .map(({ event, more }) => `${more} ${words[event]}`);
    this.#told = new Map(this.#counts);
    return news;
  }

  toJSON(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}
