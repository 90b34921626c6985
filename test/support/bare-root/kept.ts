import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FileTree } from "../file-tree.ts";

/** What installing and running Docker leaves on a Debian 12 besides the files of its packages, each with who keeps it. */
const kept: Readonly<Record<string, RegExp>> = {
  "dpkg and apt: what is installed, which packages there are, what was downloaded":
    /^var\/lib\/(dpkg|apt)\/|^var\/cache\/apt\//,
  "dpkg: how it would have written a file that the admin had written before": /^etc\/default\/docker\.dpkg-dist$/,
  "dpkg and apt: what they did": /^var\/log\/((dpkg|alternatives)\.log|apt\/[\w.]+)$/,
  "adduser: the group docker": /^etc\/(group|gshadow)-?$/,
  "ldconfig: where libraries are": /^etc\/ld\.so\.cache$|^var\/cache\/ldconfig\/aux-cache$/,
  "update-alternatives: which iptables is meant":
    /^(etc\/alternatives|usr\/sbin)\/(ip6?|arp|eb)tables(-restore|-save)?$/,
  "update-rc.d: docker starts with the machine": /^etc\/rc\d\.d\/[SK]\d\ddocker$/,
  "deb-systemd-helper: so it does with systemd":
    /^(etc\/systemd\/system|var\/lib\/systemd\/deb-systemd-helper-enabled)\/([\w-]+\.(target\.)?wants(\/|$)|(docker|containerd)\.)/,
  "python3: what it compiled and which of it there is":
    /^usr\/(lib|share)\/.*__pycache__(\/|$)|^var\/lib\/python(\/|$)|^etc\/python3(\/|$)|^usr\/local\/lib\/python3/,
  "netbase and readline-common: files that their scripts write": /^etc\/(networks|inputrc)$/,
  "containerd: where its plugins would be": /^opt\/containerd(\/|$)/,
  "Docker: images, networks, its own key": /^var\/lib\/docker(\/|$)|^etc\/docker(\/key\.json)?$/,
  "Docker's init script: what the daemon says": /^var\/log\/docker\.log$/,
};

/** Whether apt or Docker keeps what is at a path. */
export function isKept(path: string): boolean {
  return Object.values(kept).some((pattern) => pattern.test(path));
}

const FILE_LISTS = "var/lib/dpkg/info";

/** Paths in packages that were not installed before, as they are on a Debian whose /bin leads to /usr/bin. */
export async function packagedSince(before: FileTree, root: string): Promise<Set<string>> {
  const names = (await readdir(join(root, FILE_LISTS))).filter((name) => name.endsWith(".list"));
  const added = names.filter((name) => before[`${FILE_LISTS}/${name}`] === undefined);
  const lists = await Promise.all(added.map((name) => readFile(join(root, FILE_LISTS, name), "utf8")));
  const paths = lists.flatMap((list) => list.split("\n").map((line) => line.slice(1)));
  return new Set(paths.map((path) => path.replace(/^(s?bin|lib(?:32|64|x32)?)(?=\/)/, "usr/$1")));
}
