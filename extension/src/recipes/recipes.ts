const DATA = /^(\s*data_path: ).*$/m;
const DEVICES = /^device_config:\n(?:[ \t].*\n?)*/m;

/** A template with the data's path in it, and a board's devices if there are any. */
export function recipeFrom(template: string, devices: string, data: string): string {
  const withData = template.replace(DATA, (_, key: string) => `${key}${JSON.stringify(data)}`);
  return devices === "" ? withData : withData.replace(DEVICES, () => `${devices.trimEnd()}\n`);
}
