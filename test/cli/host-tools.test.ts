import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { logLine } from "../../src/domain/connection-log.ts";
import { parseRecord } from "../../src/domain/connection-record.ts";
import { runCli } from "../support/cli.ts";
import { canRun, isRoot } from "../support/machine.mts";
import { watch } from "../support/run-source.ts";
import { tempFolder } from "../support/temp-home.ts";
import { hostFolders } from "../support/wizard.ts";

/** What setup installs on a machine, held against the programs that read it there. */
const run = promisify(execFile);

/** A root in which the parts are installed, for a home whose name is as bad as a name may be. */
async function installed(...flags: string[]) {
  const root = await tempFolder();
  for (const path of hostFolders) await mkdir(join(root, path), { recursive: true });
  if (flags.includes("--systemd")) await mkdir(join(root, "run/systemd/system"), { recursive: true });
  const home = join(root, 'my $HOME\'s 100% "home"');
  const given = ["--no-start", "--public-host", "127.0.0.1", ...flags.filter((flag) => flag !== "--systemd")];
  const { code, stderr } = await runCli(["setup", ...given], { home, env: { MTPROXY_HOST_ROOT: root } });
  expect(code, stderr).toBe(0);
  return { root, home, read: (path: string) => readFile(join(root, path), "utf8") };
}

const UNITS = "etc/systemd/system";

test.runIf(canRun("systemd-analyze", "systemctl"))("systemd takes the units, and their command whole", async () => {
  const { root, home, read } = await installed("--timer", "--systemd");
  const units = (await readdir(join(root, UNITS))).filter((name) => /\.(service|timer)$/.test(name));
  const names = ["refresh-config", "tick"].map((job) => `familytraffic-mtproxy-${job}.timer`);
  expect(units).toEqual(expect.arrayContaining(names));
  const { stdout, stderr } = await run("systemd-analyze", ["verify", ...units.map((name) => join(root, UNITS, name))]);
  expect(stdout + stderr).toBe("");
  const timer = await read(`${UNITS}/familytraffic-mtproxy-refresh-config.timer`);
  expect(timer).toMatch(/^# Written by familytraffic-mtproxy /);
  expect(timer).toMatch(/^RandomizedDelaySec=\d+\n(#.*\n)*Persistent=true$/m);
  const enabled = await run("systemctl", [
    `--root=${root}`,
    "is-enabled",
    "familytraffic-mtproxy-refresh-config.timer",
  ]);
  expect(enabled.stdout).toBe("enabled\n");
  const service = await read(`${UNITS}/familytraffic-mtproxy-refresh-config.service`);
  const word = /--home "(.*)" refresh-config --quiet$/m.exec(service)?.[1] ?? "";
  expect(word.replaceAll("%%", "%").replaceAll("$$", "$").replace(/\\(.)/g, "$1")).toBe(home);
});

test.runIf(canRun("systemd-analyze", "systemctl"))(
  "systemd takes the services of HAProxy's routing, shut in, and leaves them when it is switched off",
  async () => {
    const { root, home, read } = await installed("--systemd");
    const setup = async (routing: string) => {
      await writeFile(join(home, "config/mtproxy/mtproxy_config.json"), await withRouting(home, routing));
      const flags = ["setup", "--no-start", "--public-host", "127.0.0.1"];
      expect(await runCli(flags, { home, env: { MTPROXY_HOST_ROOT: root } })).toMatchObject({ code: 0 });
    };
    await setup("edge");
    const names = ["agent@.service", "daemon.service"].map((name) => `familytraffic-mtproxy-${name}`);
    const paths = names.map((name) => join(root, UNITS, name));
    const { stdout, stderr } = await run("systemd-analyze", ["verify", ...paths]);
    expect(stdout + stderr).toBe("");
    const isEnabled = async (name: string) =>
      (await run("systemctl", [`--root=${root}`, "is-enabled", `familytraffic-mtproxy-${name}`])).stdout;
    for (const name of ["agent@1.service", "agent@2.service", "daemon.service"])
      expect(await isEnabled(name)).toBe("enabled\n");
    const agent = await read(`${UNITS}/${names[0]}`);
    for (const line of [
      "RestrictAddressFamilies=AF_UNIX",
      "LimitCORE=0",
      "NoNewPrivileges=yes",
      "ProtectSystem=strict",
    ])
      expect(agent.split("\n")).toContain(line);
    const word = /--home "(.*)" agent %i$/m.exec(agent)?.[1] ?? "";
    expect(word.replaceAll("%%", "%").replaceAll("$$", "$").replace(/\\(.)/g, "$1")).toBe(home);
    await setup("direct");
    expect((await readdir(join(root, UNITS))).filter((name) => /agent|daemon/.test(name))).toEqual([]);
  },
);

async function withRouting(home: string, routing: string): Promise<string> {
  const settings = JSON.parse(await readFile(join(home, "config/mtproxy/mtproxy_config.json"), "utf8"));
  return JSON.stringify({ ...settings, routing });
}

test.runIf(canRun("crontab"))("cron takes the jobs, and a shell their commands", async () => {
  const { root, home, read } = await installed("--timer");
  const path = join(root, "etc/cron.d/familytraffic-mtproxy");
  const { stdout, stderr } = await run("crontab", ["-n", path]);
  expect(`${stdout}${stderr}`).not.toMatch(/error|bad /i);
  const [job = ""] = (await read("etc/cron.d/familytraffic-mtproxy")).split("\n").filter((line) => /^[\d*]/.test(line));
  const [, user, command = ""] = /^(?:\S+ ){5}(\S+) (.*)$/.exec(job) ?? [];
  expect(user).toBe("root");
  // cron takes the backslash from \% and makes a line break of a bare one.
  expect(command).not.toMatch(/(?<!\\)%/);
  const seen = command
    .replaceAll("\\%", "%")
    .replace(/^sleep "\$\(shuf -i 0-\d+ -n 1\)"; \S+ /, "printf '%s\\n' ")
    .replace(/ >\/dev\/null$/, "");
  expect((await run("sh", ["-c", seen])).stdout).toContain(`--home\n${home}\nrefresh-config\n--quiet\n`);
});

test.runIf(canRun("logrotate"))("logrotate turns over the logs of the home", async () => {
  const { root, home } = await installed("--logrotate");
  const logs = join(home, "logs/mtproxy");
  await mkdir(logs, { recursive: true });
  await writeFile(join(logs, "trial-server.log"), "a line\n");
  const config = join(root, "etc/logrotate.d/familytraffic-mtproxy");
  const { stderr } = await run("logrotate", ["-d", "-s", join(root, "state"), config]);
  expect(stderr).toContain(`considering log ${logs}/trial-server.log`);
  expect(stderr).not.toMatch(/^error/m);
  if (!isRoot) return;
  await run("logrotate", ["--force", "-s", join(root, "state"), config]);
  expect((await readdir(logs)).sort()).toEqual(["audit.log.1", "trial-server.log", "trial-server.log.1"]);
  await runCli(["config", "set", "max_connections", "500"], { home });
  const { stdout } = await runCli(["history"], { home });
  expect(stdout.match(/mtproxy (setup|config set)/g)).toEqual(["mtproxy setup", "mtproxy config set"]);
});

const RECORD =
  "mtproxy id=0a1b at=1795228164 from=198.51.100.4 user=- why=unknown verdict=stranger server=site/site in=64 out=162 ms=4008 end=-- worker=-";

/** The log's line for a record of HAProxy's in which these fields are others, as the daemon writes it. */
function lineOf(change: Readonly<Record<string, string>>, isFamiliar = false): string {
  const words = RECORD.split(" ").map((word) => {
    const [name = ""] = word.split("=");
    return change[name] === undefined ? word : `${name}=${change[name]}`;
  });
  const record = parseRecord(words.join(" "));
  if (record === undefined) throw new Error("no record");
  return logLine({ ...record, endedAt: new Date() }, "full", isFamiliar);
}

/** Who is hostile, and those who must not be banned. */
const STRANGERS = [
  lineOf({}),
  lineOf({ from: "2001:db8::7" }),
  lineOf({ from: "198.51.100.5", user: "alice", why: "ok", verdict: "replayed" }),
];
const GUESTS = [
  ...["tls-unknown", "no-sni", "unlisted-sni", "not-mtproto", "hello-size", "busy"].map((why) =>
    lineOf({ from: "198.51.100.8", why }),
  ),
  lineOf({ from: "198.51.100.8", why: "-" }),
  ...["clock-skew", "wrong-mode", "disabled", "expired", "revoked", "over-quota"].map((why) =>
    lineOf({ from: "198.51.100.8", user: "alice", why }),
  ),
  ...["ok", "connections", "addresses"].map((verdict) =>
    lineOf({ from: "198.51.100.8", user: "alice", why: "ok", verdict }),
  ),
  lineOf({ from: "198.51.100.8", why: "-", verdict: "open" }),
  lineOf({ from: "198.51.100.8" }, true),
];

describe.runIf(canRun("fail2ban-regex"))("fail2ban", () => {
  test("matches the lines of strangers and no other", async () => {
    const { root } = await installed("--fail2ban");
    await cp("/etc/fail2ban/filter.d/common.conf", join(root, "etc/fail2ban/filter.d/common.conf"));
    const log = join(root, "haproxy.log");
    await writeFile(log, [...STRANGERS, ...GUESTS].map((line) => `${line}\n`).join(""));
    const filter = join(root, "etc/fail2ban/filter.d/familytraffic-mtproxy.conf");
    const { stdout } = await run("fail2ban-regex", ["--print-all-matched", "--print-all-missed", log, filter]);
    expect(stdout).toContain(
      `Lines: ${STRANGERS.length + GUESTS.length} lines, 0 ignored, ${STRANGERS.length} matched, ${GUESTS.length} missed`,
    );
    const [matched = "", missed = ""] = stdout.split("Missed line(s)");
    for (const line of STRANGERS) expect(matched).toContain(line);
    for (const line of GUESTS) expect(missed).toContain(line);
  });

  test.runIf(isRoot)("starts with the jail as it is installed, and bans where the jail is switched on", async () => {
    const { root } = await installed("--fail2ban");
    const [config, socket] = [join(root, "etc/fail2ban"), join(root, "f2b.sock")];
    await cp("/etc/fail2ban", config, { recursive: true, force: false });
    // What Debian adds watches a log that a small machine has not.
    await rm(join(config, "jail.d/defaults-debian.conf"), { force: true });
    const paths = ["-c", config, "-s", socket, "-p", join(root, "f2b.pid")];
    const client = async (...words: string[]) => (await run("fail2ban-client", [...paths, ...words])).stdout;
    const start = async () => {
      const server = watch("fail2ban-server", [...paths, "-f", "--logtarget", "STDOUT", "start"]);
      onTestFinished(() => void server.child.kill());
      await expect.poll(() => client("ping").catch(() => "")).toContain("pong");
      return server;
    };
    const off = await start();
    expect(await client("status")).toContain("Number of jail:\t0");
    await client("stop");
    await off.ended;

    const log = join(root, "haproxy.log");
    await writeFile(log, "");
    const on = `[familytraffic-mtproxy]\nenabled = true\nlogpath = ${log}\nmaxretry = 2\nbackend = polling\naction =\n`;
    await writeFile(join(config, "jail.local"), on);
    await start();
    await writeFile(log, [...STRANGERS, ...STRANGERS, ...GUESTS, ...GUESTS].map((line) => `${line}\n`).join(""));
    const jail = () => client("status", "familytraffic-mtproxy");
    await expect.poll(jail).toMatch(/Banned IP list:.*198\.51\.100\.4/);
    expect(await jail()).not.toContain("198.51.100.8");
    await client("stop");
  });
});

test("with HAProxy's routing the jail names every port that links name, and status tells when nobody is banned", async () => {
  const { root, home, read } = await installed("--fail2ban");
  const env = { MTPROXY_HOST_ROOT: root };
  const change = async (more: object) => {
    const path = join(home, "config/mtproxy/mtproxy_config.json");
    await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, "utf8")), ...more }));
  };
  const setUp = async (...flags: string[]) =>
    expect(await runCli(["setup", "--no-start", "--public-host", "127.0.0.1", ...flags], { home, env })).toMatchObject({
      code: 0,
    });
  const banned = async () => {
    const { warnings } = (await runCli(["status", "--json"], { home, env })).json;
    return warnings.filter((warning) => warning.includes("fail2ban"));
  };
  const jail = "etc/fail2ban/jail.d/familytraffic-mtproxy.conf";
  expect(await read(jail)).toMatch(/^enabled = false$/m);
  expect(await banned()).toEqual([]);
  const book = { salt: "5a".repeat(32), shards: [], retired_ports: [7443, 8510] };
  await writeFile(join(home, "config/mtproxy/shards.json"), JSON.stringify(book), { mode: 0o600 });
  await change({ routing: "edge", edge_subnet: "10.213.0.0/22" });
  expect(await banned()).toEqual(["fail2ban bans nobody: its jail is not there as it should be: sudo mtproxy setup"]);
  await setUp();
  expect(await read(jail)).toMatch(/^enabled = true$/m);
  expect(await read(jail)).toMatch(/^port = 8443,8444:9467,7443$/m);
  expect(await banned()).toEqual([]);
  for (const addresses of ["truncated", "off"]) {
    await change({ log_addresses: addresses });
    await setUp();
    await expect(read(jail)).rejects.toThrow("ENOENT");
    expect(await banned()).toEqual([
      `fail2ban bans nobody: log_addresses is ${addresses}, not full, so its jail is gone`,
    ]);
  }
  await change({ log_addresses: "full" });
  await setUp("--no-fail2ban");
  expect(await banned()).toEqual(["fail2ban is here and bans nobody who guesses keys: mtproxy setup --fail2ban"]);
});

test.runIf(isRoot && canRun("ufw"))(
  "UFW gets the rule for the port, moves it, and loses it; an admin's rule stays",
  async () => {
    const [folder, bin] = [await tempFolder(), resolve(import.meta.dirname, "../../bin/familytraffic-mtproxy")];
    const home = join(folder, "home");
    // In namespaces of its own: rules are those of this network, and their files a copy.
    const script = `
    set -e
    ip link set lo up
    cp -a /etc/ufw ${folder}/ufw
    mount --bind ${folder}/ufw /etc/ufw
    mount -t tmpfs none /run
    ufw --force reset >/dev/null; ufw --force enable >/dev/null
    mtproxy() { ${process.execPath} ${bin} --home ${home} "$@" 2>&1; }
    setup() { mtproxy setup --no-start --public-host 192.0.2.1 "$@"; }
    rules() { ufw show added | grep '^ufw' || echo none; }
    setup --port 8443 --firewall; echo "1: $(rules)"
    ufw status | grep 8443
    setup; echo "2: $(rules)"
    setup --port 443; echo "3: $(rules)"
    ufw allow 9443/tcp comment admin >/dev/null
    setup --port 9443; echo "4: $(rules)"
    mtproxy uninstall --yes; echo "5: $(rules)"
    setup --port 8443 --firewall >/dev/null; setup --no-firewall; echo "6: $(rules)"
  `;
    const { stdout } = await run("unshare", ["--net", "--mount", "--", "sh", "-c", script]);
    expect(stdout).toContain("✓ UFW rule added: 8443/tcp");
    expect(stdout).toContain("ports that Docker publishes are reachable whatever UFW says");
    expect(stdout).toMatch(/^8443\/tcp +ALLOW +Anywhere +# familytraffic-mtproxy$/m);
    expect(stdout).toContain("1: ufw allow 8443/tcp comment 'familytraffic-mtproxy'\n");
    expect(stdout).toContain("2: ufw allow 8443/tcp comment 'familytraffic-mtproxy'\n");
    expect(stdout).toContain("3: ufw allow 443/tcp comment 'familytraffic-mtproxy'\n");
    expect(stdout).toContain("4: ufw allow 9443/tcp comment 'admin'\n");
    expect(stdout).toContain("5: ufw allow 9443/tcp comment 'admin'\n");
    expect(stdout).toContain("6: ufw allow 9443/tcp comment 'admin'\n");
    expect(stdout).not.toContain("LIMIT");
  },
);

test.runIf(isRoot && canRun("ufw", "curl"))(
  "with HAProxy's routing UFW lets people in on every port that links name, and the proxies to a site of this server's alone",
  async () => {
    const [folder, bin] = [await tempFolder(), resolve(import.meta.dirname, "../../bin/familytraffic-mtproxy")];
    const home = join(folder, "home");
    const change = `const fs = require("fs"), [path, text] = process.argv.slice(1);
      fs.writeFileSync(path, JSON.stringify({ ...JSON.parse(fs.readFileSync(path)), ...JSON.parse(text) }))`;
    const site = `require("http").createServer((q, r) => r.end("in")).listen(443, "10.213.0.1")`;
    const script = `
    set -e
    ip link set lo up
    cp -a /etc/ufw ${folder}/ufw; mount --bind ${folder}/ufw /etc/ufw
    mount -t tmpfs none /run
    ufw --force reset >/dev/null; ufw --force enable >/dev/null
    ip netns add shard; ip link add shards type veth peer name eth0 netns shard
    ip addr add 10.213.0.1/22 dev shards; ip link set shards up
    ip -n shard addr add 10.213.0.20/22 dev eth0; ip -n shard link set eth0 up
    ${process.execPath} -e '${site}' & server=$!; trap 'kill $server' EXIT
    mtproxy() { ${process.execPath} ${bin} --home ${home} "$@" 2>&1 || echo "exit $?"; }
    setup() { mtproxy setup --no-start --public-host 192.0.2.1 "$@" >/dev/null; }
    set_to() { ${process.execPath} -e '${change}' ${home}/config/mtproxy/$1.json "$2"; }
    rules() { ufw show added | grep '^ufw' | sed "s/ comment 'familytraffic-mtproxy'//" | tr '\\n' ';' | grep . || echo none; }
    reached() { ip netns exec shard curl -s -m 0.4 http://10.213.0.1:443/ || echo out; }
    setup --port 8443 --port-range 8500-8600 --firewall; echo "direct: $(rules)"
    set_to mtproxy_config '{"routing": "edge", "edge_subnet": "10.213.0.0/22"}'
    echo '{"salt": "${"5a".repeat(32)}", "shards": [], "retired_ports": [7443, 8510]}' >${home}/config/mtproxy/shards.json
    setup; echo "edge: $(rules)"; echo "site: $(reached)"
    set_to mtproxy_config '{"cover_site": {"kind": "server", "server": "127.0.0.1:8080"}}'
    echo "doctor: $(mtproxy doctor firewall | tr '\\n' ' ')"
    setup; echo "own site: $(rules)"; echo "site: $(reached)"; echo "doctor: $(mtproxy doctor firewall)"
    ufw delete allow 7443/tcp >/dev/null; echo "doctor: $(mtproxy doctor firewall | tr '\\n' ' ')"
    set_to mtproxy_config '{"routing": "direct"}'
    setup; echo "back: $(rules)"; echo "site: $(reached)"
    set_to mtproxy_config '{"routing": "edge"}'
    setup; mtproxy uninstall --yes >/dev/null; echo "uninstalled: $(rules)"
  `;
    const { stdout } = await run("unshare", ["--net", "--mount", "--", "bash", "-c", script]);
    const told = (title: string) => [...stdout.matchAll(new RegExp(`^${title}: (.*)$`, "gm"))].map(([, text]) => text);
    const ports = "ufw allow 8443/tcp;ufw allow 8500:8600/tcp;ufw allow 7443/tcp;";
    const toSite = "ufw allow from 10.213.0.0/22 to 10.213.0.1 port 443 proto tcp";
    expect(told("direct"), stdout).toEqual(["ufw allow 8443/tcp;"]);
    expect(told("edge"), stdout).toEqual([ports]);
    expect(told("own site"), stdout).toEqual([`${ports}${toSite};`]);
    expect(told("back"), stdout).toEqual(["ufw allow 8443/tcp;"]);
    expect(told("site"), stdout).toEqual(["out", "in", "out"]);
    expect(told("uninstalled"), stdout).toEqual(["none"]);
    expect(told("doctor")).toEqual([
      expect.stringMatching(
        /^! firewall +UFW keeps the proxies from the cover site at 10\.213\.0\.1:443.*→ ufw allow from/,
      ),
      expect.stringMatching(/^✓ firewall +port 8443, 7443, 8510: nothing on this machine is in the way/),
      expect.stringMatching(/^✗ firewall +UFW refuses what comes to port 7443 .*→ ufw allow 7443\/tcp/),
    ]);
  },
  60_000,
);

/** What `docker network ls` says of the network of our containers, for a bridge that the test makes itself. */
const DOCKER = `#!/bin/sh
case "$*" in "network ls "*"label=com.docker.compose.project=familytraffic-mtproxy"*) ;; *) exit 1 ;; esac
echo ${"0123456789ab".padEnd(64, "0")}
`;

test.runIf(isRoot && canRun("ufw", "curl"))(
  "with docker_firewall UFW's route rules count for what our containers publish, for nobody else's, and a reload keeps that",
  async () => {
    const folder = await tempFolder();
    const [bin, home] = [resolve(import.meta.dirname, "../../bin/familytraffic-mtproxy"), join(folder, "home")];
    for (const name of ["bin", "cron.d"]) await mkdir(join(folder, name));
    await writeFile(join(folder, "bin/docker"), DOCKER, { mode: 0o755 });
    const server = `require("http").createServer((q, r) => r.end("in")).listen(+process.argv[1])`;
    // The bridge of our containers and somebody else's, and Docker's rules for both as Docker 20.10 and 28 write them.
    const script = `
    set -e
    export PATH=${folder}/bin:$PATH
    ip link set lo up
    cp -a /etc/ufw ${folder}/ufw; cp /etc/default/ufw ${folder}/default
    mount --bind ${folder}/ufw /etc/ufw; mount --bind ${folder}/default /etc/default/ufw
    mount --bind ${folder}/cron.d /etc/cron.d
    mount -t tmpfs none /run
    ufw --force reset >/dev/null; ufw --force enable >/dev/null
    sysctl -qw net.ipv4.ip_forward=1
    iptables -N DOCKER; iptables -N DOCKER-USER; iptables -I FORWARD -j DOCKER
    iptables -I FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; iptables -I FORWARD -j DOCKER-USER
    iptables -A DOCKER-USER -s 203.0.113.66 -j DROP; iptables -A DOCKER-USER -j RETURN
    container() { # bridge, network, public port
      ip link add $1 type bridge; ip addr add $2.1/24 dev $1; ip link set $1 up
      ip netns add $1; ip link add v$3 type veth peer name eth0 netns $1; ip link set v$3 master $1 up
      ip -n $1 addr add $2.2/24 dev eth0; ip -n $1 link set eth0 up; ip -n $1 route add default via $2.1
      iptables -A DOCKER -d $2.2 ! -i $1 -o $1 -p tcp --dport 8443 -j ACCEPT
      iptables -t nat -A PREROUTING -p tcp --dport $3 -j DNAT --to $2.2:8443
      ip netns exec $1 ${process.execPath} -e '${server}' 8443 & servers="$servers $!"
    }
    container br-0123456789ab 172.30.0 9443
    container br-theirs 172.31.0 9444
    trap 'kill $servers' EXIT
    ip netns add out; ip link add vo type veth peer name eth0 netns out; ip addr add 203.0.113.1/24 dev vo; ip link set vo up
    ip -n out addr add 203.0.113.2/24 dev eth0; ip -n out link set eth0 up
    get() { ip netns exec out curl -s -m 0.4 http://203.0.113.1:$1/ || echo out; }
    for i in $(seq 50); do [ "$(get 9444)$(get 9443)" = inin ] && break; done
    state() { echo "$1: ours $(get 9443), theirs $(get 9444)"; }
    mtproxy() { ${process.execPath} ${bin} --home ${home} "$@" 2>&1 || echo "exit $?"; }
    setup() { mtproxy setup --no-start --public-host 192.0.2.1 --port 9443 --users-lock ${folder}/lock "$@"; }
    files() { ls /etc/ufw /etc/cron.d | grep family || echo none; }
    state "before"
    setup --docker-firewall; state "set up"; echo "rules: $(iptables -S DOCKER-USER | tr '\\n' ';')"; cat /etc/cron.d/*
    ufw route insert 1 deny from 203.0.113.2 >/dev/null; state "denied"
    ufw reload >/dev/null; state "reloaded"
    ufw route delete deny from 203.0.113.2 >/dev/null
    echo "doctor: $(mtproxy doctor firewall)"; state "not denied"
    ufw disable >/dev/null; state "UFW off"; ufw --force enable >/dev/null
    ufw route delete allow out on br-0123456789ab proto tcp to any port 8443 >/dev/null; state "not allowed"
    echo "doctor: $(mtproxy doctor firewall)"
    iptables -F DOCKER-USER; echo "doctor: $(mtproxy doctor firewall)"
    setup >/dev/null; state "repaired"
    iptables -F DOCKER-USER; iptables -F FAMILYTRAFFIC-UFW; ip6tables -F; sh /etc/ufw/familytraffic-mtproxy.sh start
    echo "restarted: $(iptables -S | grep -c FAMILY)"
    mtproxy config set docker_firewall false; state "switched off"; echo "files: $(files)"
    echo "left: $(iptables-save | grep FAMILY)$(ip6tables-save | grep -e FAMILY -e DOCKER)$(ufw show added | grep route)"
  `;
    const { stdout } = await run("unshare", ["--net", "--mount", "--", "bash", "-c", script]);
    const told = (title: string) => new RegExp(`^${title}: (.*)$`, "m").exec(stdout)?.[1];
    const open = ["before", "set up", "not denied", "UFW off", "repaired", "switched off"];
    for (const title of open) expect(told(title), `${title}\n${stdout}`).toBe("ours in, theirs in");
    for (const title of ["denied", "reloaded", "not allowed"])
      expect(told(title), `${title}\n${stdout}`).toBe("ours out, theirs in");
    expect(stdout).toContain("✓ UFW's route rules count for what our containers publish (br-0123456789ab)");
    // Rules of others come first; what Docker up to 27 ends the chain with stays its end.
    expect(told("rules")).toBe(
      "-N DOCKER-USER;-A DOCKER-USER -s 203.0.113.66/32 -j DROP;-A DOCKER-USER ! -i br-0123456789ab -o br-0123456789ab" +
        " -p tcp -m conntrack --ctstate NEW -j FAMILYTRAFFIC-UFW;-A DOCKER-USER -j RETURN;",
    );
    expect(stdout).toContain("\n@reboot root /bin/sh /etc/ufw/familytraffic-mtproxy.sh start\n");
    const verdicts = [...stdout.matchAll(/^doctor: (.*)$/gm)].map(([, verdict]) => verdict);
    expect(verdicts).toEqual([
      "✓ firewall         port 9443: UFW is asked first (docker_firewall), and lets people in",
      "✗ firewall         UFW is asked first (docker_firewall), and lets nobody in on port 9443",
      expect.stringMatching(/^! firewall +docker_firewall is set, but UFW is not asked about br-0123456789ab/),
    ]);
    expect(stdout).toContain("→ ufw route allow out on br-0123456789ab proto tcp to any port 8443");
    expect(told("restarted")).toBe("4");
    expect(stdout.match(/^files: none$/gm)).toHaveLength(1);
    expect(stdout.match(/^left: $/gm)).toHaveLength(1);
  },
  // UFW is slow: each of its commands starts Python and iptables many times.
  120_000,
);
