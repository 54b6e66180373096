/** The parts of JSON Schema that occur in the schemas of our own models. */
export interface Schema {
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly $ref?: string;
  readonly additionalProperties?: boolean;
  readonly anyOf?: readonly Schema[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly discriminator?: {
    readonly propertyName: string;
    readonly mapping: Readonly<Record<string, string>>;
  };
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly maximum?: number;
  readonly minimum?: number;
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly type?: string;
}

/**
 * The value of a JSON text that has the form of a schema, with defaults for missing properties;
 * `undefined` for every other text.
 *
 * @param longestText Longer texts in the value are cut off, in characters.
 */
export function parseAs(text: string, schema: Schema, longestText = Infinity): unknown {
  try {
    return new Validator(schema.$defs ?? {}, longestText).read(JSON.parse(text), schema);
  } catch {
    return undefined;
  }
}

class Validator {
  constructor(
    private readonly definitions: Readonly<Record<string, Schema>>,
    private readonly longestText: number,
  ) {}

  /** The value with defaults. Throws if it does not have the form of the schema. */
  read(value: unknown, schema: Schema): unknown {
    if (schema.$ref !== undefined) return this.read(value, this.definition(schema.$ref));
    if (schema.discriminator) return this.read(value, this.chosen(value, schema.discriminator));
    const alternatives = schema.anyOf ?? schema.oneOf;
    if (alternatives) return this.firstOf(value, alternatives);
    demand(!("const" in schema) || value === schema.const);
    demand(!schema.enum || schema.enum.includes(value));
    if (schema.type === "array") return this.list(value, schema);
    if (schema.type === "object") return this.object(value, schema);
    demand(isOfType(value, schema));
    return typeof value === "string" ? value.slice(0, this.longestText) : value;
  }

  private definition(reference: string): Schema {
    const schema = this.definitions[reference.split("/").at(-1) ?? ""];
    demand(schema !== undefined);
    return schema;
  }

  private chosen(value: unknown, by: NonNullable<Schema["discriminator"]>): Schema {
    demand(isRecord(value));
    const kind = value[by.propertyName];
    demand(typeof kind === "string" && Object.hasOwn(by.mapping, kind));
    return this.definition(by.mapping[kind] ?? "");
  }

  private firstOf(value: unknown, alternatives: readonly Schema[]): unknown {
    for (const alternative of alternatives) {
      try {
        return this.read(value, alternative);
      } catch {
        // The next one may fit.
      }
    }
    throw new Error("no alternative fits");
  }

  private list(value: unknown, { items }: Schema): unknown[] {
    demand(Array.isArray(value));
    return value.map((item: unknown) => (items ? this.read(item, items) : item));
  }

  private object(value: unknown, { properties = {}, required = [], ...rest }: Schema): unknown {
    demand(isRecord(value));
    const known = Object.keys(value).every((key) => Object.hasOwn(properties, key));
    demand(known || rest.additionalProperties !== false);
    const result: Record<string, unknown> = {};
    for (const [key, schema] of Object.entries(properties)) {
      const given: unknown = Object.hasOwn(value, key) ? value[key] : schema.default;
      if (given !== undefined) result[key] = this.read(given, schema);
      else demand(!required.includes(key));
    }
    return result;
  }
}

function isOfType(
  value: unknown,
  { type, minimum = -Infinity, maximum = Infinity }: Schema,
): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "integer":
      return Number.isInteger(value) && inside(value as number, minimum, maximum);
    case "number":
      return Number.isFinite(value) && inside(value as number, minimum, maximum);
    default:
      return type === undefined || typeof value === type;
  }
}

function inside(value: number, minimum: number, maximum: number): boolean {
  return minimum <= value && value <= maximum;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function demand(condition: boolean): asserts condition {
  if (!condition) throw new Error("the value does not fit");
}
