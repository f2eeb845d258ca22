/** A span as the receiver printed it. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly id: string;
  /** Empty for the first span of a trace. */
  readonly parentId: string;
  readonly name: string;
  readonly kind: 'INTERNAL' | 'SERVER' | 'CLIENT' | string;
  readonly status: 'UNSET' | 'OK' | 'ERROR' | string;
  /** `service.name` of its resource. */
  readonly service: string;
  /** Values as texts; lists as `a, b`. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly resource: Readonly<Record<string, string>>;
}

/** The spans in what rotel prints with `--debug-log traces --debug-log-verbosity detailed`. */
export function spansFrom(text: string): ReceivedSpan[] {
  return sections(text, /^ResourceSpans #\d+$/m).flatMap((resourceText) => {
    const [head = '', ...spanTexts] = resourceText.split(/^Span #\d+$/m);
    const resource = attributesFrom(head);
    return spanTexts.map((span) => spanFrom(span, resource));
  });
}

function spanFrom(text: string, resource: Record<string, string>): ReceivedSpan {
  const field = (name: string) => new RegExp(`^ *${name} *: ?(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  return {
    traceId: field('Trace ID'),
    id: field('ID'),
    parentId: field('Parent ID'),
    name: field('Name'),
    kind: field('Kind').replace('SPAN_KIND_', ''),
    status: field('Status code').replace('STATUS_CODE_', ''),
    service: resource['service.name'] ?? '',
    attributes: attributesFrom(text.split(/^(?:Events|Links):$/m)[0] ?? ''),
    resource,
  };
}

function attributesFrom(text: string): Record<string, string> {
  const found = [...text.matchAll(/^ +-> ([^:\s]+): (\w+)\((.*)\)$/gm)];
  return Object.fromEntries(
    found.map(([, key, type, value]) => [key!, type === 'Slice' ? listFrom(value!) : value!]),
  );
}

function listFrom(text: string): string {
  return [...text.matchAll(/\w+\((.*?)\)/g)].map(([, value]) => value).join(', ');
}

function sections(text: string, heading: RegExp): string[] {
  return text.split(heading).slice(1);
}
