// The packages of others that ship inside the .vsix: from npm in the bundles, from wheels beside
// our Python code. Each is {ecosystem, name, version, license, texts, hash, file}; `texts` are its
// licence and notices, and `file` is the name of a wheel. `contains` are CycloneDX's components for
// the libraries inside a wheel's compiled modules, as the wheel itself lists them.
import { Buffer } from "node:buffer";
import fs from "node:fs";
import path from "node:path";

import { Failure, ROOT } from "./run.mjs";

const LICENCE_FILE = /^(un)?licen[cs]e|^copying|^notice|^third-?party-?notices/i;
/** Licences that older wheels name in words, by their SPDX names. */
const SPDX_NAMES = { "MIT License": "MIT" };
/** The folder of the package that a file in node_modules belongs to. */
const PACKAGE_FOLDER = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;

/** The npm packages whose code is in bundles, from the names of the bundled files. */
export function npmComponents(inputs) {
  const lock = JSON.parse(fs.readFileSync(path.join(ROOT, "package-lock.json"), "utf8")).packages;
  const folders = inputs.map((name) => PACKAGE_FOLDER.exec(name)?.[0]).filter(Boolean);
  return byName([...new Set(folders)].map((folder) => npmComponent(folder, lock)));
}

function npmComponent(folder, lock) {
  const absolute = path.resolve(ROOT, folder);
  const { name, version, license } = JSON.parse(
    fs.readFileSync(path.join(absolute, "package.json"), "utf8"),
  );
  const locked = lock[folder.slice(folder.indexOf("node_modules/"))];
  if (locked?.version !== version) {
    throw new Failure(`${folder} has version ${version}, and package-lock.json has not: npm ci`);
  }
  const [algorithm, digest] = locked.integrity.split("-");
  const content = Buffer.from(digest, "base64").toString("hex");
  return complete({
    ecosystem: "npm",
    ...{ name, version, license },
    hash: { alg: algorithm.replace("sha", "SHA-"), content },
    texts: textsIn(absolute),
  });
}

/** The Python packages in a folder that wheels were unpacked into; `wheels` are {file, sha256}. */
export function wheelComponents(folder, wheels) {
  const infos = fs.readdirSync(folder).filter((name) => name.endsWith(".dist-info"));
  const found = wheels.map(({ file, sha256 }) => {
    const [distribution, version] = file.split("-");
    const info = infos.find((name) => name === `${distribution}-${version}.dist-info`);
    if (!info) throw new Failure(`${file} has no metadata`);
    return wheelComponent(path.join(folder, info), file, sha256);
  });
  return byName(found);
}

function wheelComponent(info, file, sha256) {
  const [head] = fs.readFileSync(path.join(info, "METADATA"), "utf8").split(/\r?\n\r?\n/);
  const field = (name) => new RegExp(`^${name}: (.*)$`, "m").exec(head)?.[1].trim();
  const words = field("Classifier: License :: OSI Approved :")?.replace(/^: /, "");
  return complete({
    ecosystem: "pypi",
    ...{ name: field("Name"), version: field("Version"), file, contains: listedIn(info) },
    license: field("License-Expression") ?? field("License") ?? SPDX_NAMES[words],
    hash: { alg: "SHA-256", content: sha256 },
    texts: textsIn(info),
  });
}

/** What a wheel's own bills of materials list, without what only built it. */
function listedIn(info) {
  const folder = path.join(info, "sboms");
  if (!fs.existsSync(folder)) return [];
  const files = fs.readdirSync(folder).filter((name) => name.endsWith(".cyclonedx.json"));
  const listed = files.flatMap(
    (name) => JSON.parse(fs.readFileSync(path.join(folder, name), "utf8")).components,
  );
  const shipped = listed.filter(({ scope }) => scope !== "excluded");
  return shipped.map(({ type, name, version, hashes, licenses, purl }) => ({
    ...{ type, "bom-ref": purl, name, version, hashes, licenses, purl },
  }));
}

/** A component with nothing missing; anything else may not ship. */
function complete(component) {
  const { name, version, license, texts } = component;
  if (license && texts.length > 0) return component;
  const missing = license ? "no file with its licence" : "no name of its licence";
  throw new Failure(`${name} ${version} has ${missing}, so it cannot ship.`);
}

function textsIn(folder) {
  const names = fs.readdirSync(folder, { recursive: true }).map((name) => name.toString());
  const isText = (name) => {
    const parts = name.split(path.sep);
    // In a package from npm, deeper folders belong to other packages or to its build.
    const isInPlace = parts.length === 1 || parts[0] === "licenses";
    return isInPlace && LICENCE_FILE.test(parts.at(-1));
  };
  return names
    .filter((name) => isText(name) && fs.statSync(path.join(folder, name)).isFile())
    .sort()
    .map((name) => fs.readFileSync(path.join(folder, name), "utf8").replaceAll("\r\n", "\n"));
}

function byName(components) {
  const key = ({ name, version, file }) => `${name}\n${version}\n${file ?? ""}`;
  return components.sort((one, other) => (key(one) < key(other) ? -1 : 1));
}
