import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { BUILD_FILE, BUILD_VARIABLE, type Build, builds, isBuildName } from "./builds.ts";
import { ProcessEnd } from "./fatal.ts";
import { PROGRAM_VARIABLE } from "./launcher.ts";
import { Log } from "./log.ts";
import { start } from "./start.ts";

// A stand-in for Telegram's mtproto-proxy where no such binary is to be had. It behaves like the build that is asked for wherever
// this product depends on it; test/contract holds both to the same statements.

function chosenBuild(): Build {
  const file = join(dirname(process.argv[1] ?? ""), BUILD_FILE);
  const name = process.env[BUILD_VARIABLE] ?? (existsSync(file) ? readFileSync(file, "utf8").trim() : "getpagespeed");
  if (!isBuildName(name)) throw new Error(`${BUILD_VARIABLE} names no build: ${name}`);
  return builds[name];
}

const log = new Log();
const program = process.env[PROGRAM_VARIABLE] ?? basename(process.argv[1] ?? "");

start({ argv: process.argv.slice(2), program, build: chosenBuild(), log }).catch((error: unknown) => {
  if (!(error instanceof ProcessEnd)) throw error;
  process.exit(error.code);
});
