type Node = Record<string, unknown>;

/**
 * The schema of a version of a custom resource, with every key refused that it does not name: what the API server does in strict
 * validation. Kubernetes' own keywords become those of JSON Schema.
 */
export function strictSchemaOf(definition: unknown, version: string): object {
  const { spec } = definition as {
    spec: { versions: { name: string; schema: { openAPIV3Schema: Node } }[] };
  };
  const found = spec.versions.find(({ name }) => name === version);
  if (found === undefined) throw new Error(`the definition has no version ${version}`);
  const schema = strict(found.schema.openAPIV3Schema) as { properties: Node };
  // Every object has these; the API server knows them.
  return { ...schema, properties: { ...schema.properties, metadata: { type: 'object' } } };
}

function strict(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(strict);
  if (typeof node !== 'object' || node === null) return node;
  const { format: _, ...rest } = node as Node;
  const result: Node = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, strict(value)]));
  const open = rest['x-kubernetes-preserve-unknown-fields'] === true;
  if (isSchemaOfObject(rest) && !open && rest.additionalProperties === undefined) {
    result.additionalProperties = false;
  }
  return result;
}

function isSchemaOfObject({ type, properties }: Node): boolean {
  return type === 'object' && typeof properties === 'object';
}
