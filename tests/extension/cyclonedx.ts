import * as fs from "node:fs";
import * as path from "node:path";

import Ajv from "ajv";
import addFormats from "ajv-formats";
import { expect } from "vitest";

const ROOT = path.resolve(__dirname, "../..");

export interface Bill {
  readonly components: { readonly name: string; readonly version: string }[];
}

/** A bill of materials as data, after CycloneDX's own schema has accepted it. */
export function valid(text: string): Bill {
  const schemas = path.join(ROOT, "node_modules/@cyclonedx/cyclonedx-library/res/schema");
  const read = (name: string): object =>
    JSON.parse(
      fs.readFileSync(path.join(schemas, `${name}.SNAPSHOT.schema.json`), "utf8"),
    ) as object;
  const ajv = new Ajv({ strict: false });
  addFormats(ajv);
  ajv.addFormat("iri-reference", true).addFormat("idn-email", true);
  for (const name of ["spdx", "jsf-0.82", "cryptography-defs"])
    ajv.addSchema(read(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
  const check = ajv.compile(read("bom-1.6"));
  const bill = JSON.parse(text) as Bill;
  check(bill);
  expect(check.errors).toBeNull();
  return bill;
}
