// Flat code is restructured better than what the compiler wrote.

import { optimized } from '../run.mjs'

/** No fixpoint is looked for: each further round saves less than 0.1 KB. */
const PASSES = ['--flatten', '--rereloop', '-Os', '-Oz', '--reorder-locals', '--reorder-functions', '-g']

export const name = 'restructured code'

export function pass({ wasm, ...rest }) {
  return { ...rest, wasm: optimized(wasm, PASSES).wasm }
}
