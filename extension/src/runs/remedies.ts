/** A key with its value, as they stand in a recipe. */
export type Settings = ReadonlyMap<string, string>;

/** What mends a failed run: new values of keys, in the order in which they are written. */
export interface Remedy {
  readonly title: string;
  readonly values: readonly (readonly [key: string, value: string])[];
}

const RATES = ["learning_rate", "lr", "max_lr"];
const BATCH = "batch_size";
const ACCUMULATION = "gradient_accumulation_steps";

/** What to try after a run that failed because of a key, the gentlest change first. */
export function remedies(key: string, settings: Settings): Remedy[] {
  const value = Number(settings.get(key));
  if (!(value > 0)) return [];
  if (RATES.includes(key)) return [value / 2, value / 10].map((rate) => lower(key, rate));
  if (key !== BATCH || value % 2 !== 0) return [];
  const accumulation = Number(settings.get(ACCUMULATION) ?? 1);
  if (!Number.isInteger(accumulation)) return [];
  const [batch, steps] = [String(value / 2), String(accumulation * 2)];
  return [
    {
      title: `Halve ${BATCH} to ${batch} and double ${ACCUMULATION} to ${steps}: the same effective batch`,
      values: [
        [BATCH, batch],
        [ACCUMULATION, steps],
      ],
    },
  ];
}

function lower(key: string, rate: number): Remedy {
  const written = yamlNumber(Number(rate.toPrecision(6)));
  return { title: `Lower ${key} to ${written}`, values: [[key, written]] };
}

/** A number that YAML 1.1 reads as one: `5e-7` would be text to it. */
function yamlNumber(value: number): string {
  const [mantissa = "", exponent] = String(value).split("e");
  if (exponent === undefined) return mantissa;
  return `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}e${exponent}`;
}
