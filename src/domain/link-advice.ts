import type { ImageVerdict } from "./engine-facts.ts";
import type { Mode } from "./secret.ts";

/** What each mode of link suits. Sources: issue threads of the apps, and both sizes of hello tried on every build. */
const SUITS: Readonly<Record<Mode, readonly string[]>> = {
  padded: ["Works in every official Telegram app."],
  plain: [
    "For old apps that know no padded link; every Telegram app takes it.",
    "Easiest for a censor to recognise: give a padded link where the app takes one.",
  ],
  "fake-tls": [
    "For current Telegram apps on Android, iOS, macOS, Windows and Linux. iOS and macOS from 12.2 to 12.6.1 cannot connect with it: update to 12.6.2 or newer.",
    "Beside bypass tools that split the first packets it may fail: offer a padded link to whom it does not work for.",
  ],
};

/**
 * Which apps a link suits and what it cannot do, in sentences to hand on. Says nothing that depends on the person.
 * @param image what serves the link, where that matters: a binary that refuses today's hello makes fake-TLS links useless
 */
export function linkAdvice(mode: Mode, image?: ImageVerdict): string[] {
  const dead = mode === "fake-tls" && image !== undefined && !(image.fakeTls && image.longHello);
  return [
    ...(dead ? [refused(image)] : SUITS[mode]),
    "Voice and video calls do not go through it, nor through any MTProxy.",
  ];
}

function refused(image: ImageVerdict): string {
  const why = image.fakeTls ? "refuses the hello that current Telegram apps send" : "serves no fake-TLS";
  return `Dead for current Telegram apps: the proxy in ${image.image} ${why}. Give a padded link, or use another image.`;
}
