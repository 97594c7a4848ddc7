/** Converters of protocols that are looked at in buffers: FIX and MQTT (manual 7.3.1). */
import { FIX_TAGS, fixValue, isFixMessage } from "../fix.ts";
import { CONNACK_PROPERTIES, CONNECT_PROPERTIES, parseMqtt, WILL_PROPERTIES } from "../mqtt.ts";
import type { ArgValue, ConverterRow } from "../rows.ts";
import { Typed } from "../sample.ts";

const SECTION = "7.3.1";

const CONNECT_FIELDS: readonly string[] = [
  "flags",
  "protocol_name",
  "protocol_version",
  "client_identifier",
  "will_topic",
  "will_payload",
  "username",
  "password",
  "keepalive",
];
const CONNACK_FIELDS: readonly string[] = ["flags", "protocol_version", "reason_code"];

const typeOf = (text: ArgValue): 1 | 2 =>
  text === "1" || (text as string).toLowerCase() === "connect" ? 1 : 2;

const propertiesOf = (type: 1 | 2) =>
  type === 1 ? new Map([...CONNECT_PROPERTIES, ...WILL_PROPERTIES]) : CONNACK_PROPERTIES;

const tagOf = (text: string): string | undefined =>
  /^[1-9][0-9]{0,9}$/.test(text) ? text : FIX_TAGS[text.toLowerCase()];

export const PAYLOAD_CONVERTERS: readonly ConverterRow[] = [
  {
    name: "fix_is_valid",
    args: [],
    input: "bin",
    output: "bool",
    doc: "true when the bytes begin with a valid FIX message; no sample while it is not complete",
    section: SECTION,
    make: () => (value) => isFixMessage(value as string),
  },
  {
    name: "fix_tag_value",
    args: [{
      name: "tag",
      type: "str",
      check: (v) =>
        tagOf(v as string) === undefined
          ? "a number, BeginString, BodyLength, MsgType, SenderCompID, TargetCompID or CheckSum"
          : undefined,
    }],
    input: "bin",
    output: "bin",
    doc: "the value of a tag in the first FIX message",
    section: SECTION,
    make: ([name]) => {
      const tag = tagOf(name as string)!;
      return (value) => fixValue(value as string, tag);
    },
  },
  {
    name: "mqtt_is_valid",
    args: [],
    input: "bin",
    output: "bool",
    doc:
      "true when the bytes begin with a valid MQTT CONNECT or CONNACK; no sample while not complete",
    section: SECTION,
    make: () => (value) => {
      const packet = parseMqtt(value as string);
      return packet === undefined ? undefined : packet !== null;
    },
  },
  {
    name: "mqtt_field_value",
    args: [
      {
        name: "packettype",
        type: "str",
        check: (v) =>
          /^([12]|connect|connack)$/i.test(v as string) ? undefined : "connect (1), connack (2)",
      },
      { name: "fieldname_or_property_ID", type: "str" },
    ],
    input: "bin",
    output: "any",
    doc:
      "a field of an MQTT CONNECT or CONNACK by its name, or a property of version 5 by its number",
    section: SECTION,
    check: ([packet, field]) => {
      const type = typeOf(packet);
      const text = (field as string).toLowerCase();
      const names = type === 1 ? CONNECT_FIELDS : CONNACK_FIELDS;
      const known = /^[0-9]{1,3}$/.test(text)
        ? propertiesOf(type).has(Number(text))
        : names.includes(text);
      return known
        ? undefined
        : `'${field}' is no field of an MQTT ${type === 1 ? "CONNECT" : "CONNACK"} packet`;
    },
    make: ([packetType, field]) => {
      const type = typeOf(packetType);
      const name = (field as string).toLowerCase();
      const id = /^[0-9]+$/.test(name) ? Number(name) : -1;
      // A number that a packet of version 5 does not say is 0, as in HAProxy.
      const standard = id >= 0 && propertiesOf(type).get(id) !== "text" ? 0 : undefined;
      return (value) => {
        const packet = parseMqtt(value as string);
        if (packet?.type !== type) return undefined;
        const five = packet.fields.get("protocol_version") === 5;
        const found = id < 0
          ? packet.fields.get(name)
          : packet.properties.get(id) ?? (five ? standard : undefined);
        if (found === undefined) return undefined;
        return new Typed(typeof found === "number" ? "sint" : "bin", found);
      };
    },
  },
];
