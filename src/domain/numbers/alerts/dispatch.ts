import type { Notice } from "./watch.ts";

/** One message on its way into one channel, ready to be read. */
export interface AlertDispatch {
  /** The same in every attempt. */
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  /** What the server is called. */
  readonly server: string;
  /** One line. */
  readonly title: string;
  /** A sentence each. */
  readonly lines: readonly string[];
  readonly notices: readonly Notice[];
  /** Nothing is wrong: somebody tries whether it arrives. */
  readonly isTest: boolean;
}

/** What programs get of it, by a webhook or on their standard input. */
export function alertJson({ id, at, server, title, lines, notices, isTest }: AlertDispatch): string {
  const alerts = notices.map(({ kind, what, subject, since, values }) => ({ kind, what, subject, since, values }));
  const message = { schema: "mtproxy/alert/1", id, at, test: isTest, server, title, text: lines.join("\n"), alerts };
  return `${JSON.stringify(message)}\n`;
}
