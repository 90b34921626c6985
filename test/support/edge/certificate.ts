import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { tempFolder } from "../temp-home.ts";

const run = promisify(execFile);

export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
  /** Both in one, PEM. */
  readonly pem: string;
}

/** A new certificate for a name and its key, as files. `within`: a folder that is there; one that goes with the test when absent. */
export async function newCertificate(name: string, within?: string): Promise<CertificateFiles> {
  const folder = within ?? (await tempFolder());
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  await run("openssl", ["req", "-x509", ...kind, ...subject, "-keyout", key, "-out", certificate]);
  const texts = await Promise.all([certificate, key].map((path) => readFile(path, "utf8")));
  return { certificate, key, pem: texts.join("") };
}
