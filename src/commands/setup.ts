import { Option } from "commander";
import { parsePort } from "../domain/port.ts";
import { countBounds } from "../domain/setting-bounds.ts";
import { parseUserName } from "../domain/user.ts";
import type { SetupFlags } from "../install/setup.ts";
import type { CliCommand } from "./command.ts";
import { collect, parseCount } from "./options.ts";

export function declareSetupCommand(program: CliCommand): void {
  program
    .command("setup")
    .description(
      "take this server to a running proxy, asking at a terminal; run it again to change a setting or to repair",
    )
    .option("--public-host <host>", "host name or address that links name")
    .option("--egress-ipv4 <address>", "address from which Telegram sees this server, when it is another one")
    .option("--port <port>", "public port of the first shard (8443)", parsePort)
    .option("--port-range <first-last>", "where further shards find theirs (8444-9467)")
    .addOption(
      new Option(
        "--engine <engine>",
        "docker runs the C proxy; trial is for a first look; a change ends what the other one runs",
      ).choices(["docker", "trial"]),
    )
    .option("--image <image>", "image that holds the C proxy (ghcr.io/getpagespeed/mtproxy)")
    .option("--image-file <file>", "load the image from a file first, as docker save writes it")
    .option("--workers <n>", "worker processes a shard, 0 to 256 (0)", parseCount("--workers", countBounds.workers))
    .addOption(
      new Option("--mode <mode>", "mode of users who are added without one").choices(["padded", "plain", "fake-tls"]),
    )
    .option("--cover-domain <domain>", "cover domain of bare --fake-tls")
    .option(
      "--max-connections <n>",
      "connections a shard shall take, where the host allows (8000)",
      parseCount("--max-connections", countBounds.maxConnections),
    )
    .option("--stats-port <port>", "port of /stats inside the containers (8888)", parsePort)
    .option("--proxy-secret <file>", "take Telegram's proxy-secret from a file instead of downloading it")
    .option("--proxy-config <file>", "take Telegram's proxy-multi.conf from a file instead of downloading it")
    .option("--proxy-secret-url <url>", "where proxy-secret is downloaded; repeat for mirrors", collect)
    .option("--proxy-config-url <url>", "where proxy-multi.conf is downloaded; repeat for mirrors", collect)
    .option("--users-lock <file>", "lock that the VLESS stack takes around users.json")
    .addOption(new Option("--users-write <how>", "how users.json is replaced").choices(["auto", "in-place", "rename"]))
    .option("--datacenter <id=host:port>", "Telegram datacenter for the trial engine; repeat for more", collect)
    .option("--first-user <name>", "add this person too, and show their link", parseUserName)
    .option("--proxy-tag <tag>", "@MTProxybot's tag, for a promoted channel")
    .option("--install-docker", "install Docker and Compose from the distribution where they are missing")
    .option("--firewall", "allow the port in UFW")
    .option("--no-firewall", "take our rule out of UFW")
    .option("--docker-firewall", "let UFW's route rules count for the ports that our containers publish")
    .option("--no-docker-firewall", "take those rules out")
    .option("--use-haproxy", "put HAProxy before the proxies, which knows who is connecting")
    .option("--no-use-haproxy", "each proxy has its own public port")
    .option("--timer", "fetch Telegram's addresses every day and do what is due, by systemd or cron")
    .option("--no-timer", "remove that")
    .option("--logrotate", "rotate the logs")
    .option("--no-logrotate", "remove that")
    .option("--fail2ban", "install a fail2ban filter, its jail off until HAProxy routes")
    .option("--no-fail2ban", "remove that")
    .option("--commands", "link the commands into /usr/local/bin")
    .option("--no-commands", "remove those links")
    .option("--completion", "let Tab complete commands, people and domains in bash, zsh and fish")
    .option("--no-completion", "remove that")
    .option("--man", "install the manual pages")
    .option("--no-man", "remove them")
    .option("--answers <file>", "take answers from a JSON object: settings by name, first_user, firewall, timer, …")
    .option("--result <file>", "write what --json prints to a file that only its owner reads")
    .option("--no-start", "write the settings only")
    .writes()
    .reveals()
    .examples([
      "mtproxy setup",
      "mtproxy setup --public-host proxy.example.com --first-user alice --firewall --timer",
      "mtproxy setup --answers answers.json --result result.json",
      "mtproxy setup --public-host 203.0.113.7 --port 443 --image registry.example.com/mtproxy:2025-11",
      "mtproxy setup --public-host 203.0.113.7 --install-docker --image-file mtproxy.tar",
      "mtproxy setup --engine trial --public-host 127.0.0.1",
    ])
    .runs(
      async (ctx, flags: SetupFlags) => (await import("../install/setup.ts")).setUpServer(ctx, flags),
      async (data, style, failure) => (await import("../ui/setup-views.ts")).setupView(data, style, failure),
    );
}
