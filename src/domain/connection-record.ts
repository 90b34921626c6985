/**
 * One line of HAProxy's log for each connection that ended: `mtproxy` and `name=value` fields, `-` for nothing. Whoever adds one adds
 * it at the end.
 */
export const recordFormat = [
  "mtproxy",
  "id=%ID",
  "at=%Ts",
  "from=%ci",
  "user=%[var(sess.mtp.user)]",
  "why=%[var(sess.mtp.why)]",
  "verdict=%[var(sess.verdict)]",
  "server=%b/%s",
  "in=%U",
  "out=%B",
  "ms=%Tt",
  "end=%ts",
].join(" ");
