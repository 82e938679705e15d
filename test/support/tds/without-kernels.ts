import { ParquetKernel } from '../../../src/extractor/rows/formats/parquet/kernel/parquet-kernel';
import { RowKernel } from '../../../src/extractor/rows/hash/load-kernel';
import { TextKernel } from '../../../src/extractor/rows/text/kernel/text-kernel';

/** Runs with the code for one value in the place of the kernels: every row is written, and hashed, by itself. */
export async function withoutKernels<T>(run: () => Promise<T>): Promise<T> {
  const spies = [
    jest.spyOn(TextKernel, 'of').mockReturnValue('processor'),
    jest.spyOn(ParquetKernel, 'of').mockReturnValue('processor'),
    // It stops at every row, and asks for no value: so the row is the caller's.
    jest.spyOn(RowKernel.prototype, 'rows').mockImplementation((from) => from),
    jest.spyOn(RowKernel.prototype, 'asked', 'get').mockReturnValue(undefined),
  ];
  try {
    return await run();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** Runs with the code for one value in the place of one kernel. */
export async function without<T>(kernel: typeof TextKernel | typeof ParquetKernel, run: () => Promise<T>): Promise<T> {
  const spy = jest.spyOn(kernel as typeof TextKernel, 'of').mockReturnValue('processor');
  try {
    return await run();
  } finally {
    spy.mockRestore();
  }
}
