// Installing into a folder that several processes share.
import { randomUUID } from "node:crypto";
import fs from "node:fs";

/**
 * Install into a folder unless it exists. `install` fills a new folder beside it, which is renamed
 * once it is complete, so the folder is never partial. If another process was faster, its
 * installation is kept and ours is removed.
 */
export async function installOnce(folder, install) {
  if (fs.existsSync(folder)) return;
  const staging = `${folder}-${randomUUID()}`;
  fs.mkdirSync(staging, { recursive: true });
  try {
    await install(staging);
    renameUnlessThere(staging, folder);
  } finally {
    fs.rmSync(staging, { recursive: true, force: true });
  }
}

function renameUnlessThere(from, to) {
  try {
    fs.renameSync(from, to);
  } catch (error) {
    if (!fs.existsSync(to)) throw error;
  }
}
