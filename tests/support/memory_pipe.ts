export { MemoryPipe } from "../../lib/net/memory_pipe.ts";
