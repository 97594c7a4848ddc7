export { connPair, type ConnSettings, MemoryConn } from "../../lib/net/memory_conn.ts";
