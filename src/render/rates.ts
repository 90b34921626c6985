/**
 * A filter holds everybody who is led through it to one number of bytes a second; HAProxy takes that from its configuration alone. So
 * there is a pair for each rate that somebody has, and the agent's answer chooses one. Counted by user, over all connections of a
 * worker. Not in the table of users: what is tracked there is counted a second time.
 */
const TABLE = "table_rates";

export function rateTable(rates: readonly number[] = []): string {
  if (rates.length === 0) return "";
  return `backend ${TABLE}
    stick-table type string len 64 size 100k expire 1m store bytes_in_rate(1s),bytes_out_rate(1s)`;
}

export function rateFilters(rates: readonly number[] = []): string {
  const filter = (side: string, rate: number) =>
    `filter bwlim-${side} ${side}${rate} limit ${rate} key var(sess.mtp.user) table ${TABLE}`;
  return rates.flatMap((rate) => [filter("in", rate), filter("out", rate)]).join("\n");
}

export function rateRules(rates: readonly number[] = []): string {
  const rule = (side: string, rate: number) =>
    `tcp-request content set-bandwidth-limit ${side}${rate} if { var(sess.mtp.rate) -m int eq ${rate} }`;
  return rates.flatMap((rate) => [rule("in", rate), rule("out", rate)]).join("\n");
}

/** The rates of a configuration that was rendered. */
export function renderedRates(config: string): number[] {
  return [...config.matchAll(/^ *filter bwlim-out out(\d+) /gm)].map(([, rate]) => Number(rate));
}
