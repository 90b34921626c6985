import { AppError } from "../../domain/errors.ts";

interface Fault {
  readonly sign: RegExp;
  readonly message: (image: string) => string;
  readonly hint: string;
}

/** In the order they are tried: a login that is missing and a network that is down both come with more general words too. */
const FAULTS: readonly Fault[] = [
  {
    sign: /invalid reference format|invalid tag|repository name must be/i,
    message: (image) => `"${image}" is not the name of an image`,
    hint: "an image is named like ghcr.io/getpagespeed/mtproxy or name:tag",
  },
  {
    sign: /no matching manifest|does not match the (specified|expected) platform/i,
    message: (image) => `there is no amd64 build of the image ${image}`,
    hint: "Telegram's proxy runs on x86-64 only: take another image",
  },
  {
    sign: /no such host|timeout|timed out|connection refused|network is unreachable|no route to host|server misbehaving|EOF|connection reset|temporary failure in name/i,
    message: (image) => `the image ${image} is not here, and its registry cannot be reached`,
    hint: "is there a way out to the internet? docker load takes an image from a file, docker/Dockerfile makes one from a given binary",
  },
  {
    sign: /pull access denied|manifest unknown|manifest for .* not found|repository .* not found|name unknown|does not exist/i,
    message: (image) => `there is no image ${image} that may be pulled without a login`,
    hint: "check the name and the tag; for a private image: docker login and docker pull first",
  },
  {
    sign: /unauthorized|denied|forbidden|authentication required|no basic auth|toomanyrequests|rate limit/i,
    message: (image) => `the registry refuses to hand out the image ${image}`,
    hint: "docker login and docker pull it by hand, then again",
  },
];

/** Why an image could not be pulled, from the words of the daemon or the registry. */
export function pullError(image: string, words: string): AppError {
  const fault = FAULTS.find(({ sign }) => sign.test(words));
  const message = fault?.message(image) ?? `the image ${image} cannot be pulled`;
  const hint = fault?.hint ?? "docker pull it by hand to see more";
  return new AppError("environment", `${message}: ${words.trim()}`, { hint });
}
