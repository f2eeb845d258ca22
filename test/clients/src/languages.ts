import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { repository } from './live-mesh.js';
import type { Command } from './program.js';
import { wantedClients } from './toolchain.js';

/** The three examples that every client has. */
export type Example = 'file' | 'live' | 'stages';

/** A client, and how it is built, checked and run. */
export interface Language {
  readonly name: string;
  /** Programs that it needs, with what to do where one is missing. */
  readonly toolchain: readonly { readonly program: string; readonly install: string }[];
  /** Builds it; run in order, once. */
  readonly build: readonly Command[];
  /** Checks that fail by printing something. */
  readonly lint: readonly Command[];
  /** Checks and tests it against the scripted mesh. */
  readonly test: readonly Command[];
  /** One of its examples, after the build. */
  example(name: Example, args: readonly string[]): Command;
  /** A program of one file that uses it, after the build. */
  program?(file: string, cwd: string): Command;
}

const folderOf = (language: string) => join(repository, 'clients', language);

/** Fails if the committed code is not what the protos make. */
const generatedCodeOf = (language: string): Command => ({
  program: process.execPath,
  args: ['clients/generate.mjs', '--check', language],
  cwd: repository,
});

const typescript: Language = {
  name: 'TypeScript',
  toolchain: [],
  // `npm run build` builds it, `npm run check` checks it, and its tests are those of packages/client.
  build: [],
  lint: [],
  test: [],
  example: (name, args) => ({
    program: process.execPath,
    args: [`packages/client/examples/${name}.mjs`, ...args],
    cwd: repository,
  }),
};

const pythonProgram = join(folderOf('python'), '.venv', 'bin', 'python');
const inPython = (...args: string[]): Command => ({ program: pythonProgram, args, cwd: folderOf('python') });

const python: Language = {
  name: 'Python',
  toolchain: [{ program: 'python3', install: 'install Python 3.11 or newer' }],
  build: [{ program: process.execPath, args: ['venv.mjs'], cwd: folderOf('python') }],
  lint: [],
  test: [generatedCodeOf('python'), inPython('-m', 'mypy'), inPython('-m', 'pytest', '-q')],
  example: (name, args) => inPython(`examples/${name}.py`, ...args),
  program: (file, cwd) => ({ program: pythonProgram, args: [file], cwd }),
};

const goEnvironment = { GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local' };
const goBinaries = mkdtempSync(join(tmpdir(), 'osum-go-'));
const inGo = (...args: string[]): Command => ({
  program: 'go',
  args,
  cwd: folderOf('go'),
  env: goEnvironment,
});

const go: Language = {
  name: 'Go',
  toolchain: [{ program: 'go', install: 'install Go 1.26 or newer' }],
  build: [inGo('build', '-o', `${goBinaries}/`, './...')],
  lint: [{ program: 'gofmt', args: ['-l', 'osum', 'examples'], cwd: folderOf('go') }],
  test: [generatedCodeOf('go'), inGo('vet', './...'), inGo('test', '-count=1', './...')],
  example: (name, args) => ({ program: join(goBinaries, name), args, cwd: folderOf('go') }),
  // The module is found from its folder, the files of the example from the other.
  program: (file, cwd) => ({
    program: 'bash',
    args: ['-euc', 'go -C "$1" build -o "$2.bin" "$2" && exec "$2.bin"', 'bash', folderOf('go'), file],
    cwd,
    env: goEnvironment,
  }),
};

const classpathFile = join(folderOf('java'), 'target', 'classpath');
const inMaven = (...args: string[]): Command => ({
  program: 'mvn',
  args: ['--batch-mode', '--no-transfer-progress', '--quiet', ...args],
  cwd: folderOf('java'),
});

const java: Language = {
  name: 'Java',
  toolchain: [
    { program: 'javac', install: 'install a JDK of version 17 or newer' },
    { program: 'mvn', install: 'install Maven 3.8 or newer' },
  ],
  build: [inMaven('test-compile', 'dependency:build-classpath', `-Dmdep.outputFile=${classpathFile}`)],
  lint: [],
  test: [inMaven('surefire:test')],
  example: (name, args) =>
    inJava(`examples/${name[0]!.toUpperCase()}${name.slice(1)}Example.java`, args, folderOf('java')),
  program: (file, cwd) => inJava(file, [], cwd),
};

/** A program of one file; the class path is known after the build. */
function inJava(file: string, args: readonly string[], cwd: string): Command {
  const classes = join(folderOf('java'), 'target', 'classes');
  const classpath = [classes, readFileSync(classpathFile, 'utf8').trim()].join(delimiter);
  return { program: 'java', args: ['-cp', classpath, file, ...args], cwd };
}

/** All clients; TypeScript, whose answers the others are compared with, is the first. */
export const languages: readonly Language[] = [typescript, python, go, java];

const wanted = wantedClients(process.env);

/** Whether a client is to be tested: all are, unless OSUM_CLIENTS names some, such as `go,java`. TypeScript always is. */
export function isWanted(language: Language): boolean {
  return language === typescript || (wanted?.includes(language.name.toLowerCase()) ?? true);
}
