import { agentsCheck } from "./agents.ts";
import type { Check } from "./check.ts";
import { clockCheck } from "./clock.ts";
import { coverDomainsCheck } from "./cover-domains.ts";
import { daemonCheck } from "./daemon.ts";
import { datacentersCheck } from "./datacenters.ts";
import { diskCheck } from "./disk.ts";
import { dockerCheck } from "./docker.ts";
import { driftCheck } from "./drift.ts";
import { expiriesCheck } from "./expiries.ts";
import { firewallCheck } from "./firewall.ts";
import { formerEngineCheck } from "./former-engine.ts";
import { haproxyCheck } from "./haproxy.ts";
import { homeCheck } from "./home.ts";
import { imageCheck } from "./image.ts";
import { natCheck } from "./nat.ts";
import { openFilesCheck } from "./open-files.ts";
import { permissionsCheck } from "./permissions.ts";
import { portCheck } from "./port.ts";
import { proxiesCheck } from "./proxies.ts";
import { revocationsCheck } from "./revocations.ts";
import { scheduleCheck } from "./schedule.ts";
import { slotsCheck } from "./slots.ts";
import { stateCheck } from "./state.ts";
import { statsApiCheck } from "./stats-api.ts";
import { telegramConfigCheck } from "./telegram-config.ts";
import { upstreamCheck } from "./upstream.ts";

/** From the ground up: what stands first explains what fails later. */
export const checks: readonly Check[] = [
  homeCheck,
  stateCheck,
  permissionsCheck,
  diskCheck,
  clockCheck,
  dockerCheck,
  imageCheck,
  telegramConfigCheck,
  scheduleCheck,
  proxiesCheck,
  haproxyCheck,
  agentsCheck,
  daemonCheck,
  statsApiCheck,
  openFilesCheck,
  natCheck,
  datacentersCheck,
  upstreamCheck,
  portCheck,
  firewallCheck,
  coverDomainsCheck,
  slotsCheck,
  driftCheck,
  revocationsCheck,
  expiriesCheck,
  formerEngineCheck,
];
