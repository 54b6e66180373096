// The software bill of materials of a package, in CycloneDX's JSON. It contains no time and no
// random number, so the same package always gets the same one.
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

import { ROOT } from "./run.mjs";

/** The bill of a file and of the components in it, as text. */
export function sbom(file, components) {
  const { name, version, license } = JSON.parse(
    fs.readFileSync(path.join(ROOT, "package.json"), "utf8"),
  );
  const sha256 = createHash("sha256").update(fs.readFileSync(file)).digest("hex");
  const root = {
    type: "application",
    ...{ "bom-ref": path.basename(file), name, version },
    hashes: [{ alg: "SHA-256", content: sha256 }],
    licenses: [{ expression: license }],
  };
  const all = components.flatMap((one) => [component(one), ...(one.contains ?? [])]);
  // Several wheels of a package contain the same libraries.
  const parts = [...new Map(all.map((part) => [part["bom-ref"], part])).values()];
  const refs = parts.map((part) => part["bom-ref"]);
  const bill = {
    ...{ bomFormat: "CycloneDX", specVersion: "1.6" },
    serialNumber: `urn:uuid:${uuid(sha256)}`,
    version: 1,
    metadata: { component: root },
    components: parts,
    dependencies: [{ ref: root["bom-ref"], dependsOn: refs }],
  };
  return `${JSON.stringify(bill, null, 2)}\n`;
}

function component({ ecosystem, name, version, license, hash, file }) {
  const purl = `pkg:${ecosystem}/${purlName(ecosystem, name)}@${version}`;
  const reference = file ? `${purl}?file_name=${encodeURIComponent(file)}` : purl;
  return {
    type: "library",
    ...{ "bom-ref": reference, name, version },
    hashes: [hash],
    licenses: [{ expression: license }],
    purl: reference,
  };
}

/** The name in a package URL: Python's names are equal if they differ only in case, - and _. */
function purlName(ecosystem, name) {
  if (ecosystem === "pypi") return name.toLowerCase().replace(/[-_.]+/g, "-");
  return name.split("/").map(encodeURIComponent).join("/");
}

/** A digest's first 128 bits as a UUID of version 8, which is for values of one's own. */
function uuid(digest) {
  const [, a, b, c, d, e] = /^(.{8})(.{4}).(.{3}).(.{3})(.{12})/.exec(digest);
  return `${a}-${b}-8${c}-8${d}-${e}`;
}
