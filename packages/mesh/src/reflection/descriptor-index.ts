import { type DescFile, type DescService, toBinary } from '@bufbuild/protobuf';
import { nestedTypes } from '@bufbuild/protobuf/reflect';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';

/** Finds serialised descriptors by file name and by symbol. */
export interface DescriptorIndex {
  /** Full names of the services, sorted. */
  readonly services: readonly string[];
  /** The file of this name, then all it imports, each before its own imports, as FileDescriptorProto; undefined if there is none. */
  fileByName(name: string): Uint8Array[] | undefined;
  /** The file that declares a service, method, message, field, enum or enum value, and all it imports. */
  fileBySymbol(symbol: string): Uint8Array[] | undefined;
}

/** An index of the files of `services` and all they import. */
export function createDescriptorIndex(services: readonly DescService[]): DescriptorIndex {
  const files = new Map<string, DescFile>();
  for (const { file } of services) addWithImports(file, files);
  const filesBySymbol = new Map<string, DescFile>();
  for (const file of files.values()) {
    for (const symbol of symbolsOf(file)) filesBySymbol.set(symbol, file);
  }
  return {
    services: services.map(({ typeName }) => typeName).sort(),
    fileByName: (name) => serialise(files.get(name)),
    fileBySymbol: (symbol) => serialise(filesBySymbol.get(symbol)),
  };
}

// Imports come before the files that import them.
function addWithImports(file: DescFile, into: Map<string, DescFile>): void {
  if (into.has(file.proto.name)) return;
  for (const dependency of file.dependencies) addWithImports(dependency, into);
  into.set(file.proto.name, file);
}

function* symbolsOf(file: DescFile): Generator<string> {
  for (const type of nestedTypes(file)) {
    yield type.typeName;
    if (type.kind === 'message') for (const field of type.fields) yield `${type.typeName}.${field.name}`;
    // Enum values are siblings of their enum in protobuf's scoping.
    const scope = type.typeName.slice(0, type.typeName.lastIndexOf('.'));
    if (type.kind === 'enum') for (const value of type.values) yield `${scope}.${value.name}`;
    if (type.kind === 'service') for (const method of type.methods) yield `${type.typeName}.${method.name}`;
  }
}

function serialise(file: DescFile | undefined): Uint8Array[] | undefined {
  if (file === undefined) return undefined;
  const files = new Map<string, DescFile>();
  addWithImports(file, files);
  return [...files.values()].reverse().map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
}
