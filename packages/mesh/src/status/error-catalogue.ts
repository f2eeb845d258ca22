import { status } from '@grpc/grpc-js';
import { reasonFromKind, type StatusEntry, type StatusKind, statusTable } from './status-table.js';

const again: Readonly<Record<StatusEntry['retry'], string>> = {
  elsewhere: 'yes, at once: another instance may answer',
  afterPushback: 'yes, after the pushback',
  never: 'no',
};

const introduction = `# Error catalogue

<!-- Written by \`npm run generate:docs\` from packages/mesh/src/status/status-table.ts; do not edit. -->

Every failure of a call has a number, a reason and a gRPC status, and a sentence that says what was expected, what came and what to do. They travel in
gRPC's richer error model: \`google.rpc.ErrorInfo\` of the domain \`osum.mesh\` in the trailer \`grpc-status-details-bin\` holds the reason, the number and
facts such as a limit; \`google.rpc.BadRequest\` names the fields that are wrong; \`google.rpc.RetryInfo\` and the trailer
\`grpc-retry-pushback-ms\` tell when to come back; a negative pushback says that the call must not be repeated. The clients of this project show all of it
on their errors.

Numbers are never used for another cause. The last column says whether a program may try the same call again without asking anybody; the clients of this
project do so, while nothing has been answered, for UNAVAILABLE, and for RESOURCE_EXHAUSTED as the pushback says.

A failure without a number comes from elsewhere: a proxy, the network, or the gRPC library.
`;

/** The error catalogue as a page in Markdown: one row for each row of the status table, by number. */
export function errorCatalogue(): string {
  const rows = (Object.entries(statusTable) as [StatusKind, StatusEntry][])
    .toSorted(([, a], [, b]) => a.number - b.number)
    .map(([kind, { number, code, retry, meaning, advice }]) =>
      tableRow([
        `<a id="e${number}"></a>${number}`,
        `\`${reasonFromKind(kind)}\``,
        status[code],
        meaning,
        advice,
        again[retry],
      ]),
    );
  const head = [
    tableRow(['number', 'reason', 'status', 'what happened', 'what to do', 'automatic retry']),
    '|---|---|---|---|---|---|',
  ];
  return `${introduction}\n${[...head, ...rows].join('\n')}\n`;
}

function tableRow(cells: readonly (string | undefined)[]): string {
  return `| ${cells.join(' | ')} |`;
}
