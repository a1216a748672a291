// The code once more, from flat: what the compiler nested one way is nested the way that takes the fewest bytes.
//
// Nothing lies in the lowest kilobyte of the memory: it is the last one of the stack's megabyte (the linker puts the stack
// first, so that one that overflows traps). So an address and a small number that is added to it are one instruction. The
// linker's order is looked at, not believed.

import { fail, optimized } from '../run.mjs'
import { firstGlobal } from '../wasm-file.mjs'

/** Bytes of the stack, as rustc asks the linker for them: the stack pointer begins at its top. */
const STACK = 1_048_576
const PASSES = ['--low-memory-unused', '--flatten', '--rereloop', '-Oz', '-Oz', '--reorder-locals']

export const name = 'denser code'

export function pass({ wasm, ...rest }) {
  const top = firstGlobal(wasm)
  if (top !== STACK) fail(`the stack does not come first: its pointer begins at ${top}`)
  return { ...rest, wasm: optimized(wasm, PASSES).wasm }
}
