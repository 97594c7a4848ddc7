/**
 * Makes `certs/demo.pem`, a certificate that signs itself for this machine's own names, unless it is there and good
 * for another day. No key is ever committed. `deno run -A scripts/certs.ts` says where it is.
 */
const DIRECTORY = new URL("../certs/", import.meta.url).pathname;
const DAYS = 90;
const DAY = 86_400_000;

/** The path of the certificate with its key; undefined: there is no `openssl` command to make it with. */
export function demoCertificate(directory: string = DIRECTORY): string | undefined {
  const path = `${directory}demo.pem`;
  if (isFresh(path)) return path;
  Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
  const key = Deno.makeTempFileSync({ dir: directory });
  const certificate = Deno.makeTempFileSync({ dir: directory });
  try {
    const args = ["req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    args.push("-keyout", key, "-out", certificate, "-days", String(DAYS), "-subj", "/CN=localhost");
    args.push("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1");
    const { success } = new Deno.Command("openssl", { args, stderr: "null" }).outputSync();
    if (!success) return undefined;
    const text = Deno.readTextFileSync(certificate) + Deno.readTextFileSync(key);
    Deno.writeTextFileSync(path, text, { mode: 0o600 });
    return path;
  } catch {
    return undefined;
  } finally {
    for (const file of [key, certificate]) Deno.removeSync(file);
  }
}

function isFresh(path: string): boolean {
  try {
    const { mtime } = Deno.statSync(path);
    return mtime !== null && Date.now() - mtime.getTime() < (DAYS - 1) * DAY;
  } catch {
    return false;
  }
}

if (import.meta.main) {
  const path = demoCertificate();
  console.log(path ?? "there is no 'openssl' command to make a certificate with");
  if (path === undefined) Deno.exit(1);
}
