/** The first HAProxy with long-term support that can hold somebody to a rate; 2.6 does not know the words. */
export const RATES_SINCE = "2.8";

/** The version that `haproxy -v` begins with, for instance `3.0.11-1+deb13u3`; undefined when it says something else. */
export function parseHaproxyVersion(said: string): string | undefined {
  return /^HAProxy version (\d+\.\d+\S*)/m.exec(said)?.[1];
}

/** @param version as HAProxy says it; undefined, which can nothing, while nobody has looked */
export function limitsRates(version: string | undefined): boolean {
  const [major, minor] = numbersOf(version ?? "0.0");
  const [leastMajor, leastMinor] = numbersOf(RATES_SINCE);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

function numbersOf(version: string): [number, number] {
  const [major = "0", minor = "0"] = version.split(/[.-]/);
  return [Number(major), Number(minor)];
}
