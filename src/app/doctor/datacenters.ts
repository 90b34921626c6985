import { parseProxyMultiConf } from "../../domain/proxy-multi-conf.ts";
import type { Settings } from "../../domain/settings.ts";
import { telegramDatacenters } from "../../domain/telegram-datacenters.ts";
import { type Check, failed, NotExamined, ok, some, warning } from "./check.ts";
import type { Examination } from "./examination.ts";

/** One way to one of Telegram's datacenters. */
interface Target {
  readonly datacenter: string;
  readonly host: string;
  readonly port: number;
}

/** From where they are tried. */
interface Place {
  readonly words: string;
  /** Process in whose network; this host's own when absent. */
  readonly pid?: number;
}

const TIMEOUT_MS = 6000;

/** Test datacenters, and the one that only serves files, say nothing of whether the proxy is of use. */
const PRODUCTION = ["1", "2", "3", "4", "5"];

export const datacentersCheck: Check = {
  id: "datacenters",
  title: "Telegram's datacenters can be reached from where the proxies are",
  run: async (exam) => {
    const settings = await exam.settings();
    const [targets, place] = await Promise.all([targetsOf(exam, settings), placeOf(exam, settings)]);
    const errors = await exam.ctx.host.connectErrors(targets, { timeoutMs: TIMEOUT_MS, inNetworkOf: place.pid });
    const shut = targets.filter((_, index) => errors[index] !== undefined);
    const dead = datacentersIn(targets).filter(
      (id) => !targets.some((it) => it.datacenter === id && !shut.includes(it)),
    );
    const list = some(shut.map((it) => `${it.host}:${it.port} (${errors[targets.indexOf(it)]})`));
    const hint = "does the provider block Telegram? mtproxy refresh-config fetches the addresses anew";
    if (dead.length > 0) return failed(`no way to datacenter ${dead.join(", ")} ${place.words}: ${list}`, hint);
    if (shut.length > 0) return warning(`no connection to ${list} ${place.words}`, hint);
    return ok(
      `all ${new Set(targets.map(({ host, port }) => `${host}:${port}`)).size} addresses answer ${place.words}`,
    );
  },
};

async function targetsOf(exam: Examination, { engine, trialDatacenters }: Settings): Promise<Target[]> {
  if (engine === "trial") return Object.entries(trialDatacenters ?? productionDatacenters()).map(directTarget);
  const files = await exam.ctx.stores.telegram.read();
  if (files === undefined) throw new NotExamined("Telegram's proxy-multi.conf is not here");
  const { datacenters } = parseProxyMultiConf(Buffer.from(files.proxyMultiConf).toString("latin1"));
  return [...datacenters].flatMap(([id, targets]) => targets.map((target) => ({ datacenter: String(id), ...target })));
}

function productionDatacenters(): Record<string, string> {
  return Object.fromEntries(Object.entries(telegramDatacenters).filter(([id]) => PRODUCTION.includes(id)));
}

function directTarget([datacenter, address]: [string, string]): Target {
  const { hostname, port } = new URL(`tcp://${address}`);
  return { datacenter, host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) };
}

/** A container has a way out of its own: the host's says little of it. */
async function placeOf(exam: Examination, { engine }: Settings): Promise<Place> {
  if (engine === "trial") return { words: "from this machine" };
  const pid = (await exam.running()).map(({ instance }) => instance.pid).find((it) => it !== undefined);
  if (pid === undefined) throw new NotExamined("the containers run on another machine: run doctor there");
  if (exam.ctx.host.uid !== 0) throw new NotExamined("only root can look from inside a container");
  return { words: "from inside the container", pid };
}

function datacentersIn(targets: readonly Target[]): string[] {
  return [...new Set(targets.map(({ datacenter }) => datacenter))];
}
