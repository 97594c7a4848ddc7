/** language (manual 7.3.1). */
import { casesOf, type ValueCase } from "./types.ts";

const REQUEST = [
  "GET / HTTP/1.1",
  "Host: h",
  "L: fr;q=0.5, en-GB;q=0.8,de , es;q=0, it ; q=0.9, *;q=0.1",
  "L2: en-US",
  "L3: xx",
  "L4: en;q=0.3,fr;q=0.3",
  "L5: fr;q=1.0,en;q=0.999",
  "L6: en_GB",
  "L7: EN",
];

const value = casesOf("7.3.1");

export const LANGUAGE_CASES: readonly ValueCase[] = [
  value("req.fhdr(l),language(fr;en;de)", "de", { request: REQUEST }),
  value("req.fhdr(l),language(es;fr)", "fr", { request: REQUEST }),
  value("req.fhdr(l),language(en;fr)", "en", { request: REQUEST }),
  value("req.fhdr(l),language(en-GB;fr)", "en-GB", { request: REQUEST }),
  value("req.fhdr(l),language(it;fr)", "it", { request: REQUEST }),
  value("req.fhdr(l),language(zz)", "", { request: REQUEST }),
  value("req.fhdr(l),language(zz,dd)", "dd", { request: REQUEST }),
  value("req.fhdr(l2),language(en;fr)", "en", { request: REQUEST }),
  value("req.fhdr(l2),language(en-US)", "en-US", { request: REQUEST }),
  value("req.fhdr(l2),language(en-GB,no)", "no", { request: REQUEST }),
  value("req.fhdr(l4),language(fr;en)", "en", { request: REQUEST }),
  value("req.fhdr(l5),language(en;fr)", "fr", { request: REQUEST }),
  value("req.fhdr(l6),language(en)", "", { request: REQUEST }),
  value("req.fhdr(l7),language(en,no)", "no", { request: REQUEST }),
  value("str(en),language(en)", "en", { request: REQUEST }),
  value("str(),language(en,x)", "x", { request: REQUEST }),
  value("str(en;q=2),language(en,x)", "en", { request: REQUEST }),
  value("str(en;q=abc),language(en,x)", "en", { request: REQUEST }),
  value("str(en;level=1),language(en,x)", "en", { request: REQUEST }),
  value("str(e n),language(en,x)", "x", { request: REQUEST }),
  value("str(fr;q=0.5;x=1),language(fr;en)", "fr", { request: REQUEST }),
  value('str("en,,fr"),language(fr)', "fr", { request: REQUEST }),
  value("str(en),language(en;)", "en", { request: REQUEST }),
];
