// Reads {schema, appendix} as JSON from stdin and writes TypeScript to stdout; `schema` may be null.
import { text } from "node:stream/consumers";

import { compile } from "json-schema-to-typescript";
import { format } from "prettier";

const banner = "// Generated from schemas/trainsmith_schemas by `npm run generate`. Do not edit.\n";
const { schema, appendix } = JSON.parse(await text(process.stdin));
const options = {
  additionalProperties: false,
  bannerComment: "",
  format: false,
  unreachableDefinitions: true,
};
const types = schema ? await compile(schema, schema.title, options) : "";
process.stdout.write(
  await format(`${banner}${types}\n${appendix}`, { parser: "typescript", printWidth: 100 }),
);
