/** Users and groups are looked up where the configuration is read. */
export { findGroup, findUser, type ReadText } from "../config/accounts.ts";
