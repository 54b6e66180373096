const DATA = /^(\s*data_path: ).*$/m;
const DEVICES = /^device_config:\n(?:[ \t].*\n?)*/m;

/** A recipe from a template, with the path of the data and the devices of a board, if any. */
export function recipeFrom(template: string, devices: string, data: string): string {
  const withData = template.replace(DATA, (_, key: string) => `${key}${JSON.stringify(data)}`);
  return devices === "" ? withData : withData.replace(DEVICES, () => `${devices.trimEnd()}\n`);
}
