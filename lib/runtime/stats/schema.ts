/** `show schema json` and `;json-schema`: what the JSON forms of `show info` and `show stat` look like. */
import { NATURES, ORIGINS, SCOPES } from "./tags.ts";

const words = (table: Readonly<Record<string, string>>) => ({
  type: "string",
  enum: [...new Set(Object.values(table))],
});

const object = (properties: Record<string, unknown>) => ({
  type: "object",
  properties,
  required: Object.keys(properties),
});

const number = (name: string, minimum: number, maximum: number) =>
  object({ type: { enum: [name] }, value: { type: "integer", minimum, maximum } });

const ITEM = {
  field: object({ pos: { type: "integer", minimum: 0 }, name: { type: "string" } }),
  processNum: { type: "integer", minimum: 1 },
  tags: object({ origin: words(ORIGINS), nature: words(NATURES), scope: words(SCOPES) }),
  value: {
    oneOf: [
      number("s32", -2147483648, 2147483647),
      number("u32", 0, 4294967295),
      number("u64", 0, Number.MAX_SAFE_INTEGER),
      object({ type: { enum: ["str"] }, value: { type: "string" } }),
    ],
  },
};

/** One line of JSON. */
export const STATS_SCHEMA: string = JSON.stringify({
  $schema: "http://json-schema.org/draft-04/schema#",
  oneOf: [
    { title: "Info", type: "array", items: object(ITEM) },
    {
      title: "Stat",
      type: "array",
      items: {
        type: "array",
        items: object({
          objType: { enum: ["Frontend", "Backend", "Listener", "Server"] },
          proxyId: { type: "integer", minimum: 0 },
          id: { type: "integer", minimum: 0 },
          ...ITEM,
        }),
      },
    },
  ],
});
