/** Certificates in memory (`show ssl cert`, `commit ssl cert`): exchanged in all threads. */
import { type ApiCall, ApiError, type ApiRoute, words } from "./route.ts";

async function names(call: ApiCall): Promise<string[]> {
  const text = await words(call, ["show", "ssl", "cert"]);
  // Those that are being exchanged have a star before their name.
  return text.split("\n").filter((line) => line !== "" && !/^[#*]/.test(line));
}

/** The file is `name` in the query, as names have slashes. */
async function named(call: ApiCall): Promise<string | ApiError> {
  const name = call.context.req.query("name") ?? "";
  return (await names(call)).includes(name)
    ? name
    : new ApiError(404, "there is no such certificate; see /v1/certificates");
}

/** `Serial: 1F` lines. */
function fields(text: string): Record<string, string> {
  const all: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const colon = line.indexOf(": ");
    if (colon > 0) all[line.slice(0, colon)] = line.slice(colon + 2);
  }
  return all;
}

export const certificateRoutes: readonly ApiRoute[] = [
  {
    method: "get",
    path: "/certificates",
    scope: "admin",
    summary: "Certificates by the names of their files",
    gives: "Certificates",
    run: names,
  },
  {
    method: "get",
    path: "/certificates/one",
    query: ["name"],
    scope: "admin",
    summary: "One of them: subject, issuer, validity …",
    gives: "Certificate",
    run: async (call) => {
      const name = await named(call);
      return name instanceof ApiError
        ? name
        : fields(await words(call, ["show", "ssl", "cert", name]));
    },
  },
  {
    method: "put",
    path: "/certificates/one",
    query: ["name"],
    scope: "admin",
    summary: "Another certificate and key (PEM) for new connections; the file stays as it is",
    takesText: "certificate, chain and key in PEM",
    gives: "Done",
    run: async (call) => {
      const name = await named(call);
      if (name instanceof ApiError) return name;
      const pem = (call.body as string).split(/\r?\n/).filter((line) => line !== "").join("\n");
      const said = await words(call, ["commit", "ssl", "cert", name], `${pem}\n`);
      return said.includes("Success!") ? { done: true } : new ApiError(422, said.trim());
    },
  },
];
