import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { startCli } from "./cli.ts";
import type { CliHome } from "./cli-home.ts";

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Throws when it is none. */
  readonly json: unknown;
}

export interface Question {
  readonly method?: string;
  /** A Host header may say anything here, which fetch does not allow. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** 127.0.0.1. */
  readonly address?: string;
}

/** Asks the stats API on a port, in a connection of its own. */
export async function askStats(port: number, path: string, question: Question = {}): Promise<Answered> {
  const response = await openStats(port, path, question);
  let text = "";
  for await (const piece of response.setEncoding("utf8")) text += piece;
  const { statusCode: status = 0, headers } = response;
  return { status, headers, text, json: text.startsWith("{") ? JSON.parse(text) : undefined };
}

/** The answer as soon as it begins. */
export async function openStats(port: number, path: string, question: Question = {}): Promise<IncomingMessage> {
  const { method = "GET", headers = {}, body, address = "127.0.0.1" } = question;
  const asked = request({ host: address, port, path, method, headers, agent: false });
  asked.end(body);
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return response;
}

/** What a reader with the token sends. */
export async function withToken(home: CliHome): Promise<{ readonly authorization: string }> {
  const token = await readFile(home.path("config/mtproxy/stats_token"), "utf8");
  return { authorization: `Bearer ${token.trim()}` };
}

export interface RunningDaemon {
  /** What it printed. */
  said(): string;
  /** Exit code, or the signal that ended it. */
  end(signal?: NodeJS.Signals): Promise<number | string>;
}

/** `mtproxy daemon` of a home, as a service would run it. */
export async function startDaemon({ home }: Pick<CliHome, "home">): Promise<RunningDaemon> {
  const child = startCli(["daemon"], { home, timeoutMs: 600_000 });
  const ended = once(child, "close") as Promise<[number | null, string | null]>;
  let said = "";
  const ready = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        if (/^ready$/m.test(said)) resolve();
      });
  });
  await Promise.race([
    ready,
    ended.then(() => {
      throw new Error(`the daemon ended: ${said}`);
    }),
  ]);
  return {
    said: () => said,
    end: async (signal = "SIGTERM") => {
      child.kill(signal);
      const [code, by] = await ended;
      return code ?? String(by);
    },
  };
}
