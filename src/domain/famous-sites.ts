/** Why a name that many think of first is a poor cover, or none at all. */
export interface Fame {
  /** `blocked`: the name itself is cut in countries where a proxy is needed. `elsewhere`: everybody knows where it is served. */
  readonly kind: "blocked" | "elsewhere";
  readonly reason: string;
}

const ownNetwork = (who: string): Fame => ({
  kind: "elsewhere",
  reason: `${who} serves it from its own network: a hello that names it on any other address stands out`,
});
const blocked = (what: string): Fame => ({
  kind: "blocked",
  reason: `${what} is blocked in several countries where a proxy is needed: a hello that names it may be cut there`,
});

/** By domain; a name below one of them counts as it. */
const FAMOUS: ReadonlyMap<string, Fame> = new Map([
  ...entries(ownNetwork("Google"), "google.com gmail.com gstatic.com googleapis.com googleusercontent.com android.com"),
  ...entries(ownNetwork("Microsoft"), "microsoft.com azure.com office.com live.com bing.com windows.com outlook.com"),
  ...entries(ownNetwork("Microsoft"), "github.com windowsupdate.com skype.com"),
  ...entries(ownNetwork("Amazon"), "amazon.com amazonaws.com"),
  ...entries(ownNetwork("Apple"), "apple.com icloud.com"),
  ...entries(ownNetwork("Cloudflare"), "cloudflare.com one.one.one.one"),
  ...entries(ownNetwork("Yandex"), "yandex.ru yandex.com ya.ru"),
  ...entries(ownNetwork("VK"), "vk.com vk.ru mail.ru ok.ru"),
  ...entries(ownNetwork("The Wikimedia Foundation"), "wikipedia.org wikimedia.org"),
  ...entries(blocked("Telegram"), "telegram.org t.me telegram.me telegram.dog telegra.ph"),
  ...entries(
    blocked("Meta's services"),
    "facebook.com fbcdn.net instagram.com whatsapp.com whatsapp.net messenger.com",
  ),
  ...entries(blocked("X"), "twitter.com x.com twimg.com t.co"),
  ...entries(blocked("YouTube"), "youtube.com youtu.be googlevideo.com ytimg.com"),
  ...entries(blocked("Signal"), "signal.org"),
  ...entries(blocked("Tor"), "torproject.org"),
  ...entries(blocked("Discord"), "discord.com discord.gg discordapp.com"),
  ...entries(blocked("LinkedIn"), "linkedin.com"),
  ...entries(blocked("The BBC"), "bbc.com bbc.co.uk"),
]);

/** Why the domain is known too well; undefined for any other. */
export function fameOf(domain: string): Fame | undefined {
  const labels = domain.split(".");
  const names = labels.map((_, index) => labels.slice(index).join("."));
  return names.map((name) => FAMOUS.get(name)).find((fame) => fame !== undefined);
}

function entries(fame: Fame, names: string): [string, Fame][] {
  return names.split(" ").map((name) => [name, fame]);
}
