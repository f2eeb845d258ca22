/** An Ascend part as planning sees it. */
export interface NpuPart {
  /** As `aclrtGetSocName` says it, without `Ascend`. */
  readonly name: string;
  /** Device memory in bytes; `null` where no source says it. */
  readonly memoryBytes: number | null;
  /** Memory bandwidth in bytes a second; `null` where no source says it. */
  readonly bytesPerSecond: number | null;
  /** Where memory and bandwidth are from. What is assumed says so. */
  readonly source: string;
  /** Why this build does not run on the part; `null` when it does. */
  readonly lacks: string | null;
}

const GIBIBYTE = 2 ** 30;
const GIGABYTE = 1e9;
const TERABYTE = 1e12;

const LARGE_A2 = {
  memoryBytes: 64 * GIBIBYTE,
  bytesPerSecond: 1.6 * TERABYTE,
  source:
    'memory_size 68719476736 in CANN’s platform_config/Ascend910B2.ini; 1.6 TB/s in the table of Atlas A2 of CANN’s cross_platform_migration_guide.md (gitcode.com/cann/ops-transformer)',
  lacks: null,
} as const;

const SMALL_A2 = {
  memoryBytes: 32 * GIBIBYTE,
  bytesPerSecond: 0.8 * TERABYTE,
  source:
    'memory_size 34359738368 in CANN’s platform_config/Ascend910B4.ini; the bandwidth is an assumption, half of the parts with twice the memory',
  lacks: null,
} as const;

const LACKS_310P =
  'it has neither bf16 nor FusedInferAttentionScore (ABI reference 1.4); the figures are what 16-bit floats would take';

const NO_310P_MEMORY = {
  memoryBytes: null,
  bytesPerSecond: 204 * GIGABYTE,
  source: 'memory is not published for this part; bandwidth as that of 310P3',
  lacks: LACKS_310P,
} as const;

/** The parts that can be planned for by name (ABI reference, section 1.4). */
export const NPU_PARTS: readonly NpuPart[] = [
  { name: '910B1', ...LARGE_A2 },
  { name: '910B2', ...LARGE_A2 },
  { name: '910B2C', ...LARGE_A2 },
  { name: '910B3', ...LARGE_A2 },
  { name: '910B4', ...SMALL_A2 },
  { name: '910B4-1', ...SMALL_A2 },
  { name: '310P1', ...NO_310P_MEMORY },
  {
    name: '310P3',
    memoryBytes: 24 * GIGABYTE,
    bytesPerSecond: 204 * GIGABYTE,
    source:
      'about 24 GB (ABI reference 1.4); 408 GB/s for the two chips of an Atlas 300I Duo (elektronikpraxis.de on the Atlas 300i Duo), whose chips have up to 48 GB: --memory 44',
    lacks: LACKS_310P,
  },
  { name: '310P5', ...NO_310P_MEMORY },
  { name: '310P7', ...NO_310P_MEMORY },
];

/** The part of a name such as `910B4` or `Ascend910B4`, in any case; `undefined` when there is none. */
export function npuPart(name: string): NpuPart | undefined {
  const wanted = name.replace(/^ascend/i, '').toUpperCase();
  return NPU_PARTS.find((part) => part.name === wanted);
}
