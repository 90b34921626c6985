import { AppError, AS_ROOT } from "../../domain/errors.ts";
import type { Daemon } from "./daemon.ts";
import { portHolder } from "./port-holder.ts";

/**
 * Why containers could not be created or started, from the words of compose or the daemon. Both compose generations pass the
 * daemon's sentences on.
 */
export async function startError(words: string, daemon: Daemon): Promise<AppError> {
  const fault = FAULTS.find(({ sign }) => sign.test(words));
  return fault === undefined ? unknownFault(words) : fault.error(words, daemon);
}

interface Fault {
  readonly sign: RegExp;
  readonly error: (words: string, daemon: Daemon) => AppError | Promise<AppError>;
}

const FAULTS: readonly Fault[] = [
  { sign: /port is already allocated|address already in use/i, error: portTaken },
  { sign: /rlimit type|ulimit/i, error: tooManyFiles },
  { sign: /container name .* is already in use/i, error: nameTaken },
  // Both generations name what they pull; whatever went wrong after that is looked for first.
  { sign: /no such image|\bpulling\b/i, error: noImage },
  { sign: /permission denied.*(docker\.sock|daemon)/is, error: noPermission },
];

async function portTaken(words: string, daemon: Daemon): Promise<AppError> {
  const port = /:(\d{1,5})(?: failed|: bind|\b.*(?:already))/i.exec(words)?.[1];
  if (port === undefined) return unknownFault(words);
  const holder = await portHolder(daemon, Number(port));
  return new AppError("environment", `port ${port} is taken${holder === undefined ? "" : ` by ${holder}`}`, {
    hint: "free the port, or take another one: mtproxy setup --port N",
  });
}

function tooManyFiles(words: string): AppError {
  return new AppError(
    "environment",
    `the host does not allow a container as many open files as asked for: ${gist(words)}`,
    {
      hint: "mtproxy image probe finds out how many it allows; mtproxy setup --max-connections N asks for fewer",
    },
  );
}

function nameTaken(words: string): AppError {
  const name = /name "?\/?([\w.-]+)"?/.exec(words)?.[1] ?? "our name";
  return new AppError("conflict", `another container is called ${name} already, and it is not ours`, {
    hint: `see what it is: docker ps -a --filter name=${name}; it must be renamed or removed first`,
  });
}

function noImage(words: string): AppError {
  return new AppError("environment", `the proxy's image is not here and cannot be pulled: ${gist(words)}`, {
    hint: "mtproxy image probe says why",
  });
}

function noPermission(): AppError {
  return new AppError("environment", "no permission to use Docker's socket", {
    hint: AS_ROOT,
  });
}

function unknownFault(words: string): AppError {
  return new AppError("engine", `Docker could not start the proxy: ${gist(words)}`);
}

/** The last lines that are more than progress. */
function gist(words: string): string {
  const lines = words.split(/\r?\n/).map((line) => line.trim());
  const telling = lines.filter((line) => /error|fail|denied|invalid|cannot|not /i.test(line));
  return (telling.length > 0 ? telling : lines.filter((line) => line !== "")).slice(-3).join(" / ");
}
