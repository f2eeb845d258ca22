import stringWidth from 'string-width';

/** Rows of cells as a table that is one in Markdown and in a terminal; the first row is its head, numbers stand right. */
export function tableLines(rows: readonly (readonly string[])[], leftColumns = 1): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(3, ...rows.map((row) => stringWidth(row[column]!))));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => padded(cell, widths[column]!, column >= leftColumns)).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column < leftColumns ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(rows[0]!), rule, ...rows.slice(1).map(line)];
}

function padded(cell: string, width: number, right: boolean): string {
  const blanks = ' '.repeat(width - stringWidth(cell));
  return right ? blanks + cell : cell + blanks;
}
