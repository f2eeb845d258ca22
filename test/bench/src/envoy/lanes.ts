/** Makes `calls` calls, `lanes` at a time. Rejects with the first failure. */
export async function inLanes(calls: number, lanes: number, call: () => Promise<unknown>): Promise<void> {
  let begun = 0;
  const lane = async () => {
    while (begun++ < calls) await call();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
